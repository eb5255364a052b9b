package userpool

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// caller is who an access token speaks for.
type caller struct {
	claims accessClaims
	poolID string
	pool   *poolRecord
	client *clientRecord
	user   *userRecord
}

func invalidAccessToken() *apiError { return notAuthorized("Invalid Access Token") }

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
