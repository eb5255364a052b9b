package middleware

import (
	"log/slog"
	"net/http"
	"time"

	"authgraph/internal/metrics"
	"authgraph/internal/reqctx"
)

// AccessLog logs and counts every request. Neither includes the query string, the
// headers other than the user agent, or the bodies, which may hold secrets.
func AccessLog(m *metrics.Metrics, log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		m.RequestStarted()
		recorder := &recorder{ResponseWriter: w}
		defer func() {
			took := time.Since(start)
			route, method, status := routeOf(r), methodOf(r), recorder.finalStatus()
			m.RequestDone(route, method, status, took)
			request := reqctx.FromContext(r.Context())
			log.LogAttrs(r.Context(), levelOf(route), "request",
				slog.String("request_id", request.ID),
				slog.String("method", method),
				slog.String("route", route),
				slog.Int("status", status),
				slog.Int64("bytes", recorder.bytes),
				slog.Float64("duration_ms", float64(took.Microseconds())/1000),
				slog.String("client", request.ClientAddr.String()),
				slog.String("user_agent", request.UserAgent),
			)
		}()
		next.ServeHTTP(recorder, r)
	})
}

// levelOf returns the log level of a route: probes, which come every few seconds,
// are not logged by default.
func levelOf(route string) slog.Level {
	switch route {
	case "/healthz", "/readyz", "/metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// routeOf returns the pattern that the mux matched, from a closed set: a client
// must not be able to create metric labels. The mux stores it in the request that
// the middleware passes on.
func routeOf(r *http.Request) string {
	switch r.Pattern {
	case "/{$}":
		return "/"
	case "/graphql", "/playground/", "/healthz", "/readyz", "/metrics":
		return r.Pattern
	}
	return "other"
}

func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return r.Method
	}
	return "other"
}

// recorder is a ResponseWriter that records the status and the size of the
// response.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the response begins
	bytes  int64
}

// WriteHeader implements [http.ResponseWriter]. Statuses below 200 precede the
// final one.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap gives [http.ResponseController] access to the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// finalStatus returns the status of the response: net/http sends 200 if the
// handler sets none.
func (r *recorder) finalStatus() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
