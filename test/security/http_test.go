package security_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// signupBody signs a user up, if it is executed.
var signupBody = `{"query":` + quote("mutation{"+aSignup+"}") + `}`

// attackByPage is a request that a foreign page can make a browser send.
type attackByPage struct {
	name    string
	method  string
	path    string
	body    string
	headers []string // name, value, name, value …; an empty name removes Content-Type
	want    []int
}

func attacksByPages() []attackByPage {
	const own = "/graphql"
	mutation := "?query=" + url.QueryEscape("mutation{"+aSignup+"}")
	form := url.Values{"query": {"mutation{" + aSignup + "}"}}.Encode()
	multipart := "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + signupBody + "\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--b--\r\n"
	foreign := []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}

	all := []attackByPage{
		{"GET of a mutation", "GET", own + mutation, "", nil, []int{405}},
		{"GET of a mutation, JSON asked for", "GET", own + mutation, "", []string{"Accept", "application/json"}, []int{405}},
		{"GET of a mutation, as an image", "GET", own + mutation, "", []string{"Accept", "image/avif,image/webp,*/*"}, []int{405}},
		{"GET of a mutation behind a query", "GET", own + "?operationName=B&query=" + url.QueryEscape("query A{__typename} mutation B{"+aSignup+"}"), "", nil, []int{405}},
		{"GET with a body", "GET", own, signupBody, nil, []int{400}},
		{"GET with a query and a body", "GET", own + "?query={__typename}", signupBody, nil, []int{200}},
		{"HEAD of a mutation", "HEAD", own + mutation, "", nil, []int{405}},
		{"POST with the mutation in the address", "POST", own + mutation, "", nil, []int{400}},
		{"POST with a query and the mutation in the address", "POST", own + mutation, `{"query":"{__typename}"}`, nil, []int{200}},
		{"no content type", "POST", own, signupBody, []string{""}, []int{415}},
		{"a form", "POST", own, form, []string{"Content-Type", "application/x-www-form-urlencoded"}, []int{415}},
		{"a file form", "POST", own, multipart, []string{"Content-Type", "multipart/form-data; boundary=b"}, []int{415}},
		{"a file form with Apollo's header", "POST", own, multipart, []string{"Content-Type", "multipart/form-data; boundary=b", "Apollo-Require-Preflight", "true"}, []int{415}},
		{"JSON in a form's field name", "POST", own, signupBody + "=", []string{"Content-Type", "text/plain"}, []int{415}},
		{"an event stream", "POST", own, signupBody, []string{"Accept", "text/event-stream"}, []int{406}},
		{"a multipart answer", "POST", own, signupBody, []string{"Accept", "multipart/mixed"}, []int{406}},
		{"a WebSocket", "GET", own, "", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", "graphql-transport-ws", "Origin", "https://evil.example"}, []int{400}},
		{"a WebSocket of the old protocol", "GET", own, "", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", "graphql-ws", "Origin", "null"}, []int{400}},
		{"another path", "POST", "/graphql/", signupBody, nil, []int{404}},
		{"a path with dots", "POST", "/x/../graphql", signupBody, nil, []int{301, 307, 308, 404}},
		{"a path with two slashes", "POST", "//graphql", signupBody, nil, []int{301, 307, 308, 404}},
		{"a path in capitals", "POST", "/GraphQL", signupBody, nil, []int{404}},
		{"the front page", "POST", "/", signupBody, nil, []int{405}},
		{"the probe", "POST", "/healthz", signupBody, nil, []int{405}},
	}
	for _, contentType := range []string{
		"text/plain", "text/plain; charset=utf-8", "text/plain; application/json", "text/plain, application/json", "application/json, text/plain", "application/graphql", "application/json; charset=utf-16",
		"application/json;charset=iso-8859-1", "text/json", "application/x-json", "application/json+x", "application/graphql+json", "application/xml", "text/html", "application/octet-stream", "application/jsonp", "*/*", "application/*", "json", "application/json\\", "application/json;charset", "multipart/mixed", "application/csp-report",
	} {
		all = append(all, attackByPage{"content type " + contentType, "POST", own, signupBody, append([]string{"Content-Type", contentType}, foreign...), []int{415}})
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "post", "HEAD", "LOCK", "X"} {
		all = append(all, attackByPage{"method " + method, method, own, signupBody, nil, []int{400, 405, 501}})
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-HTTP-METHOD-OVERRIDE"} {
		all = append(
			all,
			attackByPage{name + " on GET", "GET", own + mutation, "", []string{name, "POST"}, []int{405}},
			attackByPage{name + " on PUT", "PUT", own, signupBody, []string{name, "POST"}, []int{405}},
		)
	}
	return append(
		all,
		attackByPage{"_method", "GET", own + mutation + "&_method=POST", "", nil, []int{405}},
		attackByPage{"content type overridden", "POST", own, signupBody, []string{"Content-Type", "text/plain", "X-Content-Type", "application/json"}, []int{415}},
		attackByPage{"two content types", "POST", own, signupBody, []string{"Content-Type", "text/plain", "Content-Type", "application/json"}, []int{415}},
		attackByPage{"address overridden", "GET", "/", "", []string{"X-Original-Url", own + mutation, "X-Rewrite-Url", own + mutation}, []int{200}},
	)
}

// P10: requests that browsers send for a foreign page without a preflight have no effect.
func TestAttackByPages(t *testing.T) {
	t.Parallel()
	g := newTarget(t)
	attacks := attacksByPages()
	held := 0
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			request := g.Request(attack.method, attack.path, []byte(attack.body))
			if len(attack.headers) > 0 && (attack.headers[0] == "" || attack.headers[0] == "Content-Type") {
				request.Header.Del("Content-Type")
			}
			for i := 0; i+1 < len(attack.headers); i += 2 {
				if attack.headers[i] == "Accept" {
					request.Header.Del("Accept")
				}
				request.Header.Add(attack.headers[i], attack.headers[i+1])
			}
			r, err := g.Send(request)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(attack.want, r.Status) || r.Took > maxResponseTime {
				t.Errorf("status %d after %v, want %v\n%s", r.Status, r.Took, attack.want, r.Body)
			}
			if allowed := r.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
				t.Errorf("the response can be read by %s", allowed)
			}
			if len(g.Cognito.Calls()) > 0 {
				t.Fatal("a user was signed up")
			}
			held++
		})
	}
	t.Logf("%d of %d requests of foreign pages had no effect", held, len(attacks))
	g.unharmed(t, 0)
}

