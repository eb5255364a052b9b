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
	fault := errors.New("a fault is shared too")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			got, err := reqctx.Once(request, key{}, func() (int, error) {
				calls.Add(1)
				return 42, fault
			})
			if got != 42 || !errors.Is(err, fault) {
				t.Errorf("got %d %v", got, err)
			}
		})
	}
	wg.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
	other, _ := reqctx.Once(request, "another key", func() (string, error) { return "x", nil })
	if other != "x" {
		t.Errorf("got %q", other)
	}
	again, _ := reqctx.Once(&reqctx.Request{}, key{}, func() (int, error) { return 7, nil })
	if again != 7 {
		t.Error("another request shares the result")
	}
}

// Without the edge in front everybody is anonymous.
func TestFromContextWithoutARequest(t *testing.T) {
	got := reqctx.FromContext(context.Background())
	if got == nil || got.Bearer != "" || got.ClientAddr.IsValid() {
		t.Errorf("got %+v", got)
	}
	request := &reqctx.Request{ID: "r"}
	if reqctx.FromContext(reqctx.NewContext(context.Background(), request)) != request {
		t.Error("the request is lost")
	}
}
