package revocation_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"authgraph/internal/revocation"
)

func session(jti, sub string, issued time.Time) revocation.Session {
	return revocation.Session{OriginJTI: jti, Subject: sub, Date: issued}
}

func revoke(t *testing.T, r *revocation.List, v revocation.Revocation) {
	t.Helper()
	if err := r.Revoke(context.Background(), v); err != nil {
		t.Fatal(err)
	}
}

func exempt(t *testing.T, r *revocation.List, s revocation.Session, began time.Time) {
	t.Helper()
	if err := r.Exempt(context.Background(), s, began); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, r *revocation.List, s revocation.Session, want revocation.Status) {
	t.Helper()
	if got := r.Status(s); got != want {
		t.Errorf("session %s of %s is %s, want %s", s.OriginJTI, s.Subject, got, want)
	}
}

func TestRevokeSession(t *testing.T) {
	c := newClock()
	r := revocation.NewList(revocation.Options{Now: c.Now})
	s := session("j1", "u1", c.Now())
	expect(t, r, s, revocation.Good)
	revoke(t, r, revocation.Revocation{OriginJTI: "j1", Expires: c.Now().Add(time.Hour)})
	revoke(t, r, revocation.Revocation{OriginJTI: "j1", Expires: c.Now().Add(time.Minute)}) // does not shorten it
	expect(t, r, s, revocation.Revoked)
	expect(t, r, session("j1", "", time.Time{}), revocation.Revoked)
	expect(t, r, session("j2", "u1", c.Now()), revocation.Good)
	expect(t, r, session("", "u1", c.Now()), revocation.Good)
	c.pass(30 * time.Minute)
	s.Date = c.Now() // refreshed, although the issuer should have refused that
	expect(t, r, s, revocation.Revoked)
	c.pass(30 * time.Minute)
	expect(t, r, s, revocation.Good)
	if r.Len() != 0 {
		t.Errorf("the list has %d records", r.Len())
	}
}

func TestRevokeUser(t *testing.T) {
	c := newClock()
	r := revocation.NewList(revocation.Options{Now: c.Now})
	cut := c.Now().Add(2 * time.Second)
	revoke(t, r, revocation.Revocation{Subject: "u1", Before: cut, Expires: c.Now().Add(time.Hour)})
	expect(t, r, session("j1", "u1", c.Now().Add(-time.Hour)), revocation.Revoked)
	expect(t, r, session("j1", "u1", cut), revocation.Revoked)
	expect(t, r, session("", "u1", cut), revocation.Revoked)
	expect(t, r, session("j1", "u1", cut.Add(time.Second)), revocation.Good)
	expect(t, r, session("j1", "u2", cut), revocation.Good)
	expect(t, r, session("j1", "", cut), revocation.Good)
	c.pass(10 * time.Minute)
	later := c.Now().Add(2 * time.Second)
	revoke(t, r, revocation.Revocation{Subject: "u1", Before: later, Expires: c.Now().Add(time.Hour)})
	expect(t, r, session("j1", "u1", cut.Add(time.Second)), revocation.Revoked)
	c.pass(50 * time.Minute) // the first has expired, and the second revokes the same tokens
	expect(t, r, session("j1", "u1", cut), revocation.Revoked)
	if r.Len() != 1 {
		t.Errorf("the list has %d records", r.Len())
	}
	c.pass(10 * time.Minute)
	expect(t, r, session("j1", "u1", cut), revocation.Good)
	if r.Len() != 0 {
		t.Errorf("the list has %d records", r.Len())
	}
}

func TestRevokeUserExtendsExpiry(t *testing.T) {
	c := newClock()
	r := revocation.NewList(revocation.Options{Now: c.Now})
	start := c.Now()
	for _, lifetime := range []time.Duration{time.Hour, 3 * time.Hour, 2 * time.Hour} {
		revoke(t, r, revocation.Revocation{Subject: "u", Before: start, Expires: start.Add(lifetime)})
		revoke(t, r, revocation.Revocation{OriginJTI: "j", Expires: start.Add(lifetime)})
	}
	for _, want := range []revocation.Status{revocation.Revoked, revocation.Revoked, revocation.Revoked, revocation.Good} {
		expect(t, r, session("other", "u", start), want)
		expect(t, r, session("j", "", start.Add(time.Minute)), want)
		c.pass(time.Hour)
		_ = r.Len() // drops expired records
	}
}

