package ratelimit

import (
	"context"
	_ "embed" // take.lua
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn"
)

// poolSize is the number of connections. A call needs one for a single round trip,
// so this is enough for tens of thousands of calls a second.
const poolSize = 32

//go:embed take.lua
var takeScript string

// Redis is [Counters] in a Redis server, version 7.0 or later, or in Valkey. Calls
// are never retried. Errors are safe to log: see [redisconn.SafeError].
type Redis struct {
	client redis.UniversalClient
	config redisconn.Config
	script *redis.Script
}

var _ Counters = (*Redis)(nil)

// NewRedis returns a Redis. It connects on first use.
func NewRedis(config redisconn.Config) *Redis {
	return &Redis{
		client: config.NewClient(config.Timeout, poolSize),
		config: config,
		script: redis.NewScript(takeScript),
	}
}

func (r *Redis) bucketKey(key string) string { return r.config.Key("budget:" + key) }
func (r *Redis) markKey(key string) string   { return r.config.Key("mark:" + key) }
func (r *Redis) linkKey(key string) string   { return r.config.Key("link:" + key) }

// Take implements [Counters].
func (r *Redis) Take(ctx context.Context, a Attempt) (Decision, error) {
	if err := a.validate(); err != nil {
		return Decision{}, err
	}
	d, err := r.take(ctx, a)
	return d.Decision, err
}

// redisDecision is a decision with what [Memory.mirror] needs in addition.
type redisDecision struct {
	Decision
	knownFor time.Duration // time until the Known mark expires
}

// take is [Redis.Take] for a valid attempt.
func (r *Redis) take(ctx context.Context, a Attempt) (redisDecision, error) {
	keys := make([]string, 0, len(a.Budgets)+2)
	args := make([]any, 0, 3*len(a.Budgets)+2)
	for _, mark := range []string{a.Known, a.Hold} {
		args = append(args, luaBool(mark != ""))
		if mark != "" {
			keys = append(keys, r.markKey(mark))
		}
	}
	for _, b := range a.Budgets {
		keys = append(keys, r.bucketKey(b.Key))
		args = append(args, b.Burst, b.Every.Microseconds(), luaBool(b.StrangersOnly))
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	reply, err := r.script.Run(ctx, r.client, keys, args...).Int64Slice()
	if err != nil {
		return redisDecision{}, redisconn.SafeError(err)
	}
	if len(reply) != 3 {
		return redisDecision{}, redisconn.ErrBadReply
	}
	refusedBy, wait, knownFor := reply[0], reply[1], reply[2]
	if refusedBy < -1 || refusedBy > int64(len(a.Budgets)) || (refusedBy >= 0) != (wait > 0) {
		return redisDecision{}, redisconn.ErrBadReply
	}
	d := redisDecision{
		Decision: Decision{RetryAfter: time.Duration(wait) * time.Microsecond},
		knownFor: time.Duration(knownFor) * time.Microsecond,
	}
	switch {
	case refusedBy == 0:
		d.RefusedBy = Hold
	case refusedBy > 0:
		d.RefusedBy = a.Budgets[refusedBy-1].Name
	}
	return d, nil
}

func luaBool(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Update implements [Counters], in one round trip.
func (r *Redis) Update(ctx context.Context, u Update) error {
	if err := u.validate(); err != nil || len(u.Refill)+len(u.Mark)+len(u.Unmark)+len(u.Link) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range u.Refill {
			p.Del(ctx, r.bucketKey(key))
		}
		for _, key := range u.Mark {
			p.Do(ctx, "SET", r.markKey(key), "1", "PX", u.Lifetime.Milliseconds())
		}
		for _, key := range u.Unmark {
			p.Del(ctx, r.markKey(key))
		}
		for key, to := range u.Link {
			p.Do(ctx, "SET", r.linkKey(key), to, "PX", u.Lifetime.Milliseconds())
		}
		return nil
	})
	return redisconn.SafeError(err)
}

// Marks implements [Counters], in one round trip.
func (r *Redis) Marks(ctx context.Context, keys ...string) ([]time.Duration, error) {
	if err := validateKeys(keys); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	replies := make([]*redis.DurationCmd, len(keys))
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range keys {
			replies[i] = p.PTTL(ctx, r.markKey(key))
		}
		return nil
	})
	if err != nil {
		return nil, redisconn.SafeError(err)
	}
	left := make([]time.Duration, len(keys))
	for i, reply := range replies {
		left[i] = max(0, reply.Val()) // negative without the key
	}
	return left, nil
}

// Links implements [Counters], in one round trip.
func (r *Redis) Links(ctx context.Context, keys ...string) ([]string, error) {
	if err := validateKeys(keys); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	replies := make([]*redis.StringCmd, len(keys))
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range keys {
			replies[i] = p.Get(ctx, r.linkKey(key))
		}
		return nil
	})
	linked := make([]string, len(keys))
	for i, reply := range replies {
		to, failure := reply.Result()
		if failure != nil && !errors.Is(failure, redis.Nil) { // Nil: without the key
			err = failure
		}
		linked[i] = to
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, redisconn.SafeError(err)
	}
	return linked, nil
}

// Close implements [Counters]. It closes the connections.
func (r *Redis) Close() error { return r.client.Close() }
