// Package router writes settings with which routers of supergraphs take Cognito's
// access tokens as this API does, and hand on what it needs. It knows what differs from
// what routers expect of a token: there is no aud but a client_id, tokens of one kind
// carry no mark but token_use, and groups are a claim of their own.
package gatewayconfig

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Subgraph is the name that the settings know this API by in the supergraph.
const Subgraph = "authgraph"

// Settings are what the files of every product are made of.
type Settings struct {
	// Issuers are the values of iss that are taken, JWKSURL is where their keys are.
	Issuers []string
	JWKSURL string
	// ClientID is the app client whose tokens are taken.
	ClientID string
	// GroupScope comes before the name of a group where that is a scope.
	GroupScope string
	// RefreshCookie is the cookie of refresh tokens. Empty: they are in no cookie.
	RefreshCookie string
	// AllowedOrigins are the origins whose pages may call the router.
	AllowedOrigins []string
}

//go:embed templates
var templates embed.FS

const root = "templates"

// Products are the routers that there are settings for.
func Products() []string {
	entries, err := templates.ReadDir(root)
	if err != nil {
		panic(err) // they are in the binary
	}
	var products []string
	for _, entry := range entries {
		products = append(products, entry.Name())
	}
	return products
}

// Files returns the files of a product: from the path in its folder to the text.
func Files(product string, s Settings) (map[string]string, error) {
	if !slices.Contains(Products(), product) {
		return nil, fmt.Errorf("router: there are no settings for %q", product)
	}
	files := map[string]string{}
	folder := path.Join(root, product)
	err := fs.WalkDir(templates, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := render(name, s)
		files[strings.TrimSuffix(strings.TrimPrefix(name, folder+"/"), ".tmpl")] = text
		return err
	})
	return files, err
}

// placeholder is where a value goes.
const placeholder = `\{\{(\w+)\}\}`

// render fills in a template. {{Name}} is the value of that name as JSON, which is a
// literal of YAML, Rhai and TypeScript too. Lines between the lines {{if Name}}, {{else}}
// and {{end}} are there by whether the value is empty.
func render(name string, s Settings) (string, error) {
	source, err := templates.ReadFile(name)
	if err != nil {
		return "", err
	}
	byName, err := values(s)
	if err != nil {
		return "", err
	}
	var (
		text    strings.Builder
		unknown []string
		within  []bool // whether the lines of each {{if}} are there that the line is in
	)
	value := func(name string) string {
		value, ok := byName[name]
		if !ok {
			unknown = append(unknown, name)
		}
		return value
	}
	form := regexp.MustCompile(placeholder)
	for line := range strings.Lines(string(source)) {
		condition, conditional := strings.CutPrefix(line, "{{if ")
		switch {
		case conditional:
			within = append(within, !empty(value(strings.TrimSuffix(condition, "}}\n"))))
		case line == "{{else}}\n":
			within[len(within)-1] = !within[len(within)-1]
		case line == "{{end}}\n":
			within = within[:len(within)-1]
		case !slices.Contains(within, false):
			text.WriteString(form.ReplaceAllStringFunc(line, func(found string) string { return value(strings.Trim(found, "{}")) }))
		}
	}
	if len(unknown) > 0 {
		return "", fmt.Errorf("router: %s has unknown values %q", name, unknown)
	}
	return text.String(), nil
}

// values are the settings as JSON, by their names.
func values(s Settings) (map[string]string, error) {
	values := map[string]string{}
	for name, value := range map[string]any{
		"Issuers": s.Issuers, "JWKSURL": s.JWKSURL, "ClientID": s.ClientID, "GroupScope": s.GroupScope,
		"RefreshCookie": s.RefreshCookie, "AllowedOrigins": s.AllowedOrigins, "Credentials": s.RefreshCookie != "",
	} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("router: %w", err)
		}
		values[name] = string(text)
	}
	return values, nil
}

func empty(value string) bool { return slices.Contains([]string{`""`, "null", "[]", "false"}, value) }
