package signin

import (
	"crypto/subtle"
	"strings"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// refreshSignIn handles InitiateAuth with REFRESH_TOKEN_AUTH. The secret hash is over the user's real name, since the
// call names no user.
func (o *Operations) refreshSignIn(c *service.Call, client *settings.Client, parameters map[string]string) (*authOutput, error) {
	if !client.Allows("REFRESH_TOKEN_AUTH") || client.RotatesRefreshTokens() {
		return nil, exception.InvalidParameter("Refresh Token flow not enabled for this client")
	}
	token := parameters["REFRESH_TOKEN"]
	if token == "" {
		return nil, exception.InvalidParameter("Missing required parameter REFRESH_TOKEN")
	}
	check := func(u *store.User) error {
		switch hash := parameters["SECRET_HASH"]; {
		case client.ClientSecret == "":
			return nil
		case hash == "":
			return client.CheckSecretHash(u.Username, hash)
		case !client.SecretHashMatches(u.Username, hash):
			return exception.NotAuthorized("SecretHash does not match for the client: %s", client.ClientID)
		}
		return nil
	}
	return o.refresh(c, client, refreshRequest{
		token: token, device: parameters["DEVICE_KEY"], invalid: exception.NotAuthorized("Invalid Refresh Token"), check: check,
	})
}

type getTokensInput struct {
	RefreshToken string `json:"RefreshToken" is:"required,token"`
	ClientID     string `json:"ClientId" is:"required,clientId"`
	ClientSecret string `json:"ClientSecret" is:"secret"`
	DeviceKey    string `json:"DeviceKey" is:"deviceKey"`
}

type getTokensOutput struct {
	AuthenticationResult *authResult `json:"AuthenticationResult"`
}

// GetTokensFromRefreshToken returns new tokens, and a new refresh token if the client rotates them.
func (o *Operations) GetTokensFromRefreshToken(c *service.Call, in *getTokensInput) (*getTokensOutput, error) {
	client, err := o.Client(in.ClientID)
	if err != nil {
		return nil, err
	}
	if client.ClientSecret != "" && in.ClientSecret == "" {
		return nil, exception.NotAuthorized("Client %s is configured for secret but secret was not received", client.ClientID)
	}
	if !client.CheckSecret(in.ClientSecret) {
		return nil, exception.NotAuthorized("Unable to verify secret for client %s", client.ClientID)
	}
	out, err := o.refresh(c, client, refreshRequest{
		token: in.RefreshToken, device: in.DeviceKey, invalid: exception.NotAuthorized("Invalid Refresh Token."),
	})
	if err != nil {
		return nil, err
	}
	return &getTokensOutput{AuthenticationResult: out.AuthenticationResult}, nil
}

// refreshRequest is a request for new tokens.
type refreshRequest struct {
	token   string
	device  string                  // key of the device that the sign-in is bound to, if any
	invalid error                   // returned if the token is not one of this client
	check   func(*store.User) error // optional check of the user
}

// refresh returns new tokens, and a new refresh token if the client rotates them.
func (o *Operations) refresh(c *service.Call, client *settings.Client, r refreshRequest) (*authOutput, error) {
	ring := o.Keys.ForPool(client.UserPoolID)
	payload, err := ring.UnsealRefresh(r.token)
	if err != nil || payload.Client != client.ClientID {
		return nil, r.invalid
	}
	var s subject
	read := func(t *store.Tx) (err error) {
		s, err = checkRefresh(t, payload, r, client.RotatesRefreshTokens())
		return err
	}
	if err := o.View(client.UserPoolID, c.Now, read); err != nil {
		return nil, err
	}
	next, err := o.extendFamily(c, ring, client, &s, r.token, read)
	if err != nil {
		return nil, err
	}
	return o.signedIn(c, ring, client, s, next)
}

// checkRefresh returns the sign-in and the user that a refresh token belongs to.
func checkRefresh(t *store.Tx, payload tokens.RefreshPayload, r refreshRequest, rotates bool) (subject, error) {
	u, err := t.User(payload.Sub)
	if err != nil {
		return subject{}, err
	}
	f, err := t.Family(payload.Family)
	if err != nil {
		return subject{}, err
	}
	switch {
	case u == nil:
		return subject{}, r.invalid
	case u.Disabled:
		return subject{}, exception.UserDisabled()
	case t.Now >= payload.Expires:
		return subject{}, exception.NotAuthorized("Refresh Token has expired")
	case f == nil:
		return subject{}, exception.NotAuthorized("Refresh Token has been revoked")
	case !rotates && subtle.ConstantTimeCompare(tokens.Hash(r.token), f.Current) != 1, !t.DeviceMatches(f, r.device):
		return subject{}, r.invalid
	}
	if r.check != nil {
		if err := r.check(u); err != nil {
			return subject{}, err
		}
	}
	return newSubject(t, u, f)
}

// extendFamily stores the changes of a refresh: the rotated token, how long the family must be kept for its access
// tokens, and the activity of a tracked session. If there are none it writes nothing, so that refreshing costs no disk
// access.
func (o *Operations) extendFamily(c *service.Call, ring *tokens.KeyRing, client *settings.Client, s *subject, token string, read func(*store.Tx) error) (string, error) {
	until := c.Now.Add(settings.LongestTokenLifetime(client))
	if !client.RotatesRefreshTokens() && until <= s.family.Until && s.family.Activity == nil {
		return "", nil
	}
	next := ""
	if client.RotatesRefreshTokens() {
		var err error
		if next, err = store.NewRefreshToken(ring, s.family); err != nil {
			return "", err
		}
	}
	err := o.Update(client.UserPoolID, c.Now, func(t *store.Tx) error {
		if err := read(t); err != nil {
			return err
		}
		f := s.family
		f.Until = max(f.Until, until)
		if f.Activity != nil {
			*f.Activity = activityOf(c)
		}
		if next != "" {
			if err := rotate(f, tokens.Hash(token), tokens.Hash(next), client, t.Now); err != nil {
				return err
			}
		}
		return t.SaveFamily(f)
	})
	return next, err
}

// rotate replaces the current refresh token. The previous one may be used again within the grace period, by a client
// that lost the response; then the token issued last is current, and the one before it is void.
func rotate(f *store.Family, presented, next []byte, client *settings.Client, now epoch.Time) error {
	switch {
	case subtle.ConstantTimeCompare(presented, f.Current) == 1:
		f.Previous, f.Current, f.Rotated = f.Current, next, now
	case subtle.ConstantTimeCompare(presented, f.Previous) == 1 && now.Sub(f.Rotated) < client.RotationGrace():
		f.Current = next
	default:
		return exception.New("RefreshTokenReuseException", "Refresh token reuse detected")
	}
	return nil
}

type revokeInput struct {
	Token        string `json:"Token" is:"required,token"`
	ClientID     string `json:"ClientId" is:"required,clientId"`
	ClientSecret string `json:"ClientSecret" is:"secret"`

	RevokeAssociatedSessions string `json:"RevokeAssociatedSessions" is:"associatedSessions"`
}

// RevokeToken revokes a sign-in. LINKED would also revoke the single sign-on session that it came through; the pool has
// none, since these are sessions of managed login. It succeeds for tokens that are already revoked or were never issued (RFC 7009,
// 2.2). The operation has no NotAuthorizedException, so a wrong secret is an UnauthorizedException.
func (o *Operations) RevokeToken(c *service.Call, in *revokeInput) (*service.Empty, error) {
	client, err := o.Client(in.ClientID)
	if err != nil {
		return nil, err
	}
	if !client.CheckSecret(in.ClientSecret) {
		return nil, exception.New("UnauthorizedException", "Client secret is wrong or missing.")
	}
	if !client.TokensRevocable() {
		return nil, exception.New("UnsupportedOperationException", "Token revocation is not enabled for this client.")
	}
	if strings.Count(in.Token, ".") == 2 {
		return nil, exception.New("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.")
	}
	payload, err := o.Keys.ForPool(client.UserPoolID).UnsealRefresh(in.Token)
	if err != nil {
		return &service.Empty{}, nil
	}
	if payload.Client != client.ClientID {
		return nil, exception.New("UnauthorizedException", "The token was not issued to this client.")
	}
	err = o.Update(client.UserPoolID, c.Now, func(t *store.Tx) error {
		f, err := t.Family(payload.Family)
		if err != nil || f == nil {
			return err
		}
		// A refresh token that has been rotated away can no longer do anything, not even this.
		if h := tokens.Hash(in.Token); subtle.ConstantTimeCompare(h, f.Current) != 1 && subtle.ConstantTimeCompare(h, f.Original) != 1 {
			return nil
		}
		return t.DeleteFamily(f.ID)
	})
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, nil
}
