package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/directives"
	"authgraph/internal/account"
	"authgraph/internal/audit"
	"authgraph/internal/ratelimit"
	"authgraph/internal/redisconn"
	"authgraph/internal/revocation"
	"authgraph/internal/sealed"
	"authgraph/internal/sessionstore"
	"authgraph/internal/webhook"
)

// sessions tracks sign-outs and rate limits, and reports sign-ins and sign-outs to
// the audit log and the webhook.
type sessions struct {
	limit       *directives.RateLimit
	counters    ratelimit.Counters
	store       *ratelimit.Resilient // the counters that replicas share; nil if there are none
	revocations *revocation.List     // by the claims sub and iat
	passwords   *revocation.List     // by the claims username and auth_time
	remember    time.Duration        // how long new passwords are remembered
	known       sessionstore.Store   // what is known of sessions that began here
	stateKeys   sealed.Keys
	sharesLog   bool           // whether replicas share sign-outs
	catchUp     int            // how often to wait for sign-outs of other replicas; only in Lambda
	quotas      map[string]int // requests per second by category; nil if calls are not limited
	record      func(context.Context, audit.Event)
	auditFile   *audit.File   // nil if events go elsewhere
	hook        *webhook.Hook // nil if there is no webhook
	closers     []io.Closer
}

// openSessions opens the store and the audit log. Replicas share the store at
// REDIS_URL. Without it each process has its own; with the embedded pool, sign-outs
// are stored beside the pool's file.
func (s *server) openSessions(t target) (_ *sessions, err error) {
	opened := &sessions{record: func(context.Context, audit.Event) {}}
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	// A refresh token can obtain one more access token just before it expires.
	opened.remember = max(minRefreshLifetime, s.settings.RefreshCookieLifetime) + revocation.MaxTokenLifetime
	var signOuts, passwords revocation.Log // nil if they are kept in memory only
	local := ratelimit.NewMemory(ratelimit.MemoryOptions{})
	opened.counters = local
	opened.known = sessionstore.NewMemory(opened.remember)
	opened.stateKeys = sealed.Random()
	switch {
	case s.settings.RedisURL != "":
		redis, err := redisconn.Parse(s.settings.RedisURL.Reveal())
		if err != nil {
			return nil, fmt.Errorf("REDIS_URL: %w", err)
		}
		redis = redis.WithPrefix("authgraph:{" + t.poolID + "}:")
		shared := sealed.NewShared(redis)
		opened.closers = append(opened.closers, shared)
		opened.stateKeys = shared.Keys
		opened.store = ratelimit.NewResilient(ratelimit.NewRedis(redis), local, s.metrics.ObserveStore)
		opened.counters = opened.store
		opened.known = sessionstore.NewRedis(redis, opened.remember)
		stream := revocation.NewStream(redis, "revocations", revocation.MaxTokenLifetime)
		passwordStream := revocation.NewStream(redis, "passwords", opened.remember)
		opened.closers = append(opened.closers, stream, passwordStream)
		signOuts, passwords, opened.sharesLog = stream, passwordStream, true
		if s.settings.Lambda {
			opened.catchUp = 30
		}
	case s.settings.Embedded():
		if signOuts, err = s.openJournal(opened, "signouts.jsonl"); err != nil {
			return nil, err
		}
		if passwords, err = s.openJournal(opened, "passwords.jsonl"); err != nil {
			return nil, err
		}
	}
	opened.closers = append(opened.closers, opened.counters, opened.known)
	switch {
	case s.settings.StateKey != "":
		opened.stateKeys = sealed.Secret([]byte(s.settings.StateKey.Reveal()))
	case t.secrets != nil:
		opened.stateKeys = nil // derived from the secrets
	case s.settings.RedisURL == "" && !s.settings.Embedded():
		s.log.Info("challenge sessions are valid in this process only; with several replicas set STATE_KEY or REDIS_URL")
	}
	opened.revocations = revocation.NewList(revocation.Options{
		Log: signOuts, FailOpen: s.settings.RevocationsFailOpen, Logger: s.log, Observe: s.metrics.ObserveRevocationLog,
	})
	opened.passwords = revocation.NewList(revocation.Options{
		Log: passwords, FailOpen: s.settings.RevocationsFailOpen, Logger: s.log, Observe: s.metrics.ObserveRevocationLog,
		MaxLifetime: opened.remember,
	})
	s.metrics.ObserveGauge("revocations", "Sign-outs and new passwords kept until the tokens they revoke expire.",
		func() float64 { return float64(opened.revocations.Len() + opened.passwords.Len()) })

	accounts := account.Keys{Pool: t.poolID, CaseSensitive: t.caseSensitive}
	rates := map[string]directives.Rate{}
	for name, rate := range s.settings.RateLimits {
		rates[name] = directives.Rate(rate)
	}
	opened.limit = &directives.RateLimit{
		Counters: opened.counters, Rates: rates, Accounts: accounts, Observe: s.metrics.ObserveRateLimit,
		Aliases: len(s.settings.SignInWith) > 1,
	}
	opened.quotas = s.settings.CognitoQuotas
	if s.settings.SignoutWebhookURL != "" {
		opened.hook = webhook.New(webhook.Options{
			URL: s.settings.SignoutWebhookURL, Key: []byte(s.settings.SignoutWebhookKey.Reveal()),
			Observe: s.metrics.ObserveWebhook, Log: s.log,
		})
	}
	return opened, s.openAudit(opened)
}

