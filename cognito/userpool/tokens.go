package userpool

import (
	"strings"

	"github.com/google/uuid"
)

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

type tokenPair struct{ access, id string }

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
