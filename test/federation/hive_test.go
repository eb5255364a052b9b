package federation_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// Requests of a web page and responses of Cognito.
const (
	appOrigin       = "https://app.example"
	oldCookie       = testutil.RefreshCookie + "=the.kept..refresh.token"
	pageSignin      = `mutation{signin(input:{email:"ada@example.com",password:"Correct-Horse-7"}){__typename ...on AuthTokens{refreshToken}}}`
	pageRefresh     = `mutation{refreshToken{accessToken refreshToken}}`
	newRefreshToken = "the.next..refresh.token"
	newSession      = `{"AuthenticationResult":{"AccessToken":"e30.e30.e30","IdToken":"e30.e30.e30","RefreshToken":"` + newRefreshToken + `","ExpiresIn":3600,"TokenType":"Bearer"},"Session":"s"}`
)

// behindRouter is a program behind Hive Gateway, which runs with the configuration that
// the program wrote.
type behindRouter struct {
	*testutil.Target
	url   string // of the gateway's API
	audit string // the program's audit log
	other *otherSubgraph
}

// otherSubgraph is a stand-in for another subgraph, and records the last request.
type otherSubgraph struct {
	server *httptest.Server
	mu     sync.Mutex
	header http.Header
	body   string
}

func newOtherSubgraph(t *testing.T) *otherSubgraph {
	o := &otherSubgraph{}
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		o.header, o.body = r.Header, string(body)
		o.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "other=1")
		_, _ = io.WriteString(w, `{"data":{"weather":"fine"}}`)
	}))
	t.Cleanup(o.server.Close)
	return o
}

// sent returns the last request to the subgraph.
func (o *otherSubgraph) sent() (http.Header, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.header, o.body
}

func newBehindRouter(t *testing.T) *behindRouter {
	t.Helper()
	packages, err := filepath.Abs("hive/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	gateway := filepath.Join(packages, "@graphql-hive/gateway/dist/bin.js")
	if _, err := os.Stat(gateway); err != nil {
		testutil.LeaveOut(t, "Hive Gateway: run npm ci in test/federation/hive")
	}
	dir := t.TempDir()
	audit := filepath.Join(dir, "audit.jsonl")
	settings := []string{
		"TOKEN_TRANSPORT=cookie", "CORS_ALLOWED_ORIGINS=" + appOrigin, "FEDERATION_AUTH_DIRECTIVES=true", "SERVICE_GROUPS=service",
		"AWS_COGNITO_ACCEPTED_CLIENT_IDS=2web", "AWS_COGNITO_AUDIENCE=https://api.example.com",
	}
	g := testutil.NewTarget(t, append(settings, "TRUSTED_PROXIES=127.0.0.0/8", "AUDIT_LOG="+audit)...)

	settings = append(settings, testutil.FakeSettings(g.Cognito, g.Issuer)...)
	authgraph, err := testutil.Executable()
	if err != nil {
		t.Fatal(err)
	}
	output := func(stdin []byte, name string, args ...string) []byte {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Stdin, command.Env = bytes.NewReader(stdin), append(settings, "PATH="+os.Getenv("PATH"))
		var complaints bytes.Buffer
		command.Stderr = &complaints
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, &complaints)
		}
		return out
	}
	output(nil, authgraph, "gateway-config", "hive", dir)
	b := &behindRouter{Target: g, audit: audit, url: "http://" + testutil.FreeAddress(t), other: newOtherSubgraph(t)}
	subgraphs, err := json.Marshal([]map[string]string{
		{"name": "authgraph", "url": g.APIURL() + "/graphql", "sdl": string(output(nil, authgraph, "schema", "--federated"))},
		{"name": "weather", "url": b.other.server.URL, "sdl": "type Query { weather: String }"},
	})
	if err != nil {
		t.Fatal(err)
	}
	supergraph := output(subgraphs, "node", "hive/compose.mjs")
	if err := os.WriteFile(filepath.Join(dir, "supergraph.graphql"), supergraph, 0o600); err != nil {
		t.Fatal(err)
	}
	// The configuration imports from the gateway's packages.
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	b.run(t, dir, gateway)
	return b
}

