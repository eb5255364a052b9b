// Package redisconn connects to a Redis or Valkey server, a cluster of them, or the
// master that sentinels watch. Rate limits and
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

// Config describes the servers and the keys to use there. Create it with [Parse].
type Config struct {
	// Timeout bounds every call. Parse sets it to [DefaultTimeout].
	Timeout time.Duration

	prefix  string
	options redis.UniversalOptions
}

// forms is what errors say about the URL. They do not contain the URL itself.
const forms = "redis://user:password@host:port/db, redis://user:password@host:port,host:port for a cluster, " +
	"or redis+sentinel://user:password@host:port,host:port/master/db (rediss for TLS)"

// Parse returns the configuration for the servers at url, which has one of these forms:
//
//	redis://user:password@host:port/db               one server
//	redis://user:password@host:port,host:port        a cluster, by some of its nodes
//	redis+cluster://user:password@host:port          a cluster, also by a single address
//	redis+sentinel://user:password@host:port,…/master/db
//	                                                 the master that these sentinels watch
//
// With rediss in place of redis, connections use TLS. Login, port and db are optional.
// The login is for the servers, not for the sentinels. Query parameters are rejected,
// since they could override the settings of [Config.NewClient].
//
// Errors do not contain the URL.
func Parse(url string) (Config, error) {
	if strings.ContainsAny(url, "?#") {
		return Config{}, errors.New("the URL must not have parameters (escape special characters in the password)")
	}
	malformed := errors.New("the URL must have the form " + forms)
	scheme, rest, _ := strings.Cut(url, "://")
	base, kind, _ := strings.Cut(scheme, "+")
	known := (base == "redis" || base == "rediss") && (kind == "" || kind == "cluster" || kind == "sentinel")
	if !known || strings.HasSuffix(scheme, "+") {
		return Config{}, malformed
	}
	authority, database, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@') + 1
	login, hosts := authority[:at], strings.Split(authority[at:], ",")
	c := Config{Timeout: DefaultTimeout, options: redis.UniversalOptions{IsClusterMode: kind == "cluster" || kind == "" && len(hosts) > 1}}
	if kind == "sentinel" {
		c.options.MasterName, database, _ = strings.Cut(database, "/")
		if c.options.MasterName == "" {
			return Config{}, malformed
		}
	}
	for _, host := range hosts {
		if kind == "sentinel" {
			host = withPort(host, "26379")
		}
		options, err := redis.ParseURL(base + "://" + login + host + "/" + database)
		if err != nil || host == "" || host[0] == ':' { // err may contain the password
			return Config{}, malformed
		}
		c.options.Addrs = append(c.options.Addrs, options.Addr)
		c.options.Username, c.options.Password, c.options.DB = options.Username, options.Password, options.DB
		c.options.TLSConfig = options.TLSConfig
	}
	if c.options.IsClusterMode && c.options.DB != 0 {
		return Config{}, errors.New("a cluster has no databases (remove the number at the end of the URL)")
	}
	if c.options.TLSConfig != nil && (c.options.IsClusterMode || kind == "sentinel") {
		// The certificate of each server has to name that server.
		c.options.TLSConfig.ServerName = ""
	}
	return c, nil
}

// withPort adds the port to a host that has none.
func withPort(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err != nil {
		return host + ":" + port
	}
	return host
}

// WithPrefix returns a configuration in which every key starts with prefix. It panics
// if the prefix has no hash tag, as in "authgraph:{pool}:", which keeps all keys of a
// script in the same slot of a cluster.
func (c Config) WithPrefix(prefix string) Config {
	if tag := strings.IndexByte(prefix, '{'); tag < 0 || strings.IndexByte(prefix[tag:], '}') < 2 {
		panic(fmt.Sprintf("redisconn: the key prefix %q has no hash tag", prefix))
	}
	c.prefix = prefix
	return c
}

// Key returns name with the prefix.
func (c Config) Key(name string) string { return c.prefix + name }

// NewClient returns a client that fails fast and does not retry, except that it
// follows a cluster's redirections. timeout bounds each network operation, and
// poolSize the number of connections to a server. It connects on first use.
//
// NewClient turns off go-redis's log for the whole process: it writes an
// unstructured line for every failed dial, and all failures are returned as errors
// anyway.
func (c Config) NewClient(timeout time.Duration, poolSize int) redis.UniversalClient {
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
	return redis.NewUniversalClient(&o)
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
		{"ERR DB index", "the database number is out of range"},
		{"READONLY", "it is a read-only replica"},
		{"MOVED", "it is a node of a cluster, whose URL begins with redis+cluster:// or rediss+cluster://"},
		{"ERR This instance has cluster support disabled", "it is not a cluster node"},
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
