package config

import (
	"fmt"
	"log/slog"
)

// redacted is printed in place of a secret.
const redacted = "[redacted]"

// Secret is a string that fmt, encoding/json, other text encoders and slog print as
// a placeholder.
type Secret string

// Reveal returns the secret itself. Review each call.
func (s Secret) Reveal() string { return string(s) }

// String returns a placeholder, or nothing if the secret is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString returns the placeholder for %#v.
func (s Secret) GoString() string { return s.String() }

// Format writes the placeholder for every verb of fmt, including %x and %q.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }

// MarshalText returns the placeholder for encoders such as JSON's.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns the placeholder for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
