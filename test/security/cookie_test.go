package security_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"authgraph/internal/testutil"
)

// The refresh tokens before and after a refresh. No response body may contain them.
const (
	keptToken = "the.kept..refresh.token"
	nextToken = "the.next..refresh.token"
)

// aSession is Cognito's response with the tokens of a session.
const aSession = `{"AuthenticationResult":{"AccessToken":"e30.e30.e30","IdToken":"e30.e30.e30","RefreshToken":"` + nextToken + `","ExpiresIn":3600,"TokenType":"Bearer"},"Session":"s"}`

const (
	aRefresh    = `mutation{refreshToken{accessToken refreshToken}}`
	aCookie     = testutil.RefreshCookie + "=" + keptToken
	aPageSignin = `mutation{signin(input:{email:"ada@example.com",password:"Correct-Horse-7"}){__typename ...on AuthTokens{refreshToken}}}`
	aSignout    = `mutation{logout(input:{thisSession:true}){success}}`
	cookieApp   = "https://app.example"
)

func newCookieTarget(t *testing.T) *target {
	t.Helper()
	g := newTarget(t, "TOKEN_TRANSPORT=cookie", "CORS_ALLOWED_ORIGINS="+cookieApp)
	g.Cognito.Respond(http.StatusOK, aSession)
	return g
}

// attackWithCookie is a request with a cookie, or one that a page makes a browser send.
type attackWithCookie struct {
	name     string
	document string
	headers  []string // name, value, name, value …
	want     string   // error code, or HTTP status if there is none
	change   func(*http.Request)
}

func attacksWithCookies() []attackWithCookie {
	as := func(site, origin string) []string {
		headers := []string{"Cookie", aCookie, "Origin", origin}
		if site != "" {
			headers = append(headers, "Sec-Fetch-Site", site)
		}
		return headers
	}
	var all []attackWithCookie
	// Requests that browsers send from these pages.
	for _, page := range []struct {
		name    string
		headers []string
	}{
		{"another site", as("cross-site", "https://evil.example")},
		{"another site in an old browser", as("", "https://evil.example")},
		{"a subdomain", as("same-site", "https://blog.app.example")},
		{"the same host on another port", as("same-site", "https://app.example:8443")},
		{"the app without encryption", as("cross-site", "http://app.example")},
		{"this host without encryption", append(as("", "http://api.example"), "Host", "api.example")},
		{"a sandbox", as("cross-site", "null")},
		{"a sandbox in an old browser", as("", "null")},
		{"a page that hides its origin", []string{"Cookie", aCookie, "Sec-Fetch-Site", "cross-site"}},
		{"a name that begins alike", as("cross-site", "https://app.example.evil.example")},
		{"a file", as("cross-site", "file://")},
	} {
		for name, document := range map[string]string{"refresh": aRefresh, "sign-in": aPageSignin, "sign-out": aSignout} {
			all = append(all, attackWithCookie{name: name + " by " + page.name, document: document, headers: page.headers, want: "FORBIDDEN"})
		}
	}
	own := []string{"Cookie", aCookie, "Origin", cookieApp, "Sec-Fetch-Site", "same-site"}
	body := func(contentType, text string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Content-Type", contentType)
			setBody(r, text)
		}
	}
	simple := `{"query":` + quote(aRefresh) + `}`
	form := url.Values{"query": {aRefresh}}.Encode()
	for _, origin := range [][]string{own, {"Cookie", aCookie}} {
		all = append(
			all,
			attackWithCookie{"a form", aRefresh, origin, "UNSUPPORTED_MEDIA_TYPE", body("application/x-www-form-urlencoded", form)},
			attackWithCookie{"plain text", aRefresh, origin, "UNSUPPORTED_MEDIA_TYPE", body("text/plain", simple)},
			attackWithCookie{"a file form", aRefresh, origin, "UNSUPPORTED_MEDIA_TYPE", body("multipart/form-data; boundary=b", simple)},
			attackWithCookie{"an address", aRefresh, origin, "METHOD_NOT_ALLOWED", func(r *http.Request) {
				r.Method, r.URL.RawQuery = http.MethodGet, "query="+url.QueryEscape(aRefresh)
				setBody(r, "")
			}},
		)
	}
	cookie := func(name, value, want string) attackWithCookie {
		return attackWithCookie{name: name, document: aRefresh, headers: []string{"Cookie", value}, want: want}
	}
	return append(
		all,
		cookie("no cookie", "other=1", "UNAUTHENTICATED"),
		cookie("an empty cookie", testutil.RefreshCookie+"=", "UNAUTHENTICATED"),
		cookie("two cookies", aCookie+"; "+testutil.RefreshCookie+"=mine", "UNAUTHENTICATED"),
		cookie("a cookie without the prefix", "authgraph-refresh="+keptToken, "UNAUTHENTICATED"),
		cookie("a cookie with the weaker prefix", "__Secure-authgraph-refresh="+keptToken, "UNAUTHENTICATED"),
		cookie("a prefix in other letters", "__HOST-authgraph-refresh="+keptToken, "UNAUTHENTICATED"),
		cookie("a cookie with a space", testutil.RefreshCookie+"=a b", "UNAUTHENTICATED"),
		cookie("a cookie of JSON", testutil.RefreshCookie+`={"a":1}`, "UNAUTHENTICATED"),
		cookie("a cookie of 9,000 characters", testutil.RefreshCookie+"="+strings.Repeat("a", 9000), "UNAUTHENTICATED"),
		attackWithCookie{name: "a cookie beside a token", document: aRefresh, headers: []string{"Cookie", aCookie, "Authorization", "Bearer a.b.c"}, want: "BAD_USER_INPUT"},
		attackWithCookie{name: "a cookie beside a malformed header", document: aSignout, headers: []string{"Cookie", aCookie, "Authorization", "Basic eA=="}, want: "BAD_USER_INPUT"},
		attackWithCookie{name: "the cookie as access token", document: `{me{id}}`, headers: []string{"Cookie", aCookie}, want: "UNAUTHENTICATED"},
		attackWithCookie{name: "every session by the cookie", document: `mutation{logout{success}}`, headers: []string{"Cookie", aCookie}, want: "UNAUTHENTICATED"},
		attackWithCookie{name: "the account by the cookie", document: `mutation{deleteAccount{success}}`, headers: []string{"Cookie", aCookie}, want: "UNAUTHENTICATED"},
	)
}

