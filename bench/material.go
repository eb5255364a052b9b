package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	poolID   = "us-east-1_Bench1234"
	clientID = "1example23456789benchclient"
)

// manyTokens is how many users there are where there are many.
const manyTokens = 10_000

// material is what is sent and what has to come back.
type material struct {
	issuer string
	key    *rsa.PrivateKey
	tokens []string
	// session is what a sign-in brings.
	accessToken, idToken, refreshToken string
}

func newMaterial(issuer string) (*material, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	m := &material{issuer: issuer, key: key, tokens: make([]string, manyTokens)}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	faults := make([]error, workers)
	for worker := range workers {
		wg.Go(func() {
			for i := worker; i < manyTokens && faults[worker] == nil; i += workers {
				m.tokens[i], faults[worker] = m.sign(accessClaims(issuer, i))
			}
		})
	}
	wg.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	m.accessToken = m.tokens[0]
	if m.idToken, err = m.sign(idClaims(issuer)); err != nil {
		return nil, err
	}
	// Cognito's is encrypted, 1,700 to 1,800 characters in five segments.
	segment := func(n int) string { return strings.Repeat("Ab3_", n/4) }
	m.refreshToken = strings.Join([]string{segment(56), segment(340), segment(16), segment(1340), segment(20)}, ".")
	return m, nil
}

func user(n int) string { return fmt.Sprintf("7c1e58c4-0000-4000-8000-%012d", n) }

func accessClaims(issuer string, n int) map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"sub": user(n), "username": user(n), "iss": issuer, "client_id": clientID, "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "cognito:groups": []string{"admins", "staff"},
		"event_id": "0e3c4b0e-2f4c-4f5d-9d1e-5b3a1e4c7d2a", "auth_time": now, "iat": now, "exp": now + 24*3600,
		"jti": fmt.Sprintf("a1b2c3d4-0000-4000-8000-%012d", n), "origin_jti": fmt.Sprintf("d4c3b2a1-0000-4000-8000-%012d", n),
	}
}

func idClaims(issuer string) map[string]any {
	claims := accessClaims(issuer, 0)
	claims["token_use"], claims["aud"] = "id", clientID
	claims["email"], claims["email_verified"], claims["cognito:username"] = "ada@example.com", true, user(0)
	delete(claims, "client_id")
	return claims
}

