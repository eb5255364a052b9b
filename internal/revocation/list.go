package revocation

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxStaleness is the time after the last read of a shared log for which
	// sessions without a sign-out are Good. Afterwards they are Unknown.
	maxStaleness = 2 * time.Second

	// MaxTokenLifetime is Cognito's maximum lifetime of access tokens, a day, plus an
	// hour for differences between clocks.
	MaxTokenLifetime = 25 * time.Hour

	// clockSkew is how far the issuer's clock may be ahead.
	clockSkew = 2 * time.Second

	defaultMaxRecords = 500_000

	// maxUserSignOuts bounds the sign-outs that are kept for one user.
	maxUserSignOuts = 8
)

// Options are the options of [NewList].
type Options struct {
	// Log stores the sign-outs. If nil, they are lost when the process ends.
	Log Log

	// FailOpen makes sessions without a known sign-out Good instead of Unknown
	// while a shared log cannot be read.
	FailOpen bool

	// MaxRecords bounds the memory used. The default is 500,000, about 150 MB, and
	// more sign-outs in the life of a token than Cognito's default quota has
	// sign-ins in an hour.
	//
	// When there are more, the records that expire first are dropped, and all
	// tokens issued before a dropped sign-out was received count as revoked, so
	// that no revoked token becomes valid again. Their owners have to refresh them.
	MaxRecords int

	// MaxLifetime bounds the lifetime of sign-outs. The default is
	// [MaxTokenLifetime].
	MaxLifetime time.Duration

	// Observe, if not nil, is called with the outcome of each operation on the log,
	// "ok" or "failed", and with "full" for each record dropped because of
	// MaxRecords.
	Observe func(outcome string)

	// Logger, if not nil, logs when the log becomes unavailable and available.
	Logger *slog.Logger

	// Now is the clock. The default is time.Now.
	Now func() time.Time
}

// List is the sign-outs that have not expired yet. All methods are safe for
// concurrent use.
type List struct {
	log        Log
	failOpen   bool
	observe    func(string)
	logger     *slog.Logger
	now        func() time.Time
	start      time.Time
	maxRecords int
	maxLife    time.Duration
	readAt     atomic.Int64 // when the log was last read to its end, since start; 0 is never

	mu           sync.RWMutex
	sessions     map[string]int64         // origin_jti → expiry
	users        map[string][]userSignOut // sub → sign-outs, oldest first
	exemptions   map[exemption]int64      // → expiry
	queue        expiryQueue
	stale        int                 // sign-outs in queue that later ones of the same user replaced
	revokedUntil int64               // tokens issued until then are revoked
	pending      map[record]struct{} // not in the log yet
	failure      error               // of the last read of a shared log
}

var errNotRead = errors.New("no reply yet")

// userSignOut is the sign-out of all sessions of a user.
type userSignOut struct {
	issuedBefore int64
	expires      int64
	received     time.Time // by this process, with the monotonic clock
}

// exemption is that of a session from the user's sign-out at issuedBefore.
type exemption struct {
	originJTI    string
	issuedBefore int64
}

// queued is a record and when this process received it, in microseconds.
type queued struct {
	record
	received int64
}

// NewList returns a List. It contains the sign-outs of a [Journal] already, and gets
// those of a [Stream] from [List.Run].
func NewList(o Options) *List {
	l := &List{
		log:          o.Log,
		failOpen:     o.FailOpen,
		observe:      o.Observe,
		logger:       o.Logger,
		now:          o.Now,
		maxRecords:   o.MaxRecords,
		maxLife:      cmp.Or(o.MaxLifetime, MaxTokenLifetime),
		revokedUntil: math.MinInt64,
		sessions:     map[string]int64{},
		users:        map[string][]userSignOut{},
		exemptions:   map[exemption]int64{},
		pending:      map[record]struct{}{},
		failure:      errNotRead,
	}
	if l.maxRecords <= 0 {
		l.maxRecords = defaultMaxRecords
	}
	if l.observe == nil {
		l.observe = func(string) {}
	}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.start = l.now()
	if l.log != nil && !l.log.shared() {
		// The journal is in memory since it was opened: this neither waits nor fails.
		if b, err := l.log.read(context.Background()); err == nil {
			l.receive(b)
		}
	}
	return l
}

