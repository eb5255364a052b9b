package store

import (
	"cmp"
	"crypto/sha256"
	"math/big"
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
)

// Activity is the most recent activity of a sign-in: the sign-in itself or the last refresh.
type Activity struct {
	At    epoch.Time `json:"at"`
	IP    string     `json:"ip,omitempty"`
	Agent string     `json:"agent,omitempty"` // User-Agent header
}

// SessionID returns the id of a sign-in in the operations on sessions: "tkn" and 25 letters and digits, as in Cognito.
// It is derived from the family's id and does not reveal it.
func (f *Family) SessionID() string {
	const length, base = 25, 36
	sum := sha256.Sum256([]byte("session " + f.ID))
	digits := new(big.Int).SetBytes(sum[:]).Text(base)
	return "tkn" + (strings.Repeat("0", length) + digits)[len(digits):]
}

// TrackSession records the activity of a new sign-in, and makes room for it: it revokes the user's least recently used
// sessions beyond the pool's limit.
func (t *Tx) TrackSession(f *Family, a Activity) error {
	f.Activity = nil
	if !t.Pool.TracksSessions() {
		return nil
	}
	f.Activity = &a
	tracked, err := t.SessionsOf(f.Sub)
	if err != nil {
		return err
	}
	slices.SortStableFunc(tracked, func(a, b *Family) int {
		return cmp.Or(cmp.Compare(a.Activity.At, b.Activity.At), cmp.Compare(a.AuthTime, b.AuthTime))
	})
	for len(tracked) >= t.Pool.SessionConfig().TokenSession.MaxPerUser {
		if err := t.DeleteFamily(tracked[0].ID); err != nil {
			return err
		}
		tracked = tracked[1:]
	}
	return nil
}

// SessionsOf returns the user's sign-ins that are tracked as sessions and have not expired, ordered by session id.
func (t *Tx) SessionsOf(sub string) ([]*Family, error) {
	var tracked []*Family
	for _, id := range db.Suffixes(t.bucket(sessionsOfBucket), db.Key(sub, "")) {
		f, err := t.Family(id)
		if err != nil {
			return nil, err
		}
		if f != nil && f.Activity != nil && f.Expires > t.Now {
			tracked = append(tracked, f)
		}
	}
	slices.SortFunc(tracked, func(a, b *Family) int { return strings.Compare(a.SessionID(), b.SessionID()) })
	return tracked, nil
}

// RevokeSession revokes a tracked session of a user.
func (t *Tx) RevokeSession(sub, sessionID string) error {
	tracked, err := t.SessionsOf(sub)
	if err != nil {
		return err
	}
	for _, f := range tracked {
		if f.SessionID() == sessionID {
			return t.DeleteFamily(f.ID)
		}
	}
	return exception.NotFound("Session does not exist.")
}

// RequireSessionTracking rejects an operation on sessions of a pool that does not track them.
func (t *Tx) RequireSessionTracking() error {
	if !t.Pool.TracksSessions() {
		return exception.New("OperationNotEnabledException", "Session tracking is not enabled for this user pool.")
	}
	return nil
}
