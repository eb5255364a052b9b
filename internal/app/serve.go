// Package app wires the commands of the program.
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
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
	"authgraph/internal/telemetry"
)

// Run parses the command line and runs the command until it is done or ctx ends.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	settings, err := config.Parse(args, getenv, stdout)
	if err != nil {
		return err
	}
	if settings.PrintSchema {
		return printSchema(stdout, settings)
	}
	if settings.Router != "" {
		return writeRouter(ctx, stdout, settings)
	}
	s := &server{
		settings: settings,
		metrics:  metrics.New(),
		stdout:   stdout,
		stderr:   stderr,
	}
	s.log = logging.New(stderr, settings.LogLevel, settings.LogFormat)
	s.tracer, err = telemetry.Start(ctx, getenv)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.tracer.Close(); err != nil {
			s.log.Warn("the last spans were not taken", "cause", err)
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
	if settings.PoolOnly {
		fmt.Fprint(stdout, target.banner)
		<-ctx.Done()
		return nil
	}
	return s.serve(ctx, target)
}

// server is what one start is made of.
type server struct {
	settings *config.Settings
	log      *slog.Logger
	metrics  *metrics.Metrics
	tracer   *telemetry.Tracer // nil: nothing is traced
	stdout   io.Writer
	stderr   io.Writer
}

// target is the user pool that the API stands before.
type target struct {
	region, poolID, clientID, endpoint string
	secret                             config.Secret
	issuers                            []string
	jwksURL                            string
	banner                             string // what to tell whoever started the program; may be empty
}

// cognito is the pool that the settings name.
func (s *server) cognito() target {
	return target{
		region:   s.settings.Region,
		poolID:   s.settings.UserPoolID,
		clientID: s.settings.ClientID,
		endpoint: s.settings.Endpoint,
		secret:   s.settings.ClientSecret,
		issuers:  s.settings.Issuers(),
		jwksURL:  s.settings.JWKSURL(),
	}
}

// serve serves the API before the pool.
func (s *server) serve(ctx context.Context, t target) error {
	keys, err := token.NewKeySet(token.KeySetOptions{URL: t.jwksURL, Observe: s.metrics.ObserveJWKS, Log: s.log})
	if err != nil {
		return err
	}
	trust, err := s.openTrust(t)
	if err != nil {
		return err
	}
	defer trust.close()
	drain := &httpserver.Drain{}
	handler, err := s.handler(ctx, t, keys, trust, drain)
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { keys.Run(background) })
	running.Go(func() { trust.run(background) })
	if err := s.serveProfiles(background, &running); err != nil {
		return err
	}

	if s.settings.Lambda {
		return httpserver.ServeLambda(ctx, handler)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.Addr)
	if err != nil {
		return fmt.Errorf("authgraph cannot listen on %s; choose another ADDR, or end what listens there: %w", s.settings.Addr, err)
	}
	s.announce(t, listener.Addr().String())
	err = httpserver.Serve(ctx, listener, handler, httpserver.ServeOptions{Drain: drain, Log: s.log})
	s.log.Info("stopped")
	return err
}

// serveProfiles serves profiles on a listener of their own, if that is asked for.
func (s *server) serveProfiles(ctx context.Context, running *sync.WaitGroup) error {
	if s.settings.PprofAddr == "" {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.PprofAddr)
	if err != nil {
		return fmt.Errorf("authgraph cannot listen on %s; choose another PPROF_ADDR, or end what listens there: %w", s.settings.PprofAddr, err)
	}
	s.log.Info("serving profiles", "url", "http://"+listener.Addr().String()+"/debug/pprof/")
	running.Go(func() {
		_ = httpserver.Serve(ctx, listener, httpserver.Profiles(), httpserver.ServeOptions{DrainDelay: -1, Log: s.log})
	})
	return nil
}

