package userpool

import "time"

// throttleRecord counts what one account may do only so often. For sign-ins it counts failures in a row, for the rest calls
// within an hour.
type throttleRecord struct {
	Count  int    `json:"count"`
	Start  moment `json:"start"`
	Locked moment `json:"locked,omitempty"` // no sign-in before this
	Until  moment `json:"until"`            // the record means nothing after this
}

// What is counted, and Cognito's figures (developer guide, Quotas: per user and hour).
const (
	countSignIn         = "signIn"
	countGuesses        = "guesses" // wrong one-time codes
	countResend         = "resend"
	countConfirm        = "confirm"
	countForgot         = "forgot"
	countConfirmForgot  = "confirmForgot"
	countChangePassword = "changePassword"
	countAttributeCode  = "attributeCode"
	countVerify         = "verify"

	resendsPerHour         = 5
	confirmsPerHour        = 15
	forgotsPerHour         = 5
	confirmForgotsPerHour  = 15
	changePasswordsPerHour = 5
	attributeCodesPerHour  = 5
	verifiesPerHour        = 15
)

// The lock-out of sign-ins: from the fifth failure in a row on, 2^(n-5) seconds, at most fifteen minutes; fifteen minutes
// without a try forget it all. Wrong one-time codes have a lock-out of their own, which begins later: a session bears ten of
// them, and the twentieth in a row, over however many sessions, starts it.
const (
	freeFailures  = 5
	freeGuesses   = 20
	longestLock   = 15 * time.Minute
	forgiveAfter  = 15 * time.Minute
	countedWindow = time.Hour
)

func (t *poolTx) throttle(what, account string) (*throttleRecord, error) {
	rec, err := load[throttleRecord](t.bucket(throttlesBucket), key(what, account))
	if err != nil || rec == nil || rec.Until < t.now {
		return &throttleRecord{Start: t.now}, err
	}
	return rec, nil
}

func (t *poolTx) putThrottle(what, account string, rec *throttleRecord) error {
	k := key(what, account)
	if t.bucket(throttlesBucket).Get(k) == nil {
		if err := t.expire(throttlesBucket, k, rec.Until); err != nil {
			return err
		}
	}
	return save(t.bucket(throttlesBucket), k, rec)
}

// spend counts one use of an hourly allowance and refuses when it is used up. A refusal is not counted.
func (t *poolTx) spend(what, account string, allowance int) error {
	rec, err := t.throttle(what, account)
	if err != nil {
		return err
	}
	if rec.Count >= allowance {
		return limitExceeded()
	}
	rec.Count++
	rec.Until = rec.Start.add(countedWindow)
	return t.putThrottle(what, account, rec)
}

func attemptsExceeded() *apiError { return notAuthorized("Password attempts exceeded") }

// checkLock refuses a sign-in while the account is locked, whatever the password. Such a try is not counted.
func (t *poolTx) checkLock(account string) error { return t.checkLockOf(countSignIn, account) }

func (t *poolTx) checkLockOf(what, account string) error {
	rec, err := t.throttle(what, account)
	if err != nil {
		return err
	}
	if t.now < rec.Locked {
		return attemptsExceeded()
	}
	return nil
}

// countFailure records a failed sign-in and sets the lock that follows from it. It refuses as checkLock does when other
// tries have locked the account meanwhile: of many guesses at once, only the first few are told anything.
func (t *poolTx) countFailure(account string) error {
	return t.countFailureOf(countSignIn, account, freeFailures)
}

func (t *poolTx) countFailureOf(what, account string, free int) error {
	if err := t.checkLockOf(what, account); err != nil {
		return err
	}
	rec, err := t.throttle(what, account)
	if err != nil {
		return err
	}
	rec.Count++
	if n := rec.Count - free; n >= 0 {
		rec.Locked = t.now.add(lockAfter(n))
	}
	rec.Until = max(rec.Locked, t.now).add(forgiveAfter)
	return t.putThrottle(what, account, rec)
}

// lockAfter is how long the lock is after n failures beyond the free ones.
func lockAfter(n int) time.Duration {
	if n > 20 {
		return longestLock
	}
	return min(time.Second<<n, longestLock)
}

// forgetFailures is for a sign-in that succeeded.
func (t *poolTx) forgetFailures(account string) error {
	return t.bucket(throttlesBucket).Delete(key(countSignIn, account))
}

func (t *poolTx) forgetGuesses(account string) error {
	return t.bucket(throttlesBucket).Delete(key(countGuesses, account))
}
