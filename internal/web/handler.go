package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"
)

// Options are what [NewHandler] needs.
type Options struct {
	// GraphQL serves /graphql. It gets every method but a CORS preflight and
	// answers the ones that it does not know. Required.
	GraphQL http.Handler
	// Playground gives browsers a page at / to try the API with. Default: off.
	Playground bool
	// Ready tells why the process should get no traffic, or nil. The reason is
	// logged and never served. Default: always ready.
	Ready func() error
	// Drain makes /readyz fail once the process is about to end; give the same
	// one to [Serve]. Default: never.
	Drain *Drain
	// AllowedOrigins are the origins whose pages may call /graphql, exactly as
	// browsers send them. Default: none.
	AllowedOrigins []string
	// RefreshCookie keeps refresh tokens in a cookie for that long. Default: 0, which
	// means that they travel in bodies.
	RefreshCookie time.Duration
	// TrustedProxies are the proxies whose X-Forwarded-For is believed.
	// Default: none.
	TrustedProxies []netip.Prefix
	// Metrics counts requests and is served at /metrics. Default: one that only
	// the edge itself counts in.
	Metrics *Metrics
	// Log gets a line for each request and for each panic. Default: nowhere.
	Log *slog.Logger
}

// NewHandler returns the whole edge: routes and middleware. It panics without
// Options.GraphQL.
func NewHandler(o Options) http.Handler {
	if o.GraphQL == nil {
		panic("web: Options.GraphQL is missing")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}

	playground := playgroundFiles(o.Playground)

	mux := http.NewServeMux()
	graphql := refuseEncoded(o.GraphQL)
	if o.RefreshCookie > 0 {
		graphql = refuseCrossOrigin(o.AllowedOrigins, keepRefreshCookie(o.RefreshCookie, graphql))
	}
	mux.Handle("/graphql", allowOrigins(o.AllowedOrigins, o.RefreshCookie > 0, graphql))
	mux.Handle("/{$}", reading(front(playground)))
	mux.Handle("/playground/", reading(assets(playground)))
	mux.Handle("/healthz", reading(http.HandlerFunc(healthy)))
	mux.Handle("/readyz", reading(ready(o.Ready, o.Drain, o.Log)))
	mux.Handle("/metrics", reading(o.Metrics.Handler()))
	mux.HandleFunc("/", notFound)

	// A request passes them from the last to the first.
	var h http.Handler = mux
	h = secure(h)
	h = recoverPanics(h, o.Metrics, o.Log)
	h = observe(h, o.Metrics, o.Log)
	h = identify(h, o.TrustedProxies)
	return h
}

// reading lets GET and HEAD pass and refuses every other method.
func reading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, r, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusNotFound, "NOT_FOUND", "Not found")
}
