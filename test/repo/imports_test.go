package repo_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports says which packages of ours a package may import. Arrows go one way:
// from the edge and GraphQL to Cognito, never back, and leaves know nobody.
func imports() map[string][]string {
	return map[string][]string{
		".": {"internal/app", "internal/config"},
		"internal/app": {
			"cognito", "cognito/userpool", "directives", "graph", "graph/generated", "internal/account", "internal/audit",
			"internal/config", "internal/router", "internal/store", "internal/telemetry", "internal/web", "internal/webhook",
		},
		"graph": {
			"cognito", "graph/generated", "graph/model", "internal/account", "internal/apierr", "internal/audit",
			"internal/buffers", "internal/jsontext", "internal/recent", "internal/reqctx",
		},
		"graph/generated": {"cognito", "directives", "graph/model", "internal/apierr"},
		"graph/model":     {"cognito", "internal/jsontext"},
		"directives":      {"cognito", "internal/account", "internal/apierr", "internal/reqctx", "internal/store"},
		// The embedded pool is reached over its wire protocol, as Cognito is.
		"cognito":            {"internal/apierr", "internal/buffers", "internal/jsontext", "internal/recent"},
		"cognito/userpool":   {},
		"internal/account":   {"cognito"},
		"internal/apierr":    {},
		"internal/audit":     {"internal/account", "internal/jsontext", "internal/reqctx"},
		"internal/buffers":   {},
		"internal/config":    {"internal/origin"},
		"internal/e2e":       {},
		"internal/jsontext":  {},
		"internal/origin":    {},
		"internal/recent":    {},
		"internal/reqctx":    {},
		"internal/router":    {},
		"internal/store":     {},
		"internal/suite":     {},
		"internal/telemetry": {},
		"internal/web":       {"internal/buffers", "internal/origin", "internal/reqctx"},
		"internal/webhook":   {},
	}
}

// The files are parsed here and not listed by go list, whose answer go test
// would take for unchanged.
func TestImportDirections(t *testing.T) {
	allowed := imports()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "build") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); entry.IsDir() && path != "." && err == nil {
			return filepath.SkipDir // a module of its own
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		seen[folder] = true
		permitted, ok := allowed[folder]
		if !ok {
			t.Errorf("the package %s is not in the table: say what it may import", folder)
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			ours, ok := strings.CutPrefix(imported, "authgraph/")
			if ok && !slices.Contains(permitted, ours) {
				t.Errorf("%s imports %s", path, ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range allowed {
		if !seen[folder] && folder != "internal/e2e" {
			t.Errorf("the table has %s, which does not exist", folder)
		}
	}
}
