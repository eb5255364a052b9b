package cognito

import (
	"context"
	"errors"
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

// A caller who leaves gets the error of leaving; the call goes on for the others.
func TestShareOutlivesCallers(t *testing.T) {
	var calls singleflight.Group
	began, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-began
		leave()
	}()
	_, err := share(ctx, &calls, "x", func(ctx context.Context) (int, error) {
		close(began)
		<-release
		ended <- ctx.Err()
		return 7, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Errorf("the call was ended: %v", err)
	}
}