func setBody(r *http.Request, text string) {
	r.Body, r.ContentLength = http.NoBody, 0
	if text != "" {
		fresh, _ := http.NewRequest(http.MethodPost, r.URL.String(), strings.NewReader(text))
		r.Body, r.ContentLength = fresh.Body, fresh.ContentLength
	}
}

// P28: the cookie works only for the pages it is meant for.
func TestAttackCookies(t *testing.T) {
	t.Parallel()
	g := newCookieTarget(t)
	attacks := attacksWithCookies()
	held := 0
	for i, attack := range attacks {
		t.Run(fmt.Sprintf("%02d %s", i, attack.name), func(t *testing.T) {
			request := g.Request(http.MethodPost, "/graphql", []byte(`{"query":`+quote(attack.document)+`}`))
			for i := 0; i+1 < len(attack.headers); i += 2 {
				if attack.headers[i] == "Host" {
					request.Host = attack.headers[i+1]
				}
				request.Header.Set(attack.headers[i], attack.headers[i+1])
			}
			if attack.change != nil {
				attack.change(request)
			}
			r, err := g.Send(request)
			if err != nil {
				t.Fatal(err)
			}
			if r.Code() != attack.want || r.Took > maxResponseTime {
				t.Errorf("%s after %v, want %s\n%s", r.Code(), r.Took, attack.want, r.Body)
			}
			if set := r.Header.Get("Set-Cookie"); set != "" {
				t.Errorf("a cookie is set: %s", set)
			}
			held++
		})
	}
	t.Logf("%d of %d requests with a cookie had no effect", held, len(attacks))
	g.unharmed(t, 0)
	g.assertNoTokens(t)
}

