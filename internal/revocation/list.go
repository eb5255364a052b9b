// Package revocation keeps sign-outs until the tokens they revoke have expired.
package revocation

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxStaleness is how old the last read of a shared log may be. After that a
	// sign-out elsewhere may have gone unnoticed.
	maxStaleness = 2 * time.Second

	// longestTokenLifetime is Cognito's bound of a day, and an hour for clocks.
	longestTokenLifetime = 25 * time.Hour

	// clockLeeway is how far the issuer's clock may be ahead of ours.
	clockLeeway = 2 * time.Second

	// defaultMaxRecords is about 150 MB, and more sign-outs within the life of a
	// token than Cognito's quota has sign-ins in an hour.
	defaultMaxRecords = 500_000

	// maxCuts bounds the sign-outs of one user that are kept apart.
	maxCuts = 8

	publishAtOnce = 500
	firstPause    = 50 * time.Millisecond
	slowestPause  = 500 * time.Millisecond
)

// Revocation is one sign-out: of the session OriginJTI, or of all sessions of the
// user Subject with tokens issued at or before IssuedBefore. One of the two.
//
// Tokens have whole seconds and another machine's clock, so IssuedBefore should
// be about two seconds ahead. What a user begins in these seconds is excepted by
// [List.Exempt].
type Revocation struct {
	OriginJTI    string
	Subject      string
	IssuedBefore time.Time

	// Expires is when the last token that it is about is dead, 25 hours ahead at
	// most.
	Expires time.Time
}

// Session is what a verified token says of the session it belongs to.
type Session struct {
	OriginJTI string
	Subject   string
	IssuedAt  time.Time
}

// Status says whether a session still stands.
type Status int

const (
	// Unknown is a session of which nothing bad is known, when other replicas
	// may know something and cannot be heard.
	Unknown Status = iota
	// Good is a session that nobody signed out.
	Good
	// Revoked is a session that was signed out.
	Revoked
)

// String returns the status in lower case.
func (s Status) String() string {
	switch s {
	case Good:
		return "good"
	case Revoked:
		return "revoked"
	default:
		return "unknown"
	}
}

// Log is where sign-outs are kept beyond this process: a [Journal] or a
// [Stream].
type Log interface {
	// append adds records, and returns when they are as safe as the log makes
	// them. After an error any of them may be in it or not.
	append(context.Context, []record) error

	// read waits for a moment and returns what was added since the last read; the
	// first one, everything.
	read(context.Context) (batch, error)

	// shared says whether other processes write to it.
	shared() bool
}

// batch is what one read of a log brought.
type batch struct {
	records  []record
	complete bool // there was no more at that time
	lost     bool // the log does not have what it had; it is read from its beginning again
}

// record is an entry of a log: the sign-out of a session, the sign-out of a user,
// or that the session Except is younger than the user's sign-out at IssuedBefore.
// In which order records arrive, and how often, makes no difference. Times are in
// microseconds, and that of a user's sign-out is its name.
type record struct {
	OriginJTI    string `json:"originJti,omitempty"`
	Subject      string `json:"subject,omitempty"`
	Except       string `json:"except,omitempty"`
	IssuedBefore int64  `json:"issuedBefore,omitempty"`
	Expires      int64  `json:"expires"`
}

func (r record) valid() bool {
	isSession := r.OriginJTI != "" && r.Subject == "" && r.Except == "" && r.IssuedBefore == 0
	isUser := r.Subject != "" && r.OriginJTI == "" && r.IssuedBefore != 0
	return (isSession || isUser) && r.Expires > 0
}

