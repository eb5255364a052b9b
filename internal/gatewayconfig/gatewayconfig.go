// Package gatewayconfig writes configurations with which supergraph routers accept
// Cognito's access tokens as this API does, and forward what it needs. Cognito's
// access tokens differ from what routers expect: they have client_id in place of aud,
// only token_use tells them from ID tokens, and groups are a claim of their own.
package gatewayconfig

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
)

// Subgraph is the name of this API in the supergraph.
const Subgraph = "authgraph"

// Settings are the values in the configurations.
type Settings struct {
	// Issuers are the accepted values of iss, and JWKSURL is the URL of their keys.
	Issuers []string
	JWKSURL string
	// ClientIDs are the app clients whose tokens are accepted.
	ClientIDs []string
	// Audiences are the values of aud in accepted tokens that have one, besides their own
	// app client.
	Audiences []string
	// GroupScope is the prefix of a scope that stands for a group.
	GroupScope string
	// RefreshCookie is the name of the refresh cookie. It is empty if refresh tokens
	// travel in bodies.
	RefreshCookie string
	// AllowedOrigins are the origins whose pages may call the router.
	AllowedOrigins []string
	// AllowedHeaders are the request headers that those pages may send.
	AllowedHeaders []string
}

//go:embed templates
var templates embed.FS

const root = "templates"

// Products returns the names of the routers that are supported, sorted.
func Products() []string {
	entries, err := templates.ReadDir(root)
	if err != nil {
		panic(err) // the directory is embedded
	}
	var products []string
	for _, entry := range entries {
		products = append(products, entry.Name())
	}
	return products
}

// Files returns the configuration for a product: the text of each file by its path.
func Files(product string, s Settings) (map[string]string, error) {
	if !slices.Contains(Products(), product) {
		return nil, fmt.Errorf("gatewayconfig: unknown product %q", product)
	}
	files := map[string]string{}
	folder := path.Join(root, product)
	err := fs.WalkDir(templates, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := execute(name, s)
		files[strings.TrimSuffix(strings.TrimPrefix(name, folder+"/"), ".tmpl")] = text
		return err
	})
	return files, err
}

// execute executes a template. Its function json returns a value as JSON, which is
// also a literal in YAML, Rhai and TypeScript.
func execute(name string, s Settings) (string, error) {
	marshal := func(value any) (string, error) {
		text, err := json.Marshal(value)
		return string(text), err
	}
	t, err := template.New(path.Base(name)).Funcs(template.FuncMap{"json": marshal}).ParseFS(templates, name)
	if err != nil {
		return "", fmt.Errorf("gatewayconfig: %w", err)
	}
	var text strings.Builder
	if err := t.Execute(&text, s); err != nil {
		return "", fmt.Errorf("gatewayconfig: %w", err)
	}
	return text.String(), nil
}
