package httpserver_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"authgraph/internal/httpserver"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestPlaygroundPage(t *testing.T) {
	on := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Playground: true})
	off := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}})
	for _, test := range []struct {
		name    string
		handler http.Handler
		accept  string
		page    bool
	}{
		{"browser", on, browser, true},
		{"program", on, "*/*", false},
		{"program without Accept", on, "", false},
		{"program that accepts JSON", on, "application/json", false},
		{"browser, playground off", off, browser, false},
	} {
		response := send(test.handler, "GET", "/", "Accept", test.accept)
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
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Playground: true})
	response := send(handler, "GET", "/", "Accept", browser)
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
		t.Errorf("the page contains %q", found)
	}
}

func TestPlaygroundAssets(t *testing.T) {
	on := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Playground: true})
	off := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}})
	page := body(t, send(on, "GET", "/", "Accept", browser))
	names := regexp.MustCompile(`(?:src|href)="(playground/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(names) != 3 {
		t.Fatalf("the page links to %v, want a script, a style sheet and an icon", names)
	}
	total := 0
	for _, name := range names {
		target := "/" + name[1]
		raw := send(on, "GET", target)
		packed := send(on, "GET", target, "Accept-Encoding", "br, gzip;q=0.8")
		refused := send(on, "GET", target, "Accept-Encoding", "gzip;q=0")
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
			t.Errorf("%s: the compressed file differs (%v)", target, err)
		}
		total += len(plain)
		if status := send(off, "GET", target).StatusCode; status != 404 {
			t.Errorf("%s: status %d with the playground off", target, status)
		}
	}
	if total > 1_400_000 {
		t.Errorf("the playground has %d bytes, want at most 1.4 MB", total)
	}
	for _, target := range []string{"/playground/", "/playground/index.html", "/playground/nothing.js", "/playground/../handler.go", "/playground/%2e%2e/handler.go"} {
		if status := send(on, "GET", target).StatusCode; status == 200 {
			t.Errorf("%s is served", target)
		}
	}
}

// With the embedded pool, the page names its inbox, escaped.
func TestPlaygroundInbox(t *testing.T) {
	for inbox, want := range map[string]string{
		"":                            "",
		"http://127.0.0.1:9229/inbox": `<meta name="inbox" content="http://127.0.0.1:9229/inbox">`,
		`http://a"><b>/inbox`:         `<meta name="inbox" content="http://a&#34;&gt;&lt;b&gt;/inbox">`,
	} {
		handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Playground: true, Inbox: inbox})
		page := body(t, send(handler, "GET", "/", "Accept", browser))
		if !strings.Contains(page, want) || inbox == "" && strings.Contains(page, `name="inbox"`) {
			t.Errorf("the inbox %q: %s", inbox, page)
		}
		packed := send(handler, "GET", "/", "Accept", browser, "Accept-Encoding", "gzip")
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if unpacked, err := io.ReadAll(z); err != nil || !strings.Contains(string(unpacked), want) {
			t.Errorf("the compressed page lacks the inbox %q (%v)", inbox, err)
		}
	}
}
