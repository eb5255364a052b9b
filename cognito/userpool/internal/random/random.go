package random

import (
	"crypto/rand"
	"math/big"
)

const (
	digits            = "0123456789"
	LowerAlphanumeric = "abcdefghijklmnopqrstuvwxyz" + digits
	Alphanumeric      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + LowerAlphanumeric
)

// Text returns n characters drawn from an alphabet.
func Text(n int, alphabet string) (string, error) {
	return TextFrom(n, alphabet)
}

// TextFrom returns n characters that are drawn from the alphabets in turn.
func TextFrom(n int, alphabets ...string) (string, error) {
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

// Digits returns a code of decimal digits.
func Digits(n int) (string, error) { return Text(n, digits) }
