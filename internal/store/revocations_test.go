package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"authgraph/internal/store"
)

func session(jti, sub string, issued time.Time) store.Session {
	return store.Session{OriginJTI: jti, Subject: sub, IssuedAt: issued}
}

func revoke(t *testing.T, r *store.Revocations, v store.Revocation) {
	t.Helper()
	if err := r.Revoke(context.Background(), v); err != nil {
		t.Fatal(err)
	}
}

func exempt(t *testing.T, r *store.Revocations, s store.Session, began time.Time) {
	t.Helper()
	if err := r.Exempt(context.Background(), s, began); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, r *store.Revocations, s store.Session, want store.Status) {
	t.Helper()
	if got := r.Status(s); got != want {
		t.Errorf("%s of %s is %s, and should be %s", s.OriginJTI, s.Subject, got, want)
	}
}

func TestRevokeASession(t *testing.T) {
	c := newClock()
	r := store.NewRevocations(store.RevocationsOptions{Now: c.Now})
	s := session("j1", "u1", c.Now())
	expect(t, r, s, store.Good)
	revoke(t, r, store.Revocation{OriginJTI: "j1", Expires: c.Now().Add(time.Hour)})
	revoke(t, r, store.Revocation{OriginJTI: "j1", Expires: c.Now().Add(time.Minute)}) // not shorter
	expect(t, r, s, store.Revoked)
	expect(t, r, session("j1", "", time.Time{}), store.Revoked)
	expect(t, r, session("j2", "u1", c.Now()), store.Good)
	expect(t, r, session("", "u1", c.Now()), store.Good)
	c.pass(30 * time.Minute)
	s.IssuedAt = c.Now() // refreshed, which the issuer should have refused
	expect(t, r, s, store.Revoked)
	c.pass(30 * time.Minute)
	expect(t, r, s, store.Good)
	if r.Len() != 0 {
		t.Errorf("%d records are kept", r.Len())
	}
}

func TestRevokeAUser(t *testing.T) {
	c := newClock()
	r := store.NewRevocations(store.RevocationsOptions{Now: c.Now})
	cut := c.Now().Add(2 * time.Second)
	revoke(t, r, store.Revocation{Subject: "u1", IssuedBefore: cut, Expires: c.Now().Add(time.Hour)})
	expect(t, r, session("j1", "u1", c.Now().Add(-time.Hour)), store.Revoked)
	expect(t, r, session("j1", "u1", cut), store.Revoked)
	expect(t, r, session("", "u1", cut), store.Revoked)
	expect(t, r, session("j1", "u1", cut.Add(time.Second)), store.Good)
	expect(t, r, session("j1", "u2", cut), store.Good)
	expect(t, r, session("j1", "", cut), store.Good)
	c.pass(10 * time.Minute)
	later := c.Now().Add(2 * time.Second)
	revoke(t, r, store.Revocation{Subject: "u1", IssuedBefore: later, Expires: c.Now().Add(time.Hour)})
	expect(t, r, session("j1", "u1", cut.Add(time.Second)), store.Revoked)
	c.pass(50 * time.Minute) // the first is over, and the second is about all that it was about
	expect(t, r, session("j1", "u1", cut), store.Revoked)
	if r.Len() != 1 {
		t.Errorf("%d records are kept", r.Len())
	}
	c.pass(10 * time.Minute)
	expect(t, r, session("j1", "u1", cut), store.Good)
	if r.Len() != 0 {
		t.Errorf("%d records are kept", r.Len())
	}
}

func TestRevokeAUserForLonger(t *testing.T) {
	c := newClock()
	r := store.NewRevocations(store.RevocationsOptions{Now: c.Now})
	start := c.Now()
	for _, lifetime := range []time.Duration{time.Hour, 3 * time.Hour, 2 * time.Hour} {
		revoke(t, r, store.Revocation{Subject: "u", IssuedBefore: start, Expires: start.Add(lifetime)})
		revoke(t, r, store.Revocation{OriginJTI: "j", Expires: start.Add(lifetime)})
	}
	for _, want := range []store.Status{store.Revoked, store.Revoked, store.Revoked, store.Good} {
		expect(t, r, session("other", "u", start), want)
		expect(t, r, session("j", "", start.Add(time.Minute)), want)
		c.pass(time.Hour)
		_ = r.Len() // drops what has expired
	}
}