// P17: only exact origins are accepted, and no request header is reflected in a response
// header.
func TestAttackOrigins(t *testing.T) {
	t.Parallel()
	const allowed = "https://app.example"
	g := newTarget(t, "CORS_ALLOWED_ORIGINS="+allowed+",https://admin.example:8443")
	origins := []string{
		"null", "https://evil.example", "http://app.example", "https://app.example:443", "https://app.example:8443", "https://app.example.evil.example", "https://evilapp.example", "https://app.example@evil.example", "https://sub.app.example", "https://app.example/", "https://app.example,https://evil.example", "https://app.example https://evil.example",
		"HTTPS://APP.EXAMPLE", "https://App.example", "https://app_example", "https://appxexample", "https://app.example%60.evil.example", "https://app.example`.evil.example", "file://", "*", "https://*", "https://*.example", "https://admin.example", "https://admin.example:8444", "https://аpp.example", "app.example", "//app.example", "https://app.example.", "https://app.example\t", " https://app.example evil",
	}
	held := 0
	for _, origin := range origins {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			t.Run(method+" from "+origin, func(t *testing.T) {
				request := g.Request(method, "/graphql", []byte(`{"query":"{__typename}"}`))
				request.Header["Origin"] = []string{origin}
				if method == http.MethodOptions {
					request.Header.Set("Access-Control-Request-Method", "POST")
					request.Header.Set("Access-Control-Request-Headers", "content-type,authorization,x-evil")
				}
				r, err := g.Send(request)
				if err != nil {
					t.Fatal(err)
				}
				for name, values := range r.Header {
					// Leading and trailing tabs are not part of the value.
					if strings.HasPrefix(name, "Access-Control-Allow") && strings.TrimSpace(origin) != allowed {
						t.Errorf("%s: %q", name, values)
					}
				}
				if !strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Origin") {
					t.Error("Vary does not name Origin")
				}
				held++
			})
		}
	}
	t.Run("of the allowed origin", func(t *testing.T) {
		request := g.Request(http.MethodOptions, "/graphql", nil)
		request.Header.Set("Origin", allowed)
		request.Header.Set("Access-Control-Request-Method", "POST")
		request.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
		r, err := g.Send(request)
		if err != nil || r.Header.Get("Access-Control-Allow-Origin") != allowed || r.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%v %v", err, r.Header)
		}
	})
	t.Run("a preflight of 60 KiB of names", func(t *testing.T) {
		request := g.Request(http.MethodOptions, "/graphql", nil)
		request.Header.Set("Origin", allowed)
		request.Header.Set("Access-Control-Request-Method", "POST")
		request.Header.Set("Access-Control-Request-Headers", strings.Repeat("a,", 30_000))
		r, err := g.Send(request)
		if err != nil || r.Took > maxResponseTime || r.Header.Get("Access-Control-Allow-Headers") != "" {
			t.Errorf("%v: %v after %v", err, r.Header, r.Took)
		}
	})
	t.Logf("%d of %d requests of foreign origins got no permission", held, 2*len(origins))

	// The response has the same headers, whatever was requested.
	for _, path := range []string{"/", "/graphql", "/graphql?query={__typename}", "/healthz", "/readyz", "/metrics", "/nowhere", "/%0d%0aSet-Cookie:a=b", "/<script>alert(1)</script>", "/graphql?query=<script>alert(1)</script>"} {
		t.Run("headers of "+path, func(t *testing.T) {
			request := g.Request(http.MethodGet, path, nil)
			request.Host = "evil.example"
			request.Header.Set("X-Forwarded-Host", "evil.example")
			request.Header.Set("X-Forwarded-Proto", "evil")
			r, err := g.Send(request)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Server": "", "X-Powered-By": "", "Set-Cookie": "",
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if all := r.Dump(); strings.Contains(all, "evil") || strings.Contains(all, "<script") {
				t.Errorf("the request is reflected:\n%s", all)
			}
		})
	}
	g.unharmed(t, 0)
}

