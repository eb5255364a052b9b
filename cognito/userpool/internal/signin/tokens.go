package signin

import (
	"strings"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// subject is whom tokens are issued for, as read in one transaction.
type subject struct {
	user   *store.User
	groups []store.Group // by precedence
	family *store.Family

	newDevice string // key that was issued to a new device
}

func newSubject(t *store.Tx, u *store.User, f *store.Family) (subject, error) {
	groups, err := t.GroupsOf(u)
	return subject{user: u, groups: groups, family: f}, err
}

type tokenPair struct{ access, id string }

// mintTokens signs an access token and an ID token.
func (o *Operations) mintTokens(ring *tokens.KeyRing, client *settings.Client, s subject, now epoch.Time) (tokenPair, error) {
	event := uuid.NewString()
	access := tokens.AccessClaims{
		Sub: s.user.Sub, Groups: groupNames(s.groups), Iss: o.Issuer(ring.PoolID), ClientID: client.ClientID, EventID: event,
		TokenUse: "access", Scope: tokens.APIScope, AuthTime: s.family.AuthTime.Seconds(), Iat: now.Seconds(),
		Exp: now.Add(client.AccessTokenLifetime()).Seconds(), Username: s.user.Username, DeviceKey: s.family.Device,
	}
	id := o.idClaims(ring, client, s, now)
	id["event_id"] = event
	if client.TokensRevocable() || client.RotatesRefreshTokens() {
		access.OriginJTI, access.JTI = s.family.ID, uuid.NewString()
		id["origin_jti"], id["jti"] = s.family.ID, uuid.NewString()
	}
	var pair tokenPair
	var err error
	if pair.access, err = ring.Access.Sign(access); err != nil {
		return pair, err
	}
	pair.id, err = ring.ID.Sign(id)
	return pair, err
}

// idClaims returns the claims of an ID token. They include every attribute that the client may read, as strings
// except for the two _verified ones.
func (o *Operations) idClaims(ring *tokens.KeyRing, client *settings.Client, s subject, now epoch.Time) map[string]any {
	claims := map[string]any{}
	for name, value := range s.user.Attributes {
		if !client.CanRead(name) {
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
	claims["iss"] = o.Issuer(ring.PoolID)
	claims["aud"] = client.ClientID
	claims["cognito:username"] = s.user.Username
	claims["token_use"] = "id"
	claims["auth_time"] = s.family.AuthTime.Seconds()
	claims["iat"] = now.Seconds()
	claims["exp"] = now.Add(client.IDTokenLifetime()).Seconds()
	return claims
}

func groupNames(groups []store.Group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.GroupName)
	}
	return names
}

func groupRoles(groups []store.Group) []string {
	var roles []string
	for _, g := range groups {
		if g.RoleArn != "" {
			roles = append(roles, g.RoleArn)
		}
	}
	return roles
}

// storeSignIn stores a new sign-in and returns what its tokens are made from.
func storeSignIn(t *store.Tx, u *store.User, w *progress) (subject, error) {
	deviceKey, err := t.TrackDevice(w.family, w.device, w.activity.IP)
	if err != nil {
		return subject{}, err
	}
	if err := t.TrackSession(w.family, w.activity); err != nil {
		return subject{}, err
	}
	if err := t.AddFamily(w.family); err != nil {
		return subject{}, err
	}
	s, err := newSubject(t, u, w.family)
	s.newDevice = deviceKey
	return s, err
}

// signedIn returns the output of a sign-in that has been stored. refresh is empty if no new refresh token is issued.
func (o *Operations) signedIn(c *service.Call, ring *tokens.KeyRing, client *settings.Client, s subject, refresh string) (*authOutput, error) {
	pair, err := o.mintTokens(ring, client, s, c.Now)
	if err != nil {
		return nil, err
	}
	result := &authResult{
		AccessToken: pair.access, IDToken: pair.id, RefreshToken: refresh, TokenType: "Bearer",
		ExpiresIn: int(client.AccessTokenLifetime().Seconds()),
	}
	if s.newDevice != "" {
		result.NewDevice = &newDevice{DeviceKey: s.newDevice, DeviceGroupKey: deviceGroup(ring, s.user.Sub)}
	}
	return &authOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}
