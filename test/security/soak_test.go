package security_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// soakVariable sets the number of requests.
const soakVariable = "AUTHGRAPH_SOAK"

// soakSize returns the number of requests, few by default.
func soakSize(t *testing.T) int {
	t.Helper()
	text := os.Getenv(soakVariable)
	switch n, err := strconv.Atoi(text); {
	case text == "" && testutil.RaceEnabled:
		return 5_000
	case text == "":
		return 20_000
	case err != nil || n < 1:
		t.Fatalf("%s is %q, want a number of requests", soakVariable, text)
		return 0
	default:
		return n
	}
}

// soakRequest is a kind of request, created anew each time.
type soakRequest struct {
	name    string
	request func(n int) *http.Request
	honest  bool // the response has no error
}

// honestRequests returns requests of honest clients.
func (g *target) honestRequests(bearer string) []soakRequest {
	ask := func(format string) soakRequest {
		return soakRequest{format, func(n int) *http.Request {
			text := format
			if strings.Contains(format, "%d") {
				text = fmt.Sprintf(format, n)
			}
			r := g.Request(http.MethodPost, "/graphql", []byte(testutil.RequestBody(text)))
			r.Header.Set("Authorization", bearer)
			return r
		}, true}
	}
	get := func(path string) soakRequest {
		return soakRequest{path, func(int) *http.Request { return g.Request(http.MethodGet, path, nil) }, true}
	}
	return []soakRequest{
		ask("{me{id groups}}"), ask("{me{id email emailVerified attributes{name value}}}"), ask("{me{mfa{enabled} passkeys{id} devices{nodes{key}}}}"), ask("query Q%d{me{id}}"), ask("{__typename}"),
		ask(`mutation{signin(input:{email:"user%d@example.com",password:"Correct-Horse-7"}){...on AuthTokens{accessToken user{id}}}}`),
		ask(`mutation{startSignin(input:{email:"user%d@example.com"}){__typename}}`),
		ask(`mutation{signup(input:{username:"U",email:"user%d@example.com",password:"Correct-Horse-7",mode:"m"}){userId}}`),
		ask(`mutation{verifyAccount(input:{email:"user%d@example.com",confirmationCode:"123456"}){status}}`),
		ask(`mutation{refreshToken(input:{refreshToken:"r%d"}){accessToken}}`),
		ask(`mutation{forgotPassword(input:{email:"user%d@example.com"}){destination}}`),
		ask(`mutation{changePassword(input:{currentPassword:"Right-Horse-%d",newPassword:"Other-Horse-7"}){success}}`),
		ask(`mutation{updateUser(input:{attributes:[{name:"given_name",value:"Ada %d"}]}){codeDeliveries{destination}}}`),
		get("/graphql?query={__typename}"), get("/healthz"), get("/readyz"), get("/"),
	}
}

// hostileRequests returns the attacks of the other tests that leave the connection open.
func (g *target) hostileRequests(t *testing.T) []soakRequest {
	t.Helper()
	const most = 32 << 10 // larger ones are tested elsewhere, and only cost time here
	var all []soakRequest
	post := func(name, body string, change func(*http.Request)) {
		if len(body) > most {
			return
		}
		all = append(all, soakRequest{name, func(int) *http.Request {
			r := g.Request(http.MethodPost, "/graphql", []byte(body))
			change(r)
			return r
		}, false})
	}
	nothing := func(*http.Request) {}
	for _, a := range hostileDocuments() {
		switch {
		case a.query != "" && len(a.query) < 4<<10:
			all = append(all, soakRequest{a.name, func(int) *http.Request { return g.Request(http.MethodGet, "/graphql?"+a.query, nil) }, false})
		case a.body != "":
			post(a.name, a.body, nothing)
		case a.document != "":
			post(a.name, jsonOf(map[string]any{"query": a.document, "variables": a.variables}), nothing)
		}
	}
	for _, a := range attacksByBodies() {
		post(a.name, a.body, func(r *http.Request) {
			if a.encoding != "" {
				r.Header.Set("Content-Encoding", a.encoding)
			}
		})
	}
	for _, a := range attacksByPages() {
		all = append(all, soakRequest{a.name, func(n int) *http.Request {
			path := a.path
			if path == "/GraphQL" {
				path = fmt.Sprintf("/nowhere/%d", n) // a new path each time
			}
			r := g.Request(a.method, path, []byte(a.body))
			for i := 0; i+1 < len(a.headers); i += 2 {
				r.Header.Set(a.headers[i], a.headers[i+1])
			}
			r.Header.Set("User-Agent", fmt.Sprintf("agent/%d", n))
			return r
		}, false})
	}
	known := operations()
	for _, a := range wrongInputs() {
		o := known[a.operation]
		text := fmt.Sprintf("mutation($input:%s!){%s(input:$input){__typename}}", o.input, o.field)
		post(a.operation+" "+a.member, jsonOf(map[string]any{"query": text, "variables": map[string]any{"input": o.with(a.member, a.value)}}), nothing)
	}
	for _, a := range newForger(g.Issuer).credentials() {
		if strings.ContainsFunc(strings.Join(a.header, ""), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			continue // no HTTP client sends it
		}
		post(a.name, testutil.RequestBody("{me{id}}"), func(r *http.Request) { r.Header["Authorization"] = a.header })
	}
	return all
}

