package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
	"authgraph/cognito/userpool/internal/totp"
)

// Statuses of a user, Cognito's UserStatusType.
const (
	StatusUnconfirmed   = "UNCONFIRMED"
	StatusConfirmed     = "CONFIRMED"
	StatusForceChange   = "FORCE_CHANGE_PASSWORD"
	StatusResetRequired = "RESET_REQUIRED"
)

// User is a user of a pool.
type User struct {
	Sub        string             `json:"sub"`
	Username   string             `json:"username"` // the sub if users are named by an attribute
	Status     string             `json:"status"`
	Disabled   bool               `json:"disabled,omitempty"`
	Attributes map[string]string  `json:"attributes"` // without sub
	Created    epoch.Time         `json:"created"`
	Modified   epoch.Time         `json:"modified"`
	Password   *Password          `json:"password,omitempty"`
	Groups     []string           `json:"groups,omitempty"`
	SignedOut  epoch.Time         `json:"signedOut,omitempty"` // last sign-out everywhere
	MFA        MFAPreference      `json:"mfa,omitzero"`
	TOTP       totp.Authenticator `json:"totp,omitzero"`
}

// AllAttributes returns the attributes including sub.
func (u *User) AllAttributes() map[string]string {
	m := make(map[string]string, len(u.Attributes)+1)
	for name, value := range u.Attributes {
		m[name] = value
	}
	m["sub"] = u.Sub
	return m
}

// Verified reports whether an address of the user is verified.
func (u *User) Verified(attribute string) bool {
	return strings.EqualFold(u.Attributes[attribute+"_verified"], "true")
}

// nameKinds returns the kinds of names, in the order in which a name is looked up.
func nameKinds() []string { return []string{"username", "email", "phone_number", "preferred_username"} }

func (t *Tx) foldCase(name string) string {
	if t.Pool.CaseSensitive() {
		return name
	}
	return strings.ToLower(name)
}

func (t *Tx) nameKey(kind, name string) []byte { return db.Key(kind, t.foldCase(name)) }

// Names returns all names of a user by kind: the user name; addresses that the pool uses as user names; and aliases,
// which count only once they are verified.
func (t *Tx) Names(u *User) map[string]string {
	names := map[string]string{"username": u.Username}
	for _, a := range t.Pool.UsernameAttributes {
		names[a] = u.Attributes[a]
	}
	for _, a := range t.Pool.AliasAttributes {
		if a == "preferred_username" || u.Verified(a) {
			names[a] = u.Attributes[a]
		}
	}
	return names
}

// NameOwner returns the sub of the user who has a name of a kind, or "".
func (t *Tx) NameOwner(kind, name string) string {
	if name == "" {
		return ""
	}
	return string(t.bucket(namesBucket).Get(t.nameKey(kind, name)))
}

// User returns a user by sub, or nil.
func (t *Tx) User(sub string) (*User, error) {
	return db.Load[User](t.bucket(usersBucket), db.Key(sub))
}

// Find returns a user by any name: user name, address, alias or sub. It returns nil if there is none.
func (t *Tx) Find(name string) (*User, error) {
	if name == "" {
		return nil, nil
	}
	for _, kind := range nameKinds() {
		if sub := t.NameOwner(kind, name); sub != "" {
			return t.User(sub)
		}
	}
	return t.User(name)
}

// MustFind is Find for the administrator's operations, which reveal whether a user exists.
func (t *Tx) MustFind(name string) (*User, error) {
	u, err := t.Find(name)
	if err == nil && u == nil {
		err = exception.UserDoesNotExist()
	}
	return u, err
}

// TakenName returns the kind of the first name of u that belongs to another user, or "".
func (t *Tx) TakenName(u *User) string {
	names := t.Names(u)
	for _, kind := range nameKinds() {
		if sub := t.NameOwner(kind, names[kind]); sub != "" && sub != u.Sub {
			return kind
		}
	}
	return ""
}

// PutUser stores a user and updates the index of names. former is the user's previous state, or nil for a new user.
func (t *Tx) PutUser(former, u *User) error {
	index := t.bucket(namesBucket)
	if former != nil {
		for kind, name := range t.Names(former) {
			if name != "" && t.NameOwner(kind, name) == u.Sub {
				if err := index.Delete(t.nameKey(kind, name)); err != nil {
					return err
				}
			}
		}
	}
	for kind, name := range t.Names(u) {
		if name == "" {
			continue
		}
		if err := index.Put(t.nameKey(kind, name), []byte(u.Sub)); err != nil {
			return err
		}
	}
	return db.Save(t.bucket(usersBucket), db.Key(u.Sub), u)
}

// EditUser reads a user, applies edit, and stores the result with a new modification time.
func (t *Tx) EditUser(sub string, edit func(*User) error) (*User, error) {
	former, err := t.User(sub)
	if err != nil {
		return nil, err
	}
	u, err := t.User(sub)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, exception.UserDoesNotExist()
	}
	if err := edit(u); err != nil {
		return nil, err
	}
	if err := u.keepFactors(t.Pool, former); err != nil {
		return nil, err
	}
	u.Modified = t.Now
	return u, t.PutUser(former, u)
}

