package store

import (
	"context"
	"crypto/tls"
	_ "embed" // the script
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	defaultRedisTimeout = 100 * time.Millisecond

	// An attempt holds a connection for one round trip, so this many carry tens
	// of thousands in a second.
	redisPoolSize = 32
)

//go:embed take.lua
var takeScript string

// RedisOptions says where a [Redis] is.
type RedisOptions struct {
	// URL is redis://user:password@host:port/db, or rediss:// for TLS. Required.
	// Parameters behind a question mark are refused: they could turn off what
	// the code relies on.
	URL string

	// Prefix begins every key, and has a hash tag, "authgraph:{pool}:", so that a
	// cluster keeps all keys of one attempt together. Required.
	Prefix string

	// Timeout bounds every call. Zero means 100 ms.
	Timeout time.Duration
}

// Redis is [Counters] in a Redis server from version 7.0 on, or in Valkey. It
// never tries a call twice.
//
// No error of it has the URL, or what the server said beyond its code: a server
// may repeat what it was sent, and that was a password once.
type Redis struct {
	client  *redis.Client
	options *redis.Options // as the URL has them, for another client
	prefix  string
	timeout time.Duration
	script  *redis.Script
}

var _ Counters = (*Redis)(nil)

// NewRedis returns a Redis. It does not connect yet.
//
// It turns off go-redis's own log, which is one for the whole process and has a
// line without a form for each failed dial. What fails is told by errors.
func NewRedis(o RedisOptions) (*Redis, error) {
	scheme, _, _ := strings.Cut(o.URL, "://")
	if scheme != "redis" && scheme != "rediss" {
		return nil, errors.New("store: the URL of a Redis begins with redis:// or rediss://")
	}
	if strings.ContainsAny(o.URL, "?#") {
		return nil, errors.New("store: the URL of a Redis takes no parameters; special characters of a password have to be escaped")
	}
	options, err := redis.ParseURL(o.URL)
	if err != nil { // the text has the URL in it
		return nil, errors.New("store: the URL of a Redis is not of the form redis://user:password@host:port/db")
	}
	if tag := strings.IndexByte(o.Prefix, '{'); tag < 0 || strings.IndexByte(o.Prefix[tag:], '}') < 2 {
		return nil, fmt.Errorf("store: the prefix %q has no hash tag", o.Prefix)
	}
	if o.Timeout < 0 {
		return nil, errors.New("store: a time-out cannot be negative")
	}
	if o.Timeout == 0 {
		o.Timeout = defaultRedisTimeout
	}
	logging.Disable()
	return &Redis{
		client:  newRedisClient(*options, o.Timeout, redisPoolSize),
		options: options,
		prefix:  o.Prefix,
		timeout: o.Timeout,
		script:  redis.NewScript(takeScript),
	}, nil
}

// newRedisClient sets what makes a client fail at once and only once.
func newRedisClient(o redis.Options, timeout time.Duration, connections int) *redis.Client {
	o.Protocol = 2           // nothing here needs what the server pushes in 3
	o.DisableIdentity = true // CVE-2025-29923: answers out of order when CLIENT SETINFO times out
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout = timeout
	o.ReadTimeout = timeout
	o.WriteTimeout = timeout
	o.PoolTimeout = timeout
	o.ContextTimeoutEnabled = true
	o.PoolSize = connections
	o.PipelinePoolSize = -1
	return redis.NewClient(&o)
}

func (r *Redis) budgetKey(key string) string { return r.prefix + "budget:" + key }
func (r *Redis) markKey(key string) string   { return r.prefix + "mark:" + key }

// ruling is a decision, and what else a store that follows has to know.
type ruling struct {
	Decision
	knownFor time.Duration // that the mark Known still lives
}

// Take implements [Counters].
func (r *Redis) Take(ctx context.Context, a Attempt) (Decision, error) {
	if err := a.validate(); err != nil {
		return Decision{}, err
	}
	there, err := r.take(ctx, a)
	return there.Decision, err
}

// take is Take for an attempt that is valid.
func (r *Redis) take(ctx context.Context, a Attempt) (ruling, error) {
	keys := make([]string, 0, len(a.Budgets)+2)
	args := make([]any, 0, 3*len(a.Budgets)+2)
	for _, mark := range []string{a.Known, a.Hold} {
		args = append(args, flag(mark != ""))
		if mark != "" {
			keys = append(keys, r.markKey(mark))
		}
	}
	for _, b := range a.Budgets {
		keys = append(keys, r.budgetKey(b.Key))
		args = append(args, b.Burst, b.Every.Microseconds(), flag(b.Strangers))
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	answer, err := r.script.Run(ctx, r.client, keys, args...).Int64Slice()
	if err != nil {
		return ruling{}, withoutSecrets(err)
	}
	if len(answer) != 3 || answer[0] < -1 || answer[0] > int64(len(a.Budgets)) || (answer[0] >= 0) != (answer[1] > 0) {
		return ruling{}, errNonsense
	}
	there := ruling{knownFor: time.Duration(answer[2]) * time.Microsecond}
	switch who := answer[0]; who {
	case -1:
	case 0:
		there.Refused = Hold
	default:
		there.Refused = a.Budgets[who-1].Name
	}
	there.RetryAfter = time.Duration(answer[1]) * time.Microsecond
	return there, nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Refill implements [Counters].
func (r *Redis) Refill(ctx context.Context, keys ...string) error {
	if err := validateKeys(keys); err != nil || len(keys) == 0 {
		return err
	}
	full := make([]string, len(keys))
	for i, key := range keys {
		full[i] = r.budgetKey(key)
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return withoutSecrets(r.client.Del(ctx, full...).Err())
}

// Mark implements [Counters].
func (r *Redis) Mark(ctx context.Context, lifetime time.Duration, keys ...string) error {
	if err := validateKeys(keys); err != nil || len(keys) == 0 {
		return err
	}
	if err := validateLifetime(lifetime); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			p.Do(ctx, "SET", r.markKey(key), "1", "PX", lifetime.Milliseconds())
		}
		return nil
	})
	return withoutSecrets(err)
}

// Close implements [Counters]. Streams are closed apart.
func (r *Redis) Close() error { return r.client.Close() }

var errNonsense = errors.New("store: the server's answer makes no sense")

// withoutSecrets is an error fit for a log: that of the network as it is, and of
// what the server said its code alone.
func withoutSecrets(err error) error {
	if err == nil {
		return nil
	}
	var said redis.Error
	if errors.As(err, &said) && !errors.Is(err, redis.ErrClosed) && !errors.Is(err, redis.ErrPoolTimeout) {
		code, _, _ := strings.Cut(said.Error(), " ")
		if code == "" || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return errNonsense
		}
		return fmt.Errorf("store: the server answers %s", code)
	}
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	for _, known := range []bool{
		errors.As(err, &network),
		errors.As(err, &certificate),
		errors.As(err, &noTLS),
		errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, context.Canceled),
		errors.Is(err, redis.ErrClosed),
		errors.Is(err, redis.ErrPoolTimeout),
	} {
		if known {
			return fmt.Errorf("store: %w", err)
		}
	}
	return errNonsense
}
