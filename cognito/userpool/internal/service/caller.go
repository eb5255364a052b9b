package service

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// Caller is the holder of an access token. VerifyAccess fills in Claims and PoolID, Authorize the rest.
type Caller struct {
	Claims tokens.AccessClaims
	PoolID string
	Pool   *settings.Pool
	Client *settings.Client
	User   *store.User
}

func invalidAccessToken() *exception.Error { return exception.NotAuthorized("Invalid Access Token") }

// VerifyAccess checks an access token without the database: signature, issuer, use, expiry and scope.
func (s *Service) VerifyAccess(token string, now epoch.Time) (*Caller, error) {
	var claims tokens.AccessClaims
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || len(token) > 16<<10 || strings.Contains(signature, ".") {
		return nil, invalidAccessToken()
	}
	ring := s.Keys.ForHeader(header)
	if ring == nil || !ring.Access.Verify(header+"."+payload, signature) {
		return nil, invalidAccessToken()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil || json.Unmarshal(raw, &claims) != nil || claims.TokenUse != "access" || claims.Iss != s.Issuer(ring.PoolID) {
		return nil, invalidAccessToken()
	}
	if now.Seconds() >= claims.Exp {
		return nil, exception.NotAuthorized("Access Token has expired")
	}
	if !slices.Contains(strings.Fields(claims.Scope), tokens.APIScope) {
		return nil, exception.NotAuthorized("Access Token does not have required scopes")
	}
	return &Caller{Claims: claims, PoolID: ring.PoolID}, nil
}

// Authorize checks an access token for operations on the caller's own account: the token itself, whether it was
// revoked, and whether its user exists and is enabled.
func (s *Service) Authorize(c *Call, token string) (*Caller, error) {
	caller, err := s.VerifyAccess(token, c.Now)
	if err != nil {
		return nil, err
	}
	err = s.View(caller.PoolID, c.Now, func(t *store.Tx) error {
		caller.Pool = t.Pool
		if caller.Client, err = t.Client(caller.Claims.ClientID); err != nil {
			return err
		}
		caller.User, err = t.TokenOwner(caller.Claims)
		return err
	})
	if err != nil {
		return nil, err
	}
	return caller, nil
}

// AccessTokenInput is the input of operations that need nothing but an access token.
type AccessTokenInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
}
