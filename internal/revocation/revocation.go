// Package revocation remembers sign-outs until the tokens that they revoke have
// expired.
//
// [List] answers from memory. Replicas share their sign-outs through a [Stream] in
// Redis, and a single process keeps them across restarts in a [Journal].
package revocation

import (
	"context"
	"time"
)

// Revocation is a sign-out: either of the session OriginJTI, or of all sessions of
// the user Subject that are dated at or before Before, apart from the session Except.
//
// Tokens are dated in whole seconds by another machine's clock, so Before should be
// about two seconds in the future. [List.Exempt] excludes sessions that start within
// these seconds.
type Revocation struct {
	OriginJTI string // the claim origin_jti of the session's tokens
	Subject   string // as in Session
	Before    time.Time
	Except    string // the claim origin_jti of a session of the user; may be empty

	// Expires is when the last token concerned expires, at most
	// [Options].MaxLifetime from now.
	Expires time.Time
}

// Session identifies a session by the claims of one of its verified tokens. A [List]
// compares names and dates with those of its revocations, so all of them must come
// from the same claims. The date iat revokes the tokens that exist. The date
// auth_time also revokes those that a refresh token obtains later.
type Session struct {
	OriginJTI string    // the claim origin_jti
	Subject   string    // the claim sub or username
	Date      time.Time // the claim iat or auth_time
}

// Status is whether a session is still valid.
type Status int

const (
	// Unknown means that no sign-out of the session is known, but that those of
	// other replicas cannot be read.
	Unknown Status = iota
	// Good means that the session was not signed out.
	Good
	// Revoked means that the session was signed out.
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

// Log stores sign-outs outside of this process's memory. It is a [Journal] or a
// [Stream].
type Log interface {
	// append adds records and returns when they are stored. After an error, any of
	// them may be stored or not.
	append(context.Context, []record) error

	// read returns the records added since the last call, or all of them the first
	// time. It waits for a moment if there are none.
	read(context.Context) (batch, error)

	// rewind makes the next call of read return all records of a shared log again.
	rewind()

	// shared reports whether other processes write to the log.
	shared() bool
}

// batch is the result of reading a log.
type batch struct {
	records  []record
	complete bool // there were no more records
	lost     bool // the log lost records, and is read from its beginning again
}

// record is an entry of a log, as JSON. It is either the sign-out of the session
// OriginJTI, or the sign-out of the user Subject at IssuedBefore, or the exemption
// of the session Except from that sign-out. Records may be applied in any order and
// repeatedly. Times are in microseconds since 1970.
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
