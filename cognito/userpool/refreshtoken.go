package userpool

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// refreshPayload is what a refresh token says, to us alone.
type refreshPayload struct {
	Family  string `json:"f"`
	Sub     string `json:"s"`
	Client  string `json:"c"`
	Expires moment `json:"e"`
	Nonce   string `json:"n"`
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// refreshHeader is {"cty":"JWT","enc":"A256GCM","alg":"dir"}: a refresh token is a compact JWE (RFC 7516) that is encrypted
// directly with the pool's key, so its second part is empty.
const refreshHeader = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIn0"

func (r *keyRing) sealRefresh(v refreshPayload) (string, error) {
	sealed, err := r.seal(refreshHeader, v)
	if err != nil {
		return "", err
	}
	n, tag := r.sealing.NonceSize(), len(sealed)-r.sealing.Overhead()
	enc := base64.RawURLEncoding.EncodeToString
	return strings.Join([]string{refreshHeader, "", enc(sealed[:n]), enc(sealed[n:tag]), enc(sealed[tag:])}, "."), nil
}

func (r *keyRing) unsealRefresh(token string) (refreshPayload, error) {
	var v refreshPayload
	parts := strings.Split(token, ".")
	if len(token) > 4096 || len(parts) != 5 || parts[0] != refreshHeader || parts[1] != "" {
		return v, errNotOurs
	}
	var sealed []byte
	for _, part := range parts[2:] {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return v, errNotOurs
		}
		sealed = append(sealed, raw...)
	}
	err := r.unseal(refreshHeader, sealed, &v)
	return v, err
}
