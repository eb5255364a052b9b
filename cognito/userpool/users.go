package userpool

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The states of a user, Cognito's UserStatusType.
const (
	statusUnconfirmed   = "UNCONFIRMED"
	statusConfirmed     = "CONFIRMED"
	statusForceChange   = "FORCE_CHANGE_PASSWORD"
	statusResetRequired = "RESET_REQUIRED"
)

type userRecord struct {
	Sub        string            `json:"sub"`
	Username   string            `json:"username"` // the sub where users are named by an attribute
	Status     string            `json:"status"`
	Disabled   bool              `json:"disabled,omitempty"`
	Attributes map[string]string `json:"attributes"` // without sub
	Created    moment            `json:"created"`
	Modified   moment            `json:"modified"`
	Password   *passwordRecord   `json:"password,omitempty"`
	Groups     []string          `json:"groups,omitempty"`
	SignedOut  moment            `json:"signedOut,omitempty"` // the last sign-out everywhere
	MFA        mfaPreference     `json:"mfa,omitzero"`
	TOTP       totpRecord        `json:"totp,omitzero"`
}

// allAttributes is the user's attributes with the sub.
func (u *userRecord) allAttributes() map[string]string {
	m := make(map[string]string, len(u.Attributes)+1)
	for name, value := range u.Attributes {
		m[name] = value
	}
	m["sub"] = u.Sub
	return m
}

func (u *userRecord) verified(attribute string) bool {
	return strings.EqualFold(u.Attributes[attribute+"_verified"], "true")
}

// nameKinds are the ways to be named, in the order in which a name is looked up.
func nameKinds() []string { return []string{"username", "email", "phone_number", "preferred_username"} }

func (t *poolTx) fold(name string) string {
	if t.pool.caseSensitive() {
		return name
	}
	return strings.ToLower(name)
}

func (t *poolTx) nameKey(kind, name string) []byte { return key(kind, t.fold(name)) }

// names lists what a user can be called by: the user name; addresses that the pool uses as user names; and aliases, which
// count only once they are verified.
func (t *poolTx) names(u *userRecord) map[string]string {
	names := map[string]string{"username": u.Username}
	for _, a := range t.pool.UsernameAttributes {
		names[a] = u.Attributes[a]
	}
	for _, a := range t.pool.AliasAttributes {
		if a == "preferred_username" || u.verified(a) {
			names[a] = u.Attributes[a]
		}
	}
	return names
}

// holder is the sub of the user who is called by a name of a kind, or "".
func (t *poolTx) holder(kind, name string) string {
	if name == "" {
		return ""
	}
	return string(t.bucket(namesBucket).Get(t.nameKey(kind, name)))
}

// user reads a user by sub; nil if there is none.
func (t *poolTx) user(sub string) (*userRecord, error) {
	return load[userRecord](t.bucket(usersBucket), key(sub))
}

// find reads the user who is called by name: a user name, an address or alias, or a sub. It gives nil if there is none.
func (t *poolTx) find(name string) (*userRecord, error) {
	if name == "" {
		return nil, nil
	}
	for _, kind := range nameKinds() {
		if sub := t.holder(kind, name); sub != "" {
			return t.user(sub)
		}
	}
	return t.user(name)
}

// mustFind is find for the admin operations, which always tell.
func (t *poolTx) mustFind(name string) (*userRecord, error) {
	u, err := t.find(name)
	if err == nil && u == nil {
		err = userDoesNotExist()
	}
	return u, err
}

// taken gives the kind of the first name of u that belongs to somebody else, or "".
func (t *poolTx) taken(u *userRecord) string {
	names := t.names(u)
	for _, kind := range nameKinds() {
		if sub := t.holder(kind, names[kind]); sub != "" && sub != u.Sub {
			return kind
		}
	}
	return ""
}

// putUser writes a user and keeps the index of names in step with the former state, which is nil for a new user.
func (t *poolTx) putUser(former, u *userRecord) error {
	index := t.bucket(namesBucket)
	if former != nil {
		for kind, name := range t.names(former) {
			if name != "" && t.holder(kind, name) == u.Sub {
				if err := index.Delete(t.nameKey(kind, name)); err != nil {
					return err
				}
			}
		}
	}
	for kind, name := range t.names(u) {
		if name == "" {
			continue
		}
		if err := index.Put(t.nameKey(kind, name), []byte(u.Sub)); err != nil {
			return err
		}
	}
	return save(t.bucket(usersBucket), key(u.Sub), u)
}

// change reads a user anew, lets edit change it and writes it with a new date of modification.
func (t *poolTx) change(sub string, edit func(*userRecord) error) (*userRecord, error) {
	former, err := t.user(sub)
	if err != nil {
		return nil, err
	}
	u, err := t.user(sub)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, userDoesNotExist()
	}
	if err := edit(u); err != nil {
		return nil, err
	}
	u.Modified = t.now
	return u, t.putUser(former, u)
}

