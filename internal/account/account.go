// Package account names accounts where their own names must not be: in counters
// that other machines see, and in logs.
package account

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/text/unicode/norm"

	"authgraph/cognito"
)

// Keys makes the keys of one user pool's accounts.
type Keys struct {
	// Pool tells apart the accounts of pools that share a store.
	Pool string
}

// Of returns the key of the account with this name, an e-mail address or the
// user's id: 22 letters and digits, the same for every spelling that Cognito
// takes for the same address. It is empty for an empty name.
//
// It is a pseudonym and no secret: whoever has the name can make the key.
func (k Keys) Of(name string) string {
	name = norm.NFC.String(strings.ToLower(strings.TrimSpace(name)))
	if name == "" {
		return ""
	}
	var memory [200]byte // enough for nearly all of them
	sum := sha256.Sum256(append(append(append(memory[:0], k.Pool...), '\n'), name...))
	var key [22]byte
	base64.RawURLEncoding.Encode(key[:], sum[:16])
	return string(key[:])
}

// Input returns what the client wrote for the argument `input` of a field, or nil.
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

// Name returns the name of the account that the argument `input` of an operation
// speaks of: its e-mail address, its user name, or the user whose challenge it
// answers. It is empty when the input speaks of none.
func Name(input map[string]any) string {
	for _, member := range []string{"email", "username"} {
		if name, _ := input[member].(string); name != "" {
			return name
		}
	}
	if session, _ := input["session"].(string); session != "" {
		return cognito.SessionUsername(session)
	}
	return ""
}
