package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeOptions are what [Serve] needs.
type ServeOptions struct {
	// Drain is begun when the end comes; give the same one to [NewHandler].
	// Default: none.
	Drain *Drain
	// DrainDelay is how long requests are still taken once /readyz fails. Their
	// connections are closed behind them, so that clients move on before the
	// listener closes. Default: 250 ms; negative: none.
	DrainDelay time.Duration
	// FinishTimeout is how long the requests in flight may then take.
	// Default: 12 s.
	FinishTimeout time.Duration
	// HeaderTimeout is how long a client may take over a request's headers.
	// Default: 5 s.
	HeaderTimeout time.Duration
	// ReadTimeout is how long a client may take over a whole request.
	// Default: 20 s.
	ReadTimeout time.Duration
	// Log gets net/http's complaints about single connections.
	// Default: nowhere.
	Log *slog.Logger
}

// Serve serves h on ln until ctx is done. Then /readyz fails, the listener
// closes, and the requests in flight finish. It returns nil when all of them did.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, o ServeOptions) error {
	o = o.withDefaults()
	server := newServer(h, o)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	return finish(server, o)
}

func (o ServeOptions) withDefaults() ServeOptions {
	for _, d := range []struct {
		field    *time.Duration
		standard time.Duration
	}{
		{&o.DrainDelay, 250 * time.Millisecond},
		{&o.FinishTimeout, 12 * time.Second},
		{&o.HeaderTimeout, 5 * time.Second},
		{&o.ReadTimeout, 20 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.standard
		}
	}
	if o.Drain == nil {
		o.Drain = new(Drain)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func newServer(h http.Handler, o ServeOptions) *http.Server {
	return &http.Server{
		Handler:           closeAfterChunks(closeWhenDraining(h, o.Drain)),
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      40 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		// OPTIONS * goes through the same middleware as everything else.
		DisableGeneralOptionsHandler: true,
	}
}

// finish ends the server without losing a request.
func finish(server *http.Server, o ServeOptions) error {
	o.Drain.Begin()
	if o.DrainDelay > 0 {
		time.Sleep(o.DrainDelay)
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.FinishTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("web: requests were cut off: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// closeAfterChunks ends the connection behind a request whose body came in chunks.
// A length beside them, which net/http hides, may be what a proxy in front went
// by: then the next bytes are no request, but part of this one (RFC 9112,
// section 6.1).
func closeAfterChunks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// closeWhenDraining asks clients to use another connection for their next
// request: one that arrives on a connection while it is being closed is lost.
func closeWhenDraining(next http.Handler, drain *Drain) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if drain.Begun() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
