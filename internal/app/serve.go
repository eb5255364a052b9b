package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/config"
	"authgraph/internal/httpserver"
	"authgraph/internal/logging"
	"authgraph/internal/metrics"
	"authgraph/internal/middleware"
	"authgraph/internal/telemetry"
)

// server holds what the commands serve and pool share.
type server struct {
	settings *config.Settings
	log      *slog.Logger
	metrics  *metrics.Metrics
	tracer   *telemetry.Tracer // nil if tracing is off
	stdout   io.Writer
	stderr   io.Writer
}

func (p *program) newServer(settings *config.Settings) *server {
	return &server{
		settings: settings,
		log:      logging.New(p.stderr, settings.LogLevel, settings.LogFormat),
		metrics:  metrics.New(),
		stdout:   p.stdout,
		stderr:   p.stderr,
	}
}

// serve is the command serve. It returns when ctx is done and all requests are
// finished.
func (p *program) serve(ctx context.Context, settings *config.Settings) error {
	s := p.newServer(settings)
	tracer, err := telemetry.Start(ctx, p.getenv)
	if err != nil {
		return err
	}
	s.tracer = tracer
	defer func() {
		if err := tracer.Close(); err != nil {
			s.log.Warn("exporting the last spans failed", "err", err)
		}
	}()
	target := s.cognito()
	if settings.Embedded() {
		pool, err := s.openPool(ctx)
		if err != nil {
			return err
		}
		defer pool.close()
		target = pool.target()
	}
	return s.serve(ctx, target)
}

// target is the user pool that the API uses.
type target struct {
	region, poolID, clientID, endpoint string
	acceptedClientIDs                  []string
	audience                           string
	secrets                            *clientSecrets // nil if the app client has none
	issuers                            []string
	jwksURL                            string
	inbox                              string // URL; of the embedded pool only
	banner                             string // printed at startup
	caseSensitive                      bool   // whether user names that differ in case are different users
}

// cognito returns the pool in the settings.
func (s *server) cognito() target {
	return target{
		region:   s.settings.Region,
		poolID:   s.settings.UserPoolID,
		clientID: s.settings.ClientID,
		endpoint: s.settings.Endpoint,
		secrets:  s.newClientSecrets(),
		issuers:  s.settings.Issuers(),
		jwksURL:  s.settings.JWKSURL(),

		caseSensitive:     s.settings.CaseSensitiveUsernames,
		acceptedClientIDs: s.settings.AcceptedClientIDs,
		audience:          s.settings.Audience,
	}
}

// serve serves the API on the user pool.
func (s *server) serve(ctx context.Context, t target) error {
	keys, err := token.NewKeySet(token.KeySetOptions{URL: t.jwksURL, Observe: s.metrics.ObserveJWKS, Log: s.log})
	if err != nil {
		return err
	}
	sessions, err := s.openSessions(t)
	if err != nil {
		return err
	}
	defer sessions.close()
	drain := &httpserver.Drain{}
	handler, err := s.handler(ctx, t, keys, sessions, drain)
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { keys.Run(background) })
	if t.secrets != nil {
		running.Go(func() { t.secrets.watch(background) })
	}
	running.Go(func() { sessions.run(background, s.log) })
	if err := s.serveExtraListeners(background, &running); err != nil {
		return err
	}

	if s.settings.Lambda {
		return httpserver.ServeLambda(ctx, handler)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (choose another ADDR)", s.settings.Addr, err)
	}
	s.announce(t, listener.Addr().String())
	err = httpserver.Serve(ctx, listener, handler, httpserver.ServeOptions{Drain: drain, Log: s.log})
	s.log.Info("shutdown complete")
	return err
}

