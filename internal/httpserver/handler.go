package httpserver

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"authgraph/internal/metrics"
	"authgraph/internal/middleware"
	"authgraph/internal/playground"
)

// Options configures [NewHandler].
type Options struct {
	// GraphQL serves /graphql. It receives every method except CORS preflights and
	// has to reject those that it does not support. Required.
	GraphQL http.Handler
	// Playground serves the playground to browsers at /. Default: off.
	Playground bool
	// Inbox is the URL of the embedded pool's inbox, which the playground links to.
	// Default: no link.
	Inbox string
	// Ready returns nil if the process should receive traffic, otherwise the reason,
	// which is logged but not sent to clients. Default: always ready.
	Ready func() error
	// Drain makes /readyz fail during shutdown; pass the same one to [Serve].
	// Default: none.
	Drain *Drain
	// AllowedOrigins are the origins whose pages may call /graphql, exactly as
	// browsers send them. Default: none.
	AllowedOrigins []string
	// AllowedHeaders are further request headers that those pages may send. Default:
	// none besides those that the API reads and common clients send.
	AllowedHeaders []string
	// RefreshCookie is how long browsers keep refresh tokens in a cookie. Default: 0,
	// which means that refresh tokens travel in request and response bodies.
	RefreshCookie time.Duration
	// TrustedProxies are the proxies whose X-Forwarded-For is used. Default: none.
	TrustedProxies []netip.Prefix
	// Metrics counts requests and is served at /metrics. Default: new metrics.
	Metrics *metrics.Metrics
	// SeparateMetrics leaves /metrics out, for a listener of its own; see [Metrics].
	SeparateMetrics bool
	// Log logs requests and panics. Default: none.
	Log *slog.Logger
	// Advice logs requests that a setting would admit. Default: to Log.
	Advice *middleware.Advice
}

// NewHandler returns the handler with all routes and middleware. It panics if
// Options.GraphQL is nil.
func NewHandler(o Options) http.Handler {
	if o.GraphQL == nil {
		panic("httpserver: Options.GraphQL is nil")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Advice == nil {
		o.Advice = middleware.NewAdvice(o.Log)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.New()
	}

	graphql := middleware.RejectEncoded(o.GraphQL)
	if o.RefreshCookie > 0 {
		graphql = middleware.RejectCrossOrigin(o.AllowedOrigins, middleware.RefreshCookie(o.RefreshCookie, graphql))
	}
	front, assets := http.HandlerFunc(greet), http.HandlerFunc(notFound)
	if o.Playground {
		files := playground.New()
		front = forBrowsers(files.Page(o.Inbox), front)
		assets = files.Assets(assets)
	}

	mux := http.NewServeMux()
	mux.Handle("/graphql", middleware.CORS(o.AllowedOrigins, middleware.CORSHeaders(o.AllowedHeaders), o.RefreshCookie > 0, o.Advice, graphql))
	mux.Handle("/{$}", middleware.ReadOnly(front))
	mux.Handle("/playground/", middleware.ReadOnly(assets))
	mux.Handle("/healthz", middleware.ReadOnly(http.HandlerFunc(healthy)))
	mux.Handle("/readyz", middleware.ReadOnly(ready(o.Ready, o.Drain, o.Log)))
	if !o.SeparateMetrics {
		mux.Handle("/metrics", middleware.ReadOnly(o.Metrics.Handler()))
	}
	mux.HandleFunc("/", notFound)

	// The last one handles the request first.
	var h http.Handler = mux
	h = middleware.SecureHeaders(h)
	h = middleware.Recover(o.Metrics.ObservePanic, o.Log, h)
	h = middleware.AccessLog(o.Metrics, o.Log, h)
	return middleware.Identify(o.TrustedProxies, o.Advice, h)
}

// WithBasePath returns a handler that serves the API and the playground of h under base,
// such as "/auth", as well: a proxy may forward its own path unchanged. Health and metrics
// stay where they are, since a proxy should not publish them. An empty base changes
// nothing.
func WithBasePath(base string, h http.Handler) http.Handler {
	if base == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, isBelow := strings.CutPrefix(r.URL.Path, base)
		switch {
		case !isBelow:
		case rest == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			// The page refers to its files by relative paths.
			http.Redirect(w, r, base+"/", http.StatusPermanentRedirect)
			return
		case rest == "/", rest == "/graphql", strings.HasPrefix(rest, "/playground/"):
			stripped := r.Clone(r.Context())
			stripped.URL.Path, stripped.URL.RawPath = rest, ""
			r = stripped
		}
		h.ServeHTTP(w, r)
	})
}

// Metrics serves /metrics alone, for a listener that clients of the API cannot reach.
func Metrics(m *metrics.Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", middleware.ReadOnly(m.Handler()))
	mux.HandleFunc("/", notFound)
	return middleware.SecureHeaders(mux)
}

// forBrowsers serves page to browsers and calls other for all other clients.
func forBrowsers(page, other http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			w.Header().Set("Vary", "Accept")
			page(w, r)
			return
		}
		other(w, r)
	}
}

// greet serves / to clients that are not browsers.
func greet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Vary", "Accept")
	middleware.WriteJSON(w, http.StatusOK, struct {
		Message string `json:"message"`
	}{"Authentication service"})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	middleware.WriteError(w, r, http.StatusNotFound, "NOT_FOUND", "Not found")
}
