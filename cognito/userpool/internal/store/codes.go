package store

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
)

// Code is a user's current code for one purpose, with past ones.
type Code struct {
	Code      string     `json:"code"`
	Attribute string     `json:"attribute"` // that it was sent to
	Address   string     `json:"address"`   // where; the code is void once this is no longer the user's address
	Expires   epoch.Time `json:"expires"`
	// Past are used or replaced codes, newest first. Cognito tells them apart from codes that were never sent.
	Past []pastCode `json:"past,omitempty"`
}

type pastCode struct {
	Hash    []byte     `json:"hash"`
	Expires epoch.Time `json:"expires"` // of the code itself
}

const maxPastCodes = 5

// retire moves the current code to the past ones, and drops the oldest and the expired of those.
func (r *Code) retire(now epoch.Time) {
	if r.Code != "" {
		r.Past = append([]pastCode{{Hash: tokens.Hash(r.Code), Expires: r.Expires}}, r.Past...)
	}
	r.Past = slices.DeleteFunc(r.Past, func(c pastCode) bool { return now > c.Expires })
	r.Past = r.Past[:min(maxPastCodes, len(r.Past))]
	r.Code, r.Attribute, r.Address, r.Expires = "", "", "", 0
}

// isPast reports whether a code is one of the past ones.
func (r *Code) isPast(code string, now epoch.Time) bool {
	hash, found := tokens.Hash(code), false
	for _, c := range r.Past {
		found = now <= c.Expires && subtle.ConstantTimeCompare(c.Hash, hash) == 1 || found
	}
	return found
}

// Purposes of codes. A code is only valid for its purpose.
const (
	ForSignUp = "signUp"
	ForReset  = "reset"
	ForVerify = "verify" // followed by the name of the attribute

	SignUpCodeLifetime = 24 * time.Hour
	ResetCodeLifetime  = time.Hour
)

// SendCode puts a code into the inbox of an address and makes it the current one for its purpose.
func (t *Tx) SendCode(u *User, purpose, kind, attribute, address, code string, life time.Duration) error {
	rec, err := t.pastCodes(u, purpose)
	if err != nil {
		return err
	}
	rec.Code, rec.Attribute, rec.Address, rec.Expires = code, attribute, address, t.Now.Add(life)
	if err := db.Save(t.bucket(codesBucket), db.Key(u.Sub, purpose), rec); err != nil {
		return err
	}
	return t.Deliver(inbox.Message{To: address, Kind: kind, Medium: settings.Medium(attribute), Code: code, SentAt: t.Now.Time()})
}

// CheckCode compares a code with the current one. It does not use it up; UseCode does.
func (t *Tx) CheckCode(u *User, purpose, code string) (*Code, error) {
	rec, err := db.Load[Code](t.bucket(codesBucket), db.Key(u.Sub, purpose))
	if err != nil {
		return nil, err
	}
	if rec == nil || rec.Code == "" || t.Now > rec.Expires {
		return nil, exception.CodeExpired()
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(rec.Code), []byte(code)) == 1:
		return rec, nil
	case rec.isPast(code, t.Now):
		return nil, exception.CodeExpired()
	}
	return nil, exception.CodeMismatch()
}

// pastCodes returns the record of a purpose with its current code, if any, retired.
func (t *Tx) pastCodes(u *User, purpose string) (*Code, error) {
	rec, err := db.Load[Code](t.bucket(codesBucket), db.Key(u.Sub, purpose))
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return &Code{}, nil
	}
	rec.retire(t.Now)
	return rec, nil
}

// UseCode makes the current code a past one.
func (t *Tx) UseCode(u *User, purpose string) error {
	rec, err := t.pastCodes(u, purpose)
	if err != nil {
		return err
	}
	return db.Save(t.bucket(codesBucket), db.Key(u.Sub, purpose), rec)
}

// RecoveryTarget returns the attribute that a reset code is sent to: a verified one, in the order of the pool's
// recovery setting, by default phone number before e-mail. adminOnly reports that only an administrator can reset
// passwords.
func RecoveryTarget(pool *settings.Pool, u *User) (attribute string, adminOnly bool) {
	order := []string{"phone_number", "email"}
	if s := pool.AccountRecoverySetting; s != nil && len(s.RecoveryMechanisms) > 0 {
		mechanisms := slices.Clone(s.RecoveryMechanisms)
		slices.SortStableFunc(mechanisms, func(a, b settings.RecoveryMechanism) int { return a.Priority - b.Priority })
		order = nil
		for _, m := range mechanisms {
			adminOnly = adminOnly || m.Name == "admin_only"
			order = append(order, strings.TrimPrefix(m.Name, "verified_"))
		}
	}
	if adminOnly {
		return "", true
	}
	for _, a := range order {
		if u.Attributes[a] != "" && u.Verified(a) {
			return a, false
		}
	}
	return "", false
}

// PendingAddress returns the address that the current code for a purpose was sent to, or "" if there is no code.
func (t *Tx) PendingAddress(u *User, purpose string) string {
	rec, err := db.Load[Code](t.bucket(codesBucket), db.Key(u.Sub, purpose))
	if err != nil || rec == nil || rec.Code == "" {
		return ""
	}
	return rec.Address
}

// Deliver puts a message into the inbox.
func (t *Tx) Deliver(m inbox.Message) error { return inbox.Put(t.tx, m) }
