package userpool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// What a client has to carry between two calls (sessions of challenges, secret blocks, pages of a list, refresh tokens) is
// encrypted and authenticated with the pool's own key. So nothing has to be stored before the client comes back, and what
// is made up for a user who does not exist cannot be told from the real thing.

var errNotOurs = errors.New("userpool: not sealed by this pool")

// seal encrypts v for one purpose; what is sealed for one cannot be used for another.
func (r *keyRing) seal(purpose string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, r.sealing.NonceSize(), r.sealing.NonceSize()+len(plain)+r.sealing.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return r.sealing.Seal(nonce, nonce, plain, []byte(purpose)), nil
}

// unseal reads into v what seal made.
func (r *keyRing) unseal(purpose string, sealed []byte, v any) error {
	n := r.sealing.NonceSize()
	if len(sealed) < n {
		return errNotOurs
	}
	plain, err := r.sealing.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return errNotOurs
	}
	return json.Unmarshal(plain, v)
}

func (r *keyRing) sealText(purpose string, v any) (string, error) {
	sealed, err := r.seal(purpose, v)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

func (r *keyRing) unsealText(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return errNotOurs
	}
	return r.unseal(purpose, sealed, v)
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

// derived is a value that stays the same for the same input and cannot be guessed: it answers for users who do not exist.
func (r *keyRing) derived(purpose, input string) []byte {
	h := hmac.New(sha256.New, r.secret)
	h.Write([]byte(purpose + "\x00" + input))
	return h.Sum(nil)
}
