package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"authgraph/cognito"
	"authgraph/cognito/admission"
	"authgraph/cognito/token"
	"authgraph/directives"
	"authgraph/internal/account"
	"authgraph/internal/audit"
	"authgraph/internal/store"
	"authgraph/internal/webhook"
)

// trust is what the program knows beyond what Cognito and the tokens tell: how
// often something was tried, which sessions were signed out, and whom to tell.
type trust struct {
	limit       *directives.RateLimit
	counters    store.Counters
	revocations *store.Revocations
	sharesLog   bool           // replicas follow each other's sign-outs
	catchUp     int            // how many moments to wait for that; only where the process sleeps between requests
	quotas      map[string]int // requests a second by category; nil: unknown
	record      func(context.Context, audit.Event)
	hook        *webhook.Hook // nil: nobody is told of sign-outs
	closers     []io.Closer
}

// openTrust opens the store and the audit log. Replicas share the store that
// REDIS_URL names; without it each process has its own, and that of the embedded
// pool keeps sign-outs beside the pool's file.
func (s *server) openTrust(t target) (_ *trust, err error) {
	tr := &trust{record: func(context.Context, audit.Event) {}}
	defer func() {
		if err != nil {
			tr.close()
		}
	}()
	var log store.RevocationLog // stays nil where sign-outs live as long as the process
	local := store.NewMemory(store.MemoryOptions{})
	tr.counters = local
	switch {
	case s.settings.RedisURL != "":
		shared, err := store.NewRedis(store.RedisOptions{
			URL: s.settings.RedisURL.Reveal(), Prefix: fmt.Sprintf("authgraph:{%s}:", t.poolID),
		})
		if err != nil {
			return nil, fmt.Errorf("authgraph cannot use REDIS_URL: %w", err)
		}
		tr.counters = store.NewResilient(shared, local, s.metrics.ObserveStore)
		stream := shared.RevocationStream()
		tr.closers = append(tr.closers, stream)
		log, tr.sharesLog = stream, true
		if s.settings.Lambda {
			tr.catchUp = 30
		}
	case s.settings.Embedded():
		journal, err := store.OpenJournal(filepath.Join(s.settings.DataDir, "signouts.jsonl"))
		if err != nil {
			return nil, fmt.Errorf("authgraph cannot keep sign-outs in DATA_DIR: %w", err)
		}
		if damaged := journal.Damaged(); damaged > 0 {
			s.log.Warn("lines of the file of sign-outs could not be read", "lines", damaged)
		}
		tr.closers = append(tr.closers, journal)
		log = journal
	}
	tr.closers = append(tr.closers, tr.counters)
	tr.revocations = store.NewRevocations(store.RevocationsOptions{
		Log: log, FailOpen: s.settings.RevocationsFailOpen, Logger: s.log, Observe: s.metrics.ObserveRevocationLog,
	})
	s.metrics.ObserveGauge("revocations", "Sign-outs that are remembered until their tokens have expired.",
		func() float64 { return float64(tr.revocations.Len()) })

	accounts := account.Keys{Pool: t.poolID}
	rates := map[string]directives.Rate{}
	for name, rate := range s.settings.RateLimits {
		rates[name] = directives.Rate(rate)
	}
	tr.limit = &directives.RateLimit{
		Counters: tr.counters, Rates: rates, Accounts: accounts, Observe: s.metrics.ObserveRateLimit,
	}
	tr.quotas = quotas(s.settings.CognitoQuotas)
	if s.settings.SignoutWebhookURL != "" {
		tr.hook = webhook.New(webhook.Options{
			URL: s.settings.SignoutWebhookURL, Key: []byte(s.settings.SignoutWebhookKey.Reveal()),
			Observe: s.metrics.ObserveWebhook, Log: s.log,
		})
	}
	return tr, s.openAudit(tr, accounts)
}

// openAudit opens the stream of security events.
func (s *server) openAudit(tr *trust, accounts account.Keys) error {
	var w io.Writer
	switch target := s.settings.AuditLog; target {
	case "":
		return nil
	case "stdout":
		w = s.stdout
	case "stderr":
		w = s.stderr
	default:
		file, err := os.OpenFile(target, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("authgraph cannot write AUDIT_LOG: %w", err)
		}
		tr.closers = append(tr.closers, file)
		w = file
	}
	tr.record = audit.New(w, accounts, func(err error) {
		s.metrics.ObserveAuditFailure()
		s.log.Error("a security event could not be written to the audit log", "cause", err)
	}).Record
	return nil
}

