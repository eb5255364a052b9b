package clients_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"authgraph/cognito/userpool"
	"authgraph/internal/testutil"
)

// TestSPAApollo runs examples/spa-apollo in Chromium.
func TestSPAApollo(t *testing.T) { runSPA(t, "spa-apollo", "spa.mjs", userpool.Shape{}) }

// TestSPAUrql runs examples/spa-urql in Chromium.
func TestSPAUrql(t *testing.T) { runSPA(t, "spa-urql", "spa.mjs", userpool.Shape{}) }

// TestSPANames runs both on a pool of user names with phone numbers as aliases.
func TestSPANames(t *testing.T) {
	t.Parallel()
	for _, app := range []string{"spa-apollo", "spa-urql"} {
		t.Run(app, func(t *testing.T) {
			runSPA(t, app, "spa-names.mjs", userpool.Shape{AliasAttributes: []string{"phone_number"}}, "SIGN_IN_WITH=username,phone_number")
		})
	}
}

// The examples differ only in their GraphQL client. Code that does not depend on it is the
// same in both.
func TestSPAsAreAlike(t *testing.T) {
	examples := filepath.Join("..", "..", "examples")
	for _, same := range []string{
		"index.html", "tsconfig.json", "vite.config.ts", ".gitignore", "public/icon.svg", "src/session.ts", "src/operations.graphql",
		"src/account/Profile.tsx", "src/gql/enums.ts", "src/gql/graphql.ts", "src/ui",
	} {
		apollo, urql := files(t, filepath.Join(examples, "spa-apollo", same)), files(t, filepath.Join(examples, "spa-urql", same))
		for name := range apollo {
			if apollo[name] != urql[name] {
				t.Errorf("%s differs", filepath.Join(same, name))
			}
		}
		for name := range urql {
			if _, found := apollo[name]; !found {
				t.Errorf("only spa-urql has %s", filepath.Join(same, name))
			}
		}
	}
}

// files reads a file, or all files of a directory.
func files(t *testing.T, root string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		texts[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// runSPA builds an example and drives it in Chromium, on a new pool of a shape. The API is the real binary with
// TOKEN_TRANSPORT=cookie. The page has another origin, so that CORS and cookies are real,
// and a content security policy that permits only the API.
func runSPA(t *testing.T, name, program string, shape userpool.Shape, settings ...string) {
	t.Parallel()
	source := filepath.Join("..", "..", "examples", name)
	node := tool(t, "Node.js", "node")
	browser := chromium(t)
	installed(t, ".", "playwright-core")
	installed(t, source, "vite")

	s := startShaped(t, shape)
	var api string
	dist := t.TempDir()
	built := http.FileServer(http.Dir(dist))
	page := listen(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "+
			api+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		built.ServeHTTP(w, r)
	})
	foreign := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><title>Another site</title><link rel="icon" href="data:,">`)
	})
	api = startAPI(t, s, append(settings, "CORS_ALLOWED_ORIGINS="+page)...)

	environment := append(os.Environ(), "VITE_API_URL="+api+"/graphql", "SCHEMA="+api+"/graphql")
	run(t, source, environment, "npm", "run", "codegen", "--", "--check")
	run(t, source, environment, "npm", "run", "build", "--", "--outDir", dist, "--logLevel", "error")
	reportSizes(t, dist)

	shots, err := filepath.Abs(filepath.Join("..", "..", "build", "screenshots"))
	if err != nil {
		t.Fatal(err)
	}
	runOn(t, s, node, program, "CHROMIUM="+browser, "APP="+name, "APP_URL="+page, "API_URL="+api+"/graphql", "FOREIGN_URL="+foreign, "SHOTS="+shots)
}

// listen serves pages and returns their origin with the host localhost, which browsers
// treat as same-site and secure.
func listen(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return local(server.URL)
}

func local(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }

// run runs a program and prints its output if it fails.
func run(t *testing.T, folder string, environment []string, name string, arguments ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Env = folder, environment
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command.Args, " "), err, output)
	}
}

// startAPI runs the API on the pool and returns its address once it takes traffic.
func startAPI(t *testing.T, s *server, environment ...string) string {
	t.Helper()
	testutil.Build(t)
	api := testutil.Start(t, append(environment, "ADDR=127.0.0.1:0", "TOKEN_TRANSPORT=cookie", "INTROSPECTION=on", "LOG_LEVEL=warn", "AUDIT_LOG=off",
		"AWS_COGNITO_USER_POOL_ID="+s.pool.ID(), "AWS_COGNITO_APP_CLIENT_ID="+s.pool.ClientID(),
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER="+s.url), nil)
	t.Cleanup(func() {
		if err := api.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the API's log:\n%s", api.Stderr.String())
		}
	})
	if err := api.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	return local(api.APIURL())
}

// reportSizes logs the size of an app, uncompressed and compressed.
func reportSizes(t *testing.T, dist string) {
	t.Helper()
	raw, packed := 0, 0
	for _, text := range files(t, dist) {
		var compressed bytes.Buffer
		z := gzip.NewWriter(&compressed)
		if _, err := io.WriteString(z, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		raw += len(text)
		packed += compressed.Len()
	}
	t.Logf("built: %d bytes, %d compressed", raw, packed)
}
