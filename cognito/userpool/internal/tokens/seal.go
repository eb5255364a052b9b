package tokens

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// Values that a client carries from one call to the next (sessions of challenges, secret blocks, page tokens, refresh
// tokens) are encrypted and authenticated with the pool's key. So nothing needs to be stored before the client comes back,
// and a decoy for a user who does not exist looks like the real value.

var errWrongSeal = errors.New("value was not sealed by this pool")

// Seal encrypts v for a purpose. The result cannot be used for another purpose.
func (r *KeyRing) Seal(purpose string, v any) ([]byte, error) {
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

// Unseal decrypts into v what Seal returned for the same purpose.
func (r *KeyRing) Unseal(purpose string, sealed []byte, v any) error {
	n := r.sealing.NonceSize()
	if len(sealed) < n {
		return errWrongSeal
	}
	plain, err := r.sealing.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return errWrongSeal
	}
	return json.Unmarshal(plain, v)
}

// SealText is Seal in base64url.
func (r *KeyRing) SealText(purpose string, v any) (string, error) {
	sealed, err := r.Seal(purpose, v)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// UnsealText reverses SealText.
func (r *KeyRing) UnsealText(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return errWrongSeal
	}
	return r.Unseal(purpose, sealed, v)
}

// Derive returns 32 bytes that are always the same for the same input and cannot be guessed. Decoys for users who do
// not exist are derived with it.
func (r *KeyRing) Derive(purpose, input string) []byte {
	h := hmac.New(sha256.New, r.secret)
	h.Write([]byte(purpose + "\x00" + input))
	return h.Sum(nil)
}
