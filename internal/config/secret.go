package config

import (
	"fmt"
	"log/slog"
)

// redacted is what is printed in place of a secret.
const redacted = "[redacted]"

// Secret is a text that does not print itself: not through fmt with any verb,
// not through encoding/json or another encoder of text, not through slog.
type Secret string

// Reveal returns the secret itself. Each call is a place worth reviewing.
func (s Secret) Reveal() string { return string(s) }

// String returns a placeholder, or nothing when there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString answers %#v with the placeholder.
func (s Secret) GoString() string { return s.String() }

// Format answers every verb of fmt, %x and %q among them, with the placeholder.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }

// MarshalText gives encoders, JSON's among them, the placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives slog the placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
