package userpool

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"authgraph/cognito/userpool/internal/admin"
	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// Options has the location and address of a pool.
type Options struct {
	// Path is the database file. If missing, it is created with mode 0600 and its folder with mode 0700.
	Path string
	// Region is the AWS region in the ids of new pools. An existing pool keeps its region. The default is us-east-1.
	Region string
	// URL is the address at which clients reach the pool, which tokens name as their issuer. The default is
	// http://127.0.0.1:9229.
	URL string
	// Hosts are further host names, without a port, that requests may be sent to. Loopback names and the one in URL need
	// not be among them.
	Hosts []string
	// Shape changes settings of the default pool and its client. Without it, a new file gets the pool that the package
	// comment describes, and an existing file stays as it is.
	Shape Shape
	// Now returns the time. The default is time.Now.
	Now func() time.Time
	// Log receives a line per call at level Debug and internal errors at level Error, with operation, outcome and request
	// id, never a password, code or token. By default nothing is logged.
	Log *slog.Logger
}

// Pool is an embedded user pool service. Create one with [Open]. It is an [http.Handler] and safe for concurrent use.
type Pool struct {
	service    *service.Service
	operations map[string]operation
	inbox      *inbox.Handler
	metadata   metadataLog
	now        func() time.Time
	log        *slog.Logger
	hosts      []string // in lower case

	poolID, clientID, clientSecret string // of the default pool and its client
	furtherClients                 []AppClient
	caseSensitive                  bool
}

// Open opens the pool in a file, or creates one with a pool id, an app client and two 2048-bit RSA keys, which stay
// the same from then on. It fails if another process has the file open, or if the file is damaged.
func Open(o Options) (*Pool, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	hostname, err := hostnameOf(o.URL)
	if err != nil {
		return nil, err
	}
	file, err := store.Open(o.Path)
	if err != nil {
		return nil, fmt.Errorf("userpool: %w", err)
	}
	p := &Pool{
		service: service.New(file, strings.TrimRight(o.URL, "/")), inbox: inbox.NewHandler(file.File, o.Log),
		now: o.Now, log: o.Log, hosts: []string{"localhost", "127.0.0.1", "::1", hostname},
	}
	for _, host := range o.Hosts {
		p.hosts = append(p.hosts, strings.ToLower(host))
	}
	if err := db.RecoverFaults(func() error { return p.prepare(o) }); err != nil {
		return nil, errors.Join(fmt.Errorf("userpool: opening %s: %w", o.Path, err), db.CloseDamaged(file.File))
	}
	p.operations = table(&admin.Operations{Service: p.service, Region: o.Region, DefaultPool: p.poolID, DefaultClient: p.clientID})
	return p, nil
}

func (o *Options) complete() error {
	if o.Path == "" {
		return errors.New("userpool: no Path")
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(o.Region) {
		return errors.New("userpool: Region is not the name of an AWS region, such as us-east-1")
	}
	if o.URL == "" {
		o.URL = "http://127.0.0.1:9229"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// prepare completes the file, applies the shape, and loads what is kept in memory.
func (p *Pool) prepare(o Options) error {
	file, now := p.service.Store, epoch.Of(p.now())
	fresh, err := file.IsNew()
	if err != nil {
		return err
	}
	if fresh {
		err = populate(file, o, now)
	} else {
		err = file.Upgrade()
	}
	if err != nil {
		return err
	}
	if p.poolID, p.clientID, err = file.Defaults(); err != nil {
		return err
	}
	err = file.UpdateDirect(p.poolID, now, func(t *store.Tx) (err error) {
		p.caseSensitive = t.Pool.CaseSensitive()
		if t.Pool.Sessions == nil { // the file is older than sessions
			rec := *t.Pool
			rec.Sessions = settings.EmbeddedSessions()
			if err := t.PutPool(rec); err != nil {
				return err
			}
			t.Pool = &rec
		}
		p.furtherClients, err = o.Shape.applyTo(t, p.clientID)
		return err
	})
	if err != nil {
		return err
	}
	client, err := file.Client(p.clientID)
	if err != nil {
		return fmt.Errorf("the file lacks its app client: %w", err)
	}
	p.clientSecret = client.ClientSecret
	return file.EachKeys(func(poolID string, rec tokens.KeyRecord) error {
		ring, err := rec.KeyRing(poolID)
		if err == nil {
			p.service.Keys.Put(ring)
		}
		return err
	})
}

// populate creates the default pool and its client in a new file.
func populate(file *store.Store, o Options, now epoch.Time) error {
	keys, err := tokens.GenerateKeys()
	if err != nil {
		return err
	}
	poolID, err := settings.NewPoolID(o.Region)
	if err != nil {
		return err
	}
	client, err := settings.NewClient(poolID, settings.EmbeddedClient(), "", now)
	if err != nil {
		return err
	}
	return file.Initialize(poolID, o.Shape.newPool(), keys, client, now)
}

// ID returns the id of the default user pool, such as us-east-1_AbC123xyZ.
func (p *Pool) ID() string { return p.poolID }

// Region returns the AWS region in that id.
func (p *Pool) Region() string { return settings.RegionOf(p.poolID) }

// ClientID returns the id of the default pool's app client.
func (p *Pool) ClientID() string { return p.clientID }

// ClientSecret returns the secret of that client, or "" unless [Shape] gave it one.
func (p *Pool) ClientSecret() string { return p.clientSecret }

// AppClient is an app client of the default pool.
type AppClient struct{ Name, ID string }

// FurtherClients returns the app clients that [Shape] named, in its order.
func (p *Pool) FurtherClients() []AppClient { return p.furtherClients }

// CaseSensitive reports whether user names of the default pool that differ in case are different users.
func (p *Pool) CaseSensitive() bool { return p.caseSensitive }

// Issuer returns the iss claim of the default pool's tokens, which is also the base of its JWKS address: Options.URL,
// a slash, and ID.
func (p *Pool) Issuer() string { return p.service.Issuer(p.poolID) }

// Close closes the file once running transactions have finished. Later requests get an internal error.
func (p *Pool) Close() error { return p.service.Close() }
