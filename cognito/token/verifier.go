package token

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Bounds of [VerifierOptions.Leeway].
const (
	DefaultLeeway = 30 * time.Second
	MaxLeeway     = 60 * time.Second
)

const (
	// maxTokenLen and maxKidLen are bounds in bytes. Cognito's access tokens have about
	// 1,100 bytes, their kid 44.
	maxTokenLen = 8 << 10
	maxKidLen   = 256

	// maxCachedTokens bounds the cache of verified tokens, which needs about 600 bytes
	// for each.
	maxCachedTokens = 1 << 15
)

// AccessClaims are the claims of a verified access token. It is shared between callers
// and must not be changed.
//
// It leaves out claims that users can write themselves, such as custom:mode: authorize by
// Groups and Scopes only.
type AccessClaims struct {
	// Subject is the user's id, the sub claim. For a machine it is the ClientID. It is
	// never empty.
	Subject string

	// Username is the user's name in the pool. It equals Subject in pools where users
	// sign in with an e-mail address. It is empty for a machine only.
	Username string

	// ClientID is the app client that the token was issued to. It is never empty.
	ClientID string

	// Machine is set for a token of the client credentials grant, which has no user and
	// belongs to no session.
	Machine bool

	// OriginJTI identifies the sign-in that the token comes from. It is empty if token
	// revocation is turned off for the app client.
	OriginJTI string

	// Scopes and Groups are in the token's order: groups by precedence.
	Scopes []string
	Groups []string

	// IssuedAt and ExpiresAt are never zero. The token is accepted until ExpiresAt plus
	// the leeway.
	IssuedAt  time.Time
	ExpiresAt time.Time

	// AuthenticatedAt is when the user signed in, the claim auth_time. Unlike IssuedAt,
	// it stays the same when tokens are refreshed. It is IssuedAt for tokens of
	// emulators that lack the claim.
	AuthenticatedAt time.Time
}