// Options says where [List] are kept and what becomes of a
// session when others cannot be heard.
type Options struct {
	// Log is where sign-outs are kept; nil means in this process alone.
	Log Log

	// FailOpen says that a session counts as good, and not as unknown, while a
	// shared log cannot be read.
	FailOpen bool

	// Observe, if not nil, is told the outcome of each use of the log, "ok" or
	// "failed", and "full" for each record dropped before its time.
	Observe func(outcome string)

	// Logger, if not nil, is told when the log goes away and comes back.
	Logger *slog.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// List remembers who was signed out until the tokens are dead that were
// valid then. It may be used by many goroutines at once. Status never waits for
// anything but memory; with a log, Run has to run.
//
// At most half a million records are kept. Beyond that those go that would have
// gone first anyway, and so that none of them comes back to life, all tokens that
// are as old as what went count as revoked: their owners have to refresh them.
type List struct {
	log      Log
	failOpen bool
	observe  func(string)
	logger   *slog.Logger
	now      func() time.Time
	start    time.Time
	max      int
	heard    atomic.Int64 // when all of the log was known, since start; 0 is never

	mu          sync.RWMutex
	sessions    map[string]int64    // origin_jti → expires
	users       map[string][]cut    // sub → sign-outs
	exemptions  map[exemption]int64 // → expires
	queue       expiryQueue
	floor       int64 // tokens issued until then are revoked
	unpublished map[record]struct{}
}

// cut is the sign-out of all sessions of a user.
type cut struct {
	issuedBefore int64
	expires      int64
	received     time.Time // here, by the monotonic clock
}

// exemption is of one session from one cut.
type exemption struct {
	originJTI string
	cut       int64
}

// queued is a record and when it was received here.
type queued struct {
	record
	received int64
}

// New returns List with what a log of this process alone has. A
// shared log is read by [List.Run].
func New(o Options) *List {
	r := &List{
		log:         o.Log,
		failOpen:    o.FailOpen,
		observe:     o.Observe,
		logger:      o.Logger,
		now:         o.Now,
		max:         defaultMaxRecords,
		floor:       math.MinInt64,
		sessions:    map[string]int64{},
		users:       map[string][]cut{},
		exemptions:  map[exemption]int64{},
		unpublished: map[record]struct{}{},
	}
	if r.observe == nil {
		r.observe = func(string) {}
	}
	if r.logger == nil {
		r.logger = slog.New(slog.DiscardHandler)
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.start = r.now()
	if r.log != nil && !r.log.shared() {
		// It is in memory already, so this neither waits nor fails.
		if b, err := r.log.read(context.Background()); err == nil {
			r.receive(b)
		}
	}
	return r
}

// Status says whether s still stands.
func (r *List) Status(s Session) Status {
	now := r.now()
	// First, so that what was heard until then is seen below.
	otherwise := Unknown
	if r.failOpen || r.log == nil || !r.log.shared() || r.current(now) {
		otherwise = Good
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.revoked(s, now.UnixMicro()) {
		return Revoked
	}
	return otherwise
}

func (r *List) current(now time.Time) bool {
	heard := time.Duration(r.heard.Load())
	return heard > 0 && now.Sub(r.start)-heard <= maxStaleness
}

// revoked needs r.mu.
func (r *List) revoked(s Session, now int64) bool {
	issued := s.IssuedAt.UnixMicro()
	if issued <= r.floor || r.sessions[s.OriginJTI] > now {
		return true
	}
	for _, c := range r.users[s.Subject] {
		if r.affects(c, s.OriginJTI, issued, now) {
			return true
		}
	}
	return false
}

// affects needs r.mu.
func (r *List) affects(c cut, originJTI string, issued, now int64) bool {
	return issued <= c.issuedBefore && c.expires > now &&
		r.exemptions[exemption{originJTI, c.issuedBefore}] <= now
}

// Revoke signs out. It is in force here before Revoke returns, whatever the error
// is. An error of the log means that nobody else knows yet, and that a restart
// would forget it; Run goes on to write it.
func (r *List) Revoke(ctx context.Context, v Revocation) error {
	// Cloned, since they may be parts of a token.
	rec := record{
		OriginJTI: strings.Clone(v.OriginJTI),
		Subject:   strings.Clone(v.Subject),
		Expires:   v.Expires.UnixMicro(),
	}
	if !v.IssuedBefore.IsZero() {
		rec.IssuedBefore = v.IssuedBefore.UnixMicro()
	}
	now := r.now()
	switch {
	case !rec.valid():
		return errors.New("revocation: a sign-out is of a session, or of a user until a time")
	case v.Expires.Sub(now) > longestTokenLifetime:
		return errors.New("revocation: no token lives that long")
	case !v.Expires.After(now):
		return nil
	}
	r.mu.Lock()
	news := r.apply(rec, now)
	r.mu.Unlock()
	if !news {
		return nil
	}
	return r.write(ctx, []record{rec})
}

// Exempt says that s was begun, not refreshed, by a sign-in that was sent on to
// Cognito at the time began. If the user was signed out before, but so shortly
// that the new tokens look older, they count as good from now on. If the sign-out
// was heard of only after began, which of the two came first is not known, and s
// stays revoked. Errors are as with Revoke.
func (r *List) Exempt(ctx context.Context, s Session, began time.Time) error {
	if s.OriginJTI == "" {
		return errors.New("revocation: a session without a name cannot be exempted")
	}
	originJTI, subject := strings.Clone(s.OriginJTI), strings.Clone(s.Subject)
	now := r.now()
	var recs []record
	r.mu.Lock()
	for _, c := range r.users[subject] {
		if !r.affects(c, originJTI, s.IssuedAt.UnixMicro(), now.UnixMicro()) {
			continue
		}
		if !c.received.Before(began) {
			r.mu.Unlock()
			return nil
		}
		recs = append(recs, record{Subject: subject, Except: originJTI, IssuedBefore: c.issuedBefore, Expires: c.expires})
	}
	for _, rec := range recs {
		r.apply(rec, now)
	}
	r.mu.Unlock()
	return r.write(ctx, recs)
}

// write adds records to the log, or leaves them to Run.
func (r *List) write(ctx context.Context, recs []record) error {
	if r.log == nil || len(recs) == 0 {
		return nil
	}
	// It happened, even if the one who asked for it went away.
	err := r.log.append(context.WithoutCancel(ctx), recs)
	r.used(err)
	if err != nil {
		r.mu.Lock()
		for _, rec := range recs {
			r.unpublished[rec] = struct{}{}
		}
		r.mu.Unlock()
	}
	return err
}

func (r *List) used(err error) {
	if err != nil {
		r.observe("failed")
	} else {
		r.observe("ok")
	}
}

// Len is how many records are kept.
func (r *List) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(r.now())
	return len(r.queue)
}

// apply takes a record in, and reports whether it was news. r.mu must be held.
func (r *List) apply(rec record, now time.Time) bool {
	r.drop(now)
	if rec.Expires <= now.UnixMicro() {
		return false
	}
	switch {
	case rec.OriginJTI != "":
		if r.sessions[rec.OriginJTI] >= rec.Expires {
			return false
		}
		r.sessions[rec.OriginJTI] = rec.Expires
	case rec.Except != "":
		e := exemption{rec.Except, rec.IssuedBefore}
		if r.exemptions[e] >= rec.Expires {
			return false
		}
		r.exemptions[e] = rec.Expires
	default:
		if !r.cut(rec, now) {
			return false
		}
	}
	heap.Push(&r.queue, queued{rec, now.UnixMicro()})
	for len(r.queue) > r.max {
		r.makeRoom()
	}
	return true
}

// cut takes the sign-out of a user in, and reports whether it was news.
func (r *List) cut(rec record, now time.Time) bool {
	cuts := r.users[rec.Subject]
	for i, c := range cuts {
		if c.issuedBefore == rec.IssuedBefore {
			if c.expires >= rec.Expires {
				return false
			}
			cuts[i].expires = rec.Expires
			return true
		}
	}
	cuts = append(cuts, cut{issuedBefore: rec.IssuedBefore, expires: rec.Expires, received: now})
	slices.SortFunc(cuts, func(a, b cut) int { return cmp.Compare(a.issuedBefore, b.issuedBefore) })
	if len(cuts) > maxCuts {
		// What the oldest ended the next one ends too, if it lasts as long.
		if oldest, next := cuts[0], &cuts[1]; oldest.expires > next.expires {
			next.expires = oldest.expires
			longer := record{Subject: rec.Subject, IssuedBefore: next.issuedBefore, Expires: next.expires}
			heap.Push(&r.queue, queued{longer, now.UnixMicro()})
		}
		cuts = slices.Delete(cuts, 0, 1)
	}
	r.users[rec.Subject] = cuts
	return true
}

// drop forgets what has expired. r.mu must be held.
func (r *List) drop(now time.Time) {
	for len(r.queue) > 0 && r.queue[0].Expires <= now.UnixMicro() {
		r.forget(heap.Pop(&r.queue).(queued).record)
	}
}

// forget takes out what a record brought, unless another one made it last longer,
// and reports whether somebody was signed out by it.
func (r *List) forget(rec record) bool {
	delete(r.unpublished, rec)
	switch {
	case rec.OriginJTI != "":
		if r.sessions[rec.OriginJTI] != rec.Expires {
			return false
		}
		delete(r.sessions, rec.OriginJTI)
	case rec.Except != "":
		e := exemption{rec.Except, rec.IssuedBefore}
		if r.exemptions[e] == rec.Expires {
			delete(r.exemptions, e)
		}
		return false
	default:
		var kept []cut
		for _, c := range r.users[rec.Subject] {
			if c.issuedBefore != rec.IssuedBefore || c.expires > rec.Expires {
				kept = append(kept, c)
			}
		}
		if len(kept) == len(r.users[rec.Subject]) {
			return false
		}
		r.users[rec.Subject] = kept
		if len(kept) == 0 {
			delete(r.users, rec.Subject)
		}
	}
	return true
}

// makeRoom drops the record that would be the next to expire. The tokens that it
// was about were issued before it came, and so is everything that counts as
// revoked instead. r.mu must be held.
func (r *List) makeRoom() {
	first := heap.Pop(&r.queue).(queued)
	if r.forget(first.record) {
		if r.floor == math.MinInt64 {
			r.logger.Error("too many sign-outs to keep: older tokens have to be refreshed", "kept", r.max)
		}
		r.floor = max(r.floor, first.received+clockLeeway.Microseconds(), first.IssuedBefore)
	}
	r.observe("full")
}

// expiryQueue is a heap for container/heap, with what expires first in front.
type expiryQueue []queued

func (q expiryQueue) Len() int           { return len(q) }
func (q expiryQueue) Less(i, j int) bool { return q[i].Expires < q[j].Expires }
func (q expiryQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *expiryQueue) Push(x any)        { *q = append(*q, x.(queued)) }
func (q *expiryQueue) Pop() any {
	last := len(*q) - 1
	popped := (*q)[last]
	(*q)[last] = queued{} // the strings
	*q = (*q)[:last]
	return popped
}

// Run follows the log until ctx ends: it takes in what other replicas write, and
// writes what could not be written before.
func (r *List) Run(ctx context.Context) {
	if r.log == nil {
		<-ctx.Done()
		return
	}
	pause, failing := firstPause, false
	for ctx.Err() == nil {
		err := r.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		r.used(err)
		if failing != (err != nil) {
			failing = err != nil
			if failing {
				r.logger.Warn("the log of sign-outs is out of reach", "error", err)
			} else {
				r.logger.Info("the log of sign-outs is back")
			}
		}
		if err == nil {
			pause = firstPause
			continue
		}
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
		}
		pause = min(2*pause, slowestPause)
	}
}

// follow reads once, and writes what there is to write.
func (r *List) follow(ctx context.Context) error {
	b, err := r.log.read(ctx)
	if err != nil {
		return err
	}
	r.receive(b)
	if !b.complete {
		return nil
	}
	return r.publish(ctx)
}

func (r *List) receive(b batch) {
	now := r.now()
	r.mu.Lock()
	if b.lost {
		// Also what others wrote: who wrote it may be gone. What is in the log
		// again is taken out below, as it is read.
		for _, q := range r.queue {
			r.unpublished[q.record] = struct{}{}
		}
	}
	for _, rec := range b.records {
		r.apply(rec, now)
		delete(r.unpublished, rec)
	}
	r.drop(now)
	r.mu.Unlock()
	if b.complete {
		r.heard.Store(int64(max(1, now.Sub(r.start))))
	}
}

// publish writes some of what is not in the log.
func (r *List) publish(ctx context.Context) error {
	now := r.now().UnixMicro()
	var recs []record
	r.mu.Lock()
	for rec := range r.unpublished {
		if len(recs) == publishAtOnce {
			break
		}
		if rec.Expires <= now {
			delete(r.unpublished, rec)
			continue
		}
		recs = append(recs, rec)
	}
	r.mu.Unlock()
	if len(recs) == 0 {
		return nil
	}
	if err := r.log.append(ctx, recs); err != nil {
		return err
	}
	r.mu.Lock()
	for _, rec := range recs {
		delete(r.unpublished, rec)
	}
	r.mu.Unlock()
	return nil
}
