package tokens

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"authgraph/cognito/userpool/internal/epoch"
)

// RefreshPayload is the content of a refresh token, which only the pool can read.
type RefreshPayload struct {
	Family  string     `json:"f"`
	Sub     string     `json:"s"`
	Client  string     `json:"c"`
	Expires epoch.Time `json:"e"`
	Nonce   string     `json:"n"`
}

// Hash returns the SHA-256 of a token or code, the form in which it is stored.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// refreshHeader is {"cty":"JWT","enc":"A256GCM","alg":"dir"}. A refresh token is a compact JWE (RFC 7516), encrypted
// directly with the pool's key, so its second part is empty.
const refreshHeader = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIn0"

// SealRefresh returns a refresh token.
func (r *KeyRing) SealRefresh(v RefreshPayload) (string, error) {
	sealed, err := r.Seal(refreshHeader, v)
	if err != nil {
		return "", err
	}
	n, tag := r.sealing.NonceSize(), len(sealed)-r.sealing.Overhead()
	enc := base64.RawURLEncoding.EncodeToString
	return strings.Join([]string{refreshHeader, "", enc(sealed[:n]), enc(sealed[n:tag]), enc(sealed[tag:])}, "."), nil
}

// UnsealRefresh reads a refresh token of this pool.
func (r *KeyRing) UnsealRefresh(token string) (RefreshPayload, error) {
	var v RefreshPayload
	parts := strings.Split(token, ".")
	if len(token) > 4096 || len(parts) != 5 || parts[0] != refreshHeader || parts[1] != "" {
		return v, errWrongSeal
	}
	var sealed []byte
	for _, part := range parts[2:] {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return v, errWrongSeal
		}
		sealed = append(sealed, raw...)
	}
	err := r.Unseal(refreshHeader, sealed, &v)
	return v, err
}