// dropUser removes a user and all that hangs on the user.
func (t *poolTx) dropUser(u *userRecord) error {
	for kind, name := range t.names(u) {
		if name != "" && t.holder(kind, name) == u.Sub {
			if err := t.bucket(namesBucket).Delete(t.nameKey(kind, name)); err != nil {
				return err
			}
		}
	}
	for _, group := range u.Groups {
		if err := t.bucket(membersBucket).Delete(key(group, u.Sub)); err != nil {
			return err
		}
	}
	if err := t.dropFamiliesOf(u.Sub); err != nil {
		return err
	}
	if err := t.dropPasskeysOf(u.Sub); err != nil {
		return err
	}
	if err := t.dropDevicesOf(u.Sub); err != nil {
		return err
	}
	for _, purpose := range restOf(t.bucket(codesBucket), key(u.Sub, "")) {
		if err := t.bucket(codesBucket).Delete(key(u.Sub, purpose)); err != nil {
			return err
		}
	}
	return t.bucket(usersBucket).Delete(key(u.Sub))
}

// newUser makes a user who is named as the pool wants it: by the name that was given, or, in a pool where an address is the
// user name, by the sub, with the address as attribute.
func newUser(pool *poolRecord, name string, attributes map[string]string, now moment) *userRecord {
	u := &userRecord{Sub: uuid.NewString(), Username: name, Attributes: attributes, Created: now, Modified: now}
	if pool.namedByAttribute() {
		u.Username = u.Sub
	}
	return u
}

// account is the key under which attempts on a name are counted: the sub of the user it leads to, so that every spelling
// and alias counts together, or a hash of a name that leads nowhere.
func (t *poolTx) account(u *userRecord, name string) string {
	if u != nil {
		return u.Sub
	}
	sum := sha256.Sum256([]byte(strings.ToLower(name)))
	return "?" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// usersAfter calls visit with each user whose sub comes after the given one, in the order of subs, until visit returns
// false.
func (t *poolTx) usersAfter(sub string, visit func(*userRecord) bool) error {
	c := t.bucket(usersBucket).Cursor()
	for k, raw := c.Seek([]byte(sub)); k != nil; k, raw = c.Next() {
		if string(k) == sub {
			continue
		}
		u := new(userRecord)
		if err := json.Unmarshal(raw, u); err != nil {
			return err
		}
		if !visit(u) {
			return nil
		}
	}
	return nil
}

func (t *poolTx) userCount() int { return t.bucket(usersBucket).Stats().KeyN }

// removeAttribute takes the mark of an address away with the address.
func (u *userRecord) removeAttribute(name string) {
	delete(u.Attributes, name)
	if name == "email" || name == "phone_number" {
		delete(u.Attributes, name+"_verified")
	}
}

func (t *poolTx) removeAttributes(sub string, names []string) error {
	_, err := t.change(sub, func(u *userRecord) error {
		for _, name := range names {
			u.removeAttribute(name)
		}
		return t.checkAliases(u)
	})
	return err
}

// checkAliases refuses a user whose names would collide with another's, or who would lose the address that is the user name.
func (t *poolTx) checkAliases(u *userRecord) error {
	if kind := t.taken(u); kind != "" {
		return aliasExists(kind)
	}
	if !t.pool.namedByAttribute() {
		return nil
	}
	for _, name := range t.pool.UsernameAttributes {
		if u.Attributes[name] != "" {
			return nil
		}
	}
	return invalidParameter("user.%s: The attribute is required\n", t.pool.UsernameAttributes[0])
}

// claimAlias makes sure that an address that is about to be verified names no other user. With force the other loses it.
func (t *poolTx) claimAlias(u *userRecord, name string, force bool) error {
	if !slices.Contains(t.pool.AliasAttributes, name) {
		return nil
	}
	sub := t.holder(name, u.Attributes[name])
	if sub == "" || sub == u.Sub {
		return nil
	}
	if !force {
		return fault("AliasExistsException", "An account with the %s already exists.", name)
	}
	_, err := t.change(sub, func(other *userRecord) error {
		other.Attributes[name+"_verified"] = "false"
		return nil
	})
	return err
}

// verify marks the address that a code went to as the user's, unless it has been changed since.
func (u *userRecord) verify(rec *codeRecord) {
	if u.Attributes[rec.Attribute] == rec.Address {
		u.Attributes[rec.Attribute+"_verified"] = "true"
	}
}

func accessTokenRevoked() *apiError { return notAuthorized("Access Token has been revoked") }

// holderOf reads the user of a verified access token, unless the token was revoked.
func (t *poolTx) holderOf(claims accessClaims) (*userRecord, error) {
	u, err := t.user(claims.Sub)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, userDoesNotExist()
	}
	if u.Disabled {
		return nil, userDisabled()
	}
	if claims.OriginJTI == "" {
		// Such a token counts in seconds and names no family; in doubt it is revoked.
		if u.SignedOut != 0 && claims.Iat <= u.SignedOut.seconds() {
			return nil, accessTokenRevoked()
		}
		return u, nil
	}
	f, err := t.family(claims.OriginJTI)
	if err != nil {
		return nil, err
	}
	if f == nil || f.Sub != u.Sub {
		return nil, accessTokenRevoked()
	}
	return u, nil
}
