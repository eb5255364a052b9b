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
	// A read waits for so long for something new, and then says that there is
	// nothing. That, and what a read may take on top, leaves room for one to fail
	// before the view is stale.
	streamBlock = 500 * time.Millisecond
	streamGrace = 500 * time.Millisecond

	streamReadAtOnce  = 1000
	streamConnections = 8

	streamField = "r"
	beginning   = "0-0"
)

// Stream is the [Log] that replicas share: a stream in the
// Redis of their counters. Reads have a connection of their own.
//
// A stream that is lost, because the server came back empty or older than it was,
// is noticed, and every replica writes again what it knows.
type Stream struct {
	client  *redis.Client
	key     string
	timeout time.Duration

	// Of the one who reads.
	waits bool // nothing was left to read, so that the next read may wait
	lost  bool // not reported yet

	mu       sync.Mutex
	position string              // read up to here
	added    map[string]struct{} // ids from here that are still to be read
}

var _ Log = (*Stream)(nil)

// NewStream returns the stream of sign-outs. It does not connect yet.
func NewStream(config redisconn.Config) *Stream {
	return &Stream{
		client:   config.NewClient(streamGrace, streamConnections),
		key:      config.Key("revocations"),
		timeout:  config.Timeout,
		position: beginning,
		added:    map[string]struct{}{},
	}
}

// Close ends the connections.
func (s *Stream) Close() error { return s.client.Close() }

func (s *Stream) shared() bool { return true }

func (s *Stream) append(ctx context.Context, recs []record) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	added, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, rec := range recs {
			text, err := json.Marshal(rec)
			if err != nil {
				return err
			}
			p.XAdd(ctx, &redis.XAddArgs{
				Stream: s.key,
				MinID:  strconv.FormatInt(time.Now().Add(-longestTokenLifetime).UnixMilli(), 10),
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
	for _, command := range added {
		if id, ok := command.(*redis.StringCmd); ok && compareIDs(id.Val(), s.position) > 0 {
			s.added[id.Val()] = struct{}{}
		}
	}
	return nil
}

func (s *Stream) read(ctx context.Context) (batch, error) {
	ctx, cancel := context.WithTimeout(ctx, streamBlock+streamGrace)
	defer cancel()
	b, err := s.next(ctx)
	if err != nil {
		s.waits = false
		return batch{}, redisconn.SafeError(err)
	}
	b.lost, s.lost = s.lost, false
	s.waits = b.complete
	return b, nil
}

func (s *Stream) next(ctx context.Context) (batch, error) {
	s.mu.Lock()
	position := s.position
	expected := slices.Collect(maps.Keys(s.added))
	s.mu.Unlock()
	block := time.Duration(-1) // none
	if s.waits {
		block = streamBlock
	}
	answer, err := s.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{s.key, position},
		Count:   streamReadAtOnce,
		Block:   block,
	}).Result()
	var entries []redis.XMessage
	switch {
	case errors.Is(err, redis.Nil):
	case err != nil:
		return batch{}, err
	case len(answer) != 1 || len(answer[0].Messages) == 0:
		return batch{}, redisconn.ErrBadReply
	default:
		entries = answer[0].Messages
	}
	b := batch{records: recordsOf(entries), complete: len(entries) < streamReadAtOnce}
	missing, err := s.gone(ctx, position)
	if err != nil {
		return batch{}, err
	}
	s.mu.Lock()
	for _, entry := range entries {
		delete(s.added, entry.ID)
		s.position = entry.ID
	}
	for _, id := range expected {
		_, unread := s.added[id]
		missing = missing || unread && (b.complete || compareIDs(id, s.position) < 0)
	}
	s.mu.Unlock()
	if missing {
		s.startAgain()
		b.complete = false
	}
	return b, nil
}

// gone reports whether the entry at position, which was read, is not there any
// more. Asked after the next read, it says that what was read is its sequel; an
// entry that is the last one is never trimmed.
func (s *Stream) gone(ctx context.Context, position string) (bool, error) {
	if position == beginning {
		return false, nil
	}
	found, err := s.client.XRangeN(ctx, s.key, position, position, 1).Result()
	return len(found) == 0, err
}

// startAgain makes the next read begin at the beginning, after it turned out that
// the stream does not have an entry that it had.
func (s *Stream) startAgain() {
	s.mu.Lock()
	s.position = beginning
	clear(s.added)
	s.mu.Unlock()
	s.lost = true
}

// recordsOf leaves out entries in a form that this version does not know.
func recordsOf(entries []redis.XMessage) []record {
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

// compareIDs compares ids of stream entries: milliseconds, a dash and a number.
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
