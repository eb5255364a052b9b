package userpool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
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

// lockPatience is how long Open waits for another process to let go of the file.
const lockPatience = 500 * time.Millisecond

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

// withFaults runs fn, which reads a database file. A file that is damaged inside makes bbolt panic or read beyond the
// mapped memory; both become an error.
func withFaults(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = errDamaged
		}
	}()
	return fn()
}

// closeDamaged closes a file that could not be used. A panic may have left a lock
// behind that Close would wait for; the process ends anyway.
func closeDamaged(db *bbolt.DB) error {
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(time.Second):
		return nil
	}
}

var errDamaged = errors.New("the file is damaged; put back a copy of it")

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

func openFile(path string) (*bbolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("userpool: making the folder of the database: %w", err)
	}
	db, err := openDatabase(path)
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("userpool: %s is in use by another process; only one can own the data", path)
	}
	if err != nil {
		return nil, fmt.Errorf("userpool: opening %s: %w", path, err)
	}
	if err := checkWhole(db); err != nil {
		return nil, errors.Join(fmt.Errorf("userpool: opening %s: %w", path, err), db.Close())
	}
	return db, nil
}

var errCutShort = errors.New("the file is damaged: it ends before its last page; put back a copy of it")

// openDatabase opens the file. bbolt maps it into memory, where reading beyond the end of a file that was cut short is a
// fault that would end the process; here it becomes an error.
func openDatabase(path string) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, errCutShort
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockPatience, FreelistType: bbolt.FreelistMapType})
}

// checkWhole compares the file's length with what its newest state spans.
func checkWhole(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(db.Path())
		if err == nil && info.Size() < tx.Size() {
			err = errCutShort
		}
		return err
	})
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

func (p *Pool) issuerOf(poolID string) string { return p.url + "/" + poolID }

// Close closes the file once running transactions have ended. Requests that come later are answered with an internal error.
func (p *Pool) Close() error { return p.db.Close() }
