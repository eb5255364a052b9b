package userpool

import (
	"crypto/subtle"
	"strings"
)

// refreshSignIn is InitiateAuth with REFRESH_TOKEN_AUTH. Where the client has a secret, the hash is over the user's real
// name, since the call names no user.
func (p *Pool) refreshSignIn(c *call, client *clientRecord, parameters map[string]string) (*authOutput, error) {
	if !client.allows("REFRESH_TOKEN_AUTH") || client.rotates() {
		return nil, invalidParameter("Refresh Token flow not enabled for this client")
	}
	token := parameters["REFRESH_TOKEN"]
	if token == "" {
		return nil, invalidParameter("Missing required parameter REFRESH_TOKEN")
	}
	check := func(u *userRecord) error {
		switch hash := parameters["SECRET_HASH"]; {
		case client.ClientSecret == "":
			return nil
		case hash == "":
			return client.checkSecretHash(u.Username, hash)
		case !client.secretHashFits(u.Username, hash):
			return notAuthorized("SecretHash does not match for the client: %s", client.ClientID)
		}
		return nil
	}
	return p.refresh(c, client, refreshing{
		token: token, device: parameters["DEVICE_KEY"], invalid: notAuthorized("Invalid Refresh Token"), check: check,
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

func (p *Pool) getTokensFromRefreshToken(c *call, in *getTokensInput) (*getTokensOutput, error) {
	client, err := p.clientOf(in.ClientID)
	if err != nil {
		return nil, err
	}
	if client.ClientSecret != "" && in.ClientSecret == "" {
		return nil, notAuthorized("Client %s is configured for secret but secret was not received", client.ClientID)
	}
	if !client.checkSecret(in.ClientSecret) {
		return nil, notAuthorized("Unable to verify secret for client %s", client.ClientID)
	}
	out, err := p.refresh(c, client, refreshing{
		token: in.RefreshToken, device: in.DeviceKey, invalid: notAuthorized("Invalid Refresh Token."),
	})
	if err != nil {
		return nil, err
	}
	return &getTokensOutput{AuthenticationResult: out.AuthenticationResult}, nil
}

// refreshing is what a client asks new tokens with.
type refreshing struct {
	token   string
	device  string                  // key of the device that the sign-in is bound to, if it is
	invalid error                   // the refusal of what is no token of this client
	check   func(*userRecord) error // if any, is asked about the user
}

// refresh gives new tokens for a refresh token: with a new refresh token where the client rotates them, else without.
func (p *Pool) refresh(c *call, client *clientRecord, r refreshing) (*authOutput, error) {
	ring := p.keys.of(client.UserPoolID)
	payload, err := ring.unsealRefresh(r.token)
	if err != nil || payload.Client != client.ClientID {
		return nil, r.invalid
	}
	var s subject
	read := func(t *poolTx) (err error) {
		s, err = t.refreshable(payload, r, client.rotates())
		return err
	}
	if err := p.view(client.UserPoolID, c.now, read); err != nil {
		return nil, err
	}
	next, err := p.prolong(c, ring, client, &s, r.token, read)
	if err != nil {
		return nil, err
	}
	return p.signedIn(c, ring, client, s, next)
}

// refreshable finds the sign-in that a refresh token belongs to, and its user.
func (t *poolTx) refreshable(payload refreshPayload, r refreshing, rotates bool) (subject, error) {
	u, err := t.user(payload.Sub)
	if err != nil {
		return subject{}, err
	}
	f, err := t.family(payload.Family)
	if err != nil {
		return subject{}, err
	}
	switch {
	case u == nil:
		return subject{}, r.invalid
	case u.Disabled:
		return subject{}, userDisabled()
	case t.now >= payload.Expires:
		return subject{}, notAuthorized("Refresh Token has expired")
	case f == nil:
		return subject{}, notAuthorized("Refresh Token has been revoked")
	case !rotates && subtle.ConstantTimeCompare(tokenHash(r.token), f.Current) != 1, !t.deviceFits(f, r.device):
		return subject{}, r.invalid
	}
	if r.check != nil {
		if err := r.check(u); err != nil {
			return subject{}, err
		}
	}
	return t.subject(u, f)
}

// prolong writes what a refresh changes: the rotated token, and how long the family has to be kept for its access tokens to
// be found. Without either it writes nothing, so that refreshing costs no disk.
func (p *Pool) prolong(c *call, ring *keyRing, client *clientRecord, s *subject, token string, read func(*poolTx) error) (string, error) {
	until := c.now.add(longestLife(client))
	if !client.rotates() && until <= s.family.Until {
		return "", nil
	}
	next := ""
	if client.rotates() {
		var err error
		if next, err = newRefreshToken(ring, s.family); err != nil {
			return "", err
		}
	}
	err := p.update(client.UserPoolID, c.now, func(t *poolTx) error {
		if err := read(t); err != nil {
			return err
		}
		f := s.family
		f.Until = max(f.Until, until)
		if next != "" {
			if err := f.rotate(tokenHash(token), tokenHash(next), client, t.now); err != nil {
				return err
			}
		}
		return t.saveFamily(f)
	})
	return next, err
}

// rotate replaces the current refresh token. The one before it may be used again within the grace period, for a client that
// lost the answer; then its new child is the current one, and the first child is worth nothing.
func (f *familyRecord) rotate(presented, next []byte, client *clientRecord, now moment) error {
	switch {
	case subtle.ConstantTimeCompare(presented, f.Current) == 1:
		f.Previous, f.Current, f.Rotated = f.Current, next, now
	case subtle.ConstantTimeCompare(presented, f.Previous) == 1 && now.sub(f.Rotated) < client.rotationGrace():
		f.Current = next
	default:
		return fault("RefreshTokenReuseException", "Refresh token reuse detected")
	}
	return nil
}

type revokeInput struct {
	Token        string `json:"Token" is:"required,token"`
	ClientID     string `json:"ClientId" is:"required,clientId"`
	ClientSecret string `json:"ClientSecret" is:"secret"`
}

// revokeToken ends one sign-in. It succeeds on tokens that are revoked already or were never issued (RFC 7009, 2.2). The
// operation knows no NotAuthorizedException, so a wrong secret is UnauthorizedException.
func (p *Pool) revokeToken(c *call, in *revokeInput) (*empty, error) {
	client, err := p.clientOf(in.ClientID)
	if err != nil {
		return nil, err
	}
	if !client.checkSecret(in.ClientSecret) {
		return nil, fault("UnauthorizedException", "Client secret is wrong or missing.")
	}
	if !client.revocable() {
		return nil, fault("UnsupportedOperationException", "Token revocation is not enabled for this client.")
	}
	if strings.Count(in.Token, ".") == 2 {
		return nil, fault("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.")
	}
	payload, err := p.keys.of(client.UserPoolID).unsealRefresh(in.Token)
	if err != nil {
		return &empty{}, nil
	}
	if payload.Client != client.ClientID {
		return nil, fault("UnauthorizedException", "The token was not issued to this client.")
	}
	err = p.update(client.UserPoolID, c.now, func(t *poolTx) error {
		f, err := t.family(payload.Family)
		if err != nil || f == nil {
			return err
		}
		// A token from the middle of a rotated chain has no power any more, not even this one.
		if h := tokenHash(in.Token); subtle.ConstantTimeCompare(h, f.Current) != 1 && subtle.ConstantTimeCompare(h, f.Original) != 1 {
			return nil
		}
		return t.dropFamily(f.ID)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}
