package revocation_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/revocation"
)

// newReplica returns a running list that shares its sign-outs through the server at
// url.
func newReplica(t *testing.T, url string, failOpen bool) *revocation.List {
	t.Helper()
	log := revocation.NewStream(redistest.Config(t, url, time.Second), "revocations", revocation.MaxTokenLifetime)
	r := revocation.NewList(revocation.Options{Log: log, FailOpen: failOpen})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		_ = log.Close()
	})
	return r
}

func awaitStatus(t *testing.T, r *revocation.List, s revocation.Session, want revocation.Status) {
	t.Helper()
	redistest.Await(t, s.OriginJTI+" to be "+want.String(), func() bool { return r.Status(s) == want })
}

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

func TestReplicasShareSignOuts(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	one, other := newReplica(t, s.URL(), false), newReplica(t, s.URL(), false)
	now := time.Now()
	good := session("good", "u0", now)
	awaitStatus(t, one, good, revocation.Good)
	awaitStatus(t, other, good, revocation.Good)

	revoke(t, one, revocation.Revocation{OriginJTI: "j1", Expires: inAnHour()})
	expect(t, one, session("j1", "u1", now), revocation.Revoked)
	awaitStatus(t, other, session("j1", "u1", now), revocation.Revoked)

	cut := now.Add(2 * time.Second)
	revoke(t, other, revocation.Revocation{Subject: "u2", Before: cut, Expires: inAnHour()})
	awaitStatus(t, one, session("j2", "u2", now), revocation.Revoked)
	again := session("j3", "u2", now)
	exempt(t, one, again, time.Now())
	expect(t, one, again, revocation.Good)
	awaitStatus(t, other, again, revocation.Good)
	expect(t, other, session("j2", "u2", now), revocation.Revoked)

	// They stay up to date while nothing is written.
	for range 25 {
		time.Sleep(100 * time.Millisecond)
		expect(t, one, good, revocation.Good)
		expect(t, other, good, revocation.Good)
	}

	late := newReplica(t, s.URL(), false)
	awaitStatus(t, late, good, revocation.Good)
	expect(t, late, session("j1", "u1", now), revocation.Revoked)
	expect(t, late, session("j2", "u2", now), revocation.Revoked)
	expect(t, late, again, revocation.Good)
}

func TestReplicasAfterServerRestart(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	one, other := newReplica(t, s.URL(), false), newReplica(t, s.URL(), false)
	open := newReplica(t, s.URL(), true)
	now := time.Now()
	good := session("good", "u0", now)
	for _, r := range []*revocation.List{one, other, open} {
		awaitStatus(t, r, good, revocation.Good)
	}
	for i := range 2500 { // more than one read and one write
		// If a call takes too long, the record is written later.
		_ = one.Revoke(context.Background(), revocation.Revocation{OriginJTI: fmt.Sprint("before", i), Expires: inAnHour()})
	}
	last := session("before2499", "u1", now)
	awaitStatus(t, other, last, revocation.Revoked)
	for _, r := range []*revocation.List{other, open} {
		redistest.Await(t, "all sign-outs to be read", func() bool { return r.Len() == 2500 })
	}

	s.Kill()
	if one.Revoke(context.Background(), revocation.Revocation{OriginJTI: "during", Expires: inAnHour()}) == nil {
		t.Error("Revoke without a server: no error")
	}
	during := session("during", "u1", now)
	expect(t, one, during, revocation.Revoked)
	awaitStatus(t, other, good, revocation.Unknown)
	awaitStatus(t, one, good, revocation.Unknown)
	expect(t, one, during, revocation.Revoked)
	expect(t, other, during, revocation.Unknown)
	expect(t, other, last, revocation.Revoked)
	expect(t, open, good, revocation.Good)
	expect(t, open, during, revocation.Good)
	expect(t, open, last, revocation.Revoked)

	s.Restart() // empty
	awaitStatus(t, other, good, revocation.Good)
	awaitStatus(t, other, during, revocation.Revoked)
	awaitStatus(t, open, during, revocation.Revoked)
	awaitStatus(t, one, good, revocation.Good)
	late := newReplica(t, s.URL(), false)
	awaitStatus(t, late, good, revocation.Good)
	redistest.Await(t, "all sign-outs to be in the stream again", func() bool { return late.Len() == 2501 })

	// The server is emptied, and connections are kept.
	client := s.Client()
	if err := client.FlushAll(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	// A new entry does not hide the loss of the others.
	revoke(t, one, revocation.Revocation{OriginJTI: "after", Expires: inAnHour()})
	redistest.Await(t, "all sign-outs to be in the stream again", func() bool {
		return client.XLen(context.Background(), redistest.Prefix+"revocations").Val() >= 2502
	})
	awaitStatus(t, one, good, revocation.Good)
}

// The server acknowledges an entry and loses it before any replica reads it.
func TestReplicaNoticesItsLostEntry(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	log := revocation.NewStream(redistest.Config(t, s.URL(), time.Second), "revocations", revocation.MaxTokenLifetime)
	defer func() { _ = log.Close() }()
	one := revocation.NewList(revocation.Options{Log: log})
	expect(t, one, session("other", "u", time.Now()), revocation.Unknown) // nothing was read yet
	revoke(t, one, revocation.Revocation{OriginJTI: "j", Expires: inAnHour()})
	s.Kill()
	s.Restart()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { one.Run(ctx) })
	awaitStatus(t, newReplica(t, s.URL(), false), session("j", "u", time.Now()), revocation.Revoked)
}

func TestReplicasWithUnresponsiveServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	one, other := newReplica(t, s.URL(), false), newReplica(t, s.URL(), false)
	now := time.Now()
	good := session("good", "u0", now)
	awaitStatus(t, one, good, revocation.Good)
	awaitStatus(t, other, good, revocation.Good)
	s.Pause()
	defer s.Resume()
	awaitStatus(t, one, good, revocation.Unknown)
	if one.Revoke(context.Background(), revocation.Revocation{OriginJTI: "during", Expires: inAnHour()}) == nil {
		t.Error("Revoke with an unresponsive server: no error")
	}
	expect(t, one, session("during", "u", now), revocation.Revoked)
	s.Resume()
	awaitStatus(t, one, good, revocation.Good)
	awaitStatus(t, other, session("during", "u", now), revocation.Revoked)
	awaitStatus(t, other, good, revocation.Good)
}

// A connection that receives nothing any more, as when a proxy lost its connection to
// the server, is replaced.
func TestReplicaReplacesDeadConnection(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	var dead atomic.Bool
	url := redistest.Serve(t, func(c net.Conn) {
		upstream, err := net.Dial("tcp", s.Address())
		if err != nil {
			return
		}
		defer func() { _ = upstream.Close() }()
		late := dead.Load()
		go func() {
			_, _ = io.Copy(upstream, c)
			_ = upstream.Close()
		}()
		buffer := make([]byte, 64<<10)
		for {
			n, err := upstream.Read(buffer)
			if err != nil {
				return
			}
			if late || !dead.Load() {
				_, _ = c.Write(buffer[:n])
			}
		}
	})
	behind, direct := newReplica(t, url, false), newReplica(t, s.URL(), false)
	good := session("good", "u", time.Now())
	awaitStatus(t, behind, good, revocation.Good)
	dead.Store(true)
	revoke(t, direct, revocation.Revocation{OriginJTI: "j", Expires: inAnHour()})
	awaitStatus(t, behind, session("j", "u", time.Now()), revocation.Revoked)
	awaitStatus(t, behind, good, revocation.Good)
}

// A replica that starts without a server does not know the sign-outs.
func TestReplicaStartsWithoutServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Kill()
	one, open := newReplica(t, s.URL(), false), newReplica(t, s.URL(), true)
	good := session("good", "u0", time.Now())
	for range 10 {
		expect(t, one, good, revocation.Unknown)
		expect(t, open, good, revocation.Good)
		time.Sleep(10 * time.Millisecond)
	}
	s.Restart()
	awaitStatus(t, one, good, revocation.Good)
}