// DeleteUser deletes a user with everything that belongs to the user.
func (t *Tx) DeleteUser(u *User) error {
	for kind, name := range t.Names(u) {
		if name != "" && t.NameOwner(kind, name) == u.Sub {
			if err := t.bucket(namesBucket).Delete(t.nameKey(kind, name)); err != nil {
				return err
			}
		}
	}
	for _, group := range u.Groups {
		if err := t.bucket(membersBucket).Delete(db.Key(group, u.Sub)); err != nil {
			return err
		}
	}
	if err := t.deleteFamiliesOf(u.Sub); err != nil {
		return err
	}
	if err := t.deletePasskeysOf(u.Sub); err != nil {
		return err
	}
	if err := t.deleteDevicesOf(u.Sub); err != nil {
		return err
	}
	for _, purpose := range db.Suffixes(t.bucket(codesBucket), db.Key(u.Sub, "")) {
		if err := t.bucket(codesBucket).Delete(db.Key(u.Sub, purpose)); err != nil {
			return err
		}
	}
	return t.bucket(usersBucket).Delete(db.Key(u.Sub))
}

// NewUser returns a new user. The user name is the given name or, in a pool that uses addresses as user names, the
// sub.
func NewUser(pool *settings.Pool, name string, attributes map[string]string, now epoch.Time) *User {
	u := &User{Sub: uuid.NewString(), Username: name, Attributes: attributes, Created: now, Modified: now}
	if pool.NamedByAttribute() {
		u.Username = u.Sub
	}
	return u
}

// AccountKey returns the key under which attempts on a name are counted: the sub of its user, so that all spellings
// and aliases count together, or a hash of an unknown name.
func (t *Tx) AccountKey(u *User, name string) string {
	if u != nil {
		return u.Sub
	}
	sum := sha256.Sum256([]byte(strings.ToLower(name)))
	return "?" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// UsersAfter calls visit with each user whose sub comes after the given one, in order, until visit returns false.
func (t *Tx) UsersAfter(sub string, visit func(*User) bool) error {
	c := t.bucket(usersBucket).Cursor()
	for k, raw := c.Seek([]byte(sub)); k != nil; k, raw = c.Next() {
		if string(k) == sub {
			continue
		}
		u := new(User)
		if err := json.Unmarshal(raw, u); err != nil {
			return err
		}
		if !visit(u) {
			return nil
		}
	}
	return nil
}

// UserCount returns the number of users.
func (t *Tx) UserCount() int { return t.bucket(usersBucket).Stats().KeyN }

// RemoveAttribute removes an attribute and, for an address, its verification.
func (u *User) RemoveAttribute(name string) {
	delete(u.Attributes, name)
	if name == "email" || name == "phone_number" {
		delete(u.Attributes, name+"_verified")
	}
}

// RemoveAttributes removes attributes of a user.
func (t *Tx) RemoveAttributes(sub string, names []string) error {
	_, err := t.EditUser(sub, func(u *User) error {
		for _, name := range names {
			u.RemoveAttribute(name)
		}
		return t.CheckAliases(u)
	})
	return err
}

// CheckAliases rejects a user whose names collide with another user's, or who would lose the address that is the user
// name.
func (t *Tx) CheckAliases(u *User) error {
	if kind := t.TakenName(u); kind != "" {
		return exception.AliasExists(kind)
	}
	if !t.Pool.NamedByAttribute() {
		return nil
	}
	for _, name := range t.Pool.UsernameAttributes {
		if u.Attributes[name] != "" {
			return nil
		}
	}
	return exception.InvalidParameter("user.%s: The attribute is required\n", t.Pool.UsernameAttributes[0])
}

// ClaimAlias makes sure that an address, about to be verified, identifies no other user. With force, the other user
// loses it.
func (t *Tx) ClaimAlias(u *User, name string, force bool) error {
	if !slices.Contains(t.Pool.AliasAttributes, name) {
		return nil
	}
	sub := t.NameOwner(name, u.Attributes[name])
	if sub == "" || sub == u.Sub {
		return nil
	}
	if !force {
		return exception.New("AliasExistsException", "An account with the %s already exists.", name)
	}
	_, err := t.EditUser(sub, func(other *User) error {
		other.Attributes[name+"_verified"] = "false"
		return nil
	})
	return err
}

// VerifyAddress marks the address that a code was sent to as verified, unless it has changed since.
func (u *User) VerifyAddress(rec *Code) {
	if u.Attributes[rec.Attribute] == rec.Address {
		u.Attributes[rec.Attribute+"_verified"] = "true"
	}
}

func accessTokenRevoked() *exception.Error {
	return exception.NotAuthorized("Access Token has been revoked")
}

// TokenOwner returns the user of a verified access token, unless the token was revoked.
func (t *Tx) TokenOwner(claims tokens.AccessClaims) (*User, error) {
	u, err := t.User(claims.Sub)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, exception.UserDoesNotExist()
	}
	if u.Disabled {
		return nil, exception.UserDisabled()
	}
	if claims.OriginJTI == "" {
		// The token names no family, and its time is in whole seconds. In doubt it is revoked.
		if u.SignedOut != 0 && claims.Iat <= u.SignedOut.Seconds() {
			return nil, accessTokenRevoked()
		}
		return u, nil
	}
	f, err := t.Family(claims.OriginJTI)
	if err != nil {
		return nil, err
	}
	if f == nil || f.Sub != u.Sub {
		return nil, accessTokenRevoked()
	}
	return u, nil
}