// attackByBody is an invalid body of a GraphQL request over HTTP.
type attackByBody struct {
	name     string
	body     string
	encoding string // Content-Encoding
	want     string
}

func attacksByBodies() []attackByBody {
	honest := `{"query":"{__typename}"}`
	inQuery := func(json string) string { return `{"query":"{__typename}",` + json + "}" }
	all := []attackByBody{
		{name: "empty", body: ""},
		{name: "white space", body: " \r\n\t"},
		{name: "null", body: "null"},
		{name: "true", body: "true"},
		{name: "a number", body: "1"},
		{name: "a string", body: quote(honest)},
		{name: "an empty object", body: "{}"},
		{name: "an empty list", body: "[]"},
		{name: "cut off", body: honest[:len(honest)-1]},
		{name: "text behind", body: honest + "x"},
		{name: "two objects", body: honest + honest},
		{name: "a second object on a new line", body: honest + "\n" + signupBody},
		{name: "a brace behind", body: honest + "}"},
		{name: "NUL behind", body: honest + "\x00"},
		{name: "a byte order mark", body: "\ufeff" + honest},
		{name: "UTF-16", body: "{\x00\"\x00q\x00u\x00"},
		{name: "UTF-32", body: "{\x00\x00\x00"},
		{name: "a comment", body: "/**/" + honest},
		{name: "a trailing comma", body: strings.Replace(honest, "}\"}", "}\",}", 1)},
		{name: "single quotes", body: "{'query':'{__typename}'}"},
		{name: "names without quotes", body: `{query:"{__typename}"}`},
		{name: "NaN", body: inQuery(`"variables":NaN`)},
		{name: "a prefix against hijacking", body: ")]}',\n" + honest},
		{name: "a line break in a string", body: "{\"query\":\"{__typename\n}\"}"},
		{name: "XML", body: "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"},
		{name: "a form", body: "query=%7B__typename%7D"},
		{name: "bare GraphQL", body: "{__typename}"},
		{name: "query a number", body: `{"query":1}`},
		{name: "query null", body: `{"query":null}`},
		{name: "query an object", body: `{"query":{"a":1}}`},
		{name: "query a list", body: `{"query":["{__typename}"]}`},
		{name: "query true", body: `{"query":true}`},
		{name: "query empty", body: `{"query":""}`},
		{name: "variables a list", body: inQuery(`"variables":[]`)},
		{name: "variables a string", body: inQuery(`"variables":"{}"`)},
		{name: "variables a number", body: inQuery(`"variables":1`)},
		{name: "variables true", body: inQuery(`"variables":true`)},
		{name: "operationName a number", body: inQuery(`"operationName":1`)},
		{name: "operationName an object", body: inQuery(`"operationName":{}`)},
		{name: "extensions a list", body: inQuery(`"extensions":[]`)},
		{name: "extensions a string", body: inQuery(`"extensions":"x"`)},
		{name: "query twice", body: `{"query":"{__typename}","query":"{__typename}"}`},
		{name: "variables twice", body: inQuery(`"variables":{},"variables":{}`)},
		{name: "query twice, escaped", body: inQuery(`"qu\u0065ry":"{__typename}"`)},
		{name: "binary", body: string(random(4096))},
		{name: "gzip without a word", body: squeeze(gzip.NewWriter, honest)},
	}
	for i := range all {
		all[i].want = malformed
	}
	const mebibyte = 1 << 20
	deflate := func(w io.Writer) *flate.Writer {
		d, _ := flate.NewWriter(w, flate.BestCompression)
		return d
	}
	const unsupported = "UNSUPPORTED_MEDIA_TYPE"
	// Consecutive gzip members are one text (RFC 1952, section 2.2).
	bombs := strings.Repeat(squeeze(gzip.NewWriter, strings.Repeat(" ", mebibyte)), 128)
	return append(
		all,
		attackByBody{"8 MiB", honest + strings.Repeat(" ", 8<<20), "", tooLarge},
		attackByBody{"8 MiB of [", strings.Repeat("[", 8<<20), "", tooLarge},
		attackByBody{"8 MiB in a string", `{"query":"` + strings.Repeat("a", 8<<20) + `"}`, "", tooLarge},
		attackByBody{"one byte too many", honest + strings.Repeat(" ", 256<<10+1-len(honest)), "", tooLarge},
		attackByBody{"a gzip bomb", bombs, "gzip", unsupported},
		attackByBody{"a gzip bomb in a gzip bomb", squeeze(gzip.NewWriter, bombs), "gzip, gzip", unsupported},
		attackByBody{"a gzip bomb, x-gzip", bombs, "x-gzip", unsupported},
		attackByBody{"a gzip bomb, GZIP", bombs, "GZIP", unsupported},
		attackByBody{"a gzip bomb behind identity", bombs, "identity, gzip", unsupported},
		attackByBody{"a deflate bomb", squeeze(deflate, strings.Repeat(" ", 8*mebibyte)), "deflate", unsupported},
		attackByBody{"br", "\x1b\xff\xff", "br", unsupported},
		attackByBody{"zstd", "\x28\xb5\x2f\xfd", "zstd", unsupported},
		attackByBody{"compress", "\x1f\x9d", "compress", unsupported},
		attackByBody{"a gzip bomb that is not said to be one", bombs, "", malformed},
	)
}

