package cognito

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/sync/singleflight"
)

// A panic in a shared call is an error without the panic's text.
func TestSharePanics(t *testing.T) {
	var calls singleflight.Group
	_, err := share(t.Context(), &calls, "x", func(context.Context) (int, error) { panic("a secret") })
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	if n, err := share(t.Context(), &calls, "x", func(context.Context) (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// The call goes on when the caller that started it goes away.
func TestShareOutlivesCallers(t *testing.T) {
	var calls singleflight.Group
	ctx, leave := context.WithCancel(t.Context())
	n, err := share(ctx, &calls, "x", func(ctx context.Context) (int, error) {
		leave()
		return 7, ctx.Err()
	})
	if n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A panic reaches every caller of once, not just the first.
func TestOncePanics(t *testing.T) {
	var o once[int]
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _ = o.get(func() (int, error) { panic("x") })
		}()
	}
}
