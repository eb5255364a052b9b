package userpool

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"go.etcd.io/bbolt"
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
	db         *bbolt.DB
	commits    *committer
	keys       rings
	inbox      *inboxHandler
	operations map[string]operation
	now        func() time.Time
	log        *slog.Logger
	url        string
	hostname   string
	region     string
	shape      Shape
	poolID     string
	clientID   string
	secret     string // of the default client
	srp        *srpGroup
	// derive computes an SRP verifier. It is a field so that a test can count how often that happens.
	derive func(poolName, userID, password string, salt []byte) []byte
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
	db, err := openFile(o.Path)
	if err != nil {
		return nil, err
	}
	p := &Pool{
		db: db, commits: &committer{db: db}, operations: table(), now: o.Now, log: o.Log,
		url: strings.TrimRight(o.URL, "/"), hostname: hostname, region: o.Region, shape: o.Shape, srp: newSRPGroup(),
	}
	p.derive = p.srp.verifier
	p.inbox = &inboxHandler{db: db, log: o.Log}
	if err := withFaults(p.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("userpool: opening %s: %w", o.Path, err), closeDamaged(db))
	}
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

// prepare makes what a new file lacks, applies the shape and reads what is kept in memory.
func (p *Pool) prepare() error {
	fresh, err := p.isNew()
	if err != nil {
		return err
	}
	if fresh {
		err = p.populate()
	} else {
		err = p.upgrade()
	}
	if err != nil {
		return err
	}
	if p.poolID, p.clientID, err = p.defaults(); err != nil {
		return err
	}
	err = p.updateAlone(p.poolID, momentOf(p.now()), func(t *poolTx) error { return p.shape.applyTo(t, p.clientID) })
	if err != nil {
		return err
	}
	client, err := p.clientOf(p.clientID)
	if err != nil {
		return fmt.Errorf("userpool: the file lacks its app client: %w", err)
	}
	p.secret = client.ClientSecret
	return p.eachKeys(func(id string, rec keyRecord) error {
		ring, err := rec.ring(id)
		if err == nil {
			p.keys.put(ring)
		}
		return err
	})
}

// populate makes the default pool and its client.
func (p *Pool) populate() error {
	keys, err := generateKeys()
	if err != nil {
		return err
	}
	poolID, err := newPoolID(p.region)
	if err != nil {
		return err
	}
	client, err := newClient(poolID, embeddedClient(), false, momentOf(p.now()))
	if err != nil {
		return err
	}
	return p.initialize(poolID, p.shape.newPool(), keys, client, momentOf(p.now()))
}

// ID is the id of the default user pool, such as us-east-1_AbC123xyZ.
func (p *Pool) ID() string { return p.poolID }

// ClientID is the id of the default pool's app client.
func (p *Pool) ClientID() string { return p.clientID }

// ClientSecret is that client's secret, empty unless [Shape] gave it one.
func (p *Pool) ClientSecret() string { return p.secret }

// Issuer is the iss claim of the default pool's tokens and the base of its key set's address: Options.URL, a slash, and ID.
func (p *Pool) Issuer() string { return p.issuerOf(p.poolID) }

// Close closes the file once running transactions have ended. Requests that come later are answered with an internal error.
func (p *Pool) Close() error { return p.db.Close() }
