// Package sessionstore remembers which sessions of users began here, and from which
// browsers: in the memory of one process, or in a Redis server that replicas share.
//
// The records are personal data. They expire, their number is bounded for each user,
// and they are removed with the session.
package sessionstore

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// MaxPerUser is how many sessions of a user are remembered, Cognito's own limit. Beyond
// it, the one that has been inactive the longest is forgotten.
const MaxPerUser = 100

// Record is a session, as far as it is known here.
type Record struct {
	// OriginJTI is the claim that all tokens of the session share. Required.
	OriginJTI string `json:"originJti"`
	// ClientID is the claim client_id.
	ClientID string `json:"clientId,omitempty"`
	// SessionID is Cognito's id. It is empty until the session has listed itself.
	SessionID string `json:"sessionId,omitempty"`
	// AuthenticatedAt is the claim auth_time, in whole seconds.
	AuthenticatedAt time.Time `json:"authenticatedAt"`
	// Began and Ended are the times before and after the call that began the session, by
	// this machine's clock. They are zero if it began elsewhere.
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	// TokenLifetime is the lifetime of the session's access tokens.
	TokenLifetime time.Duration `json:"tokenLifetime,omitempty"`
	// Device describes the browser at the last activity, and Address is its address. Both
	// are empty if it was active elsewhere only.
	Device  string `json:"device,omitempty"`
	Address string `json:"address,omitempty"`
	// ActiveAt is the last activity: the sign-in or a refresh.
	ActiveAt time.Time `json:"activeAt"`
}

// Store stores the records of users, by a key for each user. Records expire after a fixed
// time without activity. All methods are safe for concurrent use.
type Store interface {
	// Update calls change with the user's record of the session, and stores the result.
	// Without a record, known is false, and the record has nothing but its OriginJTI. Of
	// two concurrent updates of one record in Redis, the later one may undo the other.
	Update(ctx context.Context, user, originJTI string, change func(r *Record, known bool)) error

	// Of returns the user's records, those that began first at the front.
	Of(ctx context.Context, user string) ([]Record, error)

	// Remove removes the user's records of the sessions, or all of them if none is given.
	Remove(ctx context.Context, user string, originJTIs ...string) error

	Close() error
}

// began returns the best known time at which the session began.
func (r Record) began() time.Time {
	if r.Began.IsZero() {
		return r.AuthenticatedAt
	}
	return r.Began
}

func sortByBegin(records []Record) {
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(a.began().Compare(b.began()), cmp.Compare(a.OriginJTI, b.OriginJTI))
	})
}

// surplus returns the origin_jti of the records to remove: those that have expired, and
// the least recently active ones beyond MaxPerUser.
func surplus(records []Record, now time.Time, lifetime time.Duration) []string {
	var remove []string
	live := records[:0:0]
	for _, r := range records {
		if now.Sub(r.ActiveAt) > lifetime {
			remove = append(remove, r.OriginJTI)
		} else {
			live = append(live, r)
		}
	}
	slices.SortFunc(live, func(a, b Record) int { return a.ActiveAt.Compare(b.ActiveAt) })
	for _, r := range live[:max(0, len(live)-MaxPerUser)] {
		remove = append(remove, r.OriginJTI)
	}
	return remove
}
