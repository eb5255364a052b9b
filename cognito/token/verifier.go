package token

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"authgraph/internal/recent"
)

// DefaultLeeway is how far the issuer's clock and ours may differ when
// [VerifierOptions] says nothing else; MaxLeeway is the most it may say.
const (
	DefaultLeeway = 30 * time.Second
	MaxLeeway     = 60 * time.Second
)

// Bounds of a token, checked before anything is allocated. An access token of
// Cognito has about 1,100 bytes, its kid 44.
const (
	maxTokenLen = 8 << 10
	maxKidLen   = 256
)

// ErrInvalidToken is matched, with [errors.Is], by every refusal of a token
// that no waiting and no signing in again at another time would have helped:
// all of them are [*InvalidTokenError].
var ErrInvalidToken = errors.New("token: invalid token")

// The reasons of an [InvalidTokenError]. They are a closed set of fixed texts,
// so that they can be logged and used as a metric's label: no part of a token
// ever gets into them.
const (
	ReasonTooLong      = "token is too long"
	ReasonNotJWT       = "token is not three base64url segments"
	ReasonHeader       = "header is malformed"
	ReasonAlgorithm    = "algorithm is not RS256"
	ReasonExtension    = "header has a member that is not allowed"
	ReasonType         = "typ is not that of an access token"
	ReasonKeyID        = "key id is missing or too long"
	ReasonClaims       = "claims are malformed"
	ReasonIssuer       = "issuer is not this user pool"
	ReasonIDToken      = "ID token used as access token"
	ReasonTokenUse     = "token_use is not access"
	ReasonClientID     = "client_id is not this app client"
	ReasonAudience     = "audience is not this app client"
	ReasonNoUser       = "token is not a user's token"
	ReasonMissingTime  = "exp or iat is missing"
	ReasonUnknownKey   = "key id is unknown"
	ReasonBadSignature = "signature is wrong"
	ReasonNotYetValid  = "token is not valid yet"
)

// InvalidTokenError says that a token is not a good access token of this user
// pool and app client, and never will be. It matches [ErrInvalidToken].
type InvalidTokenError struct {
	// Reason is one of the Reason constants.
	Reason string
}

func (e *InvalidTokenError) Error() string { return "token: invalid token: " + e.Reason }

// Is makes every InvalidTokenError match ErrInvalidToken.
func (e *InvalidTokenError) Is(target error) bool { return target == ErrInvalidToken }

// TokenExpiredError says that a token was good in every way until ExpiredAt:
// the signature has been checked, so the caller may be told to refresh. It does
// not match [ErrInvalidToken].
type TokenExpiredError struct {
	ExpiredAt time.Time
}

func (e *TokenExpiredError) Error() string {
	return "token: token expired at " + e.ExpiredAt.UTC().Format(time.RFC3339)
}

// ErrTokenRevoked says that a token was good until its session, or every session
// of its user, was signed out here. It does not match [ErrInvalidToken].
var ErrTokenRevoked = errors.New("token: token was revoked by a sign-out")

// ErrRevocationsUnknown says that a token is good as far as it tells itself, but
// that it cannot be known at the moment whether it was revoked.
var ErrRevocationsUnknown = errors.New("token: revocations cannot be known at the moment")