// Status returns the status of s. It never does I/O.
func (l *List) Status(s Session) Status {
	now := l.now()
	// Checked before the sign-outs, so that all sign-outs read until then are
	// checked, too.
	status := Unknown
	if l.failOpen || l.log == nil || !l.log.shared() || l.current(now) {
		status = Good
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.revoked(s, now.UnixMicro()) {
		return Revoked
	}
	return status
}

// Ready returns nil once a shared log has been read to its end, even if later reads
// fail, and otherwise the reason.
func (l *List) Ready() error {
	if l.log == nil || !l.log.shared() || l.readAt.Load() > 0 {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return fmt.Errorf("revocation: the shared log is not readable yet: %w", l.failure)
}

// current reports whether the log was read recently.
func (l *List) current(now time.Time) bool {
	readAt := time.Duration(l.readAt.Load())
	return readAt > 0 && now.Sub(l.start)-readAt <= maxStaleness
}

// revoked reports whether s was signed out. l.mu must be held.
func (l *List) revoked(s Session, now int64) bool {
	issued := s.Date.UnixMicro()
	if issued <= l.revokedUntil || l.sessions[s.OriginJTI] > now {
		return true
	}
	return slices.ContainsFunc(l.users[s.Subject], func(u userSignOut) bool {
		return l.applies(u, s.OriginJTI, issued, now)
	})
}

// applies reports whether u revokes a session of the user's. l.mu must be held.
func (l *List) applies(u userSignOut, originJTI string, issued, now int64) bool {
	return issued <= u.issuedBefore && u.expires > now &&
		l.exemptions[exemption{originJTI, u.issuedBefore}] <= now
}

// Revoke adds a sign-out. It takes effect in this process before Revoke returns,
// even with an error, unless the arguments are invalid. An error of the log means
// that other replicas do not know of the sign-out yet, and that a restart would lose
// it. [List.Run] tries again.
func (l *List) Revoke(ctx context.Context, v Revocation) error {
	// The strings may be parts of a token, which need not stay in memory.
	rec := record{
		OriginJTI: strings.Clone(v.OriginJTI),
		Subject:   strings.Clone(v.Subject),
		Expires:   v.Expires.UnixMicro(),
	}
	if !v.Before.IsZero() {
		rec.IssuedBefore = v.Before.UnixMicro()
	}
	now := l.now()
	switch {
	case !rec.valid():
		return errors.New("revocation: either a session, or a user and a time, must be given")
	case v.Except != "" && rec.Subject == "":
		return errors.New("revocation: the end of a single session cannot exclude another one")
	case v.Expires.Sub(now) > l.maxLife:
		return errors.New("revocation: the expiry is later than any token's")
	case !v.Expires.After(now):
		return nil
	}
	records := []record{rec}
	if v.Except != "" {
		exempt := rec
		exempt.Except = strings.Clone(v.Except)
		// First, so that the session is not revoked for a moment.
		records = []record{exempt, rec}
	}
	l.mu.Lock()
	records = slices.DeleteFunc(records, func(r record) bool { return !l.apply(r, now) })
	l.mu.Unlock()
	return l.write(ctx, records)
}

// Exempt makes s Good if the user was signed out shortly before s started, so that
// its tokens seem to be older than the sign-out. s must come from a sign-in, not a
// refresh, and began is when the sign-in was sent to Cognito.
//
// If this process received the sign-out after began, the order is not known and s
// stays Revoked. Errors are those of [List.Revoke].
func (l *List) Exempt(ctx context.Context, s Session, began time.Time) error {
	if s.OriginJTI == "" {
		return errors.New("revocation: cannot exempt a session without origin_jti")
	}
	originJTI, subject := strings.Clone(s.OriginJTI), strings.Clone(s.Subject)
	now := l.now()
	return l.write(ctx, l.exempt(originJTI, subject, s.Date.UnixMicro(), began, now))
}

// exempt returns the records that it applied.
func (l *List) exempt(originJTI, subject string, issued int64, began, now time.Time) []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var records []record
	for _, u := range l.users[subject] {
		if !l.applies(u, originJTI, issued, now.UnixMicro()) {
			continue
		}
		if !u.received.Before(began) {
			return nil
		}
		records = append(records, record{Subject: subject, Except: originJTI, IssuedBefore: u.issuedBefore, Expires: u.expires})
	}
	for _, rec := range records {
		l.apply(rec, now)
	}
	return records
}

// Len returns the number of records.
func (l *List) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropExpired(l.now())
	return len(l.queue)
}

// apply adds a record and reports whether it changed anything. l.mu must be held.
func (l *List) apply(rec record, now time.Time) bool {
	l.dropExpired(now)
	if rec.Expires <= now.UnixMicro() {
		return false
	}
	switch {
	case rec.OriginJTI != "":
		if l.sessions[rec.OriginJTI] >= rec.Expires {
			return false
		}
		l.sessions[rec.OriginJTI] = rec.Expires
	case rec.Except != "":
		e := exemption{rec.Except, rec.IssuedBefore}
		if l.exemptions[e] >= rec.Expires {
			return false
		}
		l.exemptions[e] = rec.Expires
	default:
		if !l.signOutUser(rec, now) {
			return false
		}
	}
	heap.Push(&l.queue, queued{rec, now.UnixMicro()})
	if len(l.queue) > l.maxRecords && l.stale > 0 {
		l.dropSuperseded()
	}
	for len(l.queue) > l.maxRecords {
		l.evict()
	}
	return true
}