func (m *material) sign(claims map[string]any) (string, error) {
	text, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"kid":"0LfqSM1w2rlTVQf0xJpKvUbYcHeZ1aD3gN5iR7tW9yE=","alg":"RS256"}`)) + "." + encode(text)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, m.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return signed + "." + encode(signature), nil
}

// forged returns the token with another signature.
func forged(token string) string {
	last := strings.LastIndexByte(token, '.')
	signature := []byte(token[last+1:])
	for i := 10; i < 40; i++ {
		if signature[i] == 'A' {
			signature[i] = 'B'
		} else {
			signature[i] = 'A'
		}
	}
	return token[:last+1] + string(signature)
}

// write writes the files that the stand-in and the floors read.
func (m *material) write(dir string) error {
	encode := base64.RawURLEncoding.EncodeToString
	jwks, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kid": "0LfqSM1w2rlTVQf0xJpKvUbYcHeZ1aD3gN5iR7tW9yE=", "kty": "RSA", "alg": "RS256", "use": "sig",
		"n": encode(m.key.N.Bytes()), "e": encode(big.NewInt(int64(m.key.E)).Bytes()),
	}}})
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		"jwks.json": jwks, "session.json": m.session(), "answer.json": []byte(meAnswer(0)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// session is Cognito's answer that brings tokens.
func (m *material) session() []byte {
	return fmt.Appendf(nil, `{"AuthenticationResult":{"AccessToken":%q,"ExpiresIn":3600,"IdToken":%q,"RefreshToken":%q,"TokenType":"Bearer"},"ChallengeParameters":{}}`,
		m.accessToken, m.idToken, m.refreshToken)
}

// What Apollo Client sends.
const (
	meBody      = `{"operationName":"Me","variables":{},"query":"query Me {\n  me {\n    id\n    groups\n    __typename\n  }\n}"}`
	signinBody  = `{"operationName":"Signin","variables":{"input":{"email":"ada@example.com","password":"Correct-Horse-1"}},"query":"mutation Signin($input: SigninInput!) {\n  signin(input: $input) {\n    ... on AuthTokens {\n      accessToken\n      idToken\n      refreshToken\n      expiresIn\n      __typename\n    }\n    __typename\n  }\n}"}`
	refreshBody = `{"operationName":"Refresh","variables":{"input":{"refreshToken":%q}},"query":"mutation Refresh($input: RefreshTokenInput!) {\n  refreshToken(input: $input) {\n    accessToken\n    idToken\n    expiresIn\n    __typename\n  }\n}"}`
)

func meAnswer(n int) string {
	return fmt.Sprintf(`{"data":{"me":{"id":%q,"groups":["admins","staff"],"__typename":"User"}}}`, user(n))
}

// post is a request as a browser's fetch sends it, without what is of no interest
// to the server.
func post(path, token, body string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Type: application/json\r\n", path)
	b.WriteString("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n")
	for _, header := range headers {
		b.WriteString(header + "\r\n")
	}
	if token != "" {
		b.WriteString("Authorization: Bearer " + token + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.Bytes()
}

// exactly takes one text and nothing else.
func exactly(text string) func(int, []byte) bool {
	want := []byte(text)
	return func(status int, body []byte) bool {
		return status == 200 && bytes.Equal(bytes.TrimSuffix(body, []byte("\n")), want)
	}
}

// refused takes a refusal without data.
func refused(status int, body []byte) bool {
	return status == 401 && len(body) == 0 ||
		status == 200 && bytes.Contains(body, []byte(`"errors":[{`)) && bytes.Contains(body, []byte(`"data":{"me":null}`))
}

// me asks with the first n tokens in turn.
func (m *material) me(n int) []exchange {
	list := make([]exchange, n)
	for i := range list {
		list[i] = exchange{post("/graphql", m.tokens[i], meBody), exactly(meAnswer(i))}
	}
	return list
}

// constant is me for a server that gives the same answer to every token.
func (m *material) constant(n int) []exchange {
	list := m.me(n)
	for i := range list {
		list[i].right = exactly(meAnswer(0))
	}
	return list
}

// forged asks with n tokens whose signature is wrong.
func (m *material) forged(n int) []exchange {
	list := make([]exchange, n)
	for i := range list {
		list[i] = exchange{post("/graphql", forged(m.tokens[i]), meBody), refused}
	}
	return list
}

func (m *material) signin() []exchange {
	answer := fmt.Sprintf(`{"data":{"signin":{"accessToken":%q,"idToken":%q,"refreshToken":%q,"expiresIn":3600,"__typename":"AuthTokens"}}}`,
		m.accessToken, m.idToken, m.refreshToken)
	return []exchange{{post("/graphql", "", signinBody), exactly(answer)}}
}

func (m *material) refresh() []exchange {
	answer := fmt.Sprintf(`{"data":{"refreshToken":{"accessToken":%q,"idToken":%q,"expiresIn":3600,"__typename":"AuthTokens"}}}`,
		m.accessToken, m.idToken)
	// Refreshes of one token at one time become one call: each caller has its own.
	list := make([]exchange, manyTokens)
	for i := range list {
		token := fmt.Sprintf("%s%04d", m.refreshToken[:len(m.refreshToken)-4], i)
		list[i] = exchange{post("/graphql", "", fmt.Sprintf(refreshBody, token)), exactly(answer)}
	}
	return list
}

// direct asks the stand-in itself.
func (m *material) direct() []exchange {
	body := fmt.Sprintf(`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":%q,"AuthParameters":{"USERNAME":"ada@example.com","PASSWORD":"Correct-Horse-1"}}`, clientID)
	request := bytes.Replace(post("/", "", body, "X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth"),
		[]byte("application/json"), []byte("application/x-amz-json-1.1"), 2)
	return []exchange{{request, exactly(string(m.session()))}}
}