func random(n int) []byte {
	// Deterministic, and not valid JSON.
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*i*7 + i>>3 + 128)
	}
	return b
}

// squeeze compresses with gzip.
func squeeze[W io.WriteCloser](compressor func(io.Writer) W, text string) string {
	var b bytes.Buffer
	w := compressor(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// P11: invalid bodies are rejected before they cost much.
func TestAttackBodies(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	attacks := attacksByBodies()
	before, held := g.memory(t), 0
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			request := g.Request(http.MethodPost, "/graphql", []byte(attack.body))
			if attack.encoding != "" {
				request.Header.Set("Content-Encoding", attack.encoding)
			}
			r, err := g.Send(request)
			if err != nil && len(attack.body) > 256<<10 {
				held++ // The connection was closed while sending.
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Code() != attack.want || r.Status < 400 || r.Status >= 500 || r.Took > maxResponseTime || len(r.Body) > 64<<10 {
				t.Fatalf("%d %s after %v, want %s\n%.300s", r.Status, r.Code(), r.Took, attack.want, r.Body)
			}
			held++
		})
	}
	t.Run("8 streams of 64 MiB", func(t *testing.T) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				request := g.Request(http.MethodPost, "/graphql", nil)
				request.ContentLength = -1
				request.Body = io.NopCloser(io.LimitReader(blanks{}, 64<<20))
				if r, err := g.Send(request); err == nil && r.Code() != tooLarge {
					t.Errorf("%d %s", r.Status, r.Code())
				}
			})
		}
		all.Wait()
	})
	grown := g.memory(t) - before
	t.Logf("%d of %d invalid bodies rejected; the program grew by %d MiB", held, len(attacks), grown)
	if grown > maxMemoryGain() {
		t.Errorf("the program grew by %d MiB", grown)
	}
	g.unharmed(t, 0)
}

