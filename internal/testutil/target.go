package testutil

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

// Target is a program under attack, with the stand-ins that it talks to.
type Target struct {
	*Program
	Issuer  *FakeIssuer
	Cognito *FakeCognito
	Client  *http.Client
}

// NewTarget starts a program on stand-ins, where the one for Cognito would let
// everybody sign up.
func NewTarget(t *testing.T, settings ...string) *Target {
	t.Helper()
	g := NewUnreadyTarget(t, NewFakeIssuer(), settings...)
	if err := g.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	return g
}

// NewUnreadyTarget is newSharedTarget with an issuer of one's own, which need not let
// the program become ready.
func NewUnreadyTarget(t *testing.T, keys *FakeIssuer, settings ...string) *Target {
	t.Helper()
	Build(t)
	g := &Target{Issuer: keys, Cognito: NewFakeCognito(), Client: &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		CheckRedirect: noRedirects,
		Timeout:       Timeout,
	}}
	g.Cognito.Respond(http.StatusOK, `{"UserConfirmed":false,"UserSub":"7c1e58c4-0000-4000-8000-000000000002"}`)
	t.Cleanup(g.Cognito.Close)
	t.Cleanup(g.Issuer.Close)
	t.Cleanup(g.Client.CloseIdleConnections)
	g.Program = Start(t, append([]string{
		"ADDR=127.0.0.1:0",
		"AWS_COGNITO_USER_POOL_ID=" + FakePoolID,
		"AWS_COGNITO_APP_CLIENT_ID=" + FakeClientID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + g.Cognito.URL(),
		"AWS_COGNITO_ISSUER=" + g.Issuer.URL(),
		"RATE_LIMITS=off",
	}, settings...), nil)
	if err := g.AwaitAddress(); err != nil {
		t.Fatal(err)
	}
	return g
}

// TimedResponse is an answer and how long it took.
type TimedResponse struct {
	*Response
	Took time.Duration
}

// Code is what the first error is called; or, where the body is none of ours,
// the HTTP status.
func (r TimedResponse) Code() string {
	if _, ours := r.Value.(map[string]any); !ours {
		return strconv.Itoa(r.Status)
	}
	return r.Text("errors.0.extensions.code")
}

// Send sends a request over a connection that may have been used before.
func (g *Target) Send(request *http.Request) (TimedResponse, error) {
	start := time.Now()
	response, err := g.Client.Do(request)
	if err != nil {
		return TimedResponse{}, err
	}
	a, err := ReadResponse(response)
	return TimedResponse{a, time.Since(start)}, err
}

// Post sends a document as honest clients do, with the values of a header
// Authorization each.
func (g *Target) Post(document string, authorization ...string) (TimedResponse, error) {
	return g.PostVariables(document, nil, authorization...)
}

func (g *Target) PostVariables(document string, variables any, authorization ...string) (TimedResponse, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return TimedResponse{}, err
	}
	request := g.Request(http.MethodPost, "/graphql", body)
	for _, value := range authorization {
		request.Header.Add("Authorization", value)
	}
	return g.Send(request)
}

// Request makes a request as honest clients do, for a test to spoil.
func (g *Target) Request(method, path string, body []byte) *http.Request {
	request, err := http.NewRequest(method, g.APIURL()+path, bytes.NewReader(body))
	if err != nil {
		panic(err) // the test's own fault
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	return request
}

// Eventually awaits a condition and returns how long that took.
func Eventually(t *testing.T, what string, bar time.Duration, condition func() bool) time.Duration {
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

// NewReplicas starts programs that stand before one pool, and share a store if
// the settings name one.
func NewReplicas(t *testing.T, n int, settings ...string) []*Target {
	t.Helper()
	first := NewTarget(t, append([]string{"RATE_LIMITS="}, settings...)...)
	replicas := []*Target{first}
	for range n - 1 {
		g := &Target{Issuer: first.Issuer, Cognito: first.Cognito, Client: first.Client}
		g.Program = Start(t, append([]string{
			"ADDR=127.0.0.1:0",
			"AWS_COGNITO_USER_POOL_ID=" + FakePoolID,
			"AWS_COGNITO_APP_CLIENT_ID=" + FakeClientID,
			"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + first.Cognito.URL(),
			"AWS_COGNITO_ISSUER=" + first.Issuer.URL(),
		}, settings...), nil)
		if err := g.AwaitReady(); err != nil {
			t.Fatal(err)
		}
		replicas = append(replicas, g)
	}
	return replicas
}

// NewToken is an access token of a session that nobody has signed out.
func (g *Target) NewToken(t *testing.T, subject, session string) string {
	t.Helper()
	token, err := g.Issuer.Sign(map[string]any{"sub": subject, "username": subject, "origin_jti": session})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// SignIn signs in at a pool that says yes, to a session of that name.
func (g *Target) SignIn(t *testing.T, subject, session string) string {
	t.Helper()
	token := g.NewToken(t, subject, session)
	g.Cognito.Respond(http.StatusOK, fmt.Sprintf(`{"AuthenticationResult":{"AccessToken":%q,"ExpiresIn":3600,"TokenType":"Bearer"}}`, token))
	r, err := g.Post(`mutation{signin(input:{email:"ada@example.com",password:"Right-Horse-1"}){__typename}}`)
	if err != nil || r.Code() != "absent" {
		t.Fatalf("signin: %v %s", err, r.Body)
	}
	return token
}

func RequestBody(text string) string {
	body, _ := json.Marshal(map[string]string{"query": text})
	return string(body)
}

// InboxCode returns the newest code that the pool has sent to an address.
func InboxCode(t *testing.T, pool, email string) string {
	t.Helper()
	response, err := NewClient().Get(pool + "/inbox?to=" + url.QueryEscape(email))
	if err != nil {
		t.Fatal(err)
	}
	inbox, err := ReadResponse(response)
	if err != nil {
		t.Fatal(err)
	}
	return inbox.Text("0.code")
}

// RefreshCookie is the cookie of a refresh token.
const RefreshCookie = "__Host-authgraph-refresh"
