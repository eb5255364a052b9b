package cognito

import "time"

// rememberedTokens bounds how many verified tokens are remembered, at about half a
// kilobyte each.
const rememberedTokens = 1 << 15

// verified is a token that was good when it was seen first. Digests of tokens are
// kept and not tokens: a forged one would have to collide in SHA-256. Only good
// tokens get in, so nobody can push them out with bad ones.
type verified struct {
	claims *AccessClaims
	key    *RS256Key // that it was signed with
	until  time.Time // the token's end, leeway included
}
