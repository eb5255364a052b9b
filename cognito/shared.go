package cognito

import (
	"context"
	"fmt"

	"golang.org/x/sync/singleflight"
)

// share has callers of one thing at the same time share one call and its result. No
// caller's end ends the call that others wait for, so it needs a time-out of its own;
// a caller whose ctx ends gets the error of ctx.
func share[T any](
	ctx context.Context, calls *singleflight.Group, what string, call func(context.Context) (T, error),
) (T, error) {
	shared := context.WithoutCancel(ctx)
	result := calls.DoChan(what, func() (value any, err error) {
		defer func() {
			// In a goroutine that nobody waits for, a panic would end the process.
			if fault := recover(); fault != nil {
				err = fmt.Errorf("cognito: a call that is shared panicked with a %T", fault)
			}
		}()
		return call(shared)
	})
	var none T
	select {
	case r := <-result:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
