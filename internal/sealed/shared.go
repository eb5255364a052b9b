package sealed

import (
	"context"
	"encoding/base64"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn"
)

// shareInterval is how often [Shared] compares its secret with that in the store.
const shareInterval = 10 * time.Second

// Shared is a random secret that replicas share in a Redis server, or in Valkey. The
// first replica puts it there. While the server is down, replicas go on with the secret
// that they have. If it restarts empty, they put that secret there again.
type Shared struct {
	client redis.UniversalClient
	key    string
	now    func() time.Time

	mu       sync.Mutex
	current  []byte
	previous []byte // nil if there is none
	due      time.Time
}

// NewShared returns a Shared. It connects on first use.
func NewShared(config redisconn.Config) *Shared {
	return &Shared{
		client: config.NewClient(config.Timeout, 1), key: config.Key("state-key"),
		now: time.Now, current: randomSecret(),
	}
}

// Close closes the connection.
func (s *Shared) Close() error { return s.client.Close() }

// Keys implements [Keys]. It waits for the store at most for the timeout of the
// configuration.
func (s *Shared) Keys(ctx context.Context) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); !now.Before(s.due) {
		s.due = now.Add(shareInterval)
		s.share(ctx)
	}
	if s.previous == nil {
		return [][]byte{s.current}
	}
	return [][]byte{s.current, s.previous}
}

// share puts the secret into the store if there is none, and else adopts the one that is
// there. s.mu must be held.
func (s *Shared) share(ctx context.Context) {
	// Other callers need the result, too.
	ctx = context.WithoutCancel(ctx)
	var stored *redis.StringCmd
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.SetNX(ctx, s.key, base64.StdEncoding.EncodeToString(s.current), 0)
		stored = p.Get(ctx, s.key)
		return nil
	})
	if err != nil {
		return
	}
	secret, err := base64.StdEncoding.DecodeString(stored.Val())
	if err != nil || len(secret) != len(s.current) || string(secret) == string(s.current) {
		return
	}
	s.current, s.previous = secret, s.current
}
