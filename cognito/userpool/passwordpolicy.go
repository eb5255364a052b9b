package userpool

import (
	"strings"
	"unicode/utf8"
)

const passwordSymbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "

// checkPassword holds a password against the pool's policy; one reason at a time, as Cognito gives them. Letters outside
// Basic Latin are neither upper nor lower case.
func checkPassword(policy passwordPolicy, password string) error {
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
	return fault("InvalidPasswordException", "Password did not conform with policy: %s", why)
}

// generatePassword makes a temporary password that fits any policy: its length, and characters of every class.
func generatePassword(policy passwordPolicy) (string, error) {
	length := max(policy.MinimumLength, 12)
	return randomClasses(length, "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!@#%*+=-")
}
