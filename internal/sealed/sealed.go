// Package sealed encrypts and authenticates state that clients keep for the server, such
// as the session of a sign-in between two steps. Clients can neither read nor change it.
package sealed

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Errors of [Box.Open].
var (
	// ErrMalformed means that the text cannot come from any Box.
	ErrMalformed = errors.New("sealed: malformed")
	// ErrInvalid means that the text has expired, was changed, or was sealed with
	// another key or for another purpose.
	ErrInvalid = errors.New("sealed: expired, changed, or sealed with another key")
)

// Keys returns secrets, of which the first one seals and any opens. It must return at
// least one. It is called for each operation, so it must be fast and safe for concurrent
// use.
type Keys func(context.Context) [][]byte

// Secret returns Keys with one secret, which must have at least 16 bytes of entropy.
func Secret(secret []byte) Keys {
	return func(context.Context) [][]byte { return [][]byte{secret} }
}

// Random returns Keys with a secret that only this process knows.
func Random() Keys { return Secret(randomSecret()) }

func randomSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// Box seals and opens state for one purpose. It is safe for concurrent use.
type Box struct {
	keys    Keys
	purpose string
	now     func() time.Time
}

// NewBox returns a Box. State that was sealed for one purpose cannot be opened for another.
func NewBox(keys Keys, purpose string) *Box {
	return &Box{keys: keys, purpose: purpose, now: time.Now}
}

const (
	timeSize  = 8
	nonceSize = 12
	tagSize   = 16
)

// Seal returns text in URL-safe characters that [Box.Open] turns back into the state for
// the given time.
func (b *Box) Seal(ctx context.Context, state []byte, lifetime time.Duration) string {
	plain := make([]byte, 0, timeSize+len(state))
	plain = binary.BigEndian.AppendUint64(plain, uint64(b.now().Add(lifetime).Unix()))
	text := b.aead(b.keys(ctx)[0]).Seal(nil, nil, append(plain, state...), nil)
	return base64.RawURLEncoding.EncodeToString(text)
}

// Open returns the state in a text, or [ErrMalformed] or [ErrInvalid].
func (b *Box) Open(ctx context.Context, text string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(data) < nonceSize+timeSize+tagSize {
		return nil, ErrMalformed
	}
	for _, secret := range b.keys(ctx) {
		plain, err := b.aead(secret).Open(nil, nil, data, nil)
		if err != nil {
			continue
		}
		expires := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
		if !b.now().Before(expires) {
			return nil, ErrInvalid
		}
		return plain[timeSize:], nil
	}
	return nil, ErrInvalid
}

// aead returns AES-256-GCM with random nonces, which allow 2^32 messages for a key (NIST SP
// 800-38D, section 8.3): at 100 sign-ins a second, those of a year.
func (b *Box) aead(secret []byte) cipher.AEAD {
	key := Derive(secret, b.purpose)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the size of the key is valid
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // the block size of AES is valid
	}
	return aead
}

// Derive returns a key of 32 bytes for a purpose (HKDF, RFC 5869). Neither the secret nor
// the keys for other purposes can be computed from it.
func Derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "authgraph "+purpose, 32)
	if err != nil {
		panic(err) // the length is valid
	}
	return key
}
