package cognito

import (
	"context"
	"fmt"

	"golang.org/x/sync/singleflight"
)

// share has callers of one thing at the same time share one call and its result. The
// first of them makes it, and nobody's end ends it for the others: it needs a time-out of
// its own, and until then all of them stay.
func share[T any](
	ctx context.Context, calls *singleflight.Group, what string, call func(context.Context) (T, error),
) (T, error) {
	result, err, _ := calls.Do(what, func() (value any, err error) {
		defer func() {
			// singleflight would panic in every one of them.
			if fault := recover(); fault != nil {
				err = fmt.Errorf("cognito: a call that is shared panicked with a %T", fault)
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