// minRefreshLifetime is the minimum time for which new passwords are remembered:
// Cognito's default lifetime of refresh tokens.
const minRefreshLifetime = 30 * 24 * time.Hour

// openJournal opens a file of sign-outs beside the embedded pool's file.
func (s *server) openJournal(opened *sessions, name string) (revocation.Log, error) {
	journal, err := revocation.OpenJournal(filepath.Join(s.settings.DataDir, name))
	if err != nil {
		return nil, fmt.Errorf("open the file %s in DATA_DIR: %w", name, err)
	}
	if damaged := journal.Damaged(); damaged > 0 {
		s.log.Warn("skipped damaged lines in the file of sign-outs", "file", name, "lines", damaged)
	}
	opened.closers = append(opened.closers, journal)
	return journal, nil
}

// openAudit opens the audit log.
func (s *server) openAudit(opened *sessions) error {
	var w io.Writer
	switch target := s.settings.AuditLog; target {
	case "":
		return nil
	case "stdout":
		w = s.stdout
	case "stderr":
		w = s.stderr
	default:
		file, err := audit.OpenFile(target)
		if err != nil {
			return fmt.Errorf("open AUDIT_LOG: %w", err)
		}
		opened.closers = append(opened.closers, file)
		opened.auditFile = file
		w = file
	}
	opened.record = audit.New(w, opened.limit.AccountKey, func(err error) {
		s.metrics.ObserveAuditFailure()
		s.log.Error("writing to the audit log failed", "err", err)
	}).Record
	return nil
}

// run receives sign-outs from other replicas, sends ours to the webhook, and opens the
// audit file again on SIGHUP, until ctx is done.
func (s *sessions) run(ctx context.Context, log *slog.Logger) {
	var running sync.WaitGroup
	if s.store != nil {
		running.Go(func() { s.store.Run(ctx, log) })
	}
	running.Go(func() { s.revocations.Run(ctx) })
	running.Go(func() { s.passwords.Run(ctx) })
	if s.auditFile != nil {
		running.Go(func() { s.reopenAudit(ctx, log) })
	}
	if s.hook != nil {
		running.Go(func() { s.hook.Run(ctx) })
	}
	running.Wait()
}

// reopenAudit opens the audit file again on every SIGHUP, which programs that rotate
// logs send after they have moved it.
func (s *sessions) reopenAudit(ctx context.Context, log *slog.Logger) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-hangup:
		case <-ctx.Done():
			return
		}
		if err := s.reopenAuditOnce(); err != nil {
			log.Error("reopening the audit log failed, still writing to the old file", "err", err)
		} else {
			log.Info("audit log reopened")
		}
	}
}

// reopenAuditOnce opens the audit file again. A panic, which would end the process, is an
// error.
func (s *sessions) reopenAuditOnce() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return s.auditFile.Reopen()
}

// ready returns nil once the shared store has counted an attempt and returned the
// sign-outs, and otherwise the reason. It stays nil if the store fails later: every
// replica would be unready at once, although most operations work without the store.
func (s *sessions) ready() error {
	if s.store != nil {
		if err := s.store.Ready(); err != nil {
			return err
		}
	}
	return cmp.Or(s.revocations.Ready(), s.passwords.Ready())
}

func (s *sessions) close() {
	for _, c := range s.closers {
		// Everything is written already.
		_ = c.Close()
	}
}

