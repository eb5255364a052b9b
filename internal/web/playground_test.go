package web_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"authgraph/internal/suite"
	"authgraph/internal/web"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestPlaygroundPage(t *testing.T) {
	on := web.NewHandler(web.Options{GraphQL: &graphQL{}, Playground: true})
	off := web.NewHandler(web.Options{GraphQL: &graphQL{}})
	for _, test := range []struct {
		name    string
		handler http.Handler
		accept  string
		page    bool
	}{
		{"browser", on, browser, true},
		{"program", on, "*/*", false},
		{"program that says nothing", on, "", false},
		{"program that wants JSON", on, "application/json", false},
		{"browser, but off", off, browser, false},
	} {
		response := ask(test.handler, "GET", "/", "Accept", test.accept)
		got := body(t, response)
		if page := strings.Contains(got, "<!doctype html>"); response.StatusCode != 200 || page != test.page {
			t.Errorf("%s: %d, page %t, want %t", test.name, response.StatusCode, page, test.page)
		}
		if !strings.Contains(strings.Join(response.Header["Vary"], ","), "Accept") {
			t.Errorf("%s: Vary is %q", test.name, response.Header["Vary"])
		}
	}
}

func TestPlaygroundPolicy(t *testing.T) {
	handler := web.NewHandler(web.Options{GraphQL: &graphQL{}, Playground: true})
	response := ask(handler, "GET", "/", "Accept", browser)
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
		t.Errorf("the policy is not strict: %s", policy)
	}
	page := body(t, response)
	inline := regexp.MustCompile(`(?i)<style|<script(?:\s[^>]*)?>[^<]|\son[a-z]+=|\sstyle=|javascript:|https?://`)
	if found := inline.FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
}

func TestPlaygroundAssets(t *testing.T) {
	on := web.NewHandler(web.Options{GraphQL: &graphQL{}, Playground: true})
	off := web.NewHandler(web.Options{GraphQL: &graphQL{}})
	page := body(t, ask(on, "GET", "/", "Accept", browser))
	names := regexp.MustCompile(`(?:src|href)="(playground/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(names) != 3 {
		t.Fatalf("the page names %v, want a script, a style sheet and an icon", names)
	}
	total := 0
	for _, name := range names {
		target := "/" + name[1]
		raw := ask(on, "GET", target)
		packed := ask(on, "GET", target, "Accept-Encoding", "br, gzip;q=0.8")
		refused := ask(on, "GET", target, "Accept-Encoding", "gzip;q=0")
		if raw.StatusCode != 200 || raw.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d, %q", target, raw.StatusCode, raw.Header.Get("Cache-Control"))
		}
		if raw.Header.Get("Content-Encoding") != "" || refused.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: compressed for the wrong clients", target)
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(z)
		plain := body(t, raw)
		if err != nil || strings.TrimSpace(string(unpacked)) != plain {
			t.Errorf("%s: the compressed file is another one (%v)", target, err)
		}
		total += len(plain)
		if status := ask(off, "GET", target).StatusCode; status != 404 {
			t.Errorf("%s: status %d with the playground off", target, status)
		}
	}
	if total > 1_500_000 {
		t.Errorf("the playground has %d bytes, want 1.5 MB at most", total)
	}
	for _, target := range []string{"/playground/", "/playground/index.html", "/playground/nothing.js", "/playground/../handler.go", "/playground/%2e%2e/handler.go"} {
		if status := ask(on, "GET", target).StatusCode; status == 200 {
			t.Errorf("%s is served", target)
		}
	}
}

// TestPlaygroundInChromium drives the playground in a real browser. It needs
// what "npm ci" in internal/web/playground installs, and Chromium on the PATH.
// Screenshots go where PLAYGROUND_SHOTS says.
func TestPlaygroundInChromium(t *testing.T) {
	chromium := lookPath("chromium", "chromium-browser", "google-chrome")
	if chromium == "" {
		suite.LeaveOut(t, "Chromium on the PATH")
	}
	if _, err := os.Stat("playground/node_modules/playwright-core"); err != nil {
		suite.LeaveOut(t, "playwright-core: run npm ci in internal/web/playground")
	}
	server := httptest.NewServer(web.NewHandler(web.Options{Playground: true, GraphQL: cannedGraphQL(t)}))
	defer server.Close()

	check := exec.CommandContext(t.Context(), "node", "check.mjs", server.URL, os.Getenv("PLAYGROUND_SHOTS"))
	check.Dir = "playground"
	check.Env = append(os.Environ(), "CHROMIUM="+chromium)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("check.mjs: %v\n%s", err, out)
	}
}

func lookPath(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// cannedGraphQL knows just the requests that check.mjs makes.
func cannedGraphQL(t *testing.T) http.Handler {
	introspection, err := os.ReadFile("testdata/introspection.json")
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Query, OperationName string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := `{"errors":[{"message":"This needs an access token","extensions":{"code":"UNAUTHENTICATED","status":401}}],"data":{"me":null}}`
		switch {
		case !strings.Contains(request.Query, request.OperationName):
			answer = `{"errors":[{"message":"There is no such operation in the document"}]}`
		case strings.Contains(request.Query, "__schema"):
			answer = string(introspection)
		case strings.Contains(request.Query, "mutation Signin("):
			answer = `{"data":{"signin":{"__typename":"AuthTokens","accessToken":"access-token","refreshToken":"refresh-token","expiresIn":3600}}}`
		case r.Header.Get("Authorization") == "Bearer access-token":
			answer = `{"data":{"me":{"id":"5f7f0b3e","username":"Ada","email":"ada@example.com","groups":[]}}}`
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	})
}
