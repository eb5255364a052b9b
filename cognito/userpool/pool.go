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

// Options says where a pool lives and how it is reached.
type Options struct {
	// Path is the database file. It is made with mode 0600, and its folder with mode 0700, if they do not exist.
	Path string
	// Region is the AWS region that a new pool pretends to be in; it becomes the first part of the pool's id. Default
	// us-east-1. An existing pool keeps the one that it was made with.
	Region string
	// URL is the address under which the pool is reached, such as http://127.0.0.1:9229. Tokens name it as their issuer.
	// Default http://127.0.0.1:9229.
	URL string
	// Shape is what the default pool and its client are to be like. By default a new file gets the pool that the package
	// comment describes, and an existing one stays as it is.
	Shape Shape
	// Now tells the time. Default time.Now.
	Now func() time.Time
	// Log takes a line per call at level Debug, and internal errors at level Error: operation, outcome and request id,
	// never a password, code or token. By default nothing is logged.
	Log *slog.Logger
}

// Pool is an embedded user pool service; make one with [Open]. It is an [http.Handler] and safe for concurrent use.
type Pool struct {
	service    *service.Service
	operations map[string]operation
	inbox      *inbox.Handler
	now        func() time.Time
	log        *slog.Logger
	hostname   string

	poolID, clientID, clientSecret string // of the default pool and its client
}

// Open opens the pool in a file, or makes it: with a pool id, an app client and two RSA keys of 2048 bits, which stay the
// same from then on. It fails when another process has the file open.
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
		return nil, err
	}
	p := &Pool{
		service: service.New(file, strings.TrimRight(o.URL, "/")), inbox: inbox.NewHandler(file.File, o.Log),
		now: o.Now, log: o.Log, hostname: hostname,
	}
	if err := db.RecoverFaults(func() error { return p.prepare(o) }); err != nil {
		return nil, errors.Join(fmt.Errorf("userpool: opening %s: %w", o.Path, err), db.CloseDamaged(file.File))
	}
	p.operations = table(&admin.Operations{Service: p.service, Region: o.Region, DefaultPool: p.poolID, DefaultClient: p.clientID})
	return p, nil
}

func (o *Options) complete() error {
	if o.Path == "" {
		return errors.New("userpool: Path is missing")
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(o.Region) {
		return errors.New("userpool: Region must be the name of an AWS region, such as us-east-1")
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

// prepare makes what a new file lacks, applies the shape and loads what is kept in memory.
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
	err = file.UpdateDirect(p.poolID, now, func(t *store.Tx) error { return o.Shape.applyTo(t, p.clientID) })
	if err != nil {
		return err
	}
	client, err := file.Client(p.clientID)
	if err != nil {
		return fmt.Errorf("userpool: the file lacks its app client: %w", err)
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

// populate makes the default pool and its client in a new file.
func populate(file *store.Store, o Options, now epoch.Time) error {
	keys, err := tokens.GenerateKeys()
	if err != nil {
		return err
	}
	poolID, err := settings.NewPoolID(o.Region)
	if err != nil {
		return err
	}
	client, err := settings.NewClient(poolID, settings.EmbeddedClient(), false, now)
	if err != nil {
		return err
	}
	return file.Initialize(poolID, o.Shape.newPool(), keys, client, now)
}

// ID is the id of the default user pool, such as us-east-1_AbC123xyZ.
func (p *Pool) ID() string { return p.poolID }

// ClientID is the id of the default pool's app client.
func (p *Pool) ClientID() string { return p.clientID }

// ClientSecret is that client's secret, empty unless [Shape] gave it one.
func (p *Pool) ClientSecret() string { return p.clientSecret }

// Issuer is the iss claim of the default pool's tokens and the base of its key set's address: Options.URL, a slash, and ID.
func (p *Pool) Issuer() string { return p.service.Issuer(p.poolID) }

// Close closes the file once running transactions have ended. Requests that come later get an internal error.
func (p *Pool) Close() error { return p.service.Close() }
