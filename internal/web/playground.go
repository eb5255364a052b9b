package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// The playground is built from playground/src by "npm run build" and committed,
// so that building Authgraph needs Go only.
//
//go:embed playground/dist
var dist embed.FS

// pagePolicy lets the page load its own files and call this server, and nothing
// else. The page has no inline script or style.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// greeting is what / says to everything that is no browser.
type greeting struct {
	Message string `json:"message"`
}

// front serves /: the playground for a browser, a greeting for all others.
func front(playground map[string]*file) http.Handler {
	page, on := playground["index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		if !on || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			respond(w, http.StatusOK, greeting{"Authentication service"})
			return
		}
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		page.serve(w, r)
	})
}

// assets serves /playground/: the files that the page loads. Their names hold a
// hash of their content, so that they never change and may be kept for ever.
func assets(playground map[string]*file) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, found := playground[strings.TrimPrefix(r.URL.Path, "/playground/")]
		if !found || f.name == "index.html" {
			notFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		f.serve(w, r)
	})
}

// file is one file of the playground.
type file struct {
	name string
	raw  []byte
	// gzipped compresses the file when the first browser asks for it; a process
	// that nobody plays with never does.
	gzipped func() []byte
}

// playgroundFiles returns the embedded files by name, and none when the
// playground is off.
func playgroundFiles(on bool) map[string]*file {
	files := map[string]*file{}
	if !on {
		return files
	}
	root, err := fs.Sub(dist, "playground/dist")
	if err != nil {
		panic(fmt.Sprintf("web: the embedded playground: %v", err)) // the compiler put it there
	}
	names, _ := fs.Glob(root, "*")
	for _, name := range names {
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			continue // a folder
		}
		files[name] = &file{name: name, raw: raw, gzipped: sync.OnceValue(func() []byte { return compress(raw) })}
	}
	return files
}

func compress(raw []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(raw) // a Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// serve answers with the file, compressed for those who take that.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", mediaType(f.name))
	h.Add("Vary", "Accept-Encoding")
	body := f.raw
	if acceptsGzip(r.Header) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzipped()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// mediaType does not ask the machine's own table, as package mime does: browsers
// run no script that comes as anything else.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// acceptsGzip tells whether gzip is named in Accept-Encoding and not by q=0
// (RFC 9110, section 12.5.3).
func acceptsGzip(h http.Header) bool {
	for entry := range strings.SplitSeq(strings.Join(h["Accept-Encoding"], ","), ",") {
		coding, weight, _ := strings.Cut(entry, ";")
		_, q, _ := strings.Cut(weight, "=")
		value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		refused := err == nil && value == 0
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && !refused {
			return true
		}
	}
	return false
}
