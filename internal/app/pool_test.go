package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// startProgram runs the program in this process until the test ends. It returns its banner.
func startProgram(t *testing.T, settings map[string]string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Run(ctx, args, func(name string) string { return settings[name] }, stdout, io.Discard)
		_ = stdout.Close()
		done <- err
	}()
	banner := make([]byte, 4096)
	n, err := out.Read(banner) // one write
	if err != nil {
		t.Fatal(err, <-done)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the program failed: %v", err)
		}
	})
	return string(banner[:n])
}

// The command pool serves the embedded pool and no API, and ignores settings for the
// pool's clients.
func TestPoolAlone(t *testing.T) {
	settings := map[string]string{
		"POOL_ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(),
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:9",
	}
	banner := startProgram(t, settings, "pool")
	inbox := regexp.MustCompile(`(http://[0-9.:]+)/inbox`).FindStringSubmatch(banner)
	if inbox == nil || strings.Contains(banner, "GraphQL") {
		t.Fatalf("the banner is\n%s", banner)
	}
	url := inbox[1]
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"MaxResults":1}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools")
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), "us-east-1_") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	client.CloseIdleConnections()
}

// With POOL_URL, the pool answers to that host name and issues tokens in its name,
// while the API and this machine reach it as before.
func TestPoolURL(t *testing.T) {
	poolAddr := testutil.FreeAddress(t)
	_, port, _ := net.SplitHostPort(poolAddr)
	settings := map[string]string{
		"ADDR": testutil.FreeAddress(t), "POOL_ADDR": "0.0.0.0:" + port, "DATA_DIR": t.TempDir(), "EMBEDDED_POOL": "true",
		"POOL_URL": "http://authgraph.test:9229/", "LOG_LEVEL": "error",
	}
	banner := startProgram(t, settings)
	poolID := regexp.MustCompile(`us-east-1_\w+`).FindString(banner)
	for _, want := range []string{"http://authgraph.test:9229/inbox", "--endpoint-url http://authgraph.test:9229 "} {
		if !strings.Contains(banner, want) {
			t.Errorf("no %s in the banner\n%s", want, banner)
		}
	}

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	request := func(method, url, host, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(url, "/") {
			r.Header.Set("Accept", "text/html") // the playground
		}
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(text)
	}
	pool := "http://" + poolAddr
	issuer := "http://authgraph.test:9229/" + poolID
	if status, _ := request("GET", pool+"/inbox", "authgraph.test:9229", ""); status != 200 {
		t.Errorf("the inbox: %d", status)
	}
	if _, page := request("GET", "http://"+settings["ADDR"]+"/", "", ""); !strings.Contains(page, `<meta name="inbox" content="http://authgraph.test:9229/inbox">`) {
		t.Errorf("the playground does not link to the inbox:\n%.500s", page)
	}
	if status, body := request("GET", pool+"/"+poolID+"/.well-known/openid-configuration", "authgraph.test:9229", ""); status != 200 || !strings.Contains(body, `"issuer":"`+issuer+`"`) ||
		!strings.Contains(body, `"jwks_uri":"`+issuer+`/`) {
		t.Errorf("discovery: %d %s", status, body)
	}
	if status, _ := request("GET", pool+"/inbox?to=a@example.com", "evil.test:9229", ""); status != 403 {
		t.Errorf("another host: %d", status)
	}

	graphql := func(document string) string {
		t.Helper()
		body, _ := json.Marshal(map[string]string{"query": document})
		_, answer := request("POST", "http://"+settings["ADDR"]+"/graphql", "", string(body))
		return answer
	}
	if answer := graphql(`mutation { signup(input: {username: "ada", email: "ada@example.com", password: "Correct-horse-9", mode: "dark"}) { userId } }`); strings.Contains(answer, "errors") {
		t.Fatal(answer)
	}
	_, inbox := request("GET", pool+"/inbox?to=ada@example.com", "", "")
	code := regexp.MustCompile(`"code":"(\d+)"`).FindStringSubmatch(inbox)
	if code == nil {
		t.Fatalf("the inbox is %s", inbox)
	}
	graphql(`mutation { verifyAccount(input: {email: "ada@example.com", confirmationCode: "` + code[1] + `"}) { status } }`)
	answer := graphql(`mutation { signin(input: {email: "ada@example.com", password: "Correct-horse-9"}) { ... on AuthTokens { accessToken user { email } } } }`)
	token := regexp.MustCompile(`"accessToken":"[^.]+\.([^.]+)\.`).FindStringSubmatch(answer)
	if token == nil {
		t.Fatal(answer)
	}
	claims, err := base64.RawURLEncoding.DecodeString(token[1])
	if err != nil || !strings.Contains(string(claims), `"iss":"`+issuer+`"`) {
		t.Errorf("%v %s", err, claims)
	}
	if !strings.Contains(answer, `"email":"ada@example.com"`) {
		t.Errorf("the API does not accept the token: %s", answer)
	}
}

// Without POOL_URL, a pool that listens on all interfaces has the URL of this machine.
func TestPoolOnAllInterfaces(t *testing.T) {
	for _, host := range []string{"", "0.0.0.0", "[::]"} {
		addr := host + ":0"
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Logf("left out %q: %v", addr, err)
			continue
		}
		_ = listener.Close()
		settings := map[string]string{"POOL_ADDR": addr, "DATA_DIR": t.TempDir(), "EMBEDDED_POOL": "true", "LOG_LEVEL": "error"}
		banner := startProgram(t, settings, "pool")
		url := regexp.MustCompile(`(http://127\.0\.0\.1:[0-9]+)/inbox`).FindStringSubmatch(banner)
		poolID := regexp.MustCompile(`us-east-1_\w+`).FindString(banner)
		if url == nil {
			t.Fatalf("%q: the banner is\n%s", addr, banner)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url[1]+"/"+poolID+"/.well-known/openid-configuration", nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{}}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		client.CloseIdleConnections()
		if !strings.Contains(string(body), `"issuer":"`+url[1]+"/"+poolID+`"`) {
			t.Errorf("%q: %s", addr, body)
		}
	}
}

// A pool that is served alone has the region that it is given.
func TestPoolRegion(t *testing.T) {
	settings := map[string]string{"POOL_ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(), "AWS_REGION_NAME": "eu-west-1", "LOG_LEVEL": "error"}
	banner := startProgram(t, settings, "pool")
	if !regexp.MustCompile(`Pool id +eu-west-1_`).MatchString(banner) || !strings.Contains(banner, "--region eu-west-1 ") {
		t.Errorf("the banner is\n%s", banner)
	}
}
