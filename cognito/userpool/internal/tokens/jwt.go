package tokens

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// APIScope is the scope of access tokens that are issued by the API, and the one that operations on the caller's own
// account require.
const APIScope = "aws.cognito.signin.user.admin"

// AccessClaims are the claims of an access token. There is no aud; client_id takes its place.
type AccessClaims struct {
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

// ClientClaims are the claims of an access token that an app client has for itself. It has no user and no session.
type ClientClaims struct {
	Sub      string `json:"sub"` // the client id
	Iss      string `json:"iss"`
	Version  int    `json:"version"`
	ClientID string `json:"client_id"`
	TokenUse string `json:"token_use"`
	Scope    string `json:"scope"`
	AuthTime int64  `json:"auth_time"`
	Exp      int64  `json:"exp"`
	Iat      int64  `json:"iat"`
	JTI      string `json:"jti"`
}

// Sign returns a compact JWS with RS256 (RFC 7515, RFC 7518 section 3.3).
func (k signingKey) Sign(claims any) (string, error) {
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

// Verify reports whether a signature is this key's.
func (k signingKey) Verify(input, signature string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(input))
	return rsa.VerifyPKCS1v15(&k.private.PublicKey, crypto.SHA256, sum[:], raw) == nil
}

// ForHeader returns the keys that a JWT header names by its kid, or nil. The header must be byte for byte one of
// ours.
func (r *KeyRings) ForHeader(header string) *KeyRing {
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
	if ring == nil || ring.Access.header != header+"." {
		return nil
	}
	return ring
}
