package token

import (
	"bytes"
	"strings"
)

// rememberedTokens bounds how many verified tokens are remembered, at about 400 bytes
// each.
const rememberedTokens = 1 << 15

// verified is a token that was good when it was seen first. Digests of tokens are
// kept and not tokens: a forged one would have to collide in SHA-256. Only good
// tokens get in, so nobody can push them out with bad ones.
type verified struct {
	claims AccessClaims
	key    *RS256Key // that it was signed with
}

// newAccessClaims copies what is kept of the claims, as parts of one text: to ask for
// memory for each would take half as much again.
func newAccessClaims(c *claims) AccessClaims {
	if bytes.Equal(c.username, c.subject) {
		c.username = nil
	}
	var all strings.Builder
	length := len(c.subject) + len(c.username) + len(c.originJTI) + len(c.scope)
	for _, group := range c.groups {
		length += len(group)
	}
	all.Grow(length)
	// The builder does not grow again, so that what it has written stays where it is.
	keep := func(text []byte) string {
		start := all.Len()
		all.Write(text)
		return all.String()[start:]
	}
	kept := AccessClaims{
		Subject: keep(c.subject), OriginJTI: keep(c.originJTI), Scopes: strings.Fields(keep(c.scope)),
		IssuedAt: c.issued, ExpiresAt: c.expires,
	}
	kept.Username = kept.Subject
	if len(c.username) > 0 {
		kept.Username = keep(c.username)
	}
	if len(c.groups) > 0 {
		kept.Groups = make([]string, len(c.groups))
	}
	for i, group := range c.groups {
		kept.Groups[i] = keep(group)
	}
	return kept
}