// Only a few sign-outs are kept for a user.
func TestRevokeUserRepeatedly(t *testing.T) {
	c := newClock()
	r := revocation.NewList(revocation.Options{Now: c.Now})
	start := c.Now()
	revoke(t, r, revocation.Revocation{Subject: "u", Before: start, Expires: start.Add(20 * time.Hour)})
	for range 100 {
		c.pass(time.Second)
		revoke(t, r, revocation.Revocation{Subject: "u", Before: c.Now(), Expires: c.Now().Add(time.Hour)})
	}
	expect(t, r, session("j", "u", c.Now()), revocation.Revoked)
	expect(t, r, session("j", "u", c.Now().Add(time.Second)), revocation.Good)
	c.pass(10 * time.Hour)
	expect(t, r, session("j", "u", start), revocation.Revoked) // by the first sign-out
	c.pass(10 * time.Hour)
	expect(t, r, session("j", "u", start), revocation.Good)
	if r.Len() != 0 {
		t.Errorf("the list has %d records", r.Len())
	}
}

func TestRevokeInvalid(t *testing.T) {
	c := newClock()
	r := revocation.NewList(revocation.Options{Now: c.Now})
	soon := c.Now().Add(time.Hour)
	for _, v := range []revocation.Revocation{
		{Expires: soon},
		{OriginJTI: "j"},
		{OriginJTI: "j", Subject: "u", Before: soon, Expires: soon},
		{OriginJTI: "j", Before: soon, Expires: soon},
		{Subject: "u", Expires: soon},
		{OriginJTI: "j", Expires: c.Now().Add(26 * time.Hour)},
	} {
		if r.Revoke(context.Background(), v) == nil {
			t.Errorf("%+v: no error", v)
		}
	}
	if r.Exempt(context.Background(), revocation.Session{Subject: "u"}, c.Now()) == nil {
		t.Error("exemption without origin_jti: no error")
	}
	revoke(t, r, revocation.Revocation{OriginJTI: "j", Expires: c.Now()}) // expired already
	if r.Len() != 0 {
		t.Errorf("the list has %d records", r.Len())
	}
}

