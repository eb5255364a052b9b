package ratelimit

import (
	"context"
	_ "embed" // the script
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn"
)

// An attempt holds a connection for one round trip, so this many carry tens of
// thousands in a second.
const redisPoolSize = 32

//go:embed take.lua
var takeScript string

// Redis is [Counters] in a Redis server from version 7.0 on, or in Valkey. It
// never tries a call twice.
//
// No error of it has the URL, or what the server said beyond its code: a server
// may repeat what it was sent, and that was a password once.
type Redis struct {
	client *redis.Client
	config redisconn.Config
	script *redis.Script
}

var _ Counters = (*Redis)(nil)

// NewRedis returns a Redis. It does not connect yet.
func NewRedis(config redisconn.Config) *Redis {
	return &Redis{
		client: config.NewClient(config.Timeout, redisPoolSize),
		config: config,
		script: redis.NewScript(takeScript),
	}
}

func (r *Redis) budgetKey(key string) string { return r.config.Key("budget:" + key) }
func (r *Redis) markKey(key string) string   { return r.config.Key("mark:" + key) }

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
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	answer, err := r.script.Run(ctx, r.client, keys, args...).Int64Slice()
	if err != nil {
		return ruling{}, redisconn.SafeError(err)
	}
	if len(answer) != 3 || answer[0] < -1 || answer[0] > int64(len(a.Budgets)) || (answer[0] >= 0) != (answer[1] > 0) {
		return ruling{}, redisconn.ErrBadReply
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
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	return redisconn.SafeError(r.client.Del(ctx, full...).Err())
}

// Mark implements [Counters].
func (r *Redis) Mark(ctx context.Context, lifetime time.Duration, keys ...string) error {
	if err := validateKeys(keys); err != nil || len(keys) == 0 {
		return err
	}
	if err := validateLifetime(lifetime); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			p.Do(ctx, "SET", r.markKey(key), "1", "PX", lifetime.Milliseconds())
		}
		return nil
	})
	return redisconn.SafeError(err)
}

// Close implements [Counters]. Streams are closed apart.
func (r *Redis) Close() error { return r.client.Close() }