// assertNoTokens asserts that no refresh token is in the log, the output or the metrics.
func (g *target) assertNoTokens(t *testing.T) {
	t.Helper()
	metrics, err := g.Send(g.Request(http.MethodGet, "/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"log": g.Stderr.String(), "output": g.Stdout.String(), "metrics": string(metrics.Body)} {
		if strings.Contains(text, keptToken) || strings.Contains(text, nextToken) {
			t.Errorf("the %s has a refresh token", where)
		}
	}
}

// P28: every operation that returns tokens puts the refresh token into the cookie only.
func TestAttackCookieInBodies(t *testing.T) {
	t.Parallel()
	g := newCookieTarget(t)
	const all = `{__typename ...on AuthTokens{accessToken refreshToken idToken}}`
	session := challengeSession(t, g)
	operations := map[string]string{
		"signin":                    `mutation{signin(input:{email:"ada@example.com",password:"Correct-Horse-7"})` + all + `}`,
		"signin, not asked for":     `mutation{signin(input:{email:"ada@example.com",password:"Correct-Horse-7"}){__typename}}`,
		"signin, by another name":   `mutation{a:signin(input:{email:"ada@example.com",password:"Correct-Horse-7"}){...on AuthTokens{b:refreshToken}}}`,
		"signin, by a fragment":     `mutation{...M} fragment M on Mutation{signin(input:{email:"ada@example.com",password:"Correct-Horse-7"}){...T}} fragment T on AuthTokens{refreshToken}`,
		"startSignin":               `mutation{startSignin(input:{email:"ada@example.com",preferredFactor:EMAIL_OTP})` + all + `}`,
		"respondToChallenge":        `mutation{respondToChallenge(input:{session:` + quote(session) + `,answer:{code:"123456"}})` + all + `}`,
		"verifyAccount":             `mutation{verifyAccount(input:{email:"ada@example.com",confirmationCode:"123456"}){status signin` + all + `}}`,
		"refreshToken":              `mutation{refreshToken{refreshToken}}`,
		"refreshToken, by an input": `mutation{refreshToken(input:{refreshToken:"` + keptToken + `"}){refreshToken}}`,
	}
	held := 0
	for name, document := range operations {
		t.Run(name, func(t *testing.T) {
			body, _ := json.Marshal(map[string]string{"query": document})
			request := g.Request(http.MethodPost, "/graphql", body)
			request.Header.Set("Cookie", aCookie)
			r, err := g.Send(request)
			if err != nil || r.Text("errors") != "absent" {
				t.Fatalf("%v\n%s", err, r.Body)
			}
			if strings.Contains(string(r.Body), nextToken) {
				t.Errorf("the body has the refresh token:\n%s", r.Body)
			}
			set := (&http.Response{Header: r.Header}).Cookies()
			if len(set) != 1 || set[0].Name != testutil.RefreshCookie || set[0].Value != nextToken || !set[0].HttpOnly || !set[0].Secure ||
				set[0].SameSite != http.SameSiteStrictMode || set[0].Path != "/" || set[0].Domain != "" {
				t.Errorf("cookies %+v", set)
			}
			held++
		})
	}
	t.Logf("%d of %d operations keep the refresh token in the cookie", held, len(operations))
	g.assertNoTokens(t)
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
}

// challengeSession starts a sign-in that asks for a code, and returns its session.
func challengeSession(t *testing.T, g *target) string {
	t.Helper()
	g.Cognito.Respond(http.StatusOK, `{"ChallengeName":"EMAIL_OTP","Session":"s","ChallengeParameters":{}}`)
	r, err := g.Post(`mutation{startSignin(input:{email:"ada@example.com",preferredFactor:EMAIL_OTP}){...on Challenge{session}}}`)
	if err != nil {
		t.Fatal(err)
	}
	g.Cognito.Respond(http.StatusOK, aSession)
	return r.Text("data.startSignin.session")
}

// P28: twenty tabs that present the same cookie all get tokens, by a single call.
func TestAttackCookieTabs(t *testing.T) {
	t.Parallel()
	g := newCookieTarget(t)
	const tabs = 20
	var asking sync.WaitGroup
	begin := make(chan struct{})
	faults := make(chan string, tabs)
	for range tabs {
		asking.Go(func() {
			request := g.Request(http.MethodPost, "/graphql", []byte(`{"query":`+quote(aRefresh)+`}`))
			for name, value := range map[string]string{"Cookie": aCookie, "Origin": cookieApp, "Sec-Fetch-Site": "same-site"} {
				request.Header.Set(name, value)
			}
			<-begin
			r, err := g.Send(request)
			switch {
			case err != nil:
				faults <- err.Error()
			case r.Text("data.refreshToken.accessToken") != "e30.e30.e30" || !strings.Contains(r.Header.Get("Set-Cookie"), nextToken):
				faults <- string(r.Body)
			}
		})
	}
	close(begin)
	asking.Wait()
	close(faults)
	for fault := range faults {
		t.Error(fault)
	}
	g.unharmed(t, 1)
}