func TestExempt(t *testing.T) {
	const ahead = 2 * time.Second
	setUp := func() (*clock, *revocation.List) {
		c := newClock()
		return c, revocation.NewList(revocation.Options{Now: c.Now})
	}
	signOut := func(c *clock, r *revocation.List) {
		revoke(t, r, revocation.Revocation{Subject: "u", Before: c.Now().Add(ahead), Expires: c.Now().Add(time.Hour)})
	}
	t.Run("a sign-in after the sign-out", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		began := c.Now()
		c.pass(100 * time.Millisecond)
		s := session("new", "u", c.Now())
		expect(t, r, s, revocation.Revoked)
		exempt(t, r, s, began)
		expect(t, r, s, revocation.Good)
		expect(t, r, session("old", "u", c.Now()), revocation.Revoked)
		expect(t, r, session("", "u", c.Now()), revocation.Revoked)
		expect(t, r, session("new", "other", c.Now()), revocation.Good)
		if r.Len() != 2 {
			t.Errorf("the list has %d records", r.Len())
		}
	})
	t.Run("a sign-in before the sign-out", func(t *testing.T) {
		c, r := setUp()
		began := c.Now()
		c.pass(10 * time.Millisecond)
		signOut(c, r)
		c.pass(10 * time.Millisecond)
		s := session("new", "u", c.Now())
		exempt(t, r, s, began)
		expect(t, r, s, revocation.Revoked)
		if r.Len() != 1 {
			t.Errorf("the list has %d records", r.Len())
		}
	})
	t.Run("at the same time", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		s := session("new", "u", c.Now())
		exempt(t, r, s, c.Now())
		expect(t, r, s, revocation.Revoked)
	})
	t.Run("not affected", func(t *testing.T) {
		c, r := setUp()
		exempt(t, r, session("new", "u", c.Now()), c.Now())
		signOut(c, r)
		c.pass(time.Second)
		exempt(t, r, session("young", "u", c.Now().Add(ahead)), c.Now())
		exempt(t, r, session("new", "another", c.Now()), c.Now())
		if r.Len() != 1 {
			t.Errorf("the list has %d records", r.Len())
		}
	})
	t.Run("the next sign-out revokes the session", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		s := session("new", "u", c.Now())
		exempt(t, r, s, c.Now())
		expect(t, r, s, revocation.Good)
		c.pass(time.Millisecond)
		signOut(c, r)
		expect(t, r, s, revocation.Revoked)
		exempt(t, r, s, c.Now().Add(-time.Millisecond))
		expect(t, r, s, revocation.Revoked)
	})
	t.Run("a sign-in between two sign-outs", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		began := c.Now()
		c.pass(time.Millisecond)
		signOut(c, r)
		s := session("new", "u", c.Now())
		exempt(t, r, s, began)
		expect(t, r, s, revocation.Revoked)
		c.pass(time.Millisecond)
		again := session("again", "u", c.Now())
		exempt(t, r, again, c.Now())
		expect(t, r, again, revocation.Good)
	})
	t.Run("a session that was signed out itself", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		s := session("new", "u", c.Now())
		revoke(t, r, revocation.Revocation{OriginJTI: "new", Expires: c.Now().Add(time.Hour)})
		exempt(t, r, s, c.Now())
		expect(t, r, s, revocation.Revoked)
	})
	t.Run("expires with the sign-out", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		exempt(t, r, session("new", "u", c.Now()), c.Now())
		c.pass(time.Hour)
		if r.Len() != 0 {
			t.Errorf("the list has %d records", r.Len())
		}
	})
}

// When the list is full, dropping a record does not make a revoked token valid.
func TestListIsBounded(t *testing.T) {
	c := newClock()
	full := 0
	r := revocation.NewList(revocation.Options{
		Now:        c.Now,
		MaxRecords: 10,
		Observe: func(outcome string) {
			if outcome == "full" {
				full++
			}
		},
	})
	start := c.Now()
	for i := range 25 {
		v := revocation.Revocation{OriginJTI: fmt.Sprint("j", i), Expires: c.Now().Add(time.Hour)}
		if i%5 == 0 {
			v = revocation.Revocation{Subject: fmt.Sprint("u", i), Before: c.Now(), Expires: c.Now().Add(time.Hour)}
		}
		revoke(t, r, v)
		c.pass(time.Second)
	}
	if r.Len() != 10 || full != 15 {
		t.Errorf("the list has %d records and dropped %d", r.Len(), full)
	}
	for i := range 25 {
		issued := start.Add(time.Duration(i) * time.Second)
		expect(t, r, session(fmt.Sprint("j", i), fmt.Sprint("u", i), issued), revocation.Revoked)
	}
	expect(t, r, session("as old as a dropped one", "u", start), revocation.Revoked)
	expect(t, r, session("j24", "u", c.Now()), revocation.Revoked)
	expect(t, r, session("young", "u", c.Now()), revocation.Good)
}

