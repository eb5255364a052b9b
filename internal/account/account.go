// Package account computes pseudonyms of accounts for shared counters and logs, where
// e-mail addresses and user names must not appear.
package account

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/text/unicode/norm"
)

// Keys computes the keys of the accounts of one user pool.
type Keys struct {
	// Pool separates the accounts of pools that share a store.
	Pool string
	// CaseSensitive is set if names that differ in case are different accounts.
	CaseSensitive bool
}

// Of returns the key of the account with this name, an e-mail address or the user's id:
// 22 characters, the same for all spellings that Cognito considers equal. It is empty
// for an empty name.
//
// The key is a pseudonym and not a secret: it can be computed from the name.
func (k Keys) Of(name string) string {
	name = norm.NFC.String(strings.TrimSpace(name))
	if !k.CaseSensitive {
		name = norm.NFC.String(strings.ToLower(name))
	}
	if name == "" {
		return ""
	}
	return k.OfUser(name)
}

// OfUser is like [Keys.Of] for a name that Cognito returned, which has one spelling.
func (k Keys) OfUser(name string) string {
	sum := sha256.Sum256([]byte(k.Pool + "\n" + name))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Input returns the value that the client sent for the argument `input` of a field, or nil.
func Input(field *ast.Field, variables map[string]any) map[string]any {
	argument := field.Arguments.ForName("input")
	if argument == nil {
		return nil
	}
	value, err := argument.Value.Value(variables)
	if err != nil {
		return nil
	}
	input, _ := value.(map[string]any)
	return input
}