// quota returns a function that takes a call from the budget of its category and
// returns how long to wait. A budget is four fifths of the account's quota, which
// leaves the rest for other users of the account. Replicas that share a store share
// the budgets.
func (s *sessions) quota() func(context.Context, string) time.Duration {
	if s.quotas == nil {
		return nil
	}
	return func(ctx context.Context, category string) time.Duration {
		quota, known := s.quotas[category]
		if !known {
			return 0
		}
		rate := float64(quota) * 4 / 5
		decision, err := s.counters.Take(ctx, ratelimit.Attempt{Budgets: []ratelimit.Budget{{
			Name: "quota", Key: "quota:" + category, Burst: max(1, int(rate)), Every: time.Duration(float64(time.Second) / rate),
		}}})
		if err != nil {
			return 0
		}
		return decision.RetryAfter
	}
}

// catchUpStep is the interval at which a process that was frozen checks whether it
// has received the sign-outs of other replicas.
const catchUpStep = 10 * time.Millisecond

// revoked returns an error if the token's session is signed out, or may be.
func (s *sessions) revoked(claims *token.AccessClaims) error {
	status := s.status(claims)
	for range s.catchUp {
		if status != revocation.Unknown {
			break
		}
		time.Sleep(catchUpStep)
		status = s.status(claims)
	}
	switch status {
	case revocation.Good:
		return nil
	case revocation.Revoked:
		return token.ErrTokenRevoked
	default:
		return token.ErrRevocationsUnknown
	}
}

// status is the status of a session in both lists.
func (s *sessions) status(claims *token.AccessClaims) revocation.Status {
	signedOut := s.revocations.Status(revocation.Session{OriginJTI: claims.OriginJTI, Subject: claims.Subject, Date: claims.IssuedAt})
	outdated := s.passwords.Status(revocation.Session{OriginJTI: claims.OriginJTI, Subject: claims.Username, Date: claims.AuthenticatedAt})
	if signedOut == revocation.Revoked || outdated == revocation.Good {
		return signedOut
	}
	return outdated
}

// flags returns the flags of users and addresses, which are marks beside the counters.
func (s *sessions) flags() cognito.Flags {
	mark := func(f cognito.Flagged) string {
		key := s.limit.Accounts.Of
		if f.Flag.OfUser() {
			key = s.limit.Accounts.OfUser
		}
		return string(f.Flag) + ":" + key(f.Name)
	}
	return cognito.Flags{
		Set: func(ctx context.Context, f cognito.Flagged, lifetime time.Duration) error {
			return s.counters.Update(ctx, ratelimit.Update{Mark: []string{mark(f)}, Lifetime: lifetime, Durable: true})
		},
		Clear: func(ctx context.Context, f cognito.Flagged) error {
			return s.counters.Update(ctx, ratelimit.Update{Unmark: []string{mark(f)}})
		},
		Has: func(ctx context.Context, flags ...cognito.Flagged) ([]bool, error) {
			keys := make([]string, len(flags))
			for i, f := range flags {
				keys[i] = mark(f)
			}
			left, err := s.counters.Marks(ctx, keys...)
			set := make([]bool, len(flags))
			for i := range left {
				set[i] = left[i] > 0
			}
			return set, err
		},
	}
}

// signedIn records a completed sign-in.
func (s *sessions) signedIn(ctx context.Context, in cognito.SignIn) {
	s.limit.SignedIn(ctx, in.Account, in.Username, in.Subject)
	if in.OriginJTI != "" {
		// On an error it applies in this process, and is written later.
		_ = s.revocations.Exempt(ctx, revocation.Session{OriginJTI: in.OriginJTI, Subject: in.Subject, Date: in.IssuedAt}, in.Began)
		_ = s.passwords.Exempt(ctx, revocation.Session{OriginJTI: in.OriginJTI, Subject: in.Username, Date: in.AuthenticatedAt}, in.Began)
	}
	s.active(ctx, in)
	s.record(ctx, audit.Event{Name: audit.SessionStarted, Outcome: "OK", Account: in.Account, Subject: in.Subject})
}

// clockSkew is how far Cognito's clock may be ahead of ours. It includes the
// rounding of iat to whole seconds.
const clockSkew = 2 * time.Second

