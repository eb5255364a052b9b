// Package federation_test runs the built program as a subgraph: it is composed into
// supergraphs and served through gateways made by others.
package federation_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// TestFederation composes Authgraph and the posts of examples/supergraph into supergraphs,
// with two third-party composition tools, and runs them in two third-party gateways. It
// needs npm ci in this directory and in examples/supergraph.
func TestFederation(t *testing.T) {
	for _, directory := range []string{".", "../../examples/supergraph"} {
		if _, err := os.Stat(filepath.Join(directory, "node_modules/graphql")); err != nil {
			testutil.LeaveOut(t, "compositions and gateways: run npm ci in test/federation and in examples/supergraph")
		}
	}
	testutil.Build(t)
	plain := testutil.PrintSchema(t, "--federated")
	p := testutil.Start(t, append(testutil.PoolSettings(t), "RATE_LIMITS=off"), nil)
	if err := p.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	runs := map[string][]string{
		"compositions": {p.APIURL(), plain, testutil.PrintSchema(t, "--federated", "--federation-auth-directives", "--service-groups=services")},
		"apollo":       {p.APIURL(), p.PoolURL(), plain},
		"hive":         {p.APIURL(), p.PoolURL(), plain},
	}
	for name, args := range runs {
		t.Run(name, func(t *testing.T) {
			script := exec.CommandContext(t.Context(), "node", append([]string{"suite.mjs", name}, args...)...)
			script.Env = append(os.Environ(), "POOL_ID="+p.BannerValue("Pool id"))
			out, err := script.CombinedOutput()
			if err != nil {
				t.Fatalf("suite.mjs: %v\n%s", err, out)
			}
			checked := 0
			for line := range strings.Lines(string(out)) {
				verdict, what, found := strings.Cut(strings.TrimSpace(line), " - ")
				if !found || !strings.HasSuffix(verdict, "ok") {
					t.Log(strings.TrimSpace(line))
					continue
				}
				checked++
				what, detail, _ := strings.Cut(what, " -- ")
				t.Run(what, func(t *testing.T) {
					t.Log(detail)
					if verdict != "ok" {
						t.Fail()
					}
				})
			}
			if checked < 7 {
				t.Errorf("only %d checks ran; suite.mjs has at least seven\n%s", checked, out)
			}
		})
	}
}
