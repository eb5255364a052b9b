package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// sharedTarget is a program under attack, with the stand-ins that it talks to.
type sharedTarget struct {
	*program
	issuer   *issuer
	upstream *upstream
	client   *http.Client
}

// newSharedTarget starts a program on stand-ins, where the one for Cognito would let
// everybody sign up.
func newSharedTarget(t *testing.T, settings ...string) *sharedTarget {
	t.Helper()
	g := newUnreadySharedTarget(t, newIssuer(), settings...)
	if err := g.awaitReady(); err != nil {
		t.Fatal(err)
	}
	return g
}

// newUnreadySharedTarget is newSharedTarget with an issuer of one's own, which need not let
// the program become ready.
func newUnreadySharedTarget(t *testing.T, keys *issuer, settings ...string) *sharedTarget {
	t.Helper()
	build(t)
	g := &sharedTarget{issuer: keys, upstream: newUpstream(), client: &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		CheckRedirect: noRedirects,
		Timeout:       patience,
	}}
	g.upstream.reply(http.StatusOK, `{"UserConfirmed":false,"UserSub":"7c1e58c4-0000-4000-8000-000000000002"}`)
	t.Cleanup(g.upstream.close)
	t.Cleanup(g.issuer.close)
	t.Cleanup(g.client.CloseIdleConnections)
	g.program = startForTest(t, append([]string{
		"ADDR=127.0.0.1:0",
		"AWS_COGNITO_USER_POOL_ID=" + standInPool,
		"AWS_COGNITO_APP_CLIENT_ID=" + standInClient,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + g.upstream.url(),
		"AWS_COGNITO_ISSUER=" + g.issuer.url(),
		"RATE_LIMITS=off",
	}, settings...), nil)
	if err := g.awaitAddress(); err != nil {
		t.Fatal(err)
	}
	return g
}

// reply is an answer and how long it took.
type reply struct {
	*answer
	took time.Duration
}

// code is what the first error is called; or, where the body is none of ours,
// the HTTP status.
func (r reply) code() string {
	if _, ours := r.value.(map[string]any); !ours {
		return strconv.Itoa(r.status)
	}
	return r.text("errors.0.extensions.code")
}

// send sends a request over a connection that may have been used before.
func (g *sharedTarget) send(request *http.Request) (reply, error) {
	start := time.Now()
	response, err := g.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	a, err := readAnswer(response)
	return reply{a, time.Since(start)}, err
}

// post sends a document as honest clients do, with the values of a header
// Authorization each.
func (g *sharedTarget) post(document string, authorization ...string) (reply, error) {
	return g.postVariables(document, nil, authorization...)
}

func (g *sharedTarget) postVariables(document string, variables any, authorization ...string) (reply, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return reply{}, err
	}
	request := g.request(http.MethodPost, "/graphql", body)
	for _, value := range authorization {
		request.Header.Add("Authorization", value)
	}
	return g.send(request)
}

// request makes a request as honest clients do, for a test to spoil.
func (g *sharedTarget) request(method, path string, body []byte) *http.Request {
	request, err := http.NewRequest(method, g.api()+path, bytes.NewReader(body))
	if err != nil {
		panic(err) // the test's own fault
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	return request
}

// eventually awaits a condition and returns how long that took.
func eventually(t *testing.T, what string, bar time.Duration, condition func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !condition() {
		if time.Since(start) > bar {
			t.Fatalf("waited %v in vain for %s", bar, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(start)
}

// newSharedReplicas starts programs that stand before one pool, and share a store if
// the settings name one.
func newSharedReplicas(t *testing.T, n int, settings ...string) []*sharedTarget {
	t.Helper()
	first := newSharedTarget(t, append([]string{"RATE_LIMITS="}, settings...)...)
	replicas := []*sharedTarget{first}
	for range n - 1 {
		g := &sharedTarget{issuer: first.issuer, upstream: first.upstream, client: first.client}
		g.program = startForTest(t, append([]string{
			"ADDR=127.0.0.1:0",
			"AWS_COGNITO_USER_POOL_ID=" + standInPool,
			"AWS_COGNITO_APP_CLIENT_ID=" + standInClient,
			"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + first.upstream.url(),
			"AWS_COGNITO_ISSUER=" + first.issuer.url(),
		}, settings...), nil)
		if err := g.awaitReady(); err != nil {
			t.Fatal(err)
		}
		replicas = append(replicas, g)
	}
	return replicas
}

// somebody is an access token of a session that nobody has signed out.
func (g *sharedTarget) somebody(t *testing.T, subject, session string) string {
	t.Helper()
	token, err := g.issuer.sign(map[string]any{"sub": subject, "username": subject, "origin_jti": session})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// signin signs in at a pool that says yes, to a session of that name.
func (g *sharedTarget) signin(t *testing.T, subject, session string) string {
	t.Helper()
	token := g.somebody(t, subject, session)
	g.upstream.reply(http.StatusOK, fmt.Sprintf(`{"AuthenticationResult":{"AccessToken":%q,"ExpiresIn":3600,"TokenType":"Bearer"}}`, token))
	r, err := g.post(`mutation{signin(input:{email:"ada@example.com",password:"Right-Horse-1"}){__typename}}`)
	if err != nil || r.code() != "absent" {
		t.Fatalf("signin: %v %s", err, r.body)
	}
	return token
}

func document(text string) string {
	body, _ := json.Marshal(map[string]string{"query": text})
	return string(body)
}

// inboxCode returns the newest code that the pool has sent to an address.
func inboxCode(t *testing.T, pool, email string) string {
	t.Helper()
	response, err := newClient().Get(pool + "/inbox?to=" + url.QueryEscape(email))
	if err != nil {
		t.Fatal(err)
	}
	inbox, err := readAnswer(response)
	if err != nil {
		t.Fatal(err)
	}
	return inbox.text("0.code")
}

// refreshCookie is the cookie of a refresh token.
const refreshCookie = "__Host-authgraph-refresh"
