package inbox

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"html/template"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

// page renders messages as HTML.
type page struct{ template *template.Template }

func newPage() page { return page{template.Must(template.New("inbox").Parse(pageHTML))} }

// render returns the page with messages, which are those to an address unless that is empty.
func (p page) render(to string, messages []Message) ([]byte, error) {
	var b bytes.Buffer
	err := p.template.Execute(&b, struct {
		To       string
		Style    template.CSS
		Messages []Message
	}{to, template.CSS(pageCSS), messages})
	return b.Bytes(), err
}

// contentSecurityPolicy permits the page's own style, by its hash, and a form that leads back to the page.
func contentSecurityPolicy() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
