// Package router writes settings with which routers of supergraphs take Cognito's
// access tokens as this API does, and hand on what it needs. It knows what differs from
// what routers expect of a token: there is no aud but a client_id, tokens of one kind
// carry no mark but token_use, and groups are a claim of their own.
package router

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
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

func render(name string, s Settings) (string, error) {
	t, err := template.New(path.Base(name)).Funcs(template.FuncMap{"quote": quote}).ParseFS(templates, name)
	if err != nil {
		return "", fmt.Errorf("router: %w", err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, s); err != nil {
		return "", fmt.Errorf("router: %w", err)
	}
	return text.String(), nil
}

// quote writes a value as JSON, which is a literal of YAML, Rhai and TypeScript too.
func quote(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}
