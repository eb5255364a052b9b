package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeOptions configures [Serve].
type ServeOptions struct {
	// Drain begins at shutdown; pass the same one to [NewHandler]. Default: none.
	Drain *Drain
	// DrainDelay is how long the server accepts requests after /readyz has started
	// to fail. It closes their connections, so that clients reconnect elsewhere before
	// the listener closes. Default: 250 ms; negative: none.
	DrainDelay time.Duration
	// FinishTimeout is how long requests in flight may take after that.
	// Default: 12 s.
	FinishTimeout time.Duration
	// HeaderTimeout limits the time to read the headers of a request. Default: 5 s.
	HeaderTimeout time.Duration
	// ReadTimeout limits the time to read a whole request. Default: 20 s.
	ReadTimeout time.Duration
	// Log receives net/http's errors about connections, at debug level.
	// Default: none.
	Log *slog.Logger
}

// Serve serves h on ln, over HTTP/1 and HTTP/2 without TLS, until ctx is done. Then it shuts down: /readyz fails, the
// listener closes, and requests in flight finish. It returns nil if all of them did.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, o ServeOptions) error {
	o = o.withDefaults()
	server := newServer(h, o)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("httpserver: serve: %w", err)
	case <-ctx.Done():
	}
	return shutDown(server, o)
}

func (o ServeOptions) withDefaults() ServeOptions {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.DrainDelay, 250 * time.Millisecond},
		{&o.FinishTimeout, 12 * time.Second},
		{&o.HeaderTimeout, 5 * time.Second},
		{&o.ReadTimeout, 20 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
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
	// Platforms that terminate TLS, such as Cloud Run and Envoy, forward HTTP/2 without
	// it, by prior knowledge (RFC 9113, section 3.3).
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Protocols:         protocols,
		Handler:           closeAfterChunks(closeWhenDraining(h, o.Drain)),
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      40 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		// OPTIONS * must pass through the middleware, too.
		DisableGeneralOptionsHandler: true,
	}
}

// shutDown stops the server without losing a request.
func shutDown(server *http.Server, o ServeOptions) error {
	o.Drain.Begin()
	if o.DrainDelay > 0 {
		time.Sleep(o.DrainDelay)
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.FinishTimeout)
	defer cancel()
	for {
		// Shutdown tells HTTP/2 clients to reconnect elsewhere, but not those whose
		// connection begins at the same moment. It tells them when it is called again.
		again, cancelAgain := context.WithTimeout(ctx, time.Second)
		err := server.Shutdown(again)
		cancelAgain()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("httpserver: shutdown timed out, requests were aborted: %w", errors.Join(err, server.Close()))
		}
	}
}

// closeAfterChunks closes the connection after a request with a chunked body. If the
// request had a Content-Length as well, which net/http hides, a proxy in front may
// have used that one: the following bytes would then be part of this request and not
// a new one (request smuggling; RFC 9112, section 6.1).
func closeAfterChunks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// closeWhenDraining closes connections during shutdown: a request that arrives while
// its connection is being closed would be lost.
func closeWhenDraining(next http.Handler, drain *Drain) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if drain.Begun() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