// handler wires the API from the edge to the client of the user pools API.
func (s *server) handler(ctx context.Context, t target, keys *token.KeySet, trust *trust, drain *httpserver.Drain) (http.Handler, error) {
	operations, err := s.operations()
	if err != nil {
		return nil, err
	}
	credentials, err := s.credentials(ctx, t)
	if err != nil {
		return nil, err
	}
	client, err := cognito.New(cognito.Options{
		Region:             t.region,
		UserPoolID:         t.poolID,
		ClientID:           t.clientID,
		ClientSecret:       t.secret.Reveal(),
		Endpoint:           t.endpoint,
		UsernameAttribute:  s.settings.UsernameAttribute,
		PasswordlessSignUp: s.settings.PasswordlessSignup,
		HideUserExistence:  s.settings.HideUserExistence,
		SendClientAddress:  s.settings.SendClientAddress,
		MayNotify:          trust.limit.MaySend,
		Quota:              trust.quota(),
		Credentials:        credentials,
		ReplayRefreshes:    s.settings.CookieTransport,
		Revoked:            trust.revoked,
		SignedIn:           trust.signedIn,
		Observe:            s.metrics.ObserveCognito,
		Trace:              s.tracer.Call(),
	})
	if err != nil {
		return nil, err
	}
	verifier, err := token.NewVerifier(token.VerifierOptions{
		Issuers: t.issuers, ClientID: t.clientID, Keys: keys, Revoked: trust.revoked, Observe: s.metrics.ObserveToken,
	})
	if err != nil {
		return nil, err
	}
	s.observeState(client, verifier)
	auth := &directives.Auth{
		Verifier: verifier, Client: client, Limit: trust.limit,
		ServiceGroups: s.settings.ServiceGroups, ServiceScopes: s.settings.ServiceScopes,
	}
	constraint := &directives.Constraint{}
	api, err := graph.NewHandler(graph.Options{
		Cognito:  client,
		Verifier: verifier,
		Directives: generated.DirectiveRoot{
			Auth: auth.Directive, Constraint: constraint.Directive, RateLimit: trust.limit.Directive,
		},
		SignedOut:     trust.signedOut,
		Limits:        graph.Limits(s.settings.DocumentLimits),
		Operations:    operations,
		Audit:         trust.record,
		Introspection: s.settings.Introspection,
		Federation:    federation(s.settings),

		CookieTransport: s.settings.CookieTransport,
		Log:             s.log,
		Observe:         s.metrics.ObserveField,
		Trace:           s.tracer.Field(),
		ObservePanic:    s.metrics.ObservePanic,
	})
	if err != nil {
		return nil, err
	}
	return s.tracer.Serve(httpserver.NewHandler(httpserver.Options{
		GraphQL:        api,
		Playground:     s.settings.Playground,
		Ready:          keys.Ready,
		Drain:          drain,
		AllowedOrigins: s.settings.AllowedOrigins,
		RefreshCookie:  refreshCookie(s.settings),
		TrustedProxies: s.settings.TrustedProxies,
		Metrics:        s.metrics,
		Log:            s.log,
	})), nil
}

// refreshCookie is how long a refresh token is kept in a cookie; 0 where it is kept in
// none.
func refreshCookie(s *config.Settings) time.Duration {
	if !s.CookieTransport {
		return 0
	}
	return s.RefreshCookieLifetime
}

// observeState reports what is there at the moment.
func (s *server) observeState(client *cognito.Client, verifier *token.Verifier) {
	s.metrics.ObserveGauge("token_cache_entries", "Access tokens that are remembered.",
		func() float64 { return float64(verifier.CachedTokens()) })
	s.metrics.ObserveGauge("cognito_calls_in_flight", "Calls of Cognito's API that are out.",
		func() float64 { return float64(client.CallsInFlight()) })
	s.metrics.ObserveGauge("cognito_circuit_open", "1 while no calls of Cognito's API are made, since it does not answer; 0.5 while the first ones try again.",
		func() float64 { return map[string]float64{"open": 1, "half-open": 0.5}[client.Circuit()] })
}

// credentials are what other users are looked up with, or nil where nobody is.
func (s *server) credentials(ctx context.Context, t target) (*cognito.Credentials, error) {
	switch {
	case s.settings.UserLookup == "off":
		return nil, nil
	case s.settings.Embedded():
		return cognito.MadeUpCredentials(), nil
	}
	insists := s.settings.UserLookup == "on"
	found := cognito.AmbientCredentials(t.region, insists)
	if insists {
		if err := found.Check(ctx); err != nil {
			return nil, fmt.Errorf("authgraph finds no AWS credentials, which USER_LOOKUP=on asks for: %w", err)
		}
	}
	return found, nil
}

// operations reads the only documents that may run, or nil where any may.
func (s *server) operations() (graph.Operations, error) {
	if s.settings.PersistedOperations == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.settings.PersistedOperations)
	if err != nil {
		return nil, fmt.Errorf("authgraph cannot read PERSISTED_OPERATIONS: %w", err)
	}
	operations, err := graph.ParseOperations(text)
	if err != nil {
		return nil, fmt.Errorf("authgraph cannot use PERSISTED_OPERATIONS: %w", err)
	}
	return operations, nil
}

// announce says where the API is: in words to whoever started it, and in the log.
func (s *server) announce(t target, addr string) {
	// One write, so that whoever waits for it has all of it.
	text := fmt.Sprintf("Authgraph\n  GraphQL     http://%s/graphql\n", addr)
	if s.settings.Playground {
		text += fmt.Sprintf("  Playground  http://%s/\n", addr)
	}
	fmt.Fprint(s.stdout, text+t.banner)
	s.log.Info("serving", "addr", addr, "issuer", t.issuers[0], "embeddedPool", s.settings.Embedded())
}
