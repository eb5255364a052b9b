package userpool

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// apiScope is the scope of access tokens that a sign-in over the API gives, and the one that the operations on the own
// account ask for.
const apiScope = "aws.cognito.signin.user.admin"

// subject is whom tokens are made for, as read in one transaction.
type subject struct {
	user   *userRecord
	groups []groupRecord // by precedence
	family *familyRecord

	newDevice string // key of a device that the sign-in is the first of
}

func (t *poolTx) subject(u *userRecord, f *familyRecord) (subject, error) {
	groups, err := t.groupsOf(u)
	return subject{user: u, groups: groups, family: f}, err
}

// groupsOf reads a user's groups, the most important (lowest precedence) first and those without precedence last.
func (t *poolTx) groupsOf(u *userRecord) ([]groupRecord, error) {
	groups := []groupRecord{}
	for _, name := range u.Groups {
		g, err := load[groupRecord](t.bucket(groupsBucket), key(name))
		if err != nil {
			return nil, err
		}
		if g != nil {
			groups = append(groups, *g)
		}
	}
	slices.SortFunc(groups, func(a, b groupRecord) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.GroupName, b.GroupName))
	})
	return groups, nil
}

type tokenPair struct{ access, id string }

// accessClaims are the claims of an access token. It has no aud: client_id takes its place.
type accessClaims struct {
	Sub       string   `json:"sub"`
	Groups    []string `json:"cognito:groups,omitempty"`
	Iss       string   `json:"iss"`
	ClientID  string   `json:"client_id"`
	OriginJTI string   `json:"origin_jti,omitempty"`
	EventID   string   `json:"event_id"`
	TokenUse  string   `json:"token_use"`
	Scope     string   `json:"scope"`
	AuthTime  int64    `json:"auth_time"`
	Exp       int64    `json:"exp"`
	Iat       int64    `json:"iat"`
	JTI       string   `json:"jti,omitempty"`
	Username  string   `json:"username"`
	DeviceKey string   `json:"device_key,omitempty"`
}

// mint signs an access token and an ID token.
func (p *Pool) mint(ring *keyRing, client *clientRecord, s subject, now moment) (tokenPair, error) {
	event := uuid.NewString()
	access := accessClaims{
		Sub: s.user.Sub, Groups: groupNames(s.groups), Iss: p.issuerOf(ring.poolID), ClientID: client.ClientID, EventID: event,
		TokenUse: "access", Scope: apiScope, AuthTime: s.family.AuthTime.seconds(), Iat: now.seconds(),
		Exp: now.add(client.accessLife()).seconds(), Username: s.user.Username, DeviceKey: s.family.Device,
	}
	id := p.idClaims(ring, client, s, now)
	id["event_id"] = event
	if client.revocable() || client.rotates() {
		access.OriginJTI, access.JTI = s.family.ID, uuid.NewString()
		id["origin_jti"], id["jti"] = s.family.ID, uuid.NewString()
	}
	var pair tokenPair
	var err error
	if pair.access, err = ring.access.sign(access); err != nil {
		return pair, err
	}
	pair.id, err = ring.id.sign(id)
	return pair, err
}

// idClaims are the claims of an ID token, among them every attribute that the client may read: as strings, but for the two
// _verified ones.
func (p *Pool) idClaims(ring *keyRing, client *clientRecord, s subject, now moment) map[string]any {
	claims := map[string]any{}
	for name, value := range s.user.Attributes {
		if !client.readable(name) {
			continue
		}
		claims[name] = value
		if name == "email_verified" || name == "phone_number_verified" {
			claims[name] = strings.EqualFold(value, "true")
		}
	}
	if names := groupNames(s.groups); names != nil {
		claims["cognito:groups"] = names
	}
	if roles := groupRoles(s.groups); roles != nil {
		claims["cognito:roles"], claims["cognito:preferred_role"] = roles, roles[0]
	}
	claims["sub"] = s.user.Sub
	claims["iss"] = p.issuerOf(ring.poolID)
	claims["aud"] = client.ClientID
	claims["cognito:username"] = s.user.Username
	claims["token_use"] = "id"
	claims["auth_time"] = s.family.AuthTime.seconds()
	claims["iat"] = now.seconds()
	claims["exp"] = now.add(client.idLife()).seconds()
	return claims
}

func groupNames(groups []groupRecord) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.GroupName)
	}
	return names
}

func groupRoles(groups []groupRecord) []string {
	var roles []string
	for _, g := range groups {
		if g.RoleArn != "" {
			roles = append(roles, g.RoleArn)
		}
	}
	return roles
}

// sign makes a compact JWS with RS256 (RFC 7515, RFC 7518 section 3.3).
func (k signingKey) sign(claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := k.header + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// caller is who an access token speaks for.
type caller struct {
	claims accessClaims
	poolID string
	pool   *poolRecord
	client *clientRecord
	user   *userRecord
}

func invalidAccessToken() *apiError { return notAuthorized("Invalid Access Token") }

func accessTokenRevoked() *apiError { return notAuthorized("Access Token has been revoked") }

// verifyAccess checks what a token says by itself: our signature with an access key, its use, expiry and scope.
func (p *Pool) verifyAccess(token string, now moment) (accessClaims, string, error) {
	var claims accessClaims
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || len(token) > 16<<10 || strings.Contains(signature, ".") {
		return claims, "", invalidAccessToken()
	}
	ring := p.keys.forHeader(header)
	if ring == nil || !ring.access.signed(header+"."+payload, signature) {
		return claims, "", invalidAccessToken()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil || json.Unmarshal(raw, &claims) != nil || claims.TokenUse != "access" || claims.Iss != p.issuerOf(ring.poolID) {
		return claims, "", invalidAccessToken()
	}
	if now.seconds() >= claims.Exp {
		return claims, "", notAuthorized("Access Token has expired")
	}
	if !slices.Contains(strings.Fields(claims.Scope), apiScope) {
		return claims, "", notAuthorized("Access Token does not have required scopes")
	}
	return claims, ring.poolID, nil
}

// forHeader finds the keys by kid. Only a header that is byte for byte what we write is looked at further.
func (r *rings) forHeader(header string) *keyRing {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(header)
	if err != nil {
		return nil
	}
	var h struct {
		Kid string `json:"kid"`
	}
	if json.Unmarshal(raw, &h) != nil {
		return nil
	}
	ring := r.forAccess(h.Kid)
	if ring == nil || ring.access.header != header+"." {
		return nil
	}
	return ring
}

func (k signingKey) signed(input, signature string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(input))
	return rsa.VerifyPKCS1v15(&k.private.PublicKey, crypto.SHA256, sum[:], raw) == nil
}

// authorize checks an access token for the operations on the own account: what it says, then whether it was revoked, and
// whether its user still exists and is enabled.
func (p *Pool) authorize(c *call, token string) (*caller, error) {
	claims, poolID, err := p.verifyAccess(token, c.now)
	if err != nil {
		return nil, err
	}
	who := &caller{claims: claims, poolID: poolID}
	err = p.view(poolID, c.now, func(t *poolTx) error {
		who.pool = t.pool
		if who.client, err = t.client(claims.ClientID); err != nil {
			return err
		}
		who.user, err = t.holderOf(claims)
		return err
	})
	if err != nil {
		return nil, err
	}
	return who, nil
}

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