// Any number of sign-outs of one user costs no more than a few.
func TestRevokeAUserAgainAndAgain(t *testing.T) {
	c := newClock()
	r := store.NewRevocations(store.RevocationsOptions{Now: c.Now})
	start := c.Now()
	revoke(t, r, store.Revocation{Subject: "u", IssuedBefore: start, Expires: start.Add(20 * time.Hour)})
	for range 100 {
		c.pass(time.Second)
		revoke(t, r, store.Revocation{Subject: "u", IssuedBefore: c.Now(), Expires: c.Now().Add(time.Hour)})
	}
	expect(t, r, session("j", "u", c.Now()), store.Revoked)
	expect(t, r, session("j", "u", c.Now().Add(time.Second)), store.Good)
	c.pass(10 * time.Hour)
	expect(t, r, session("j", "u", start), store.Revoked) // as the first one said
	c.pass(10 * time.Hour)
	expect(t, r, session("j", "u", start), store.Good)
	if r.Len() != 0 {
		t.Errorf("%d records are kept", r.Len())
	}
}

func TestRevokeMistakes(t *testing.T) {
	c := newClock()
	r := store.NewRevocations(store.RevocationsOptions{Now: c.Now})
	soon := c.Now().Add(time.Hour)
	for _, v := range []store.Revocation{
		{Expires: soon},
		{OriginJTI: "j"},
		{OriginJTI: "j", Subject: "u", IssuedBefore: soon, Expires: soon},
		{OriginJTI: "j", IssuedBefore: soon, Expires: soon},
		{Subject: "u", Expires: soon},
		{OriginJTI: "j", Expires: c.Now().Add(26 * time.Hour)},
	} {
		if r.Revoke(context.Background(), v) == nil {
			t.Errorf("%+v is accepted", v)
		}
	}
	if r.Exempt(context.Background(), store.Session{Subject: "u"}, c.Now()) == nil {
		t.Error("an exemption of every session is accepted")
	}
	revoke(t, r, store.Revocation{OriginJTI: "j", Expires: c.Now()}) // over already
	if r.Len() != 0 {
		t.Errorf("%d records are kept", r.Len())
	}
}

