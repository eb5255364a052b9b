package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"

	"authgraph/internal/reqctx"
)

// observe counts each request and writes one line for it. Neither holds
// anything of the query string, the headers (but for the user agent) or the
// bodies: they are where secrets travel.
func observe(next http.Handler, metrics *Metrics, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		metrics.requestStarted()
		seen := &observed{ResponseWriter: w}
		defer func() {
			took := time.Since(start)
			route, method := routeOf(r), methodOf(r)
			metrics.requestDone(route, method, seen.code(), took)
			if !log.Enabled(r.Context(), levelOf(route)) {
				return
			}
			request := reqctx.FromContext(r.Context())
			// Not by LogAttrs, which looks for the line of the source that nobody
			// writes down.
			line := slog.NewRecord(time.Now(), levelOf(route), "request", 0)
			line.AddAttrs(
				slog.String("request_id", request.ID),
				slog.String("method", method),
				slog.String("route", route),
				slog.Int("status", seen.code()),
				slog.Int64("bytes", seen.bytes),
				slog.Float64("duration_ms", float64(took.Microseconds())/1000),
				slog.String("client", request.ClientAddr.String()),
				slog.String("user_agent", request.UserAgent),
			)
			_ = log.Handler().Handle(r.Context(), line)
		}()
		next.ServeHTTP(seen, r)
	})
}

// levelOf keeps what is asked every few seconds out of the usual log.
func levelOf(route string) slog.Level {
	switch route {
	case "/healthz", "/readyz", "/metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// routeOf returns the route that the mux chose: one of a few, whatever path was
// asked for. The mux notes it in the request that the middleware passes on.
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

// userAgent returns the header cut to 200 characters that take one line.
func userAgent(r *http.Request) string {
	const most = 200
	agent := r.UserAgent()
	if len(agent) > most {
		agent = agent[:most]
	}
	if !strings.ContainsFunc(agent, func(c rune) bool { return c < ' ' || c > '~' }) {
		return agent
	}
	printable := func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}
	return strings.Map(printable, strings.ToValidUTF8(agent, ""))
}

// observed is a ResponseWriter that remembers what was answered.
type observed struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the final status; 1xx ones come before it.
func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// code returns the status of the response; net/http sends 200 when the handler
// says nothing.
func (o *observed) code() int {
	if o.status == 0 {
		return http.StatusOK
	}
	return o.status
}
