// Package random generates text that cannot be guessed: ids, secrets, codes and temporary passwords.
package random

import (
	"crypto/rand"
	"math/big"
)

// Alphabets of Text.
const (
	digits            = "0123456789"
	LowerAlphanumeric = "abcdefghijklmnopqrstuvwxyz" + digits
	Alphanumeric      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + LowerAlphanumeric
)

// Text returns n characters from an alphabet.
func Text(n int, alphabet string) (string, error) {
	return TextFrom(n, alphabet)
}

// TextFrom returns n characters, taken from the alphabets in turn.
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

// Digits returns a code of n decimal digits.
func Digits(n int) (string, error) { return Text(n, digits) }
