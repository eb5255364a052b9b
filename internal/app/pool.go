package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"

	"authgraph/cognito/userpool"
	"authgraph/internal/config"
	"authgraph/internal/httpserver"
)

// servePool is the command pool.
func (p *program) servePool(ctx context.Context, settings *config.Settings) error {
	pool, err := p.newServer(settings).openPool(ctx)
	if err != nil {
		return err
	}
	defer pool.close()
	fmt.Fprint(p.stdout, pool.banner())
	<-ctx.Done()
	return nil
}

// embeddedPool is the embedded user pool while it is served. The API calls it over
// HTTP, like any other pool.
type embeddedPool struct {
	pool  *userpool.Pool
	url   string // at which clients reach it
	local string // at which this machine reaches it
	file  string
	stop  context.CancelFunc
	done  chan error
	log   *slog.Logger
}

// openPool opens the pool's file and serves the pool.
func (s *server) openPool(ctx context.Context) (*embeddedPool, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.PoolAddr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for the embedded pool: %w (choose another POOL_ADDR)", s.settings.PoolAddr, err)
	}
	local, host := localURL(listener.Addr())
	p := &embeddedPool{
		url: cmp.Or(s.settings.PoolURL, local), local: local,
		file: poolFile(s.settings),
		done: make(chan error, 1),
		log:  s.log,
	}
	p.pool, err = userpool.Open(userpool.Options{
		Path: p.file, Region: s.settings.PoolRegion, URL: p.url, Hosts: []string{host}, Log: s.log, Shape: poolShape(s.settings.Pool),
	})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.log.Info("serving the embedded pool", "addr", listener.Addr().String(), "url", p.url, "inbox", p.url+"/inbox", "file", p.file)
	// It outlives the API, whose last requests need it.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	go func() {
		p.done <- httpserver.Serve(background, listener, p.pool, httpserver.ServeOptions{DrainDelay: -1, Log: s.log})
	}()
	return p, nil
}

// localURL returns the URL of a listener for this machine, and its host. A listener
// on all interfaces is reached at the loopback address.
func localURL(addr net.Addr) (base, host string) {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err != nil || host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), host
}

func poolFile(s *config.Settings) string { return filepath.Join(s.DataDir, "userpool.db") }

func poolShape(s config.PoolShape) userpool.Shape {
	return userpool.Shape{
		MFA:                    s.MFA,
		AuthFlows:              s.AuthFlows,
		UserExistenceErrors:    s.UserExistenceErrors,
		RotationGrace:          s.RotationGrace,
		ClientSecret:           s.ClientSecret.Reveal(),
		UsernameAttributes:     s.UsernameAttributes,
		AliasAttributes:        s.AliasAttributes,
		CaseSensitive:          s.CaseSensitive,
		RequiredAttributes:     s.RequiredAttributes,
		AutoVerifiedAttributes: s.AutoVerifiedAttributes,
		CustomAttributes:       s.CustomAttributes,
		Clients:                s.Clients,
	}
}

// close stops serving the pool and closes its file.
func (p *embeddedPool) close() {
	p.stop()
	if err := errors.Join(<-p.done, p.pool.Close()); err != nil {
		p.log.Error("shutting down the embedded pool failed", "err", err)
	}
}

func (p *embeddedPool) target() target {
	var secrets *clientSecrets
	if secret := p.pool.ClientSecret(); secret != "" {
		secrets = &clientSecrets{log: p.log}
		secrets.set([]config.Secret{config.Secret(secret)})
	}
	return target{
		secrets: secrets,

		acceptedClientIDs: clientIDs(p.pool.FurtherClients()),

		region:   p.pool.Region(),
		poolID:   p.pool.ID(),
		clientID: p.pool.ClientID(),
		endpoint: p.local,
		issuers:  []string{p.pool.Issuer()},
		jwksURL:  p.local + "/" + p.pool.ID() + "/.well-known/jwks.json",
		inbox:    p.url + "/inbox",
		banner:   p.banner(),

		caseSensitive: p.pool.CaseSensitive(),
	}
}

func clientIDs(clients []userpool.AppClient) []string {
	ids := make([]string, len(clients))
	for i, client := range clients {
		ids[i] = client.ID
	}
	return ids
}

// banner returns how to use the pool, also from other clients.
func (p *embeddedPool) banner() string {
	const text = `
  The user pool is EMBEDDED, for development. Users are stored in %[1]s.
  Anyone who can reach %[2]s can administer it.
  Inbox       %[2]s/inbox   (e-mails and text messages, with the codes)
  Pool id     %[3]s
  Client id   %[4]s%[6]s
  AWS SDKs    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=%[2]s
  AWS CLI     aws cognito-idp … --endpoint-url %[2]s --region %[5]s --no-sign-request
  Amplify     Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: '%[2]s/' } }
  Cognito     set AWS_COGNITO_USER_POOL_ID and AWS_COGNITO_APP_CLIENT_ID to use your own pool

`
	var further strings.Builder
	for _, client := range p.pool.FurtherClients() {
		further.WriteString("\n              " + client.ID + "   (" + client.Name + ")")
	}
	return fmt.Sprintf(text, p.file, p.url, p.pool.ID(), p.pool.ClientID(), p.pool.Region(), further.String())
}
