package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"authgraph/internal/reqctx"
)

// Recover handles panics, so that a bug in one request does not end the process.
// The client only learns the request's id. It must be called inside [AccessLog],
// which knows whether the response has begun.
func Recover(observe func(), log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			switch cause {
			case nil:
				return
			case http.ErrAbortHandler:
				panic(cause) // deliberate: net/http closes the connection
			}
			observe()
			log.LogAttrs(r.Context(), slog.LevelError, "panic",
				slog.String("request_id", reqctx.FromContext(r.Context()).ID),
				slog.String("err", fmt.Sprint(cause)),
				slog.String("stack", string(debug.Stack())),
			)
			if recorder, ok := w.(*recorder); ok && recorder.status != 0 {
				panic(http.ErrAbortHandler) // a truncated response must not look complete
			}
			WriteError(w, r, http.StatusInternalServerError, "INTERNAL", "Internal server error")
		}()
		next.ServeHTTP(w, r)
	})
}
