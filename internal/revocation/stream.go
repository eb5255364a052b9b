package revocation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn"
)

const (
	// A read waits for new entries for streamBlock, and may take streamGrace in
	// addition. Together they are short enough for a read to fail once before
	// maxStaleness.
	streamBlock = 500 * time.Millisecond
	streamGrace = 500 * time.Millisecond

	maxRead        = 1000 // entries at once
	streamPoolSize = 8

	streamField = "r"
	streamStart = "0-0"
)

// Stream is the [Log] that replicas share: a stream in Redis or Valkey.
//
// It detects that the server lost entries, because it restarted empty or with older
// data. Every replica then writes the records that it has again.
type Stream struct {
	client    redis.UniversalClient
	key       string
	retention time.Duration
	timeout   time.Duration

	// Used by read only.
	block bool // the last read reached the end, so the next one may wait
	lost  bool // to be reported by the next read

	mu       sync.Mutex
	position string              // id of the last entry that was read
	unread   map[string]struct{} // ids of entries that this process added after it
}

var _ Log = (*Stream)(nil)

// NewStream returns the Stream with a name, which keeps records for the time
// retention, at least [Options].MaxLifetime of its list. It connects on first use.
func NewStream(config redisconn.Config, name string, retention time.Duration) *Stream {
	return &Stream{
		client:    config.NewClient(streamGrace, streamPoolSize),
		key:       config.Key(name),
		retention: retention,
		timeout:   config.Timeout,
		position:  streamStart,
		unread:    map[string]struct{}{},
	}
}

// Close closes the connections.
func (s *Stream) Close() error { return s.client.Close() }

func (s *Stream) shared() bool { return true }

func (s *Stream) rewind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startAgain()
}

// startAgain makes the next read begin at the first entry. s.mu must be held.
func (s *Stream) startAgain() {
	s.position = streamStart
	clear(s.unread)
}

func (s *Stream) append(ctx context.Context, recs []record) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	replies, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, rec := range recs {
			text, err := json.Marshal(rec)
			if err != nil {
				return err
			}
			p.XAdd(ctx, &redis.XAddArgs{
				Stream: s.key,
				MinID:  strconv.FormatInt(time.Now().Add(-s.retention).UnixMilli(), 10),
				Approx: true,
				Values: []any{streamField, text},
			})
		}
		return nil
	})
	if err != nil {
		return redisconn.SafeError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reply := range replies {
		if id, ok := reply.(*redis.StringCmd); ok && compareIDs(id.Val(), s.position) > 0 {
			s.unread[id.Val()] = struct{}{}
		}
	}
	return nil
}

func (s *Stream) read(ctx context.Context) (batch, error) {
	ctx, cancel := context.WithTimeout(ctx, streamBlock+streamGrace)
	defer cancel()
	b, err := s.next(ctx)
	if err != nil {
		s.block = false
		return batch{}, redisconn.SafeError(err)
	}
	b.lost, s.lost = s.lost, false
	s.block = b.complete
	return b, nil
}

// next reads the entries after position, and detects lost entries.
func (s *Stream) next(ctx context.Context) (batch, error) {
	s.mu.Lock()
	position := s.position
	expected := slices.Collect(maps.Keys(s.unread)) // without those added meanwhile
	s.mu.Unlock()
	block := time.Duration(-1) // do not wait
	if s.block {
		block = streamBlock
	}
	reply, err := s.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{s.key, position},
		Count:   maxRead,
		Block:   block,
	}).Result()
	var entries []redis.XMessage
	switch {
	case errors.Is(err, redis.Nil):
	case err != nil:
		return batch{}, err
	case len(reply) != 1 || len(reply[0].Messages) == 0:
		return batch{}, redisconn.ErrBadReply
	default:
		entries = reply[0].Messages
	}
	b := batch{records: decodeEntries(entries), complete: len(entries) < maxRead}
	lost, err := s.isLost(ctx, position)
	if err != nil {
		return batch{}, err
	}
	s.mu.Lock()
	for _, entry := range entries {
		delete(s.unread, entry.ID)
		s.position = entry.ID
	}
	for _, id := range expected {
		_, unread := s.unread[id]
		lost = lost || unread && (b.complete || compareIDs(id, s.position) < 0)
	}
	if lost {
		s.startAgain()
	}
	s.mu.Unlock()
	if lost {
		s.lost = true
		b.complete = false
	}
	return b, nil
}

// isLost reports whether the entry at position, which was read before, is missing.
// If it still exists after a read, no entries between the two are missing. The
// trimming of old entries never removes the last one.
func (s *Stream) isLost(ctx context.Context, position string) (bool, error) {
	if position == streamStart {
		return false, nil
	}
	found, err := s.client.XRangeN(ctx, s.key, position, position, 1).Result()
	return len(found) == 0, err
}

// decodeEntries returns the records in entries. It ignores entries that it cannot
// decode, which other versions may write.
func decodeEntries(entries []redis.XMessage) []record {
	var records []record
	for _, entry := range entries {
		var rec record
		text, _ := entry.Values[streamField].(string)
		if json.Unmarshal([]byte(text), &rec) == nil && rec.valid() {
			records = append(records, rec)
		}
	}
	return records
}

// compareIDs compares the ids of two stream entries, such as 1700000000000-0.
func compareIDs(a, b string) int {
	split := func(id string) (ms, number uint64) {
		first, second, _ := strings.Cut(id, "-")
		ms, _ = strconv.ParseUint(first, 10, 64)
		number, _ = strconv.ParseUint(second, 10, 64)
		return ms, number
	}
	aTime, aNumber := split(a)
	bTime, bNumber := split(b)
	return cmp.Or(cmp.Compare(aTime, bTime), cmp.Compare(aNumber, bNumber))
}
