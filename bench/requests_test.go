package bench

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

const (
	poolID   = "us-east-1_Bench1234"
	clientID = "1example23456789benchclient"
	users    = 10_000
)

// Documents as Apollo Client sends them.
const (
	meBody      = `{"operationName":"Me","variables":{},"query":"query Me {\n  me {\n    id\n    groups\n    __typename\n  }\n}"}`
	signinBody  = `{"operationName":"Signin","variables":{"input":{"email":"ada@example.com","password":"Correct-Horse-1"}},"query":"mutation Signin($input: SigninInput!) {\n  signin(input: $input) {\n    ... on AuthTokens {\n      accessToken\n      idToken\n      refreshToken\n      expiresIn\n      __typename\n    }\n    __typename\n  }\n}"}`
	refreshBody = `{"operationName":"Refresh","variables":{"input":{"refreshToken":%q}},"query":"mutation Refresh($input: RefreshTokenInput!) {\n  refreshToken(input: $input) {\n    accessToken\n    idToken\n    expiresIn\n    __typename\n  }\n}"}`
)

// request is a GraphQL request, with a check of its response.
type request struct {
	token, body string
	right       func(status int, body []byte) bool
}

// exactly accepts one response body only.
func exactly(want string) func(int, []byte) bool {
	return func(status int, body []byte) bool {
		return status == 200 && string(bytes.TrimSuffix(body, []byte("\n"))) == want
	}
}

func contains(want string) func(int, []byte) bool {
	return func(status int, body []byte) bool { return status == 200 && bytes.Contains(body, []byte(want)) }
}

func userID(n int) string { return fmt.Sprintf("7c1e58c4-0000-4000-8000-%012d", n) }

func meResponse(n int) string {
	return fmt.Sprintf(`{"data":{"me":{"id":%q,"groups":["admins","staff"],"__typename":"User"}}}`, userID(n))
}

// makeTokens makes the pool's key, an access token for each user, and the session that
// Cognito's stand-in returns.
func (b *bench) makeTokens() {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	b.check(err)
	key, err := jwk.FromRaw(private)
	b.check(err)
	b.check(key.Set(jwk.KeyIDKey, "0LfqSM1w2rlTVQf0xJpKvUbYcHeZ1aD3gN5iR7tW9yE="))
	b.check(key.Set(jwk.AlgorithmKey, jwa.RS256))
	b.check(key.Set(jwk.KeyUsageKey, "sig"))
	public, err := key.PublicKey()
	b.check(err)
	b.cognito.jwks, err = json.Marshal(map[string]any{"keys": []jwk.Key{public}})
	b.check(err)
	for n := range users {
		b.tokens = append(b.tokens, b.sign(key, b.claims(n)))
	}
	claims := b.claims(0)
	claims["token_use"], claims["aud"], claims["cognito:username"] = "id", clientID, userID(0)
	claims["email"], claims["email_verified"] = "ada@example.com", true
	b.idToken = b.sign(key, claims)
	b.cognito.session, err = json.Marshal(map[string]any{"ChallengeParameters": struct{}{}, "AuthenticationResult": map[string]any{
		"AccessToken": b.tokens[0], "IdToken": b.idToken, "RefreshToken": refreshToken(0), "ExpiresIn": 3600, "TokenType": "Bearer",
	}})
	b.check(err)
}

func (b *bench) claims(n int) map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"sub": userID(n), "username": userID(n), "iss": b.cognito.issuer, "client_id": clientID, "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "cognito:groups": []string{"admins", "staff"},
		"event_id": "0e3c4b0e-2f4c-4f5d-9d1e-5b3a1e4c7d2a", "auth_time": now, "iat": now, "exp": now + 24*3600,
		"jti": fmt.Sprintf("a1b2c3d4-0000-4000-8000-%012d", n), "origin_jti": fmt.Sprintf("d4c3b2a1-0000-4000-8000-%012d", n),
	}
}

func (b *bench) sign(key jwk.Key, claims map[string]any) string {
	payload, err := json.Marshal(claims)
	b.check(err)
	token, err := jws.Sign(payload, jws.WithKey(jwa.RS256, key))
	b.check(err)
	return string(token)
}

// refreshToken returns a token of the form of Cognito's: five segments of some 1,800
// characters.
func refreshToken(n int) string {
	segment := func(n int) string { return strings.Repeat("Ab3_", n/4) }
	return strings.Join([]string{segment(56), segment(340), segment(16), segment(1340), fmt.Sprintf("%020d", n)}, ".")
}

// me asks with the token of user n.
func (b *bench) me(n int) request { return request{b.tokens[n], meBody, exactly(meResponse(n))} }

// mes asks with the tokens of the first n users.
func (b *bench) mes(n int) (list []request) {
	for i := range n {
		list = append(list, b.me(i))
	}
	return list
}

// constants are mes for the floor, which always returns the first user.
func (b *bench) constants(n int) (list []request) {
	for i := range n {
		list = append(list, request{b.tokens[i], meBody, exactly(meResponse(0))})
	}
	return list
}

// forged asks with n tokens that have the signature of another token.
func (b *bench) forged(n int) (list []request) {
	refused := func(status int, body []byte) bool {
		return status == 200 && bytes.Contains(body, []byte(`"errors":[{`)) && bytes.Contains(body, []byte(`"data":{"me":null}`))
	}
	for i := range n {
		token, other := b.tokens[i], b.tokens[i+1]
		token = token[:strings.LastIndexByte(token, '.')] + other[strings.LastIndexByte(other, '.'):]
		list = append(list, request{token, meBody, refused})
	}
	return list
}

func (b *bench) signin() []request {
	return []request{{"", signinBody, exactly(fmt.Sprintf(
		`{"data":{"signin":{"accessToken":%q,"idToken":%q,"refreshToken":%q,"expiresIn":3600,"__typename":"AuthTokens"}}}`,
		b.tokens[0], b.idToken, refreshToken(0)))}}
}

// refreshes have a token each, since concurrent refreshes of one token share a call.
func (b *bench) refreshes() (list []request) {
	right := exactly(fmt.Sprintf(`{"data":{"refreshToken":{"accessToken":%q,"idToken":%q,"expiresIn":3600,"__typename":"AuthTokens"}}}`,
		b.tokens[0], b.idToken))
	for i := range users {
		list = append(list, request{"", fmt.Sprintf(refreshBody, refreshToken(i)), right})
	}
	return list
}

// references asks twice in one document for the names of 100 other users.
func (b *bench) references() []request {
	var references, names []string
	for n := range 100 {
		references = append(references, fmt.Sprintf(`{"__typename":"User","id":%q}`, userID(n+1)))
		names = append(names, fmt.Sprintf(`{"username":"name of %s"}`, userID(n+1)))
	}
	body := fmt.Sprintf(`{"query":"query($r:[_Any!]!){a:_entities(representations:$r){...on User{username}} b:_entities(representations:$r){...on User{username}}}",`+
		`"variables":{"r":[%s]}}`, strings.Join(references, ","))
	list := strings.Join(names, ",")
	return []request{{b.tokens[0], body, exactly(`{"data":{"a":[` + list + `],"b":[` + list + `]}}`)}}
}