// A user who ends all sessions again and again does not displace the sign-outs of others.
func TestListIsNotFilledByOneUser(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	full := 0
	l := revocation.NewList(revocation.Options{
		MaxRecords: 100, Now: func() time.Time { return now },
		Observe: func(outcome string) {
			if outcome == "full" {
				full++
			}
		},
	})
	signOut := func(v revocation.Revocation) {
		t.Helper()
		v.Expires = now.Add(time.Hour)
		if err := l.Revoke(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	signOut(revocation.Revocation{OriginJTI: "of another user"})
	for i := range 1000 {
		now = now.Add(time.Millisecond)
		signOut(revocation.Revocation{Subject: "busy", Before: now, Except: fmt.Sprint("session ", i)})
	}
	if full > 0 || l.Len() > 100 {
		t.Errorf("%d records were displaced, %d are kept", full, l.Len())
	}
	for _, tt := range []struct {
		session revocation.Session
		want    revocation.Status
	}{
		{revocation.Session{OriginJTI: "of another user", Subject: "other", Date: now}, revocation.Revoked},
		{revocation.Session{OriginJTI: "other", Subject: "other", Date: now.Add(-time.Hour)}, revocation.Good},
		{revocation.Session{OriginJTI: "old", Subject: "busy", Date: now.Add(-time.Hour)}, revocation.Revoked},
		{revocation.Session{OriginJTI: "session 999", Subject: "busy", Date: now}, revocation.Good},
	} {
		if got := l.Status(tt.session); got != tt.want {
			t.Errorf("%s of %s: %s, want %s", tt.session.OriginJTI, tt.session.Subject, got, tt.want)
		}
	}
}

func TestListConcurrently(t *testing.T) {
	r := revocation.NewList(revocation.Options{})
	now := time.Now()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				sub, jti := fmt.Sprint("u", n%10), fmt.Sprint("j", i, "-", n)
				revoke(t, r, revocation.Revocation{OriginJTI: jti, Expires: now.Add(time.Hour)})
				revoke(t, r, revocation.Revocation{Subject: sub, Before: now.Add(time.Duration(n) * time.Millisecond), Expires: now.Add(time.Hour)})
				exempt(t, r, session("x"+jti, sub, now), time.Now())
				expect(t, r, session(jti, sub, now), revocation.Revoked)
				_ = r.Len()
			}
		})
	}
	wg.Wait()
}

func BenchmarkStatus(b *testing.B) {
	r := revocation.NewList(revocation.Options{})
	now := time.Now()
	ctx := context.Background()
	for i := range 100_000 {
		_ = r.Revoke(ctx, revocation.Revocation{OriginJTI: fmt.Sprint("0b4d5a6e-1111-4222-8333-", i), Expires: now.Add(time.Hour)})
	}
	for i := range 10_000 {
		_ = r.Revoke(ctx, revocation.Revocation{Subject: fmt.Sprint("user-", i), Before: now, Expires: now.Add(time.Hour)})
	}
	good := session("0b4d5a6e-9999-4222-8333-000000000000", "user-7", now.Add(time.Minute))
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r.Status(good) != revocation.Good {
				b.Fatal("not good")
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if r.Status(good) != revocation.Good {
					b.Fatal("not good")
				}
			}
		})
	})
}

func TestRevokeUserExceptASession(t *testing.T) {
	c := newClock()
	r := revocation.NewList(revocation.Options{Now: c.Now, MaxLifetime: 48 * time.Hour})
	cut := c.Now().Add(2 * time.Second)
	revoke(t, r, revocation.Revocation{Subject: "u1", Before: cut, Except: "own", Expires: c.Now().Add(48 * time.Hour)})
	expect(t, r, session("own", "u1", c.Now()), revocation.Good)
	expect(t, r, session("other", "u1", c.Now()), revocation.Revoked)
	c.pass(47 * time.Hour)
	expect(t, r, session("own", "u1", cut), revocation.Good)
	expect(t, r, session("other", "u1", cut), revocation.Revoked)
	// A later sign-out applies to it.
	revoke(t, r, revocation.Revocation{Subject: "u1", Before: c.Now(), Except: "other", Expires: c.Now().Add(48 * time.Hour)})
	expect(t, r, session("own", "u1", cut), revocation.Revoked)
	expect(t, r, session("other", "u1", cut), revocation.Revoked)

	err := r.Revoke(t.Context(), revocation.Revocation{OriginJTI: "j", Except: "own", Expires: c.Now().Add(time.Hour)})
	if err == nil {
		t.Error("the end of a single session excluded another one")
	}
}