// AccessClaims is what a verified access token says, as far as anybody here asks: tens
// of thousands are remembered. Only [Verifier.Verify] makes one. It is shared between
// callers and must not be changed.
//
// Claims that a user can write himself, such as custom:mode, are not part of
// it: authorise by Groups and Scopes only.
type AccessClaims struct {
	// Subject is the user's id, the sub claim. It is never empty.
	Subject string

	// Username is the user's name in the pool. In pools where users sign in
	// with an e-mail address it equals Subject. It is never empty.
	Username string

	// OriginJTI is the sign-in that the token comes from. It is empty where the
	// pool has token revocation turned off.
	OriginJTI string

	// Scopes and Groups are in the token's order: groups by precedence.
	Scopes []string
	Groups []string

	// IssuedAt and ExpiresAt are never zero; the token is honoured until
	// ExpiresAt plus the leeway.
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// VerifierOptions says which tokens a [Verifier] accepts.
type VerifierOptions struct {
	// Issuers are the accepted values of iss; a token must have exactly one of
	// them. Cognito has two forms for one pool. At least one is required.
	Issuers []string

	// ClientID is the app client. Required: a pool signs the tokens of all its
	// app clients with the same keys.
	ClientID string

	// Keys are the pool's public keys. Required.
	Keys *KeySet

	// Revoked tells of sign-outs: [ErrTokenRevoked], [ErrRevocationsUnknown] or
	// nil. It is asked for every token that is good otherwise, and must not make
	// anybody wait. Nil means that nothing is known of sign-outs: a signature
	// stays good after one, and Cognito tells nobody who does not ask it.
	Revoked func(*AccessClaims) error

	// Leeway is allowed for clocks that differ, on exp, nbf and iat. Zero means
	// DefaultLeeway; more than MaxLeeway is an error.
	Leeway time.Duration

	// Observe is told of every token that is not too long whether it was
	// remembered: "hit" or "miss". Nil means that nobody is told.
	Observe func(outcome string)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Verifier checks access tokens of one app client of one user pool, offline
// but for the pool's public keys. It may be used by many goroutines at once.
type Verifier struct {
	issuers  []string
	clientID string
	keys     *KeySet
	leeway   time.Duration
	revoked  func(*AccessClaims) error
	now      func() time.Time
	encoding *base64.Encoding
	observe  func(outcome string)

	remembered *recent.Map[*verified]
}

// Remembered returns how many verified tokens are remembered, at most.
func (v *Verifier) Remembered() int { return v.remembered.Len() }

// NewVerifier returns a Verifier, or all that is wrong with the options.
func NewVerifier(o VerifierOptions) (*Verifier, error) {
	var faults []error
	if len(o.Issuers) == 0 || slices.Contains(o.Issuers, "") {
		faults = append(faults, errors.New("token: verifier needs at least one issuer, and none that is empty"))
	}
	if o.ClientID == "" {
		faults = append(faults, errors.New("token: verifier needs a client id"))
	}
	if o.Keys == nil {
		faults = append(faults, errors.New("token: verifier needs a key set"))
	}
	if o.Leeway < 0 || o.Leeway > MaxLeeway {
		faults = append(faults, fmt.Errorf("token: leeway %v is not between 0 and %v", o.Leeway, MaxLeeway))
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
	return &Verifier{
		issuers:  slices.Clone(o.Issuers),
		clientID: o.ClientID,
		keys:     o.Keys,
		leeway:   o.Leeway,
		revoked:  o.Revoked,
		now:      o.Now,
		// Strict: the unused bits of a segment's last character must be zero,
		// or one token would have many spellings.
		encoding: base64.RawURLEncoding.Strict(),
		observe:  o.Observe,

		remembered: recent.New[*verified](rememberedTokens),
	}, nil
}

// Verify checks token as an access token of the verifier's user pool and app
// client. The error is one of
//
//   - [*InvalidTokenError]: the token is worthless,
//   - [*TokenExpiredError]: it was good, and may be refreshed,
//   - [ErrTokenRevoked]: it was good, and its session is over,
//   - [ErrRevocationsUnknown]: it is good, or was, but which of the two cannot be
//     said at the moment,
//   - [ErrKeysUnavailable]: nothing can be said at the moment; try again later.
//
// With ErrTokenRevoked and ErrRevocationsUnknown the claims are returned, too.
//
// The steps are those of RFC 7519, section 7.2, and of "Verifying JSON web
// tokens" in Cognito's guide
// (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html),
// with RFC 8725 in mind: the token has no say in how it is verified. They are
// in the order of their cost, the network last; only the clock comes after the
// signature, because a forged token must never be told from an invalid one as
// merely expired.
//
// A token that was good once is remembered: of these steps only those are done
// again whose answer can change, which are the clock, the key's being published,
// and sign-outs.
func (v *Verifier) Verify(ctx context.Context, token string) (*AccessClaims, error) {
	// The length, before any work depends on it.
	if len(token) > maxTokenLen {
		return nil, &InvalidTokenError{ReasonTooLong}
	}

	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.token = append(s.token[:0], token...)

	// Whether it is known.
	digest := recent.Key(sha256.Sum256(s.token))
	if known, ok := v.remembered.Get(digest); ok {
		if known.claims.ExpiresAt.Add(v.leeway).After(v.now()) && v.keys.has(known.key) {
			v.observe("hit")
			return &known.claims, v.revoked(&known.claims)
		}
		v.remembered.Remove(digest)
	}
	v.observe("miss")

	// Three segments in canonical, unpadded base64url (RFC 7515, section 3.1).
	parts, ok := v.split(s)
	if !ok {
		return nil, &InvalidTokenError{ReasonNotJWT}
	}

	// The header: one algorithm, whatever the token would like (RFC 8725,
	// section 3.1), no extension, no key of its own.
	h, ok := parseHeader(parts.header)
	if !ok {
		return nil, &InvalidTokenError{ReasonHeader}
	}
	if string(h.alg) != "RS256" {
		return nil, &InvalidTokenError{ReasonAlgorithm}
	}
	if h.forbidden {
		return nil, &InvalidTokenError{ReasonExtension}
	}
	// Cognito writes no typ; RFC 9068 would have it at+jwt.
	if h.typed && !strings.EqualFold(string(h.typ), "JWT") && !strings.EqualFold(string(h.typ), "at+jwt") {
		return nil, &InvalidTokenError{ReasonType}
	}
	if len(h.kid) == 0 || len(h.kid) > maxKidLen {
		return nil, &InvalidTokenError{ReasonKeyID}
	}

	// The claims: this pool, an access token, this app client.
	c, ok := parseClaims(parts.claims)
	if !ok {
		return nil, &InvalidTokenError{ReasonClaims}
	}
	if !slices.ContainsFunc(v.issuers, func(s string) bool { return s == string(c.issuer) }) {
		return nil, &InvalidTokenError{ReasonIssuer}
	}
	if string(c.tokenUse) == "id" {
		return nil, &InvalidTokenError{ReasonIDToken}
	}
	if string(c.tokenUse) != "access" {
		return nil, &InvalidTokenError{ReasonTokenUse}
	}
	if string(c.clientID) != v.clientID {
		return nil, &InvalidTokenError{ReasonClientID}
	}
	// An access token has no aud, unless it was asked for with another API as
	// its resource, or a trigger added the client id. One that names somebody
	// else must be refused (RFC 7519, section 4.1.3).
	if c.hasAudience && !slices.ContainsFunc(c.audience, func(b []byte) bool { return string(b) == v.clientID }) {
		return nil, &InvalidTokenError{ReasonAudience}
	}
	// The tokens of the client credentials grant have a sub, the client id, but
	// no user.
	if len(c.subject) == 0 || len(c.username) == 0 || string(c.subject) == v.clientID {
		return nil, &InvalidTokenError{ReasonNoUser}
	}
	if c.expires.IsZero() || c.issued.IsZero() {
		return nil, &InvalidTokenError{ReasonMissingTime}
	}

	// The signature (RFC 7518, section 3.3), by the key that the pool publishes
	// under this id: only now may the network be needed.
	key, err := v.keys.Key(ctx, string(h.kid))
	if errors.Is(err, ErrUnknownKey) {
		return nil, &InvalidTokenError{ReasonUnknownKey}
	}
	if err != nil {
		return nil, err
	}
	if !key.Verify(sha256.Sum256(parts.signed), parts.signature) {
		return nil, &InvalidTokenError{ReasonBadSignature}
	}

	// The clock (RFC 7519, sections 4.1.4 to 4.1.6).
	now := v.now()
	if latest := now.Add(v.leeway); c.issued.After(latest) || c.notBefore.After(latest) {
		return nil, &InvalidTokenError{ReasonNotYetValid}
	}
	if !c.expires.After(now.Add(-v.leeway)) {
		return nil, &TokenExpiredError{c.expires}
	}

	known := &verified{newAccessClaims(&c), key}
	v.remembered.Add(digest, known)

	// Sign-outs, which no token tells of.
	return &known.claims, v.revoked(&known.claims)
}

// scratch is the memory in which a token is taken apart. None of it may be referred
// to by what is kept, since the next token takes it over.
type scratch struct {
	token   []byte
	decoded []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }} //nolint:gochecknoglobals // a pool is shared by nature

// payload returns the decoded middle of a token's three segments, or nil. It is good until
// the scratch is used again.
func (s *scratch) payload(token string) []byte {
	_, rest, _ := strings.Cut(token, ".")
	middle, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(signature, ".") {
		return nil
	}
	s.token = append(s.token[:0], middle...)
	decoded, err := base64.RawURLEncoding.AppendDecode(s.decoded[:0], s.token)
	s.decoded = decoded
	if err != nil {
		return nil
	}
	return decoded
}

// segments is a token in the JWS compact serialisation, taken apart.
type segments struct {
	signed                    []byte // what the signature is over: still encoded
	header, claims, signature []byte // decoded
}

// split takes s.token apart. No segment may be empty: without a signature it is
// an unsecured token; with two more segments it would be an encrypted one.
func (v *Verifier) split(s *scratch) (segments, bool) {
	header, rest, found := bytes.Cut(s.token, []byte{'.'})
	claims, signature, foundBoth := bytes.Cut(rest, []byte{'.'})
	if !found || !foundBoth || len(header) == 0 || len(claims) == 0 || len(signature) == 0 {
		return segments{}, false
	}
	// The decoder refuses all that is foreign to the alphabet but line breaks.
	if bytes.IndexByte(s.token, '\r') >= 0 || bytes.IndexByte(s.token, '\n') >= 0 {
		return segments{}, false
	}
	decoded, err1 := v.encoding.AppendDecode(s.decoded[:0], header)
	headerEnd := len(decoded)
	decoded, err2 := v.encoding.AppendDecode(decoded, claims)
	claimsEnd := len(decoded)
	decoded, err3 := v.encoding.AppendDecode(decoded, signature)
	s.decoded = decoded
	return segments{
		signed:    s.token[:len(header)+1+len(claims)],
		header:    decoded[:headerEnd],
		claims:    decoded[headerEnd:claimsEnd],
		signature: decoded[claimsEnd:],
	}, err1 == nil && err2 == nil && err3 == nil
}
