// Command authgraph serves Amazon Cognito as a typed GraphQL API: over HTTP, or
// as an AWS Lambda function when it runs there. Without any setting it brings
// its own user pool. See authgraph --help, and the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"authgraph/cognito"
	"authgraph/cognito/userpool"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/config"
	"authgraph/internal/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, config.ErrShown) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends and everything in flight is finished.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	settings, err := config.Parse(args, getenv, stdout, stderr)
	if err != nil {
		return err
	}
	s := &server{
		settings: settings,
		log:      web.NewLogger(stderr, settings.LogLevel, settings.LogFormat),
		metrics:  web.NewMetrics(),
		stdout:   stdout,
	}
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
	metrics  *web.Metrics
	stdout   io.Writer
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
	keys, err := cognito.NewKeySet(cognito.KeySetOptions{URL: t.jwksURL, Observe: s.metrics.ObserveJWKS, Log: s.log})
	if err != nil {
		return err
	}
	drain := &web.Drain{}
	handler, err := s.handler(t, keys, drain)
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go keys.Run(background)

	if s.settings.Lambda {
		return web.ServeLambda(ctx, handler)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.Addr)
	if err != nil {
		return fmt.Errorf("authgraph cannot listen on %s; choose another ADDR, or end what listens there: %w", s.settings.Addr, err)
	}
	s.announce(t, listener.Addr().String())
	err = web.Serve(ctx, listener, handler, web.ServeOptions{Drain: drain, Log: s.log})
	s.log.Info("stopped")
	return err
}

// handler wires the API from the edge to the client of the user pools API.
func (s *server) handler(t target, keys *cognito.KeySet, drain *web.Drain) (http.Handler, error) {
	client, err := cognito.New(cognito.Options{
		Region:             t.region,
		UserPoolID:         t.poolID,
		ClientID:           t.clientID,
		ClientSecret:       t.secret.Reveal(),
		Endpoint:           t.endpoint,
		UsernameAttribute:  s.settings.UsernameAttribute,
		PasswordlessSignUp: s.settings.PasswordlessSignup,
		Observe:            s.metrics.ObserveCognito,
	})
	if err != nil {
		return nil, err
	}
	verifier, err := cognito.NewVerifier(cognito.VerifierOptions{Issuers: t.issuers, ClientID: t.clientID, Keys: keys})
	if err != nil {
		return nil, err
	}
	auth := &directives.Auth{Verifier: verifier, Client: client}
	constraint := &directives.Constraint{}
	api, err := graph.NewHandler(graph.Options{
		Cognito:       client,
		Directives:    generated.DirectiveRoot{Auth: auth.Directive, Constraint: constraint.Directive},
		Introspection: s.settings.Introspection,
		Log:           s.log,
		Observe:       s.metrics.ObserveField,
		ObservePanic:  s.metrics.ObservePanic,
	})
	if err != nil {
		return nil, err
	}
	return web.NewHandler(web.Options{
		GraphQL:        api,
		Playground:     s.settings.Playground,
		Ready:          keys.Ready,
		Drain:          drain,
		AllowedOrigins: s.settings.AllowedOrigins,
		TrustedProxies: s.settings.TrustedProxies,
		Metrics:        s.metrics,
		Log:            s.log,
	}), nil
}

// announce says where the API is: in words to whoever started it, and in the log.
func (s *server) announce(t target, addr string) {
	fmt.Fprintf(s.stdout, "Authgraph\n  GraphQL     http://%s/graphql\n", addr)
	if s.settings.Playground {
		fmt.Fprintf(s.stdout, "  Playground  http://%s/\n", addr)
	}
	fmt.Fprint(s.stdout, t.banner)
	s.log.Info("serving", "addr", addr, "issuer", t.issuers[0], "embeddedPool", s.settings.Embedded())
}

// embeddedPool is the user pool that the program brings along, reached over its
// wire protocol like any other.
type embeddedPool struct {
	pool *userpool.Pool
	url  string
	file string
	stop context.CancelFunc
	done chan error
	log  *slog.Logger
}

// openPool opens the pool's file and serves the pool.
func (s *server) openPool(ctx context.Context) (*embeddedPool, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.PoolAddr)
	if err != nil {
		return nil, fmt.Errorf("the embedded pool cannot listen on %s; choose another POOL_ADDR, or end what listens there: %w", s.settings.PoolAddr, err)
	}
	p := &embeddedPool{
		url:  "http://" + listener.Addr().String(),
		file: filepath.Join(s.settings.DataDir, "userpool.db"),
		done: make(chan error, 1),
		log:  s.log,
	}
	p.pool, err = userpool.Open(userpool.Options{Path: p.file, URL: p.url, Log: s.log, Shape: poolShape(s.settings.Pool)})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.log.Info("serving the embedded pool", "url", p.url, "inbox", p.url+"/inbox", "file", p.file)
	// It outlives the API, whose last requests still need it.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	go func() {
		p.done <- web.Serve(background, listener, p.pool, web.ServeOptions{DrainDelay: -1, Log: s.log})
	}()
	return p, nil
}

func poolShape(s config.PoolShape) userpool.Shape {
	return userpool.Shape{
		MFA:                 s.MFA,
		AuthFlows:           s.AuthFlows,
		UserExistenceErrors: s.UserExistenceErrors,
		RotationGrace:       s.RotationGrace,
		ClientSecret:        s.ClientSecret.Reveal(),
		UsernameAttributes:  s.UsernameAttributes,
		CustomAttributes:    s.CustomAttributes,
	}
}

// close ends the pool and writes what is left to write.
func (p *embeddedPool) close() {
	p.stop()
	if err := errors.Join(<-p.done, p.pool.Close()); err != nil {
		p.log.Error("the embedded pool did not end well", "cause", err)
	}
}

func (p *embeddedPool) target() target {
	return target{
		region:   "us-east-1",
		poolID:   p.pool.ID(),
		clientID: p.pool.ClientID(),
		secret:   config.Secret(p.pool.ClientSecret()),
		endpoint: p.url,
		issuers:  []string{p.pool.Issuer()},
		jwksURL:  p.pool.Issuer() + "/.well-known/jwks.json",
		banner:   p.banner(),
	}
}

// banner tells how to use the pool, also from other clients.
func (p *embeddedPool) banner() string {
	const text = `
  The user pool is EMBEDDED, for development: its users live in %[1]s, and whoever
  reaches %[2]s can administer it.
  Inbox       %[2]s/inbox   (what would have been mailed: the codes)
  Pool id     %[3]s
  Client id   %[4]s
  AWS SDKs    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=%[2]s
  AWS CLI     aws cognito-idp … --endpoint-url %[2]s --region us-east-1 --no-sign-request
  Amplify     Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: '%[2]s/' } }
  Cognito     set AWS_COGNITO_USER_POOL_ID and AWS_COGNITO_APP_CLIENT_ID to use a pool of your own

`
	return fmt.Sprintf(text, p.file, p.url, p.pool.ID(), p.pool.ClientID())
}