func TestExempt(t *testing.T) {
	cutAfter := 2 * time.Second
	setUp := func() (*clock, *store.Revocations) {
		c := newClock()
		return c, store.NewRevocations(store.RevocationsOptions{Now: c.Now})
	}
	signOut := func(c *clock, r *store.Revocations) {
		revoke(t, r, store.Revocation{Subject: "u", IssuedBefore: c.Now().Add(cutAfter), Expires: c.Now().Add(time.Hour)})
	}
	t.Run("a sign-in after the sign-out", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		began := c.Now()
		c.pass(100 * time.Millisecond)
		s := session("new", "u", c.Now())
		expect(t, r, s, store.Revoked)
		exempt(t, r, s, began)
		expect(t, r, s, store.Good)
		expect(t, r, session("old", "u", c.Now()), store.Revoked)
		expect(t, r, session("", "u", c.Now()), store.Revoked)
		expect(t, r, session("new", "other", c.Now()), store.Good)
		if r.Len() != 2 {
			t.Errorf("%d records", r.Len())
		}
	})
	t.Run("a sign-in that the sign-out overtook", func(t *testing.T) {
		c, r := setUp()
		began := c.Now()
		c.pass(10 * time.Millisecond)
		signOut(c, r)
		c.pass(10 * time.Millisecond)
		s := session("new", "u", c.Now())
		exempt(t, r, s, began)
		expect(t, r, s, store.Revoked)
		if r.Len() != 1 {
			t.Errorf("%d records", r.Len())
		}
	})
	t.Run("in the same moment", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		s := session("new", "u", c.Now())
		exempt(t, r, s, c.Now())
		expect(t, r, s, store.Revoked)
	})
	t.Run("not affected", func(t *testing.T) {
		c, r := setUp()
		exempt(t, r, session("new", "u", c.Now()), c.Now())
		signOut(c, r)
		c.pass(time.Second)
		exempt(t, r, session("young", "u", c.Now().Add(cutAfter)), c.Now())
		exempt(t, r, session("new", "another", c.Now()), c.Now())
		if r.Len() != 1 {
			t.Errorf("%d records", r.Len())
		}
	})
	t.Run("the next sign-out ends it", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		s := session("new", "u", c.Now())
		exempt(t, r, s, c.Now())
		expect(t, r, s, store.Good)
		c.pass(time.Millisecond)
		signOut(c, r)
		expect(t, r, s, store.Revoked)
		exempt(t, r, s, c.Now().Add(-time.Millisecond))
		expect(t, r, s, store.Revoked)
	})
	t.Run("two sign-outs, one of them overtook", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		began := c.Now()
		c.pass(time.Millisecond)
		signOut(c, r)
		s := session("new", "u", c.Now())
		exempt(t, r, s, began)
		expect(t, r, s, store.Revoked)
		c.pass(time.Millisecond)
		again := session("again", "u", c.Now())
		exempt(t, r, again, c.Now())
		expect(t, r, again, store.Good)
	})
	t.Run("a session that is signed out itself", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		s := session("new", "u", c.Now())
		revoke(t, r, store.Revocation{OriginJTI: "new", Expires: c.Now().Add(time.Hour)})
		exempt(t, r, s, c.Now())
		expect(t, r, s, store.Revoked)
	})
	t.Run("expires with the sign-out", func(t *testing.T) {
		c, r := setUp()
		signOut(c, r)
		c.pass(time.Millisecond)
		exempt(t, r, session("new", "u", c.Now()), c.Now())
		c.pass(time.Hour)
		if r.Len() != 0 {
			t.Errorf("%d records", r.Len())
		}
	})
}

func TestRevocationsAtOnce(t *testing.T) {
	r := store.NewRevocations(store.RevocationsOptions{})
	now := time.Now()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				sub, jti := fmt.Sprint("u", n%10), fmt.Sprint("j", i, "-", n)
				revoke(t, r, store.Revocation{OriginJTI: jti, Expires: now.Add(time.Hour)})
				revoke(t, r, store.Revocation{Subject: sub, IssuedBefore: now.Add(time.Duration(n) * time.Millisecond), Expires: now.Add(time.Hour)})
				exempt(t, r, session("x"+jti, sub, now), time.Now())
				expect(t, r, session(jti, sub, now), store.Revoked)
				_ = r.Len()
			}
		})
	}
	wg.Wait()
}

func BenchmarkRevocationsStatus(b *testing.B) {
	r := store.NewRevocations(store.RevocationsOptions{})
	now := time.Now()
	ctx := context.Background()
	for i := range 100_000 {
		_ = r.Revoke(ctx, store.Revocation{OriginJTI: fmt.Sprint("0b4d5a6e-1111-4222-8333-", i), Expires: now.Add(time.Hour)})
	}
	for i := range 10_000 {
		_ = r.Revoke(ctx, store.Revocation{Subject: fmt.Sprint("user-", i), IssuedBefore: now, Expires: now.Add(time.Hour)})
	}
	good := session("0b4d5a6e-9999-4222-8333-000000000000", "user-7", now.Add(time.Minute))
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r.Status(good) != store.Good {
				b.Fatal("not good")
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if r.Status(good) != store.Good {
					b.Fatal("not good")
				}
			}
		})
	})
}
