package reqctx_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"authgraph/internal/reqctx"
)

type key struct{}

func TestOnce(t *testing.T) {
	request := &reqctx.Request{ID: "r"}
	var calls atomic.Int64
	want := errors.New("shared by all callers")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			got, err := reqctx.Once(request, key{}, func() (int, error) {
				calls.Add(1)
				return 42, want
			})
			if got != 42 || !errors.Is(err, want) {
				t.Errorf("got %d %v", got, err)
			}
		})
	}
	wg.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls, want 1", calls.Load())
	}
	other, _ := reqctx.Once(request, "another key", func() (string, error) { return "x", nil })
	if other != "x" {
		t.Errorf("got %q", other)
	}
	again, _ := reqctx.Once(&reqctx.Request{}, key{}, func() (int, error) { return 7, nil })
	if again != 7 {
		t.Error("the result is shared with another request")
	}
}

// TestFromContextWithoutRequest checks that a context without a request has an anonymous
// caller.
func TestFromContextWithoutRequest(t *testing.T) {
	got := reqctx.FromContext(context.Background())
	if got == nil || got.Bearer != "" || got.ClientAddr.IsValid() {
		t.Errorf("got %+v", got)
	}
	request := &reqctx.Request{ID: "r"}
	if reqctx.FromContext(reqctx.NewContext(context.Background(), request)) != request {
		t.Error("FromContext does not return the request")
	}
}

// TestOnceAfterPanic checks that a second call panics too, instead of returning a zero
// value without an error.
func TestOnceAfterPanic(t *testing.T) {
	request := &reqctx.Request{}
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _ = reqctx.Once(request, key{}, func() (int, error) { panic("a bug") })
		}()
	}
}
