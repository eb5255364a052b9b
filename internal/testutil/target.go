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

// Target is a program that runs on stand-ins for Cognito and the token issuer.
type Target struct {
	*Program
	Issuer  *FakeIssuer
	Cognito *FakeCognito
	Client  *http.Client // keeps connections
}

// NewTarget starts a program on stand-ins, without rate limits, and waits until it is
// ready. The stand-in for Cognito accepts sign-ups.
func NewTarget(t *testing.T, settings ...string) *Target {
	t.Helper()
	g := NewUnreadyTarget(t, NewFakeIssuer(), settings...)
	if err := g.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	return g
}

// NewUnreadyTarget is like NewTarget, with the given issuer. It waits only until the
// program listens.
func NewUnreadyTarget(t *testing.T, issuer *FakeIssuer, settings ...string) *Target {
	t.Helper()
	Build(t)
	g := &Target{Issuer: issuer, Cognito: NewFakeCognito(), Client: &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		CheckRedirect: noRedirects,
		Timeout:       Timeout,
	}}
	g.Cognito.Respond(http.StatusOK, `{"UserConfirmed":false,"UserSub":"7c1e58c4-0000-4000-8000-000000000002"}`)
	t.Cleanup(g.Cognito.Close)
	t.Cleanup(g.Issuer.Close)
	t.Cleanup(g.Client.CloseIdleConnections)
	g.Program = Start(t, append(append(FakeSettings(g.Cognito, g.Issuer), "ADDR=127.0.0.1:0", "RATE_LIMITS=off"), settings...), nil)
	if err := g.AwaitAddress(); err != nil {
		t.Fatal(err)
	}
	return g
}

// TimedResponse is a response and the time from sending the request to its end.
type TimedResponse struct {
	*Response
	Took time.Duration
}

// Code returns the code of the first GraphQL error, "absent" if there is none, or the
// HTTP status if the body is not a JSON object.
func (r TimedResponse) Code() string {
	if _, isObject := r.Value.(map[string]any); !isObject {
		return strconv.Itoa(r.Status)
	}
	return r.Text("errors.0.extensions.code")
}

// Send sends a request, on an idle connection if there is one.
func (g *Target) Send(request *http.Request) (TimedResponse, error) {
	start := time.Now()
	response, err := g.Client.Do(request)
	if err != nil {
		return TimedResponse{}, err
	}
	a, err := ReadResponse(response)
	return TimedResponse{a, time.Since(start)}, err
}

// Post sends a GraphQL document, with the given values of the header Authorization.
func (g *Target) Post(document string, authorization ...string) (TimedResponse, error) {
	return g.PostVariables(document, nil, authorization...)
}

// PostVariables is like Post, with variables.
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

// Request returns a well-formed request, which a test may change before sending it.
func (g *Target) Request(method, path string, body []byte) *http.Request {
	request, err := http.NewRequest(method, g.APIURL()+path, bytes.NewReader(body))
	if err != nil {
		panic(err) // a mistake in the test
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	return request
}

// Eventually waits until condition returns true, and returns how long that took. It ends
// the test after the timeout.
func Eventually(t *testing.T, what string, timeout time.Duration, condition func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !condition() {
		if time.Since(start) > timeout {
			t.Fatalf("timed out after %v waiting for %s", timeout, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(start)
}

// NewReplicas starts n programs with the same settings on the same stand-ins, with the
// default rate limits.
func NewReplicas(t *testing.T, n int, settings ...string) []*Target {
	t.Helper()
	first := NewTarget(t, append([]string{"RATE_LIMITS="}, settings...)...)
	replicas := []*Target{first}
	for range n - 1 {
		g := &Target{Issuer: first.Issuer, Cognito: first.Cognito, Client: first.Client}
		g.Program = Start(t, append(append(FakeSettings(g.Cognito, g.Issuer), "ADDR=127.0.0.1:0"), settings...), nil)
		if err := g.AwaitReady(); err != nil {
			t.Fatal(err)
		}
		replicas = append(replicas, g)
	}
	return replicas
}

// NewToken returns a valid access token of a subject and session.
func (g *Target) NewToken(t *testing.T, subject, session string) string {
	t.Helper()
	token, err := g.Issuer.Sign(map[string]any{"sub": subject, "username": subject, "origin_jti": session})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// SignIn signs in with a password that the stand-in accepts, and returns the access token
// of the subject and session.
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

// RequestBody returns the JSON request body for a GraphQL document.
func RequestBody(document string) string {
	body, _ := json.Marshal(map[string]string{"query": document})
	return string(body)
}

// InboxCode returns the newest code in the embedded pool's inbox for an e-mail address.
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

// RefreshCookie is the name of the cookie with the refresh token.
const RefreshCookie = "__Host-authgraph-refresh"
