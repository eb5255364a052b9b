package userpool

import (
	"crypto/rand"
	"math/big"
)

const (
	digits            = "0123456789"
	lowerAlphanumeric = "abcdefghijklmnopqrstuvwxyz" + digits
	alphanumeric      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lowerAlphanumeric
)

// randomText returns n characters drawn from an alphabet.
func randomText(n int, alphabet string) (string, error) {
	return randomClasses(n, alphabet)
}

// randomClasses returns n characters that are drawn from the alphabets in turn.
func randomClasses(n int, alphabets ...string) (string, error) {
	out := make([]byte, n)
	for i := range out {
		alphabet := alphabets[i%len(alphabets)]
		k, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", err
		}
		out[i] = alphabet[k.Int64()]
	}
	return string(out), nil
}

// newCode returns a code of decimal digits.
func newCode(n int) (string, error) { return randomText(n, digits) }