// P24: after any number of requests, a third of them hostile, the program uses no more
// resources than before. AUTHGRAPH_SOAK sets the number.
func TestAttackSoak(t *testing.T) {
	t.Parallel()
	n := soakSize(t)
	// The stand-in would record every call.
	var answers sync.Map
	cognito := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		good, _ := answers.Load("all")
		wellBehaved(good.(map[string]string))(w, r)
	}))
	t.Cleanup(cognito.Close)
	g := newTarget(t, "LOG_LEVEL=error", "AUDIT_LOG=off", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER="+cognito.URL)
	f := newForger(g.Issuer)
	// The tokens stay valid during the longest soak.
	bearer := "Bearer " + f.sign(f.header, f.claims.with("exp", f.at(24*3600)))
	answers.Store("all", cognitoAnswers(cognitoSecrets{access: f.honest(), id: f.honest(), refresh: "r", secret: "JBSWY3DPEHPK3PXP"}))
	honest, hostile := g.honestRequests(bearer), g.hostileRequests(t)

	var failures, refused, served atomic.Int64
	fall := func(d soakRequest, n int) {
		r, err := g.Send(d.request(n))
		bad := ""
		switch {
		case err != nil:
			bad = err.Error()
		case d.honest && (r.Status != http.StatusOK || strings.HasPrefix(d.name, "/") == false && r.Code() != answered):
			bad = "an honest request is refused"
		case r.Status >= 500 && r.Status != http.StatusNotImplemented, slices.Contains(faultCodes, r.Code()):
			bad = "a fault"
		case d.honest:
			served.Add(1)
		default:
			refused.Add(1)
		}
		if bad != "" && failures.Add(1) < 10 {
			t.Errorf("%s: %s: %v", d.name, bad, r.Response)
		}
	}
	// Send each kind once, so that everything that is created on first use exists.
	for i, d := range append(slices.Clone(honest), hostile...) {
		fall(d, 1_000_000_000+i)
	}
	g.Client.CloseIdleConnections()
	base := g.settled(t, g.metric(t, "go_goroutines"))
	memory, series := g.memory(t), g.series(t)

	const workers = 16
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)); i <= n && failures.Load() < 100; i = int(next.Add(1)) {
				if i%3 == 0 {
					fall(hostile[i/3%len(hostile)], i)
				} else {
					fall(honest[i%len(honest)], i)
				}
				if i%100_000 == 0 {
					t.Logf("%d requests, %.0f/s: %d MiB, %v goroutines", i, float64(i)/time.Since(start).Seconds(), g.memory(t), g.metric(t, "go_goroutines"))
				}
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	var after float64
	testutil.Eventually(t, "the goroutines to end", testutil.Timeout, func() bool {
		g.Client.CloseIdleConnections()
		after = g.metric(t, "go_goroutines")
		// Each idle connection to Cognito has two goroutines.
		return after <= base+2*workers
	})
	grown, more := g.memory(t)-memory, g.series(t)-series
	t.Logf("%d requests (%d served, %d hostile of %d kinds refused, %d failures) in %v, %.0f/s; before: %d MiB, %v goroutines, %d series; after: %d MiB (at most %d), %v goroutines, %d series",
		n, served.Load(), refused.Load(), len(hostile), failures.Load(), took.Round(time.Millisecond), float64(n)/took.Seconds(),
		memory, base, series, memory+grown, g.peakMemory(t), after, series+more)
	if grown > maxMemoryGain() {
		t.Errorf("the program grew by %d MiB", grown)
	}
	if more > 20 {
		t.Errorf("/metrics grew by %d series", more)
	}
	if panics := g.metric(t, "authgraph_panics_total"); panics != 0 {
		t.Errorf("%v panics", panics)
	}
	if err := g.CheckLog(); err != nil {
		t.Errorf("%.2000s", err)
	}
}
