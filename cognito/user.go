package cognito

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"authgraph/cognito/token"
	"authgraph/internal/apierr"
)

// Caller is the user of one request, identified by a verified access token.
type Caller struct {
	// Claims are those of the token.
	Claims *token.AccessClaims

	client      *Client
	accessToken string

	// Results of calls to Cognito. Each call is made once per request, although fields
	// resolve concurrently and may be aliased.
	profile  once[profile]
	factors  once[*Factors]
	passkeys once[[]*Passkey]
	sessions once[*sessionList]
}

// once caches the result of the first call. If that call panics, every later one does too.
type once[T any] struct {
	init   sync.Once
	result func() (T, error)
}

func (o *once[T]) get(call func() (T, error)) (T, error) {
	o.init.Do(func() { o.result = sync.OnceValues(call) })
	return o.result()
}

// NewCaller returns the caller of a verified access token.
func (c *Client) NewCaller(claims *token.AccessClaims, accessToken string) *Caller {
	return &Caller{Claims: claims, client: c, accessToken: accessToken}
}

type callerKey struct{}

// NewContext returns a context that carries the caller.
func NewContext(ctx context.Context, caller *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFromContext returns the caller, or nil if the context carries none.
func CallerFromContext(ctx context.Context) *Caller {
	caller, _ := ctx.Value(callerKey{}).(*Caller)
	return caller
}

// User returns the caller as a user. It makes no call to Cognito.
func (c *Caller) User() *User {
	return &User{ID: c.Claims.Subject, groups: listOf(c.Claims.Groups), caller: c, load: c.loadProfile}
}

func (c *Caller) loadProfile(ctx context.Context) (profile, error) {
	return c.profile.get(func() (profile, error) { return c.client.getUser(ctx, c.accessToken) })
}

// Email returns the caller's e-mail address, verified or not. It is empty if the caller has
// none, or if it cannot be read.
func (c *Caller) Email(ctx context.Context) string {
	known, _ := c.loadProfile(ctx)
	return aws.ToString(known.value(emailAttribute))
}

func (c *Client) getUser(ctx context.Context, accessToken string) (profile, error) {
	out, err := invoke(ctx, c, opGetUser, c.api.GetUser, &sdk.GetUserInput{AccessToken: &accessToken})
	if err != nil {
		return profile{}, err
	}
	return c.newProfile(out.Username, attributesOf(out.UserAttributes)), nil
}

// profile is a user's attributes.
type profile struct {
	username   *string // the user name, or else the display name
	mode       *string
	attributes []Attribute // by name
	factors    *Factors    // only from AdminGetUser
}

// newProfile returns a user's profile. username is Cognito's name of the user.
func (c *Client) newProfile(username *string, attributes []Attribute) profile {
	slices.SortFunc(attributes, func(a, b Attribute) int { return strings.Compare(a.Name, b.Name) })
	p := profile{attributes: attributes, username: username}
	if !c.options.hasUserNames() {
		p.username = p.value(c.options.UsernameAttribute)
	}
	if c.options.ModeAttribute != "" {
		p.mode = p.value(c.options.ModeAttribute)
	}
	return p
}

// value returns the value of an attribute, or nil.
func (p profile) value(name string) *string {
	for _, a := range p.attributes {
		if a.Name == name {
			return &a.Value
		}
	}
	return nil
}

// User is the caller, or another user that the caller looks up. Its methods return data
// from tokens or from Cognito, or a FORBIDDEN error for data that the caller may not see.
type User struct {
	ID string

	caller    *Caller // nil for another user
	load      func(context.Context) (profile, error)
	groups    []string
	groupsErr error
	withheld  error // of private fields; nil if the caller may see them
	missing   bool  // the user does not exist
}

// Groups returns the user's groups, by precedence.
func (u *User) Groups() ([]string, error) {
	if u.withheld != nil {
		return nil, u.withheld
	}
	return u.groups, u.groupsErr
}

// Mfa returns the enabled second factors.
func (u *User) Mfa(ctx context.Context) (*Factors, error) {
	if u.caller == nil {
		p, err := u.private(ctx)
		return p.factors, err
	}
	return u.caller.factors.get(func() (*Factors, error) { return u.caller.client.factors(ctx, u.caller.accessToken) })
}

// errOnlyOneself is the error of fields that Cognito returns only to the user.
func errOnlyOneself() error {
	return apierr.New(apierr.Forbidden, "Only the user can read this field.")
}

// AuthFactors returns the user's first factors.
func (u *User) AuthFactors(ctx context.Context) ([]string, error) {
	if u.caller == nil {
		return nil, errOnlyOneself()
	}
	factors, err := u.Mfa(ctx)
	if err != nil {
		return nil, err
	}
	return factors.First, nil
}

// Passkeys returns the user's passkeys.
func (u *User) Passkeys(ctx context.Context) ([]*Passkey, error) {
	if u.caller == nil {
		return nil, errOnlyOneself()
	}
	return u.caller.passkeys.get(func() ([]*Passkey, error) { return u.caller.client.passkeys(ctx, u.caller.accessToken) })
}

// Devices returns a page of the user's devices.
func (u *User) Devices(ctx context.Context, first int32, after *string) (*DevicePage, error) {
	if u.caller == nil {
		return nil, errOnlyOneself()
	}
	return u.caller.client.devices(ctx, u.caller.accessToken, first, after)
}

// Device returns one of the user's devices.
func (u *User) Device(ctx context.Context, key string) (*Device, error) {
	if u.caller == nil {
		return nil, errOnlyOneself()
	}
	return u.caller.client.device(ctx, u.caller.accessToken, key)
}

// Username returns the user name or else the display name, the only part of a profile that every signed-in user
// may see.
func (u *User) Username(ctx context.Context) (*string, error) {
	p, err := u.load(ctx)
	return p.username, err
}

// Email returns the e-mail address.
func (u *User) Email(ctx context.Context) (*string, error) {
	return u.attribute(ctx, emailAttribute)
}

// EmailVerified returns whether the e-mail address is verified, or nil if the app client
// may not read that attribute.
func (u *User) EmailVerified(ctx context.Context) (*bool, error) {
	text, err := u.attribute(ctx, "email_verified")
	if text == nil {
		return nil, err
	}
	// Administrators may have written it in either case.
	verified := strings.EqualFold(*text, "true")
	return &verified, err
}

// PhoneNumber returns the phone number in E.164 form.
func (u *User) PhoneNumber(ctx context.Context) (*string, error) {
	return u.attribute(ctx, phoneNumberAttribute)
}

// Mode returns the application's mode of the user.
func (u *User) Mode(ctx context.Context) (*string, error) {
	p, err := u.private(ctx)
	return p.mode, err
}

// Attributes returns all attributes, sorted by name.
func (u *User) Attributes(ctx context.Context) ([]Attribute, error) {
	p, err := u.private(ctx)
	return p.attributes, err
}

func (u *User) attribute(ctx context.Context, name string) (*string, error) {
	p, err := u.private(ctx)
	return p.value(name), err
}

// private returns the profile if the caller may see all of it.
func (u *User) private(ctx context.Context) (profile, error) {
	if u.withheld != nil {
		return profile{}, u.withheld
	}
	return u.load(ctx)
}

// IsEntity marks User as a federation entity.
func (User) IsEntity() {}

// newUserFromTokens returns the user of new tokens. Without an ID token, the profile
// requires a call.
func newUserFromTokens(t *AuthTokens) *User {
	access := unverifiedClaims(t.AccessToken)
	caller := t.client.NewCaller(accessClaimsOf(t), t.AccessToken)
	user := &User{ID: text(access["sub"]), groups: groupsOf(access), caller: caller, load: caller.loadProfile}
	if t.IDToken != nil {
		id := t.client.profileOf(unverifiedClaims(*t.IDToken))
		user.load = func(context.Context) (profile, error) { return id, nil }
	}
	return user
}

// unverifiedClaims returns the claims of a token that came straight from Cognito, or
// nil if it is malformed. The TLS connection to Cognito vouches for such a token (OpenID
// Connect Core, section 3.1.3.7, item 6). Never use it on a token from a client.
func unverifiedClaims(token string) map[string]any {
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return nil
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	return claims
}

// profileOf returns the profile in the claims of an ID token.
func (c *Client) profileOf(claims map[string]any) profile {
	var attributes []Attribute
	for name, value := range claims {
		if strings.HasPrefix(name, "cognito:") || isTokenClaim(name) {
			continue
		}
		switch v := value.(type) {
		case string:
			attributes = append(attributes, Attribute{name, v})
		case bool:
			attributes = append(attributes, Attribute{name, map[bool]string{true: "true", false: "false"}[v]})
		}
	}
	return c.newProfile(optional(text(claims["cognito:username"])), attributes)
}

// isTokenClaim reports whether a claim is about the token rather than the user.
func isTokenClaim(name string) bool {
	switch name {
	case "iss", "aud", "exp", "iat", "nbf", "jti", "origin_jti", "event_id", "token_use", "auth_time",
		"nonce", "at_hash", "acr", "amr", "identities":
		return true
	default:
		return false
	}
}

func groupsOf(claims map[string]any) []string {
	list, _ := claims["cognito:groups"].([]any)
	groups := make([]string, 0, len(list))
	for _, g := range list {
		groups = append(groups, text(g))
	}
	return groups
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// listOf returns s, or an empty list for nil, since the schema's lists are not null.
func listOf(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
