package userpool

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"
)

// codeRecord is the one current code of a user for one purpose.
type codeRecord struct {
	Code      string `json:"code"`
	Attribute string `json:"attribute"` // whose address it went to
	Address   string `json:"address"`   // where; a code for an address that is no longer the user's verifies nothing
	Expires   moment `json:"expires"`
	// Past are codes that were used or replaced, newest first. Cognito tells them from codes that were never sent.
	Past []pastCode `json:"past,omitempty"`
}

type pastCode struct {
	Hash    []byte `json:"hash"`
	Expires moment `json:"expires"` // when the code would have expired by itself
}

const pastCodesKept = 5

// retire moves the current code to the past ones, of which the oldest and those that have expired are dropped.
func (r *codeRecord) retire(now moment) {
	if r.Code != "" {
		r.Past = append([]pastCode{{Hash: tokenHash(r.Code), Expires: r.Expires}}, r.Past...)
	}
	r.Past = slices.DeleteFunc(r.Past, func(c pastCode) bool { return now > c.Expires })
	r.Past = r.Past[:min(pastCodesKept, len(r.Past))]
	r.Code, r.Attribute, r.Address, r.Expires = "", "", "", 0
}

// was tells whether a code is one of the past ones.
func (r *codeRecord) was(code string, now moment) bool {
	hash, found := tokenHash(code), false
	for _, c := range r.Past {
		found = now <= c.Expires && subtle.ConstantTimeCompare(c.Hash, hash) == 1 || found
	}
	return found
}

// What codes are for. A code is good for its purpose only.
const (
	forSignUp = "signUp"
	forReset  = "reset"
	forVerify = "verify" // followed by the attribute's name

	signUpCodeLife = 24 * time.Hour
	resetCodeLife  = time.Hour
)

// send puts a code into the inbox of an address of the user and makes it the current one for its purpose.
func (t *poolTx) send(u *userRecord, purpose, kind, attribute, address, code string, life time.Duration) error {
	rec, err := t.pastCodes(u, purpose)
	if err != nil {
		return err
	}
	rec.Code, rec.Attribute, rec.Address, rec.Expires = code, attribute, address, t.now.add(life)
	if err := save(t.bucket(codesBucket), key(u.Sub, purpose), rec); err != nil {
		return err
	}
	return t.deliver(inboxRecord{To: address, Kind: kind, Medium: medium(attribute), Code: code, SentAt: t.now.time()})
}

// checkCode compares a code with the current one. It does not use it up; useCode does.
func (t *poolTx) checkCode(u *userRecord, purpose, code string) (*codeRecord, error) {
	rec, err := load[codeRecord](t.bucket(codesBucket), key(u.Sub, purpose))
	if err != nil {
		return nil, err
	}
	if rec == nil || rec.Code == "" || t.now > rec.Expires {
		return nil, codeExpired()
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(rec.Code), []byte(code)) == 1:
		return rec, nil
	case rec.was(code, t.now):
		return nil, codeExpired()
	}
	return nil, codeMismatch()
}

// pastCodes is the record of a purpose with its current code, if any, moved to the past ones.
func (t *poolTx) pastCodes(u *userRecord, purpose string) (*codeRecord, error) {
	rec, err := load[codeRecord](t.bucket(codesBucket), key(u.Sub, purpose))
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return &codeRecord{}, nil
	}
	rec.retire(t.now)
	return rec, nil
}

func (t *poolTx) useCode(u *userRecord, purpose string) error {
	rec, err := t.pastCodes(u, purpose)
	if err != nil {
		return err
	}
	return save(t.bucket(codesBucket), key(u.Sub, purpose), rec)
}

// recoveryTarget is the attribute that a reset code goes to: a verified one, in the order of the pool's recovery setting,
// else phone before e-mail. adminOnly tells that the pool leaves recovery to an administrator.
func recoveryTarget(pool *poolRecord, u *userRecord) (attribute string, adminOnly bool) {
	order := []string{"phone_number", "email"}
	if s := pool.AccountRecoverySetting; s != nil && len(s.RecoveryMechanisms) > 0 {
		mechanisms := slices.Clone(s.RecoveryMechanisms)
		slices.SortStableFunc(mechanisms, func(a, b recoveryMechanism) int { return a.Priority - b.Priority })
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
		if u.Attributes[a] != "" && u.verified(a) {
			return a, false
		}
	}
	return "", false
}

// pendingAddress returns the address that the current code for a purpose was sent to, or "" if there is no code.
func (t *poolTx) pendingAddress(u *userRecord, purpose string) string {
	rec, err := load[codeRecord](t.bucket(codesBucket), key(u.Sub, purpose))
	if err != nil || rec == nil || rec.Code == "" {
		return ""
	}
	return rec.Address
}

// deliver puts a message into the inbox.
func (t *poolTx) deliver(m inboxRecord) error { return putMessage(t.tx, m) }
