// Package playground serves the GraphQL playground, a page that works offline.
package playground

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// "npm run build" builds dist from src. It is committed, so that building Authgraph
// requires only Go.
//
//go:embed dist
var dist embed.FS

// pagePolicy allows the page to load its own files and to call this server, and
// nothing else. The page has no inline scripts or styles.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Files are the files of the playground by name.
type Files map[string]*file

// file is one file of the playground.
type file struct {
	name string
	raw  []byte
	// gzipped compresses the file when a browser first requests it.
	gzipped func() []byte
}

// New returns the embedded files.
func New() Files {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(fmt.Sprintf("playground: %v", err)) // the compiler embedded it
	}
	files := Files{}
	names, _ := fs.Glob(root, "*")
	for _, name := range names {
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			continue // a directory
		}
		files[name] = &file{name: name, raw: raw, gzipped: sync.OnceValue(func() []byte { return compress(raw) })}
	}
	return files
}

// Page serves the page itself. inbox is the URL of the embedded pool's inbox, which the
// page links to; it is empty for other pools.
func (f Files) Page(inbox string) http.HandlerFunc {
	page := f["index.html"].withInbox(inbox)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		page.serve(w, r)
	}
}

// Assets serves the files that the page loads from /playground/, and calls notFound
// for all other paths. File names contain a hash of the content, so that browsers
// may cache them forever.
func (f Files) Assets(notFound http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asset, found := f[strings.TrimPrefix(r.URL.Path, "/playground/")]
		if !found || asset.name == "index.html" {
			notFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		asset.serve(w, r)
	}
}

// withInbox returns the page with the URL of the inbox in its head, where the script
// finds it.
func (f *file) withInbox(url string) *file {
	if url == "" {
		return f
	}
	const end = "</head>"
	meta := `<meta name="inbox" content="` + html.EscapeString(url) + `">` + "\n  " + end
	raw := bytes.Replace(f.raw, []byte(end), []byte(meta), 1)
	return &file{name: f.name, raw: raw, gzipped: sync.OnceValue(func() []byte { return compress(raw) })}
}

func compress(raw []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(raw) // writing to a Buffer never fails
	_ = z.Close()
	return b.Bytes()
}

// serve sends the file, compressed if the client accepts that.
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

// mediaType returns the media type of a file. It does not use package mime, which
// reads the machine's own table: browsers refuse to run scripts of another type.
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

// acceptsGzip reports whether Accept-Encoding lists gzip with a weight other than 0
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
