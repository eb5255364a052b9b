// Package totp implements the one-time passwords of authenticator apps.
package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"

	"authgraph/cognito/userpool/internal/epoch"
)

// Authenticator is a user's authenticator app: time-based one-time passwords (RFC 6238) with SHA-1, six digits and
// steps of thirty seconds. A new secret replaces the current one once a code of it has been seen.
type Authenticator struct {
	Secret  []byte  `json:"secret,omitempty"`
	Pending []byte  `json:"pending,omitempty"` // associated but not verified yet
	Used    []int64 `json:"used,omitempty"`    // recent steps whose code has been used
	Name    string  `json:"name,omitempty"`    // FriendlyDeviceName
}

const (
	stepSeconds = 30
	// SecretSize is the length of a secret in bytes. In base32 it has 52 characters.
	SecretSize = 32
)

// Verified reports whether the app has been set up.
func (r Authenticator) Verified() bool { return len(r.Secret) > 0 }

// Encoding is the form in which users get a secret.
func Encoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// codeAt returns the code of one step (RFC 4226, 5.3).
func codeAt(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

func stepAt(now epoch.Time) int64 { return now.Seconds() / stepSeconds }

// matchingSteps returns the steps that a code matches, out of the current one, the one before and the one after.
func matchingSteps(secret []byte, code string, now epoch.Time) []int64 {
	var steps []int64
	for step := stepAt(now) - 1; step <= stepAt(now)+1; step++ {
		if subtle.ConstantTimeCompare([]byte(codeAt(secret, step)), []byte(code)) == 1 {
			steps = append(steps, step)
		}
	}
	return steps
}

// Use finds a step that the code matches and that has not been used, and marks it as used. known reports whether the
// code was correct at all.
func (r *Authenticator) Use(secret []byte, code string, now epoch.Time) (known, taken bool) {
	oldest := stepAt(now) - 1
	r.Used = slices.DeleteFunc(r.Used, func(step int64) bool { return step < oldest })
	for _, step := range matchingSteps(secret, code, now) {
		if !slices.Contains(r.Used, step) {
			r.Used = append(r.Used, step)
			return true, true
		}
		known = true
	}
	return known, false
}