// run runs the gateway until the test ends and waits until it is ready.
func (b *behindRouter) run(t *testing.T, dir, gateway string) {
	t.Helper()
	host, port, _ := strings.Cut(strings.TrimPrefix(b.url, "http://"), ":")
	command := exec.Command("node", gateway, "supergraph", "supergraph.graphql", "--host", host, "--port", port)
	command.Dir, command.SysProcAttr = dir, &syscall.SysProcAttr{Setpgid: true}
	var said testutil.Output
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	for deadline := time.Now().Add(testutil.Timeout); ; time.Sleep(20 * time.Millisecond) {
		response, err := b.Client.Get(b.url + "/readiness")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ended:
			t.Fatalf("the gateway exited\n%s", said.String())
		default:
			if time.Now().After(deadline) {
				t.Fatalf("the gateway did not become ready\n%s", said.String())
			}
		}
	}
}

// through sends a document through the gateway. headers are name, value, name, value …
func (b *behindRouter) through(t *testing.T, document string, headers ...string) testutil.TimedResponse {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, b.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Add(pair[0], pair[1])
	}
	answer, err := b.Send(request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestHiveGateway runs Hive Gateway with the configuration of `authgraph gateway-config
// hive`. It needs Node.js and npm ci in hive.
func TestHiveGateway(t *testing.T) {
	t.Parallel()
	b := newBehindRouter(t)
	bearer := func(t *testing.T, changes map[string]any) string {
		t.Helper()
		token, err := b.Issuer.Sign(changes)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + token
	}
	const me, status = "{me{id}}", `{tokenStatus(token:"a.b.c"){active}}`

	for _, test := range []struct {
		name     string
		document string
		claims   map[string]any
		want     string // error code, or absent
	}{
		{"an access token", me, nil, "absent"},
		{"token of another issuer", me, map[string]any{"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Xyz"}, "INVALID_TOKEN"},
		{"token of another app client", me, map[string]any{"client_id": "2other"}, "INVALID_TOKEN"},
		{"token of an accepted app client", me, map[string]any{"client_id": "2web"}, "absent"},
		{"one bound to the API", me, map[string]any{"aud": "https://api.example.com"}, "absent"},
		{"one bound to several", me, map[string]any{"client_id": "2web", "aud": []string{"x", "2web"}}, "absent"},
		{"one bound to another API", me, map[string]any{"aud": "https://other.example.com"}, "INVALID_TOKEN"},
		{"one of no app client", me, map[string]any{"client_id": "", "aud": testutil.FakeClientID}, "INVALID_TOKEN"},
		{"an ID token", me, map[string]any{"token_use": "id", "aud": testutil.FakeClientID}, "INVALID_TOKEN"},
		{"a token of no use", me, map[string]any{"token_use": ""}, "INVALID_TOKEN"},
		{"an expired one", me, map[string]any{"exp": "-120"}, "TOKEN_EXPIRED"},
		{"token of another key", me, map[string]any{"KEY": "stranger"}, "INVALID_TOKEN"},
		{"token of an unknown key", me, map[string]any{"KID": "unknown"}, "INVALID_TOKEN"},
		{"token with another algorithm", me, map[string]any{"ALG": "HS256"}, "INVALID_TOKEN"},
		{"a required group", status, map[string]any{"cognito:groups": []string{"other", "service"}}, "absent"},
		{"another group", status, map[string]any{"cognito:groups": []string{"other"}}, "UNAUTHORIZED_FIELD_OR_TYPE"},
		{"no group", status, nil, "UNAUTHORIZED_FIELD_OR_TYPE"},
		{"a scope like a group", status, map[string]any{"scope": "group:service"}, "UNAUTHORIZED_FIELD_OR_TYPE"},
		{"a group like two scopes", status, map[string]any{"cognito:groups": []string{"a group:service"}}, "UNAUTHORIZED_FIELD_OR_TYPE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := b.through(t, test.document, "Authorization", bearer(t, test.claims))
			if got := answer.Code(); got != test.want {
				t.Errorf("the code is %q, want %q\n%s", got, test.want, answer.Indented())
			}
			if _, err := answer.At("errors.0.extensions.requestId"); test.want != "absent" && err == nil {
				t.Errorf("the gateway passed it on, and Authgraph rejected it\n%s", answer.Indented())
			}
		})
	}
	t.Run("no token", func(t *testing.T) {
		if answer := b.through(t, me); answer.Code() != "UNAUTHORIZED_FIELD_OR_TYPE" {
			t.Error(answer.Indented())
		}
	})
	for _, header := range []string{"Bearer", "Bearer a.b.c", "Bearer nonsense", "Basic YTpi", "nonsense"} {
		t.Run(header, func(t *testing.T) {
			if answer := b.through(t, me, "Authorization", header); answer.Code() != "INVALID_TOKEN" || answer.Status != http.StatusUnauthorized {
				t.Errorf("%d %s", answer.Status, answer.Indented())
			}
		})
	}

	t.Run("unknown keys and no issuer", func(t *testing.T) {
		honest := bearer(t, nil)
		before := b.Issuer.Fetches()
		for range 30 {
			if answer := b.through(t, me, "Authorization", bearer(t, map[string]any{"KID": rand.Text()})); answer.Code() != "INVALID_TOKEN" {
				t.Fatal(answer.Indented())
			}
		}
		if fetches := b.Issuer.Fetches() - before; fetches > 5 {
			t.Errorf("30 unknown keys made the gateway fetch the key set %d times", fetches)
		}
		b.Issuer.SetUp(false)
		defer b.Issuer.SetUp(true)
		if answer := b.through(t, me, "Authorization", honest); answer.Code() != "absent" {
			t.Errorf("without the issuer: %s", answer.Indented())
		}
	})

	t.Run("errors and headers", func(t *testing.T) {
		b.Cognito.Respond(http.StatusBadRequest, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`)
		answer := b.through(t, pageSignin, "X-Request-Id", "through-the-gateway", "User-Agent", "a page", "X-Forwarded-For", "203.0.113.9")
		for path, want := range map[string]string{"code": "INVALID_CREDENTIALS", "status": "401", "requestId": "through-the-gateway"} {
			if got := answer.Text("errors.0.extensions." + path); got != want {
				t.Errorf("%s is %q, want %q\n%s", path, got, want, answer.Indented())
			}
		}
		log, err := os.ReadFile(b.audit)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"requestId":"through-the-gateway"`, `"client":"203.0.113.9"`, `"userAgent":"a page"`} {
			if !bytes.Contains(log, []byte(want)) {
				t.Errorf("the audit log has no %s:\n%s", want, log)
			}
		}
	})
	t.Run("other subgraphs", func(t *testing.T) {
		answer := b.through(t, "{weather}", "Authorization", bearer(t, nil), "Cookie", oldCookie)
		if answer.Text("data.weather") != "fine" || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%v %s", answer.Header, answer.Indented())
		}
		header, body := b.other.sent()
		if header.Get("Authorization") != "" || header.Get("Cookie") != "" || strings.Contains(body, "7c1e58c4") {
			t.Errorf("the subgraph was sent %v %s", header, body)
		}
	})
	t.Run("the cookie", func(t *testing.T) {
		b.Cognito.Respond(http.StatusOK, newSession)
		page := []string{"Origin", appOrigin, "Sec-Fetch-Site", "same-site"}
		signin := b.through(t, pageSignin, page...)
		cookies := (&http.Response{Header: signin.Header}).Cookies()
		if len(cookies) != 1 || cookies[0].Name != testutil.RefreshCookie || cookies[0].Value != newRefreshToken || !cookies[0].HttpOnly || !cookies[0].Secure {
			t.Errorf("the cookies are %v", cookies)
		}
		if got := signin.Header.Get("Access-Control-Allow-Origin"); got != appOrigin || signin.Header.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("pages of %q may read the response: %v", got, signin.Header)
		}
		kept := []string{"Cookie", "other=1; " + oldCookie}
		if answer := b.through(t, pageRefresh, append(kept, page...)...); answer.Code() != "absent" {
			t.Errorf("the cookie did not reach Authgraph: %s", answer.Indented())
		}
		foreign := b.through(t, pageRefresh, append(kept, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")...)
		if foreign.Code() != "FORBIDDEN" || foreign.Header.Get("Access-Control-Allow-Origin") == "https://evil.example" {
			t.Errorf("a foreign page got %s %v", foreign.Indented(), foreign.Header)
		}
	})
}
