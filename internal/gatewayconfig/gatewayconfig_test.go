package gatewayconfig_test

import (
	"encoding/json"
	"go/format"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"authgraph/internal/gatewayconfig"
)

// settings contain characters that end literals in the languages of the files.
func settings() gatewayconfig.Settings {
	return gatewayconfig.Settings{
		Issuers:        []string{`https://id.example.com/"'${}`, `https://other.example.com/\`},
		JWKSURL:        `https://id.example.com/"'#: /jwks.json`,
		ClientIDs:      []string{"3n4b5urk1ft4fl3mg5e62d9ado", "1example23456789"},
		Audiences:      []string{"3n4b5urk1ft4fl3mg5e62d9ado", `https://api.example.com/"'${}`},
		GroupScope:     "group:",
		RefreshCookie:  "__Host-authgraph-refresh",
		AllowedOrigins: []string{"https://app.example.com", "http://localhost:5173"},
		AllowedHeaders: []string{"Authorization", "Traceparent", "X-Tenant"},
	}
}

func files(t *testing.T, product string, s gatewayconfig.Settings) map[string]string {
	t.Helper()
	files, err := gatewayconfig.Files(product, s)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// document parses a YAML file.
func document(t *testing.T, text string) map[string]any {
	t.Helper()
	var document map[string]any
	if err := yaml.UnmarshalWithOptions([]byte(text), &document, yaml.Strict()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return document
}

// at returns the value at a path of names, or nil. A list of one element counts as the
// element.
func at(t *testing.T, document any, names ...string) any {
	t.Helper()
	for _, name := range names {
		if list, ok := document.([]any); ok && len(list) == 1 {
			document = list[0]
		}
		members, _ := document.(map[string]any)
		document = members[name]
	}
	return document
}

// same compares values by their JSON, so that the types of lists do not matter.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	var values [2]any
	for i, value := range []any{got, want} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &values[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(values[0], values[1]) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// forwarded returns the headers that are sent to the subgraph, in lower case.
func forwarded(t *testing.T, document map[string]any) []string {
	t.Helper()
	rules, ok := at(t, document, "headers", "subgraphs", gatewayconfig.Subgraph, "request").([]any)
	if !ok {
		t.Fatalf("no rules for headers: %v", document["headers"])
	}
	var names []string
	for _, rule := range rules {
		name := at(t, rule, "named")
		if name == nil {
			name = at(t, rule, "propagate", "named")
		}
		text, _ := name.(string)
		names = append(names, strings.ToLower(text))
	}
	return names
}

func TestFiles(t *testing.T) {
	if got, want := gatewayconfig.Products(), []string{"apollo", "cosmo", "hive"}; !slices.Equal(got, want) {
		t.Fatalf("Products are %v, want %v", got, want)
	}
	for _, product := range gatewayconfig.Products() {
		for name, text := range files(t, product, settings()) {
			if strings.Contains(text, "<no value>") || regexp.MustCompile(`\{\{|%!`).MatchString(text) || !strings.HasSuffix(text, "\n") {
				t.Errorf("%s of %s is malformed:\n%s", name, product, text)
			}
			if strings.HasSuffix(name, ".tmpl") {
				t.Errorf("%s has %s", product, name)
			}
		}
	}
	if _, err := gatewayconfig.Files("../apollo", settings()); err == nil {
		t.Error("the product ../apollo is accepted")
	}
}

// The files of each product contain the settings unchanged.
func TestApollo(t *testing.T) {
	s := settings()
	all := files(t, "apollo", s)
	config := document(t, all["router.yaml"])
	jwt := at(t, config, "authentication", "router", "jwt")
	same(t, "url", at(t, jwt, "jwks", "url"), s.JWKSURL)
	same(t, "issuers", at(t, jwt, "jwks", "issuers"), s.Issuers)
	same(t, "algorithms", at(t, jwt, "jwks", "algorithms"), []string{"RS256"})
	same(t, "errors of all subgraphs", at(t, config, "include_subgraph_errors", "all"), false)
	same(t, "errors of the subgraph", at(t, config, "include_subgraph_errors", "subgraphs", gatewayconfig.Subgraph), true)
	script := path.Join(at(t, config, "rhai", "scripts").(string), at(t, config, "rhai", "main").(string))
	if all[script] == "" {
		t.Fatalf("router.yaml names the script %s, which is missing", script)
	}
	// The script refuses invalid tokens, so the router must let them through.
	same(t, "on_error", at(t, jwt, "on_error"), "Continue")
	for _, needed := range []string{`let clients = ["` + strings.Join(s.ClientIDs, `","`) + `"];`, `!clients.contains(claims.client_id)`, `claims.token_use != "access"`, `claims == ()`} {
		if !strings.Contains(all[script], needed) {
			t.Errorf("the script does not check %s", needed)
		}
	}
}

func TestCosmo(t *testing.T) {
	s := settings()
	all := files(t, "cosmo", s)
	config := document(t, all["config.yaml"])
	same(t, "url", at(t, config, "authentication", "jwt", "jwks", "url"), s.JWKSURL)
	same(t, "algorithms", at(t, config, "authentication", "jwt", "jwks", "algorithms"), []string{"RS256"})
	module := at(t, config, "modules", "cognito")
	same(t, "client_ids", at(t, module, "client_ids"), s.ClientIDs)
	same(t, "audiences", at(t, module, "audiences"), s.Audiences)
	same(t, "issuers", at(t, module, "issuers"), s.Issuers)
	same(t, "group_scope", at(t, module, "group_scope"), s.GroupScope)
	same(t, "subgraph", at(t, module, "subgraph"), gatewayconfig.Subgraph)
	same(t, "mode", at(t, config, "subgraph_error_propagation", "mode"), "pass-through")
	same(t, "extensions", at(t, config, "subgraph_error_propagation", "allowed_extension_fields"),
		[]string{"code", "status", "requestId", "field", "retryable", "retryAfterSeconds", "required"})
	formatted, err := format.Source([]byte(all["main.go"]))
	if err != nil {
		t.Fatal(err)
	}
	if string(formatted) != all["main.go"] {
		t.Error("main.go is not formatted")
	}
}

// Cookies are forwarded only in cookie mode, and CORS allows the same origins as the
// API.
func TestCookiesAndOrigins(t *testing.T) {
	inBodies := settings()
	inBodies.RefreshCookie = ""
	closed := inBodies
	closed.AllowedOrigins = nil
	always := []string{"authorization", "x-request-id", "x-device-data", "user-agent"}
	withCookie := slices.Concat(always, []string{"cookie", "origin", "sec-fetch-site"})
	for _, test := range []struct {
		name        string
		settings    gatewayconfig.Settings
		headers     []string
		origins     []string
		credentials bool
	}{
		{"in a cookie", settings(), withCookie, settings().AllowedOrigins, true},
		{"in bodies", inBodies, always, settings().AllowedOrigins, false},
		{"no origins", closed, always, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			apollo, cosmo := files(t, "apollo", test.settings), files(t, "cosmo", test.settings)
			config := document(t, apollo["router.yaml"])
			same(t, "Apollo's headers", forwarded(t, config), test.headers)
			if test.origins == nil {
				same(t, "Apollo's policies", at(t, config, "cors", "policies"), []any{})
			} else {
				same(t, "Apollo's origins", at(t, config, "cors", "policies", "origins"), test.origins)
				same(t, "Apollo's allowed headers", at(t, config, "cors", "policies", "allow_headers"), test.settings.AllowedHeaders)
				credentials, _ := at(t, config, "cors", "policies", "allow_credentials").(bool)
				same(t, "Apollo's credentials", credentials, test.credentials)
			}
			if has := strings.Contains(apollo["rhai/main.rhai"], "set-cookie"); has != test.credentials {
				t.Errorf("Apollo's script forwards cookies: %t", has)
			}

			config = document(t, cosmo["config.yaml"])
			same(t, "Cosmo's headers", forwarded(t, config), test.headers)
			if test.origins == nil {
				same(t, "Cosmo's CORS", at(t, config, "cors"), map[string]any{"enabled": false})
			} else {
				same(t, "Cosmo's origins", at(t, config, "cors", "allow_origins"), test.origins)
				same(t, "Cosmo's allowed headers", at(t, config, "cors", "allow_headers"), test.settings.AllowedHeaders)
				same(t, "Cosmo's credentials", at(t, config, "cors", "allow_credentials"), test.credentials)
			}
			response := at(t, config, "headers", "subgraphs", gatewayconfig.Subgraph, "response")
			whitelist := at(t, config, "headers", "cookie_whitelist")
			if test.credentials {
				same(t, "Cosmo's response headers", at(t, response, "named"), "Set-Cookie")
				same(t, "Cosmo's cookies", whitelist, []string{test.settings.RefreshCookie})
			} else if response != nil || whitelist != nil {
				t.Errorf("Cosmo forwards %v, cookies %v", response, whitelist)
			}
		})
	}
}