// Entries that cannot be decoded are ignored, and those older than any token are
// removed.
func TestStreamEntries(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	client := s.Client()
	ctx := context.Background()
	key := redistest.Prefix + "revocations"
	old := time.Now().Add(-26 * time.Hour).UnixMilli()
	for i := range 300 {
		client.XAdd(ctx, &redis.XAddArgs{Stream: key, ID: fmt.Sprintf("%d-%d", old, i), Values: []string{"r", "{}"}})
	}
	for _, text := range []string{"", "null", "[]", "{", `{"expires":-1}`, `{"originJti":7}`, `{"subject":"u","expires":99999999999999999}`} {
		client.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []string{"r", text}})
		client.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []string{"other", text}})
	}
	var succeeded, failed atomic.Int64
	log := revocation.NewStream(redistest.Config(t, s.URL(), time.Second), "revocations", revocation.MaxTokenLifetime)
	defer func() { _ = log.Close() }()
	r := revocation.NewList(revocation.Options{Log: log, Observe: func(outcome string) {
		if outcome == "ok" {
			succeeded.Add(1)
		} else {
			failed.Add(1)
		}
	}})
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { r.Run(ctx) })
	awaitStatus(t, r, session("j", "u", time.Now()), revocation.Good)
	revoke(t, r, revocation.Revocation{OriginJTI: "j", Expires: inAnHour()})
	awaitStatus(t, newReplica(t, s.URL(), false), session("j", "u", time.Now()), revocation.Revoked)
	if r.Len() != 1 {
		t.Errorf("the list has %d records", r.Len())
	}
	if n := client.XLen(ctx, key).Val(); n > 215 {
		t.Errorf("the stream has %d entries", n)
	}
	if failed.Load() != 0 || succeeded.Load() == 0 {
		t.Errorf("%d operations on the log succeeded, %d failed", succeeded.Load(), failed.Load())
	}
	entries := fmt.Sprint(client.XRevRange(ctx, key, "+", "-").Val())
	if !strings.Contains(entries, `"originJti":"j"`) {
		t.Errorf("the stream does not have the new entry: %s", entries)
	}
}

// A sign-in at one replica races with a sign-out at another. A session that started
// before the replica received the sign-out is never good afterwards.
func TestExemptionRace(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	one, other := newReplica(t, s.URL(), false), newReplica(t, s.URL(), false)
	awaitStatus(t, one, session("good", "u", time.Now()), revocation.Good)
	awaitStatus(t, other, session("good", "u", time.Now()), revocation.Good)
	for i := range 100 {
		user, old, young := fmt.Sprint("u", i), fmt.Sprint("old", i), fmt.Sprint("young", i)
		var wg sync.WaitGroup
		var received atomic.Int64
		start := time.Now()
		wg.Go(func() {
			revoke(t, one, revocation.Revocation{Subject: user, Before: time.Now().Add(2 * time.Second), Expires: inAnHour()})
		})
		wg.Go(func() {
			time.Sleep(time.Duration(i%20) * 100 * time.Microsecond)
			before := other.Status(session(old, user, start))
			sent := time.Now()
			if before == revocation.Revoked {
				received.Store(1)
			}
			time.Sleep(time.Millisecond)
			exempt(t, other, session(young, user, start), sent)
		})
		wg.Wait()
		awaitStatus(t, other, session(old, user, start), revocation.Revoked)
		want := revocation.Revoked
		if received.Load() == 1 {
			want = revocation.Good
			awaitStatus(t, one, session(young, user, start), want)
		} else if other.Status(session(young, user, start)) == revocation.Good {
			// The sign-out was received between Status and the sign-in, so that the
			// session was rightly exempted.
			continue
		}
		expect(t, other, session(young, user, start), want)
		expect(t, other, session(old, user, start), revocation.Revoked)
	}
}

// A panic while sign-outs are read neither ends the process nor leaves a lock behind, and
// sessions are Unknown while it persists.
func TestReplicaPanics(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	writer := newReplica(t, s.URL(), false)
	now := time.Now()
	awaitStatus(t, writer, session("good", "u0", now), revocation.Good)
	for i := range 3 {
		revoke(t, writer, revocation.Revocation{OriginJTI: fmt.Sprint("j", i), Expires: inAnHour()})
	}

	log := revocation.NewStream(redistest.Config(t, s.URL(), time.Second), "revocations", revocation.MaxTokenLifetime)
	var panics atomic.Int64
	r := revocation.NewList(revocation.Options{Log: log, MaxRecords: 1, Observe: func(outcome string) {
		if outcome == "full" && panics.Add(1) <= 2 {
			panic("a bug")
		}
	}})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		_ = log.Close()
	})
	redistest.Await(t, "the panics", func() bool { return panics.Load() >= 2 })
	// It reads on, and tokens that are older than a dropped sign-out stay revoked.
	awaitStatus(t, r, session("other", "u9", now.Add(time.Hour)), revocation.Good)
	for i := range 3 {
		expect(t, r, session(fmt.Sprint("j", i), "u1", now), revocation.Revoked)
	}
}
