package store

import (
	"time"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
)

// throttleRecord counts what one account may do only so often. For sign-ins it counts failures in a row, for the rest calls
// within an hour.
type throttleRecord struct {
	Count  int        `json:"count"`
	Start  epoch.Time `json:"start"`
	Locked epoch.Time `json:"locked,omitempty"` // no sign-in before this
	Until  epoch.Time `json:"until"`            // the record means nothing after this
}

// What is counted, and Cognito's figures (developer guide, Quotas: per user and hour).
const (
	countSignIn         = "signIn"
	countGuesses        = "guesses" // wrong one-time codes
	CountResend         = "resend"
	CountConfirm        = "confirm"
	CountForgot         = "forgot"
	CountConfirmForgot  = "confirmForgot"
	CountChangePassword = "changePassword"
	CountAttributeCode  = "attributeCode"
	CountVerify         = "verify"

	ResendsPerHour         = 5
	ConfirmsPerHour        = 15
	ForgotsPerHour         = 5
	ConfirmForgotsPerHour  = 15
	ChangePasswordsPerHour = 5
	AttributeCodesPerHour  = 5
	VerifiesPerHour        = 15
)

// The lock-out of sign-ins: from the fifth failure in a row on, 2^(n-5) seconds, at most fifteen minutes; fifteen minutes
// without a try forget it all. Wrong one-time codes have a lock-out of their own, which begins later: a session bears ten of
// them, and the twentieth in a row, over however many sessions, starts it.
const (
	failuresBeforeLock = 5
	guessesBeforeLock  = 20
	maxLock            = 15 * time.Minute
	forgetAfter        = 15 * time.Minute
	countWindow        = time.Hour
)

func (t *Tx) throttle(what, account string) (*throttleRecord, error) {
	rec, err := db.Load[throttleRecord](t.bucket(throttlesBucket), db.Key(what, account))
	if err != nil || rec == nil || rec.Until < t.Now {
		return &throttleRecord{Start: t.Now}, err
	}
	return rec, nil
}

func (t *Tx) putThrottle(what, account string, rec *throttleRecord) error {
	k := db.Key(what, account)
	if t.bucket(throttlesBucket).Get(k) == nil {
		if err := t.noteExpiry(throttlesBucket, k, rec.Until); err != nil {
			return err
		}
	}
	return db.Save(t.bucket(throttlesBucket), k, rec)
}

// CountUse counts one use of an hourly allowance and refuses when it is used up. A refusal is not counted.
func (t *Tx) CountUse(what, account string, allowance int) error {
	rec, err := t.throttle(what, account)
	if err != nil {
		return err
	}
	if rec.Count >= allowance {
		return exception.LimitExceeded()
	}
	rec.Count++
	rec.Until = rec.Start.Add(countWindow)
	return t.putThrottle(what, account, rec)
}

func attemptsExceeded() *exception.Error {
	return exception.NotAuthorized("Password attempts exceeded")
}

// CheckLock refuses a sign-in while the account is locked, whatever the password. Such a try is not counted.
func (t *Tx) CheckLock(account string) error { return t.checkLock(countSignIn, account) }

// CheckGuessLock is CheckLock for one-time codes.
func (t *Tx) CheckGuessLock(account string) error { return t.checkLock(countGuesses, account) }

func (t *Tx) checkLock(what, account string) error {
	rec, err := t.throttle(what, account)
	if err != nil {
		return err
	}
	if t.Now < rec.Locked {
		return attemptsExceeded()
	}
	return nil
}

// CountFailure records a failed sign-in and sets the lock that follows from it. It refuses as CheckLock does when other
// tries have locked the account meanwhile: of many guesses at once, only the first few are told anything.
func (t *Tx) CountFailure(account string) error {
	return t.countFailure(countSignIn, account, failuresBeforeLock)
}

func (t *Tx) countFailure(what, account string, free int) error {
	if err := t.checkLock(what, account); err != nil {
		return err
	}
	rec, err := t.throttle(what, account)
	if err != nil {
		return err
	}
	rec.Count++
	if n := rec.Count - free; n >= 0 {
		rec.Locked = t.Now.Add(lockAfter(n))
	}
	rec.Until = max(rec.Locked, t.Now).Add(forgetAfter)
	return t.putThrottle(what, account, rec)
}

// lockAfter is how long the lock is after n failures beyond the free ones.
func lockAfter(n int) time.Duration {
	if n > 20 {
		return maxLock
	}
	return min(time.Second<<n, maxLock)
}

// ForgetFailures is for a sign-in that succeeded.
func (t *Tx) ForgetFailures(account string) error {
	return t.bucket(throttlesBucket).Delete(db.Key(countSignIn, account))
}

func (t *Tx) ForgetGuesses(account string) error {
	return t.bucket(throttlesBucket).Delete(db.Key(countGuesses, account))
}
