package store

import (
	"time"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
)

// throttleRecord counts what an account may do only so often: failures in a row for sign-ins, calls within an hour
// for the rest.
type throttleRecord struct {
	Count  int        `json:"count"`
	Start  epoch.Time `json:"start"`
	Locked epoch.Time `json:"locked,omitempty"` // until
	Until  epoch.Time `json:"until"`            // the record is void after this
}

// What is counted, and the quotas (Cognito developer guide, Quotas: per user and hour).
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

// Lock-out of sign-ins: from the fifth failure in a row, 2^(n-5) seconds, at most fifteen minutes. After fifteen minutes
// without an attempt all failures are forgotten. Wrong one-time codes have a separate lock-out, which begins later: a
// session accepts ten of them, and the twentieth in a row, over any number of sessions, starts the lock-out.
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

// CountUse counts one use of an hourly allowance, or refuses if it is used up. Refusals are not counted.
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

// CheckLock refuses a sign-in while the account is locked, whatever the password. Such attempts are not counted.
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

// CountFailure counts a failed sign-in and sets the resulting lock. It refuses, as CheckLock does, if other attempts
// have locked the account in the meantime: of many concurrent guesses, only the first few are evaluated.
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

// lockAfter returns the duration of the lock after n failures beyond the permitted ones.
func lockAfter(n int) time.Duration {
	if n > 20 {
		return maxLock
	}
	return min(time.Second<<n, maxLock)
}

// ForgetFailures resets the count after a successful sign-in.
func (t *Tx) ForgetFailures(account string) error {
	return t.bucket(throttlesBucket).Delete(db.Key(countSignIn, account))
}

// ForgetGuesses resets the count after a correct one-time code.
func (t *Tx) ForgetGuesses(account string) error {
	return t.bucket(throttlesBucket).Delete(db.Key(countGuesses, account))
}