// quotas adds to Amazon's default quotas those of the account. It returns nil
// where nothing is known of quotas.
func quotas(own map[string]int) map[string]int {
	if own == nil {
		return nil
	}
	all := admission.DefaultQuotas()
	for category, quota := range own {
		all[category] = quota
	}
	return all
}

// run follows the sign-outs of other replicas and tells the webhook of ours,
// until ctx ends.
func (t *trust) run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { t.revocations.Run(ctx) })
	if t.hook != nil {
		running.Go(func() { t.hook.Run(ctx) })
	}
	running.Wait()
}

func (t *trust) close() {
	for _, c := range t.closers {
		// Nothing is lost by what cannot be closed.
		_ = c.Close()
	}
}

// quota returns the budget of each category: four fifths of what the account
// has, so that there is something left for whatever else uses it. Replicas that
// share a store share the budget.
func (t *trust) quota() func(context.Context, string) time.Duration {
	if t.quotas == nil {
		return nil
	}
	return func(ctx context.Context, category string) time.Duration {
		quota, known := t.quotas[category]
		if !known {
			return 0
		}
		rate := float64(quota) * 4 / 5
		decision, err := t.counters.Take(ctx, store.Attempt{Budgets: []store.Budget{{
			Name: "quota", Key: "quota:" + category, Burst: max(1, int(rate)), Every: time.Duration(float64(time.Second) / rate),
		}}})
		if err != nil {
			return 0
		}
		return decision.RetryAfter
	}
}

// catchUpStep is one of the moments that a process which slept is given to hear of
// what happened meanwhile.
const catchUpStep = 10 * time.Millisecond

// revoked tells the verifier of sign-outs.
func (t *trust) revoked(claims *token.AccessClaims) error {
	asked := session(claims.OriginJTI, claims.Subject, claims.IssuedAt)
	status := t.revocations.Status(asked)
	for range t.catchUp {
		if status != store.Unknown {
			break
		}
		time.Sleep(catchUpStep)
		status = t.revocations.Status(asked)
	}
	switch status {
	case store.Good:
		return nil
	case store.Revoked:
		return token.ErrTokenRevoked
	default:
		return token.ErrRevocationsUnknown
	}
}

func session(originJTI, subject string, issuedAt time.Time) store.Session {
	return store.Session{OriginJTI: originJTI, Subject: subject, IssuedAt: issuedAt}
}

// signedIn notes a sign-in that has led to tokens.
func (t *trust) signedIn(ctx context.Context, s cognito.SignIn) {
	t.limit.SignedIn(ctx, s.Subject, s.Email)
	if s.OriginJTI != "" {
		// What cannot be written stays in force here, and is written later.
		_ = t.revocations.Exempt(ctx, session(s.OriginJTI, s.Subject, s.IssuedAt), s.Began)
	}
	t.record(ctx, audit.Event{Name: audit.SessionStarted, Outcome: "OK", Account: s.Email, Subject: s.Subject})
}

// clockSkew is by how much Cognito's clock, which writes when a token was issued
// in whole seconds, may be ahead of ours.
const clockSkew = 2 * time.Second

// signedOut puts a sign-out into force here, and tells whoever wants to know.
func (t *trust) signedOut(ctx context.Context, s cognito.SignedOut) error {
	event := signOutEvent{UserID: s.Subject, SessionID: s.OriginJTI, TokensExpireAt: s.TokensExpire.UTC()}
	revocation := store.Revocation{OriginJTI: s.OriginJTI, Expires: s.TokensExpire}
	if s.OriginJTI == "" {
		before := time.Now().Add(clockSkew).UTC()
		revocation = store.Revocation{Subject: s.Subject, IssuedBefore: before, Expires: s.TokensExpire}
		event.IssuedBefore = &before
	}
	err := t.revocations.Revoke(ctx, revocation)
	t.record(ctx, audit.Event{Name: audit.SessionEnded, Outcome: "OK", Subject: s.Subject})
	if t.hook != nil {
		t.hook.Send("session.ended", event)
	}
	if t.sharesLog {
		// It is in force here, and will be written; until then the others, who cannot
		// hear of anything, trust no token, unless they were told to.
		return nil
	}
	return err
}

// signOutEvent is what the webhook is told: tokens of the session, or of the
// user when no session is named, are no longer good.
type signOutEvent struct {
	UserID string `json:"userId"`
	// SessionID is the claim origin_jti of the session's tokens.
	SessionID string `json:"sessionId,omitempty"`
	// IssuedBefore is given for all of the user's sessions: tokens issued later are
	// of a newer one.
	IssuedBefore *time.Time `json:"issuedBefore,omitempty"`
	// TokensExpireAt is when the receiver may forget the event.
	TokensExpireAt time.Time `json:"tokensExpireAt"`
}
