package sessionstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/sessionstore"
)

const lifetime = time.Hour

// inEach runs a test with each implementation.
func inEach(t *testing.T, test func(*testing.T, sessionstore.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, sessionstore.NewMemory(lifetime)) })
	t.Run("redis", func(t *testing.T) { test(t, newRedis(t, redistest.Start(t).URL())) })
}

func newRedis(t *testing.T, url string) *sessionstore.Redis {
	t.Helper()
	store := sessionstore.NewRedis(redistest.Config(t, url, 5*time.Second), lifetime)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// put stores a record, as if the session had been active the given time ago.
func put(t *testing.T, s sessionstore.Store, user, origin string, ago time.Duration) {
	t.Helper()
	now := time.Now()
	err := s.Update(t.Context(), user, origin, func(r *sessionstore.Record, _ bool) {
		r.Began, r.ActiveAt = now.Add(-ago), now.Add(-ago)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// origins returns the user's records.
func origins(t *testing.T, s sessionstore.Store, user string) string {
	t.Helper()
	records, err := s.Of(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = r.OriginJTI
	}
	return strings.Join(all, " ")
}

func TestRecords(t *testing.T) {
	inEach(t, func(t *testing.T, s sessionstore.Store) {
		began := time.Date(2026, 11, 3, 7, 5, 9, 123e6, time.UTC)
		want := sessionstore.Record{
			OriginJTI: "o", ClientID: "c", SessionID: "tkn", AuthenticatedAt: began.Truncate(time.Second), Began: began, Ended: began.Add(time.Second),
			TokenLifetime: time.Hour, Device: "Firefox 130 / Linux", Address: "192.0.2.1", ActiveAt: time.Now().UTC().Truncate(time.Millisecond),
		}
		update := func(known bool, change func(*sessionstore.Record)) {
			t.Helper()
			err := s.Update(t.Context(), "ada", "o", func(r *sessionstore.Record, got bool) {
				if got != known || r.OriginJTI != "o" {
					t.Errorf("known is %v for %+v", got, *r)
				}
				change(r)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		update(false, func(r *sessionstore.Record) { *r = want })
		want.Address = "192.0.2.2"
		update(true, func(r *sessionstore.Record) { r.Address = "192.0.2.2" })
		records, err := s.Of(t.Context(), "ada")
		if err != nil || len(records) != 1 || records[0] != want {
			t.Errorf("got %+v %v\nwant %+v", records, err, want)
		}
	})
}

// The oldest session comes first, and users have nothing in common.
func TestOrderAndRemoval(t *testing.T) {
	inEach(t, func(t *testing.T, s sessionstore.Store) {
		put(t, s, "ada", "new", time.Minute)
		put(t, s, "ada", "old", 3*time.Minute)
		put(t, s, "ada", "middle", 2*time.Minute)
		put(t, s, "bob", "other", time.Minute)
		if got := origins(t, s, "ada"); got != "old middle new" {
			t.Errorf("got %s", got)
		}
		remove := func(user string, ids ...string) {
			if err := s.Remove(t.Context(), user, ids...); err != nil {
				t.Fatal(err)
			}
		}
		remove("bob", "old")
		remove("ada", "middle", "unknown")
		if got := origins(t, s, "ada"); got != "old new" {
			t.Errorf("got %s", got)
		}
		remove("ada")
		remove("nobody")
		if got := origins(t, s, "ada") + origins(t, s, "bob"); got != "other" {
			t.Errorf("got %s", got)
		}
	})
}

func TestExpiry(t *testing.T) {
	inEach(t, func(t *testing.T, s sessionstore.Store) {
		put(t, s, "ada", "fresh", lifetime-time.Minute)
		put(t, s, "ada", "stale", lifetime+time.Minute)
		if got := origins(t, s, "ada"); got != "fresh" {
			t.Errorf("got %s", got)
		}
	})
}

// Beyond the limit, the session that was inactive for the longest time is forgotten.
func TestMostPerUser(t *testing.T) {
	inEach(t, func(t *testing.T, s sessionstore.Store) {
		for i := range sessionstore.MaxPerUser {
			put(t, s, "ada", fmt.Sprint(i), lifetime/2-time.Duration(i)*time.Second)
		}
		put(t, s, "ada", "0", 0)
		put(t, s, "ada", "one more", 0)
		got := " " + origins(t, s, "ada") + " "
		if n := len(strings.Fields(got)) - 1; n != sessionstore.MaxPerUser || strings.Contains(got, " 1 ") || !strings.Contains(got, " 0 ") {
			t.Errorf("%d records: %s", n, got)
		}
	})
}

// In Redis, a user's records expire by themselves.
func TestRedisKeysExpire(t *testing.T) {
	server := redistest.Start(t)
	s := newRedis(t, server.URL())
	put(t, s, "ada", "o", 0)
	left := server.Client().PTTL(context.Background(), redistest.Prefix+"sessions:ada").Val()
	if left > lifetime || left < lifetime-time.Minute {
		t.Errorf("the key expires after %s", left)
	}
}

// A server that is down is soon not waited for any more, and nothing is made up.
func TestRedisIsDown(t *testing.T) {
	s := newRedis(t, "redis://"+redistest.UnusedAddress(t))
	for range 5 {
		if _, err := s.Of(t.Context(), "ada"); err == nil {
			t.Error("no error")
		}
		if err := s.Update(t.Context(), "ada", "o", func(*sessionstore.Record, bool) {}); err == nil {
			t.Error("no error")
		}
		if err := s.Remove(t.Context(), "ada"); err == nil {
			t.Error("no error")
		}
	}
}