// VerifierOptions configures a [Verifier].
type VerifierOptions struct {
	// Issuers are the accepted values of iss. Cognito has two forms for a pool. Required.
	Issuers []string

	// ClientID is the app client. Required, since a pool signs the tokens of all its app
	// clients with the same keys.
	ClientID string

	// AcceptedClientIDs are further app clients whose tokens are accepted. Default: none.
	AcceptedClientIDs []string

	// Audience is a resource server as which this API accepts tokens that are bound to one
	// by the claim aud (RFC 8707). Default: none.
	Audience string

	// Keys are the pool's public keys. Required.
	Keys *KeySet

	// Revoked returns [ErrTokenRevoked], [ErrRevocationsUnknown] or nil for a token that
	// is otherwise valid. It must not block. Default: no token is revoked.
	Revoked func(*AccessClaims) error

	// Leeway is the tolerated clock skew for exp, nbf and iat. It must not exceed
	// MaxLeeway. Default: DefaultLeeway.
	Leeway time.Duration

	// Observe is called with the outcome of each cache lookup, "hit" or "miss". Default:
	// none.
	Observe func(outcome string)

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Verifier verifies the access tokens of one user pool. It needs the
// network only for the pool's public keys. It is safe for concurrent use.
type Verifier struct {
	issuers    []string
	clientIDs  []string
	audiences  []string
	keys       *KeySet
	leeway     time.Duration
	revoked    func(*AccessClaims) error
	observe    func(outcome string)
	now        func() time.Time
	encoding   *base64.Encoding
	signatures jws.Verifier
	cache      *lru.Cache[digest, *verified]
}

// digest is the SHA-256 of a token. Caching by digest keeps tokens out of memory.
type digest [sha256.Size]byte

// verified is a token in the cache. Only valid tokens enter it, so a flood of forged ones
// cannot evict them.
type verified struct {
	claims AccessClaims
	key    *publicKey
}

// NewVerifier returns a Verifier, or an error that lists all invalid options.
func NewVerifier(o VerifierOptions) (*Verifier, error) {
	var faults []error
	if len(o.Issuers) == 0 || slices.Contains(o.Issuers, "") {
		faults = append(faults, errors.New("token: Issuers must not be empty or contain an empty string"))
	}
	if o.ClientID == "" {
		faults = append(faults, errors.New("token: ClientID must not be empty"))
	}
	if slices.Contains(o.AcceptedClientIDs, "") {
		faults = append(faults, errors.New("token: AcceptedClientIDs must not contain an empty string"))
	}
	if o.Keys == nil {
		faults = append(faults, errors.New("token: Keys must not be nil"))
	}
	if o.Leeway < 0 || o.Leeway > MaxLeeway {
		faults = append(faults, fmt.Errorf("token: Leeway is %v, must be between 0 and %v", o.Leeway, MaxLeeway))
	}
	signatures, err := jws.NewVerifier(jwa.RS256)
	if err != nil {
		faults = append(faults, err)
	}
	cache, err := lru.New[digest, *verified](maxCachedTokens)
	if err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if o.Leeway == 0 {
		o.Leeway = DefaultLeeway
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(string) {}
	}
	if o.Revoked == nil {
		o.Revoked = func(*AccessClaims) error { return nil }
	}
	audiences := []string{o.ClientID}
	if o.Audience != "" {
		audiences = append(audiences, o.Audience)
	}
	return &Verifier{
		issuers:   slices.Clone(o.Issuers),
		clientIDs: append([]string{o.ClientID}, o.AcceptedClientIDs...),
		audiences: audiences,
		keys:      o.Keys,
		leeway:    o.Leeway,
		revoked:   o.Revoked,
		observe:   o.Observe,
		now:       o.Now,
		// Strict, so that a token has one spelling: the unused bits of a segment's last
		// character must be zero.
		encoding:   base64.RawURLEncoding.Strict(),
		signatures: signatures,
		cache:      cache,
	}, nil
}

// CachedTokens returns the number of verified tokens in the cache.
func (v *Verifier) CachedTokens() int { return v.cache.Len() }

// Verify verifies an access token of the user pool, issued to one of the app clients. The error is one of
//
//   - [*InvalidTokenError]: the token is invalid,
//   - [*ExpiredError]: the token was valid and has expired,
//   - [ErrTokenRevoked]: the token was valid and its session has ended,
//   - [ErrRevocationsUnknown]: the token is valid, unless it was revoked,
//   - [ErrKeysUnavailable]: the token cannot be verified now.
//
// With ErrTokenRevoked and ErrRevocationsUnknown, Verify returns the claims too.
//
// The steps are those of RFC 7519, section 7.2, and of "Verifying JSON web tokens" in
// Cognito's guide
// (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html).
// The token has no influence on how it is verified (RFC 8725). The cheapest steps come
// first and the network last. The clock is checked after the signature, so that a forged
// token is never reported as expired.
//
// A cached token is checked again for expiry, for its key and for sign-outs.
func (v *Verifier) Verify(ctx context.Context, token string) (*AccessClaims, error) {
	if len(token) > maxTokenLen {
		return nil, &InvalidTokenError{ReasonTooLong}
	}

	sum := digest(sha256.Sum256([]byte(token)))
	if cached, ok := v.cache.Get(sum); ok {
		if cached.claims.ExpiresAt.Add(v.leeway).After(v.now()) && v.keys.isPublished(cached.key) {
			v.observe("hit")
			return &cached.claims, v.status(&cached.claims)
		}
		v.cache.Remove(sum)
	}
	v.observe("miss")

	// Three segments in canonical, unpadded base64url (RFC 7515, section 3.1).
	parts, ok := v.split(token)
	if !ok {
		return nil, &InvalidTokenError{ReasonNotJWT}
	}

	// The header: one algorithm (RFC 8725, section 3.1), no extensions, no key.
	h, err := parseHeader(parts.header)
	if err != nil {
		return nil, &InvalidTokenError{ReasonHeader}
	}
	if h.alg != jwa.RS256.String() {
		return nil, &InvalidTokenError{ReasonAlgorithm}
	}
	if h.hasForbidden {
		return nil, &InvalidTokenError{ReasonExtension}
	}
	// Cognito sends no typ. RFC 9068 requires at+jwt.
	if h.hasType && !strings.EqualFold(h.typ, "JWT") && !strings.EqualFold(h.typ, "at+jwt") {
		return nil, &InvalidTokenError{ReasonType}
	}
	if h.kid == "" || len(h.kid) > maxKidLen {
		return nil, &InvalidTokenError{ReasonKeyID}
	}

	// The claims: this pool, an access token, an accepted app client.
	c, err := parseClaims(parts.claims)
	if err != nil {
		return nil, &InvalidTokenError{ReasonClaims}
	}
	if !slices.Contains(v.issuers, c.issuer) {
		return nil, &InvalidTokenError{ReasonIssuer}
	}
	if c.tokenUse == "id" {
		return nil, &InvalidTokenError{ReasonIDToken}
	}
	if c.tokenUse != "access" {
		return nil, &InvalidTokenError{ReasonTokenUse}
	}
	if !slices.Contains(v.clientIDs, c.clientID) {
		return nil, &InvalidTokenError{ReasonClientID}
	}
	// An access token has an aud only if it is bound to a resource server or a trigger
	// added it. It must then name this API (RFC 7519, section 4.1.3).
	if c.hasAudience && !slices.ContainsFunc(c.audience, func(name string) bool {
		return name == c.clientID || slices.Contains(v.audiences, name)
	}) {
		return nil, &InvalidTokenError{ReasonAudience}
	}
	// Tokens of the client credentials grant have neither user nor session. Their sub is
	// the client id.
	isMachine := c.subject == c.clientID && c.username == "" && c.originJTI == ""
	if !isMachine && (c.subject == "" || c.username == "" || slices.Contains(v.clientIDs, c.subject)) {
		return nil, &InvalidTokenError{ReasonNoUser}
	}
	if c.expires.IsZero() || c.issued.IsZero() {
		return nil, &InvalidTokenError{ReasonMissingTime}
	}

	// The signature (RFC 7518, section 3.3), by the key that the pool publishes.
	key, err := v.keys.key(ctx, h.kid)
	if errors.Is(err, ErrUnknownKey) {
		return nil, &InvalidTokenError{ReasonUnknownKey}
	}
	if err != nil {
		return nil, err
	}
	if v.signatures.Verify(parts.signed, parts.signature, key.PublicKey) != nil {
		return nil, &InvalidTokenError{ReasonBadSignature}
	}

	if c.authenticated.IsZero() {
		c.authenticated = c.issued
	}

	// The clock (RFC 7519, sections 4.1.4 to 4.1.6).
	now := v.now()
	if latest := now.Add(v.leeway); c.issued.After(latest) || c.notBefore.After(latest) {
		return nil, &InvalidTokenError{ReasonNotYetValid}
	}
	if !c.expires.After(now.Add(-v.leeway)) {
		return nil, &ExpiredError{c.expires}
	}

	valid := &verified{
		claims: AccessClaims{
			Subject: c.subject, Username: c.username, ClientID: c.clientID, Machine: isMachine, OriginJTI: c.originJTI,
			Scopes: strings.Fields(c.scope), Groups: c.groups,
			IssuedAt: c.issued, ExpiresAt: c.expires, AuthenticatedAt: c.authenticated,
		},
		key: key,
	}
	v.cache.Add(sum, valid)
	return &valid.claims, v.status(&valid.claims)
}

// status returns an error if the token's session has ended, or may have. A machine has no
// session.
func (v *Verifier) status(claims *AccessClaims) error {
	if claims.Machine {
		return nil
	}
	return v.revoked(claims)
}

// segments are the parts of a token in JWS compact serialization.
type segments struct {
	signed                    []byte // the signing input, still encoded
	header, claims, signature []byte // decoded
}

// split decodes the three segments of a token. None may be empty: a token without a
// signature is unsecured. Encrypted tokens have five segments.
func (v *Verifier) split(token string) (segments, bool) {
	header, rest, _ := strings.Cut(token, ".")
	claims, signature, found := strings.Cut(rest, ".")
	if !found || header == "" || claims == "" || signature == "" {
		return segments{}, false
	}
	// The decoder ignores line breaks.
	if strings.ContainsAny(token, "\r\n") {
		return segments{}, false
	}
	s := segments{signed: []byte(token[:len(header)+1+len(claims)])}
	var err1, err2, err3 error
	s.header, err1 = v.encoding.DecodeString(header)
	s.claims, err2 = v.encoding.DecodeString(claims)
	s.signature, err3 = v.encoding.DecodeString(signature)
	return s, err1 == nil && err2 == nil && err3 == nil
}
