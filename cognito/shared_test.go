package cognito

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/sync/singleflight"
)

// A panic in a call that is shared is an error of all who share it, without what the
// panic said, and not the end of the process.
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

// A caller who leaves does not end the call: others may wait for it.
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