// serveExtraListeners serves metrics and profiles at METRICS_ADDR and PPROF_ADDR, if they are
// set, until ctx ends.
func (s *server) serveExtraListeners(ctx context.Context, running *sync.WaitGroup) error {
	for _, beside := range []struct {
		what, setting, addr, path string
		handler                   http.Handler
	}{
		{"metrics", "METRICS_ADDR", s.settings.MetricsAddr, "/metrics", httpserver.Metrics(s.metrics)},
		{"profiles", "PPROF_ADDR", s.settings.PprofAddr, "/debug/pprof/", httpserver.Profiles()},
	} {
		if beside.addr == "" {
			continue
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", beside.addr)
		if err != nil {
			return fmt.Errorf("listen on %s: %w (choose another %s)", beside.addr, err, beside.setting)
		}
		s.log.Info("serving "+beside.what, "url", "http://"+listener.Addr().String()+beside.path)
		running.Go(func() {
			_ = httpserver.Serve(ctx, listener, beside.handler, httpserver.ServeOptions{DrainDelay: -1, Log: s.log})
		})
	}
	return nil
}

// handler returns the HTTP handler of the API.
func (s *server) handler(ctx context.Context, t target, keys *token.KeySet, sessions *sessions, drain *httpserver.Drain) (http.Handler, error) {
	operations, err := s.operations()
	if err != nil {
		return nil, err
	}
	credentials, err := s.credentials(ctx, t)
	if err != nil {
		return nil, err
	}
	options := cognito.Options{
		Region:             t.region,
		UserPoolID:         t.poolID,
		ClientID:           t.clientID,
		Endpoint:           t.endpoint,
		SignInWith:         s.settings.SignInWith,
		UsernameAttribute:  s.settings.UsernameAttribute,
		ModeAttribute:      s.settings.ModeAttribute,
		PasswordlessSignUp: s.settings.PasswordlessSignup,
		StateKeys:          sessions.stateKeys,
		HideUserExistence:  s.settings.HideUserExistence,
		CaseSensitive:      t.caseSensitive,
		SendClientAddress:  s.settings.SendClientAddress,
		MayNotify:          sessions.limit.MaySend,
		Panicked:           s.panicked,
		NoCodeSent: sync.OnceFunc(func() {
			s.log.Warn("the pool sends no codes at sign-up, so new users cannot confirm their accounts; " +
				"set AutoVerifiedAttributes on the pool, or confirm users in a pre sign-up trigger")
		}),
		Quota:           sessions.quota(),
		Credentials:     credentials,
		ReplayRefreshes: s.settings.CookieTransport,
		Revoked:         sessions.revoked,
		SignedIn:        sessions.signedIn,
		Refreshed:       sessions.active,
		KnownSessions:   sessions.knownSessions(),
		Flags:           sessions.flags(),
		PasswordChanged: sessions.passwordChanged(s.settings.PasswordEndsSessions),
		Observe:         s.metrics.ObserveCognito,
		Trace:           s.tracer.Call(),
	}
	if t.secrets != nil {
		options.ClientSecrets, options.ClientSecretRefused = t.secrets.get, t.secrets.refused
	}
	client, err := cognito.New(options)
	if err != nil {
		return nil, err
	}
	verifier, err := token.NewVerifier(token.VerifierOptions{
		Issuers: t.issuers, ClientID: t.clientID, AcceptedClientIDs: t.acceptedClientIDs, Audience: t.audience,
		Keys: keys, Revoked: sessions.revoked, Observe: s.metrics.ObserveToken,
	})
	if err != nil {
		return nil, err
	}
	sessions.limit.Client = client
	s.observeState(client, verifier)
	auth := &directives.Auth{
		Verifier: verifier, Client: client, Limit: sessions.limit,
		ServiceGroups: s.settings.ServiceGroups, ServiceScopes: s.settings.ServiceScopes,
	}
	constraint := &directives.Constraint{}
	advice := middleware.NewAdvice(s.log)
	api, err := graph.NewHandler(graph.Options{
		Cognito:  client,
		Verifier: verifier,
		Directives: generated.DirectiveRoot{
			Auth: auth.Directive, Constraint: constraint.Directive, RateLimit: sessions.limit.Directive,
		},
		SignedOut:     sessions.signedOut,
		OthersEnded:   sessions.othersEnded,
		Limits:        graph.Limits(s.settings.DocumentLimits),
		Operations:    operations,
		Audit:         sessions.record,
		Introspection: s.settings.Introspection,
		Federation:    federation(s.settings),

		CookieTransport: s.settings.CookieTransport,
		MissedCookie:    advice.CookieClient,
		Log:             s.log,
		Observe:         s.metrics.ObserveField,
		Trace:           s.tracer.Field(),
		ObservePanic:    s.metrics.ObservePanic,
	})
	if err != nil {
		return nil, err
	}
	return httpserver.WithBasePath(s.settings.BasePath, s.tracer.Serve(httpserver.NewHandler(httpserver.Options{
		GraphQL:        api,
		Playground:     s.settings.Playground,
		Inbox:          t.inbox,
		Ready:          func() error { return cmp.Or(keys.Ready(), sessions.ready()) },
		Drain:          drain,
		AllowedOrigins: s.settings.AllowedOrigins,
		AllowedHeaders: s.settings.AllowedHeaders,
		RefreshCookie:  refreshCookie(s.settings),
		TrustedProxies: s.settings.TrustedProxies,
		Metrics:        s.metrics,
		Log:            s.log,
		Advice:         advice,

		SeparateMetrics: s.settings.MetricsAddr != "",
	}))), nil
}

// panicked logs and counts a panic outside of any request. A deferred function calls it.
func (s *server) panicked(cause any) {
	s.metrics.ObservePanic()
	s.log.Error("panic", "err", fmt.Sprint(cause), "stack", string(debug.Stack()))
}

// refreshCookie returns the lifetime of the refresh cookie, or 0 if there is none.
func refreshCookie(s *config.Settings) time.Duration {
	if !s.CookieTransport {
		return 0
	}
	return s.RefreshCookieLifetime
}

// observeState registers gauges of the current state.
func (s *server) observeState(client *cognito.Client, verifier *token.Verifier) {
	s.metrics.ObserveGauge("token_cache_entries", "Verified access tokens in the cache.",
		func() float64 { return float64(verifier.CachedTokens()) })
	s.metrics.ObserveGauge("cognito_calls_in_flight", "Calls to Cognito in progress.",
		func() float64 { return float64(client.CallsInFlight()) })
	s.metrics.ObserveGauge("cognito_circuit_open", "1 while calls to Cognito are suspended because it does not respond; 0.5 while trial calls are made.",
		func() float64 { return map[string]float64{"open": 1, "half-open": 0.5}[client.Circuit()] })
}

// credentials returns the AWS credentials for looking up other users, or nil if
// lookups are off.
func (s *server) credentials(ctx context.Context, t target) (*cognito.Credentials, error) {
	switch {
	case s.settings.UserLookup == "off":
		return nil, nil
	case s.settings.Embedded():
		return cognito.DummyCredentials(), nil
	}
	required := s.settings.UserLookup == "on"
	found := cognito.AmbientCredentials(t.region, required)
	if required {
		if err := found.Check(ctx); err != nil {
			return nil, fmt.Errorf("no AWS credentials, which USER_LOOKUP=on requires: %w", err)
		}
	}
	return found, nil
}

// operations reads the documents that may run. It returns nil if all may.
func (s *server) operations() (graph.Operations, error) {
	if s.settings.PersistedOperations == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.settings.PersistedOperations)
	if err != nil {
		return nil, fmt.Errorf("read PERSISTED_OPERATIONS: %w", err)
	}
	operations, err := graph.ParseOperations(text)
	if err != nil {
		return nil, fmt.Errorf("parse PERSISTED_OPERATIONS: %w", err)
	}
	return operations, nil
}

// announce prints the banner and logs the address.
func (s *server) announce(t target, addr string) {
	// One write, so that a reader that waits for the banner gets all of it.
	url := "http://" + addr + s.settings.BasePath
	text := fmt.Sprintf("Authgraph\n  GraphQL     %s/graphql\n", url)
	if s.settings.Playground {
		text += fmt.Sprintf("  Playground  %s/\n", url)
	}
	fmt.Fprint(s.stdout, text+t.banner)
	s.log.Info("serving", "addr", addr, "issuer", t.issuers[0], "embedded_pool", s.settings.Embedded())
}
