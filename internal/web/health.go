package web

import (
	"log/slog"
	"net/http"
	"sync/atomic"
)

// Drain tells /readyz that the process is about to end, so that load balancers
// send no new requests. The zero value is ready for use.
type Drain struct{ begun atomic.Bool }

// Begin makes /readyz fail from now on.
func (d *Drain) Begin() { d.begun.Store(true) }

// Begun tells whether Begin was called. A nil Drain never begins.
func (d *Drain) Begun() bool { return d != nil && d.begun.Load() }

type status struct {
	Status string `json:"status"`
}

// healthy says that the process runs. It asks nothing else: a restart would not
// bring back a Cognito that is out of reach.
func healthy(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, status{"ok"})
}

// ready says whether the process should get traffic.
func ready(check func() error, drain *Drain, log *slog.Logger) http.Handler {
	var failing atomic.Bool // so that a change is logged once, not at every probe
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if check != nil {
			err = check()
		}
		if failing.Swap(err != nil) != (err != nil) {
			log.LogAttrs(r.Context(), slog.LevelWarn, "readiness changed",
				slog.Bool("ready", err == nil), slog.Any("cause", err))
		}
		switch {
		case drain.Begun():
			respond(w, http.StatusServiceUnavailable, status{"draining"})
		case err != nil:
			respond(w, http.StatusServiceUnavailable, status{"unavailable"})
		default:
			respond(w, http.StatusOK, status{"ready"})
		}
	})
}
