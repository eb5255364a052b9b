// Package redisconn connects to a Redis or Valkey server. Rate limits and
// revocations share its settings: short timeouts, no retries, and errors that are
// safe to log.
package redisconn

import (
	"context"
	"crypto/tls"
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

// DefaultTimeout is the timeout of a call unless the [Config] says otherwise.
const DefaultTimeout = 100 * time.Millisecond

// ErrBadReply means that the server's reply does not match the command.
var ErrBadReply = errors.New("redis: unexpected reply from the server")

// Config describes a server and the keys to use there. Create it with [Parse].
type Config struct {
	// Timeout bounds every call. Parse sets it to [DefaultTimeout].
	Timeout time.Duration

	prefix  string
	options redis.Options
}

// Parse returns the configuration for the server at url, which has the form
// redis://user:password@host:port/db, or rediss:// for TLS. Query parameters are
// rejected, since they could override the settings of [Config.NewClient].
//
// Every key starts with prefix. It must contain a hash tag, as in
// "authgraph:{pool}:", so that all keys of a script are in the same cluster slot.
//
// Errors do not contain the URL.
func Parse(url, prefix string) (Config, error) {
	scheme, _, _ := strings.Cut(url, "://")
	if scheme != "redis" && scheme != "rediss" {
		return Config{}, errors.New("the URL must start with redis:// or rediss://")
	}
	if strings.ContainsAny(url, "?#") {
		return Config{}, errors.New("the URL must not have parameters (escape special characters in the password)")
	}
	options, err := redis.ParseURL(url)
	if err != nil { // its text may contain the password
		return Config{}, errors.New("the URL must have the form redis://user:password@host:port/db")
	}
	if tag := strings.IndexByte(prefix, '{'); tag < 0 || strings.IndexByte(prefix[tag:], '}') < 2 {
		return Config{}, fmt.Errorf("the key prefix %q has no hash tag", prefix)
	}
	return Config{Timeout: DefaultTimeout, prefix: prefix, options: *options}, nil
}

// Key returns name with the prefix.
func (c Config) Key(name string) string { return c.prefix + name }

// NewClient returns a client that fails fast and never retries. timeout bounds
// each network operation, and poolSize the number of connections. It connects on
// first use.
//
// NewClient turns off go-redis's log for the whole process: it writes an
// unstructured line for every failed dial, and all failures are returned as errors
// anyway.
func (c Config) NewClient(timeout time.Duration, poolSize int) *redis.Client {
	logging.Disable()
	o := c.options
	o.Protocol = 2           // nothing here needs the push messages of version 3
	o.DisableIdentity = true // CVE-2025-29923: replies get out of order when CLIENT SETINFO times out
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout = timeout
	o.ReadTimeout = timeout
	o.WriteTimeout = timeout
	o.PoolTimeout = timeout
	o.ContextTimeoutEnabled = true
	o.PoolSize = poolSize
	o.PipelinePoolSize = -1 // pipelines use the same pool
	return redis.NewClient(&o)
}

// SafeError returns err without anything that could be a secret. A server may
// repeat what it received, such as a password, so only the code of its error
// messages is kept. Network errors are wrapped.
func SafeError(err error) error {
	if err == nil {
		return nil
	}
	fromClient := errors.Is(err, redis.ErrClosed) || errors.Is(err, redis.ErrPoolTimeout)
	if reply, ok := errors.AsType[redis.Error](err); ok && !fromClient {
		code, _, _ := strings.Cut(reply.Error(), " ")
		if code == "" || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return ErrBadReply
		}
		return fmt.Errorf("redis: the server returned the error %s%s", code, explain(reply.Error()))
	}
	if fromClient || isNetworkError(err) {
		return fmt.Errorf("redis: %w", err)
	}
	return ErrBadReply // its text may quote the reply
}

// explain returns what an error means that a wrong address, login or permission
// causes, or nothing.
func explain(message string) string {
	for _, known := range []struct{ start, meaning string }{
		{"WRONGPASS", "the user name or the password is wrong"},
		{"NOAUTH", "it requires a password"},
		{"ERR AUTH", "it has no password, but one was sent"},
		{"NOPERM", "the user may not use a command or a key that is needed"},
		{"ERR DB index", "it has no database of this number"},
		{"READONLY", "it is a replica that cannot be written"},
	} {
		if strings.HasPrefix(message, known.start) {
			return " (" + known.meaning + ")"
		}
	}
	return ""
}

func isNetworkError(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)
}