// signedOut revokes the tokens of a session, or of all sessions of the user, and
// reports it to the audit log and the webhook.
func (s *sessions) signedOut(ctx context.Context, out cognito.SignedOut) error {
	s.forget(ctx, out.Subject, out.OriginJTI)
	event := signOutEvent{UserID: out.Subject, SessionID: out.OriginJTI, TokensExpireAt: out.TokensExpire.UTC()}
	signOut := revocation.Revocation{OriginJTI: out.OriginJTI, Expires: out.TokensExpire}
	if out.OriginJTI == "" {
		before := time.Now().Add(clockSkew).UTC()
		signOut = revocation.Revocation{Subject: out.Subject, Before: before, Expires: out.TokensExpire}
		event.IssuedBefore = &before
	}
	ended := audit.Event{Name: audit.SessionEnded, Outcome: "OK", Subject: out.Subject}
	return s.report(ctx, ended, event, s.revocations.Revoke(ctx, signOut))
}

// passwordChanged returns a function that ends the user's other sessions, or nil if
// no password ends any.
func (s *sessions) passwordChanged(ends string) func(context.Context, cognito.PasswordChange) error {
	if ends == "never" {
		return nil
	}
	return func(ctx context.Context, change cognito.PasswordChange) error {
		if ends == "reset" && !change.Reset {
			return nil
		}
		before := time.Now().Add(clockSkew)
		if change.OriginJTI == "" && !change.AuthenticatedAt.IsZero() {
			// Without token revocation, only its time tells the new session apart.
			before = change.AuthenticatedAt.Add(-time.Second)
		}
		return s.endSessions(ctx, cognito.SessionsEnded{
			Subject: change.Subject, Username: change.Username, OriginJTI: change.OriginJTI,
		}, before.UTC())
	}
}

// othersEnded ends all sessions of the user but one, or all of them without a session.
func (s *sessions) othersEnded(ctx context.Context, ended cognito.SessionsEnded) error {
	return s.endSessions(ctx, ended, time.Now().Add(clockSkew).UTC())
}

// endSessions ends the sessions that began until a time, and reports it to the audit log and
// the webhook. Cognito may go on accepting their refresh tokens, so tokens are dated by the
// sign-in and not by their issue.
func (s *sessions) endSessions(ctx context.Context, ended cognito.SessionsEnded, before time.Time) error {
	expires := time.Now().Add(s.remember).UTC()
	err := s.passwords.Revoke(ctx, revocation.Revocation{
		Subject: ended.Username, Before: before, Except: ended.OriginJTI, Expires: expires,
	})
	event := audit.Event{Name: audit.SessionEnded, Outcome: "OK", Subject: ended.Subject}
	if event.Subject == "" {
		event.Account = ended.Username // which may be a name that the user chose
	}
	return s.report(ctx, event, signOutEvent{
		UserID: cmp.Or(ended.Subject, ended.Username), ExceptSessionID: ended.OriginJTI,
		IssuedBefore: &before, AuthenticatedBefore: &before, TokensExpireAt: expires,
	}, err)
}

// report reports sign-outs to the audit log and the webhook. err is that of the list.
func (s *sessions) report(ctx context.Context, ended audit.Event, event signOutEvent, err error) error {
	s.record(ctx, ended)
	if s.hook != nil {
		s.hook.Send("session.ended", event)
	}
	if s.sharesLog {
		// It applies in this process, and will be written. Until then the other
		// replicas accept no tokens, unless REVOCATIONS_FAIL_OPEN is set.
		return nil
	}
	return err
}

// signOutEvent is the message to the webhook: the tokens of a session, or of all
// sessions of a user, are revoked.
type signOutEvent struct {
	UserID string `json:"userId"`
	// SessionID is the claim origin_jti of the session's tokens.
	SessionID string `json:"sessionId,omitempty"`
	// IssuedBefore is set for all sessions of a user: tokens issued later belong to
	// newer sessions.
	IssuedBefore *time.Time `json:"issuedBefore,omitempty"`
	// AuthenticatedBefore is set if a session goes on, and after a new password: tokens with a later auth_time
	// belong to newer sessions, and tokens issued later do not.
	AuthenticatedBefore *time.Time `json:"authenticatedBefore,omitempty"`
	// ExceptSessionID is the session of the user that goes on.
	ExceptSessionID string `json:"exceptSessionId,omitempty"`
	// TokensExpireAt is the time after which the receiver may delete the event.
	TokensExpireAt time.Time `json:"tokensExpireAt"`
}
