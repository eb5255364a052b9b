package httpserver

import (
	"log/slog"
	"net/http"
	"sync/atomic"

	"authgraph/internal/middleware"
)

// Drain makes /readyz fail during shutdown, so that load balancers stop sending
// requests. The zero value is ready for use.
type Drain struct{ begun atomic.Bool }

// Begin makes /readyz fail from now on.
func (d *Drain) Begin() { d.begun.Store(true) }

// Begun reports whether Begin was called. It returns false for a nil Drain.
func (d *Drain) Begun() bool { return d != nil && d.begun.Load() }

type healthStatus struct {
	Status string `json:"status"`
}

// healthy serves /healthz: the process is running. It does not check Cognito,
// which a restart of this process would not bring back.
func healthy(w http.ResponseWriter, _ *http.Request) {
	middleware.WriteJSON(w, http.StatusOK, healthStatus{"ok"})
}

// ready serves /readyz: whether the process should receive traffic.
func ready(check func() error, drain *Drain, log *slog.Logger) http.Handler {
	var failing atomic.Bool // logs changes instead of every probe
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if check != nil {
			err = check()
		}
		if failing.Swap(err != nil) != (err != nil) {
			log.LogAttrs(r.Context(), slog.LevelWarn, "readiness changed",
				slog.Bool("ready", err == nil), slog.Any("err", err))
		}
		switch {
		case drain.Begun():
			middleware.WriteJSON(w, http.StatusServiceUnavailable, healthStatus{"draining"})
		case err != nil:
			middleware.WriteJSON(w, http.StatusServiceUnavailable, healthStatus{"unavailable"})
		default:
			middleware.WriteJSON(w, http.StatusOK, healthStatus{"ready"})
		}
	})
}
