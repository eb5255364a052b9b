package cognito

import (
	"context"
	"fmt"

	"golang.org/x/sync/singleflight"
)

// share runs call, or waits for the call with the same key that is already running, and
// returns its result. The call needs a timeout of its own: it goes on when the caller that
// started it goes away, since others may be waiting for it.
func share[T any](
	ctx context.Context, calls *singleflight.Group, key string, call func(context.Context) (T, error),
) (T, error) {
	result, err, _ := calls.Do(key, func() (value any, err error) {
		// singleflight would repeat a panic in every waiting caller.
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("cognito: panic in a shared call: %T", p)
			}
		}()
		return call(context.WithoutCancel(ctx))
	})
	if err != nil {
		var none T
		return none, err
	}
	return result.(T), nil
}
