package settings

import (
	"strings"
	"unicode/utf8"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/random"
)

const passwordSymbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "

// CheckPassword checks a password against a policy and gives one reason at a time, as Cognito does. Letters outside
// Basic Latin are neither upper nor lower case.
func CheckPassword(policy passwordPolicy, password string) error {
	why := ""
	switch {
	case utf8.RuneCountInString(password) < policy.MinimumLength:
		why = "Password not long enough"
	case policy.RequireUppercase && !strings.ContainsFunc(password, func(r rune) bool { return r >= 'A' && r <= 'Z' }):
		why = "Password must have uppercase characters"
	case policy.RequireLowercase && !strings.ContainsFunc(password, func(r rune) bool { return r >= 'a' && r <= 'z' }):
		why = "Password must have lowercase characters"
	case policy.RequireNumbers && !strings.ContainsAny(password, "0123456789"):
		why = "Password must have numeric characters"
	case policy.RequireSymbols && !strings.ContainsAny(password, passwordSymbols):
		why = "Password must have symbol characters"
	default:
		return nil
	}
	return exception.New("InvalidPasswordException", "Password did not conform with policy: %s", why)
}

// GeneratePassword returns a temporary password that meets any policy, with the required length and characters of
// every class.
func GeneratePassword(policy passwordPolicy) (string, error) {
	length := max(policy.MinimumLength, 12)
	return random.TextFrom(length, "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!@#%*+=-")
}