// blanks is an endless reader of white space.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// attackByWire is a request that no HTTP client sends.
type attackByWire struct {
	name string
	text string
	one  bool // one response with status 200 is fine: it hides nothing
}

func attacksByWire() []attackByWire {
	hidden := "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(signupBody)) + "\r\n\r\n" + signupBody
	const first = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
	const query = `{"query":"{__typename}"}`
	length := func(s string) string { return "Content-Length: " + strconv.Itoa(len(s)) + "\r\n" }
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(query), query)
	with := func(headers, body string) string { return first + headers + "\r\n" + body }
	megabytes := strings.Repeat("a", 3<<20)
	all := []attackByWire{
		// Ambiguous lengths.
		{"length and chunks", with(length(chunks+hidden)+"Transfer-Encoding: chunked\r\n", chunks+hidden), true},
		{"chunks and length", with("Transfer-Encoding: chunked\r\n"+length(chunks+hidden), chunks+hidden), true},
		{"chunks and a length of 0", with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", chunks+hidden), true},
		{"two lengths, short first", with(length(query)+length(query+hidden), query+hidden), false},
		{"two lengths, long first", with(length(query+hidden)+length(query), query+hidden), false},
		{"two lengths in a list", with("Content-Length: "+strconv.Itoa(len(query))+", "+strconv.Itoa(len(query+hidden))+"\r\n", query+hidden), false},
		{"a negative length", with("Content-Length: -1\r\n", query+hidden), false},
		{"a length with a sign", with("Content-Length: +"+strconv.Itoa(len(query))+"\r\n", query+hidden), false},
		{"a hexadecimal length", with("Content-Length: 0x18\r\n", query+hidden), false},
		{"a length in two words", with("Content-Length: 2 4\r\n", query+hidden), false},
		{"a length with a fraction", with("Content-Length: 24.0\r\n", query+hidden), false},
		{"a length beyond numbers", with("Content-Length: 99999999999999999999\r\n", query+hidden), false},
		{"an empty length", with("Content-Length: \r\n", query+hidden), false},
		{"a space before the colon", with("Content-Length : "+strconv.Itoa(len(query+hidden))+"\r\n", query+hidden), false},
		{"a folded length", with("Content-Length:\r\n "+strconv.Itoa(len(query))+"\r\n 9\r\n", query+hidden), false},
		{"a length with NUL", with("Content-Length: 24\x00\r\n", query+hidden), false},

		// Transfer encodings that not every parser knows.
		{"xchunked", with(length(query)+"Transfer-Encoding: xchunked\r\n", query+hidden), false},
		{"chunked, with a space before the colon", with(length(query)+"Transfer-Encoding : chunked\r\n", query+hidden), false},
		{"chunked and identity", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks+hidden), false},
		{"identity and chunked", with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", chunks+hidden), false},
		{"chunked twice", with("Transfer-Encoding: chunked, chunked\r\n", chunks+hidden), false},
		{"identity", with(length(query)+"Transfer-Encoding: identity\r\n", query+hidden), false},
		{"gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n", chunks+hidden), false},
		{"chunked, gzip", with("Transfer-Encoding: chunked, gzip\r\n", chunks+hidden), false},
		{"chunked with a vertical tab", with(length(query)+"Transfer-Encoding: \x0bchunked\r\n", query+hidden), false},
		{"chunked in quotation marks", with(length(query)+"Transfer-Encoding: \"chunked\"\r\n", query+hidden), false},
		{"chunked with a parameter", with(length(query)+"Transfer-Encoding: chunked;a=b\r\n", query+hidden), false},
		{"chunked behind a comma", with("Transfer-Encoding: ,chunked\r\n", chunks+hidden), false},
		{"an empty encoding", with(length(query)+"Transfer-Encoding: \r\n", query+hidden), false},
		{"chunked in HTTP/1.0", strings.Replace(with("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", chunks+hidden), "HTTP/1.1", "HTTP/1.0", 1), false},
		{"with an underscore", with(length(query+hidden)+"Transfer_Encoding: chunked\r\n", query+hidden), false},

		// Chunks.
		{"a negative chunk", with("Transfer-Encoding: chunked\r\n", "-1\r\n"+hidden), false},
		{"a chunk beyond numbers", with("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"+hidden), false},
		{"a chunk of 0x", with("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n"+hidden), false},
		{"a chunk with an underscore", with("Transfer-Encoding: chunked\r\n", "1_0\r\n"+hidden), false},
		{"a chunk with a sign", with("Transfer-Encoding: chunked\r\n", "+0\r\n\r\n"+hidden), false},
		{"a chunk without its end", with("Transfer-Encoding: chunked\r\n", "1\r\n{0\r\n\r\n"+hidden), false},
		{"chunks that end in line feeds", with("Transfer-Encoding: chunked\r\n", "1\n{\n0\n\n"+hidden), false},
		{"an extension with a line feed", with("Transfer-Encoding: chunked\r\n", "1;a\nb\r\n{\r\n0\r\n\r\n"+hidden), false},
		{"an extension of 3 MiB", with("Transfer-Encoding: chunked\r\n", "1;"+megabytes+"\r\n{\r\n0\r\n\r\n"+hidden), false},
		{"100,000 chunks of a byte with extensions", with("Transfer-Encoding: chunked\r\n", strings.Repeat("1;"+strings.Repeat("a", 60)+"\r\n \r\n", 100_000)+hidden), false},
		{"trailers of 3 MiB", with("Transfer-Encoding: chunked\r\n", "1\r\n{\r\n0\r\nX: "+megabytes+"\r\n\r\n"+hidden), false},

		// Lines.
		{"a body in a GET", "GET / HTTP/1.1\r\nHost: a\r\n" + length(hidden) + "\r\n" + hidden, true},
		{"a body in a GET, line feeds only", "GET / HTTP/1.1\nHost: a\nContent-Length: " + strconv.Itoa(len(hidden)) + "\n\n" + hidden, true},
		{"a body in a HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n" + length(hidden) + "\r\n" + hidden, true},
		{"carriage returns only", strings.ReplaceAll(hidden, "\r\n", "\r"), false},
		{"a carriage return in a header", with("X: a\rContent-Length: 0\r\n"+length(query), query), false},
		{"a header without a colon", with("Content-Length\r\n", hidden), false},
		{"a header without a name", with(": a\r\n", hidden), false},
		{"a header that begins with a space", "POST /graphql HTTP/1.1\r\n Host: a\r\n\r\n" + hidden, false},
		{"NUL in a header's name", with("X\x00: a\r\n"+length(query), query), false},
		{"no Host", "POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n" + length(query) + "\r\n" + query, false},
		{"two Hosts", with("Host: b\r\n"+length(query), query), false},
		{"a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", false},
		{"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", false},
		{"HTTP/0.9", "GET /\r\n" + hidden, false},
		{"HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n" + hidden, false},
		{"HTTP/1.1 twice", "GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n" + hidden, false},
		{"HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden, false},
		{"HTTP/2 by upgrade", with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"+length(query), query), true},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + string(random(512)), false},
		{"binary", string(random(8192)), false},
		{"a method with a space", "PO ST /graphql HTTP/1.1\r\nHost: a\r\n\r\n", false},
		{"the URL of another host", "GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n" + length(hidden) + "\r\n" + hidden, true},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", false},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", false},
		{"an expectation", with("Expect: 200-ok\r\n"+length(query), query), false},

		// Size.
		{"a header of 3 MiB", with("X: "+megabytes+"\r\n", ""), false},
		{"a header's name of 3 MiB", with(megabytes+": a\r\n", ""), false},
		{"100,000 headers", with(strings.Repeat("X: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 100_000), ""), false},
		{"an address of 3 MiB", "GET /" + megabytes + " HTTP/1.1\r\nHost: a\r\n\r\n", false},
		{"a method of 3 MiB", megabytes + " / HTTP/1.1\r\nHost: a\r\n\r\n", false},
		{"a line of 3 MiB without an end", megabytes, false},
		{"3 MiB of empty lines", strings.Repeat("\r\n", 3<<19) + hidden, false},
	}
	return all
}

// P11: ambiguous requests are rejected, or leave nothing behind that could be parsed as
// another request.
func TestAttackWire(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	before := g.memory(t)
	attacks := attacksByWire()
	var held atomic.Int64
	t.Run("forms", func(t *testing.T) {
		for _, attack := range attacks {
			t.Run(attack.name, func(t *testing.T) {
				t.Parallel()
				all := g.raw(t, attack.text)
				var statuses []int
				for piece := range strings.SplitSeq(all, "HTTP/1.") {
					var minor, status int
					if n, _ := fmt.Sscanf(piece, "%d %d", &minor, &status); n == 2 {
						statuses = append(statuses, status)
					}
				}
				for _, status := range statuses {
					refused := status >= 400 && status < 500 || status == http.StatusNotImplemented || status == http.StatusHTTPVersionNotSupported
					only := attack.one && len(statuses) == 1 && status == http.StatusOK
					if !refused && !only {
						t.Fatalf("responses %v\n%.500s", statuses, all)
					}
				}
				if len(g.Cognito.Calls()) > 0 {
					t.Fatal("a hidden request was executed")
				}
				held.Add(1)
			})
		}
	})
	grown := g.memory(t) - before
	t.Logf("%d of %d ambiguous requests hid nothing; the program grew by %d MiB", held.Load(), len(attacks), grown)
	if grown > maxMemoryGain() {
		t.Errorf("the program grew by %d MiB", grown)
	}
	g.unharmed(t, 0)
}

// P12: clients that send slowly or not at all are disconnected, and do not affect others
// until then.
func TestAttackSlowClients(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	const each = 300
	before := g.memory(t)
	kinds := []struct {
		name         string
		begins, goes string
		bar          time.Duration
		slowest      atomic.Int64
		closed       atomic.Int64
	}{
		{name: "headers", begins: "POST /graphql HTTP/1.1\r\nHost: a\r\n", goes: "X: a\r\n", bar: 15 * time.Second},
		{name: "bodies", begins: "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n", goes: " ", bar: 45 * time.Second},
		{name: "chunks", begins: "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", goes: "1\r\n \r\n", bar: 45 * time.Second},
		{name: "silence", bar: 15 * time.Second},
		{name: "half a request line", begins: "POST /gra", bar: 15 * time.Second},
	}
	var all sync.WaitGroup
	for i := range kinds {
		k := &kinds[i]
		for range each {
			c := g.dial(t)
			all.Go(func() {
				start := time.Now()
				_, _ = io.WriteString(c, k.begins)
				_ = c.SetReadDeadline(start.Add(k.bar))
				gone := make(chan struct{})
				go func() {
					defer close(gone)
					if _, err := io.Copy(io.Discard, c); !errors.Is(err, os.ErrDeadlineExceeded) {
						k.closed.Add(1)
					}
				}()
				drip := time.NewTicker(time.Second)
				defer drip.Stop()
				for {
					select {
					case <-gone:
						for took := int64(time.Since(start)); ; {
							if was := k.slowest.Load(); was >= took || k.slowest.CompareAndSwap(was, took) {
								return
							}
						}
					case <-drip.C:
						_, _ = io.WriteString(c, k.goes)
					}
				}
			})
		}
	}
	over := make(chan struct{})
	go func() {
		all.Wait()
		close(over)
	}()
	honest := "Bearer " + newForger(g.Issuer).honest()
	served, slowest, grown := 0, time.Duration(0), 0
	for pace, done := time.NewTicker(20*time.Millisecond), false; !done; {
		select {
		case <-over:
			done = true
		case <-pace.C:
		}
		r, err := g.Post("{me{id}}", honest)
		if err != nil || r.Text("data.me.id") == "absent" {
			t.Fatalf("an honest client got no response: %v", err)
		}
		if served++; served%100 == 0 {
			grown = max(grown, g.memory(t)-before)
		}
		slowest = max(slowest, r.Took)
	}
	for i := range kinds {
		k := &kinds[i]
		t.Logf("%d of %d slow clients closed (%s), the last after %v", k.closed.Load(), each, k.name, time.Duration(k.slowest.Load()).Round(time.Millisecond))
		if k.closed.Load() != each {
			t.Errorf("%s: %d of %d were closed within %v", k.name, k.closed.Load(), each, k.bar)
		}
	}
	t.Logf("meanwhile %d honest clients, slowest %v; the program grew by %d MiB", served, slowest.Round(time.Millisecond), grown)
	if slowest > maxResponseTime {
		t.Errorf("an honest caller waited %v", slowest)
	}
	if grown > maxMemoryGain() {
		t.Errorf("the program grew by %d MiB", grown)
	}
	g.unharmed(t, 0)
}

// P29: the client address is that of the peer. For a trusted proxy, it is the rightmost
// address that the proxy added.
func TestAttackForwardedAddresses(t *testing.T) {
	t.Parallel()
	const peer = "127.0.0.1"
	plain, behind := newTarget(t), newTarget(t, "TRUSTED_PROXIES=127.0.0.0/8,10.0.0.0/8")
	attacks := []struct {
		name    string
		g       *target
		headers []string
		want    string
	}{
		{"no proxy, a header", plain, []string{"X-Forwarded-For", "203.0.113.7"}, peer},
		{"no proxy, other headers", plain, []string{"X-Real-Ip", "203.0.113.7", "Forwarded", "for=203.0.113.7", "Cf-Connecting-Ip", "203.0.113.7", "True-Client-Ip", "203.0.113.7", "X-Client-Ip", "203.0.113.7", "X_Forwarded_For", "203.0.113.7"}, peer},
		{"no proxy, localhost", plain, []string{"X-Forwarded-For", "127.0.0.2"}, peer},
		{"one address", behind, []string{"X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		{"a forged one to the left", behind, []string{"X-Forwarded-For", "198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"a forged header before", behind, []string{"X-Forwarded-For", "198.51.100.1", "X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		{"behind two proxies", behind, []string{"X-Forwarded-For", "198.51.100.1, 203.0.113.7, 10.1.2.3"}, "203.0.113.7"},
		{"a forged proxy to the left", behind, []string{"X-Forwarded-For", "10.9.9.9, 203.0.113.7"}, "203.0.113.7"},
		{"a port", behind, []string{"X-Forwarded-For", "203.0.113.7:1234"}, "203.0.113.7"},
		{"IPv6", behind, []string{"X-Forwarded-For", "[2001:db8::7]:1234"}, "2001:db8::7"},
		{"IPv4 in IPv6", behind, []string{"X-Forwarded-For", "::ffff:203.0.113.7"}, "203.0.113.7"},
		{"a zone", behind, []string{"X-Forwarded-For", "fe80::1%eth0"}, "fe80::1"},
		{"garbage", behind, []string{"X-Forwarded-For", "unknown"}, peer},
		{"garbage to the right", behind, []string{"X-Forwarded-For", "203.0.113.7, garbage"}, peer},
		{"markup", behind, []string{"X-Forwarded-For", `"><script>`}, peer},
		{"empty", behind, []string{"X-Forwarded-For", ""}, peer},
		{"commas", behind, []string{"X-Forwarded-For", ",,,"}, peer},
		{"10,000 addresses", behind, []string{"X-Forwarded-For", strings.Repeat("10.1.1.1,", 6_000) + "203.0.113.7"}, "203.0.113.7"},
		{"other headers behind a proxy", behind, []string{"X-Real-Ip", "203.0.113.7", "Forwarded", "for=203.0.113.7", "X_Forwarded_For", "203.0.113.7"}, peer},
	}
	held := 0
	for i, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			id := fmt.Sprintf("forwarded-%d", i)
			request := attack.g.Request(http.MethodGet, "/", nil)
			request.Header.Set("X-Request-Id", id)
			for j := 0; j < len(attack.headers); j += 2 {
				request.Header[attack.headers[j]] = append(request.Header[attack.headers[j]], attack.headers[j+1])
			}
			if r, err := attack.g.Send(request); err != nil || r.Status != http.StatusOK {
				t.Fatalf("%v %d", err, r.Status)
			}
			line := ""
			// A request is logged after its response was sent.
			testutil.Eventually(t, "the request in the log", testutil.Timeout, func() bool {
				for l := range strings.Lines(attack.g.Stderr.String()) {
					if strings.Contains(l, `"request_id":"`+id+`"`) {
						line = l
					}
				}
				return line != ""
			})
			if !strings.Contains(line, `"client":"`+attack.want+`"`) {
				t.Fatalf("want %s: %s", attack.want, line)
			}
			held++
		})
	}
	t.Logf("%d of %d forwarded addresses attributed correctly", held, len(attacks))
	plain.unharmed(t, 0)
	behind.unharmed(t, 0)
}