// dropSuperseded removes the records that later sign-outs of the same user made
// superfluous, so that one user does not displace the records of others. l.mu must be held.
func (l *List) dropSuperseded() {
	l.queue = slices.DeleteFunc(l.queue, func(q queued) bool {
		newer := l.users[q.Subject]
		superseded := q.Subject != "" && len(newer) == maxUserSignOuts && q.IssuedBefore < newer[0].issuedBefore
		if superseded {
			l.remove(q.record)
		}
		return superseded
	})
	heap.Init(&l.queue)
	l.stale = 0
}

// signOutUser adds the sign-out of a user and reports whether it changed anything.
// l.mu must be held.
func (l *List) signOutUser(rec record, now time.Time) bool {
	signOuts := l.users[rec.Subject]
	for i, u := range signOuts {
		if u.issuedBefore == rec.IssuedBefore {
			if u.expires >= rec.Expires {
				return false
			}
			signOuts[i].expires = rec.Expires
			return true
		}
	}
	signOuts = append(signOuts, userSignOut{issuedBefore: rec.IssuedBefore, expires: rec.Expires, received: now})
	slices.SortFunc(signOuts, func(a, b userSignOut) int { return cmp.Compare(a.issuedBefore, b.issuedBefore) })
	if len(signOuts) > maxUserSignOuts {
		// The second oldest revokes all that the oldest revokes, if it lasts as long.
		if oldest, next := signOuts[0], &signOuts[1]; oldest.expires > next.expires {
			next.expires = oldest.expires
			extended := record{Subject: rec.Subject, IssuedBefore: next.issuedBefore, Expires: next.expires}
			heap.Push(&l.queue, queued{extended, now.UnixMicro()})
		}
		signOuts = slices.Delete(signOuts, 0, 1)
		l.stale++
	}
	l.users[rec.Subject] = signOuts
	return true
}

// dropExpired removes the records that have expired. l.mu must be held.
func (l *List) dropExpired(now time.Time) {
	for len(l.queue) > 0 && l.queue[0].Expires <= now.UnixMicro() {
		l.remove(heap.Pop(&l.queue).(queued).record)
	}
}

// remove removes the effect of a record, unless a later record extended it. It
// reports whether this ended a sign-out. l.mu must be held.
func (l *List) remove(rec record) bool {
	delete(l.pending, rec)
	switch {
	case rec.OriginJTI != "":
		if l.sessions[rec.OriginJTI] != rec.Expires {
			return false
		}
		delete(l.sessions, rec.OriginJTI)
		return true
	case rec.Except != "":
		e := exemption{rec.Except, rec.IssuedBefore}
		if l.exemptions[e] == rec.Expires {
			delete(l.exemptions, e)
		}
		return false
	default:
		before := len(l.users[rec.Subject])
		kept := slices.DeleteFunc(l.users[rec.Subject], func(u userSignOut) bool {
			return u.issuedBefore == rec.IssuedBefore && u.expires <= rec.Expires
		})
		if len(kept) == 0 {
			delete(l.users, rec.Subject)
		} else {
			l.users[rec.Subject] = kept
		}
		return len(kept) < before
	}
}

// evict removes the record that expires first. The tokens that it revoked were
// issued before it was received, and all such tokens count as revoked from now on.
// l.mu must be held.
func (l *List) evict() {
	first := heap.Pop(&l.queue).(queued)
	if l.remove(first.record) {
		if l.revokedUntil == math.MinInt64 {
			l.logger.Error("too many revocations, older sessions have to sign in again", "max", l.maxRecords)
		}
		l.revokedUntil = max(l.revokedUntil, first.received+clockSkew.Microseconds(), first.IssuedBefore)
	}
	l.observe("full")
}

// expiryQueue implements [heap.Interface]. The record that expires first is at the
// front.
type expiryQueue []queued

func (q expiryQueue) Len() int           { return len(q) }
func (q expiryQueue) Less(i, j int) bool { return q[i].Expires < q[j].Expires }
func (q expiryQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *expiryQueue) Push(x any)        { *q = append(*q, x.(queued)) }
func (q *expiryQueue) Pop() any {
	last := len(*q) - 1
	popped := (*q)[last]
	(*q)[last] = queued{} // releases its strings
	*q = (*q)[:last]
	return popped
}
