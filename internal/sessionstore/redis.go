package sessionstore

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"authgraph/internal/redisconn"
)

// poolSize is the number of connections.
const poolSize = 16

// The circuit breaker opens after this many failures in a row, and lets one call through
// after breakerTimeout, so that sign-ins do not wait for a server that is down.
const (
	failuresToOpen = 2
	breakerTimeout = time.Second
)

// Redis is [Store] in a Redis server, version 7.0 or later, or in Valkey: a hash for each
// user, which expires with the last of its records. Calls are never retried. Errors are
// safe to log: see [redisconn.SafeError].
type Redis struct {
	client   redis.UniversalClient
	config   redisconn.Config
	lifetime time.Duration
	breaker  *gobreaker.CircuitBreaker[map[string]string]
}

var _ Store = (*Redis)(nil)

// NewRedis returns a Redis, whose records expire after the lifetime without activity. It
// connects on first use.
func NewRedis(config redisconn.Config, lifetime time.Duration) *Redis {
	return &Redis{
		client: config.NewClient(config.Timeout, poolSize), config: config, lifetime: lifetime,
		breaker: gobreaker.NewCircuitBreaker[map[string]string](gobreaker.Settings{
			Timeout:     breakerTimeout,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}
}

func (r *Redis) key(user string) string { return r.config.Key("sessions:" + user) }

// do runs a call within the timeout, unless the circuit breaker is open.
func (r *Redis) do(ctx context.Context, call func(context.Context) (map[string]string, error)) (map[string]string, error) {
	return r.breaker.Execute(func() (map[string]string, error) {
		ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
		defer cancel()
		reply, err := call(ctx)
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, context.Canceled
		}
		return reply, redisconn.SafeError(err)
	})
}

// Update implements [Store].
func (r *Redis) Update(ctx context.Context, user, originJTI string, change func(*Record, bool)) error {
	_, err := r.do(ctx, func(ctx context.Context) (map[string]string, error) {
		text, err := r.client.HGet(ctx, r.key(user), originJTI).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, err
		}
		var record Record
		known := err == nil && json.Unmarshal([]byte(text), &record) == nil
		record.OriginJTI = originJTI
		change(&record, known)
		changed, err := json.Marshal(record)
		if err != nil {
			return nil, err
		}
		var all *redis.MapStringStringCmd
		_, err = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.HSet(ctx, r.key(user), originJTI, changed)
			p.PExpire(ctx, r.key(user), r.lifetime)
			all = p.HGetAll(ctx, r.key(user))
			return nil
		})
		if err != nil {
			return nil, err
		}
		if remove := surplus(decode(all.Val()), time.Now(), r.lifetime); len(remove) > 0 {
			return nil, r.client.HDel(ctx, r.key(user), remove...).Err()
		}
		return nil, nil
	})
	return err
}

// decode returns the records in a hash. It ignores those that it cannot decode, which
// other versions may write.
func decode(hash map[string]string) []Record {
	records := make([]Record, 0, len(hash))
	for id, text := range hash {
		var record Record
		if json.Unmarshal([]byte(text), &record) == nil && record.OriginJTI == id {
			records = append(records, record)
		}
	}
	return records
}

// Of implements [Store].
func (r *Redis) Of(ctx context.Context, user string) ([]Record, error) {
	hash, err := r.do(ctx, func(ctx context.Context) (map[string]string, error) {
		return r.client.HGetAll(ctx, r.key(user)).Result()
	})
	now := time.Now()
	records := slices.DeleteFunc(decode(hash), func(record Record) bool { return now.Sub(record.ActiveAt) > r.lifetime })
	sortByBegin(records)
	return records, err
}

// Remove implements [Store].
func (r *Redis) Remove(ctx context.Context, user string, originJTIs ...string) error {
	_, err := r.do(ctx, func(ctx context.Context) (map[string]string, error) {
		if len(originJTIs) == 0 {
			return nil, r.client.Del(ctx, r.key(user)).Err()
		}
		return nil, r.client.HDel(ctx, r.key(user), originJTIs...).Err()
	})
	return err
}

// Close implements [Store]. It closes the connections.
func (r *Redis) Close() error { return r.client.Close() }
