package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"authgraph/internal/reqctx"
)

// recoverPanics is the last resort: a bug in one request must not end the
// process. The client learns no more than the request's id.
func recoverPanics(next http.Handler, metrics *Metrics, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			switch cause {
			case nil:
				return
			case http.ErrAbortHandler:
				panic(cause) // asked for by name: net/http cuts the connection
			}
			metrics.ObservePanic()
			log.LogAttrs(r.Context(), slog.LevelError, "panic",
				slog.String("request_id", reqctx.FromContext(r.Context()).ID),
				slog.String("cause", fmt.Sprint(cause)),
				slog.String("stack", string(debug.Stack())),
			)
			if seen, ok := w.(*observed); ok && seen.status != 0 {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
			refuse(w, r, http.StatusInternalServerError, "INTERNAL", "Internal server error")
		}()
		next.ServeHTTP(w, r)
	})
}
