package tokens

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// What a client has to carry between two calls (sessions of challenges, secret blocks, pages of a list, refresh tokens) is
// encrypted and authenticated with the pool's own key. So nothing has to be stored before the client comes back, and what
// is made up for a user who does not exist cannot be told from the real thing.

var errWrongSeal = errors.New("userpool: not sealed by this pool")

// Seal encrypts v for one purpose; what is sealed for one cannot be used for another.
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

// Unseal reads into v what seal made.
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

func (r *KeyRing) SealText(purpose string, v any) (string, error) {
	sealed, err := r.Seal(purpose, v)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

func (r *KeyRing) UnsealText(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return errWrongSeal
	}
	return r.Unseal(purpose, sealed, v)
}

// Derive is a value that stays the same for the same input and cannot be guessed: it answers for users who do not exist.
func (r *KeyRing) Derive(purpose, input string) []byte {
	h := hmac.New(sha256.New, r.secret)
	h.Write([]byte(purpose + "\x00" + input))
	return h.Sum(nil)
}
