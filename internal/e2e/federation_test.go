package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"authgraph/internal/suite"
)

// TestFederation composes supergraphs of Authgraph and examples/supergraph's posts by
// two compositions, and runs them through two gateways, all made by others. It needs
// what npm ci in federation and in examples/supergraph installs.
func TestFederation(t *testing.T) {
	for _, directory := range []string{"federation", "../../examples/supergraph"} {
		if _, err := os.Stat(filepath.Join(directory, "node_modules/graphql")); err != nil {
			suite.LeaveOut(t, "compositions and gateways: run npm ci in internal/e2e/federation and in examples/supergraph")
		}
	}
	build(t)
	plain := printSchema(t, "--federated")
	p := startForTest(t, append(poolSettings(t), "RATE_LIMITS=off"), nil)
	if err := p.awaitReady(); err != nil {
		t.Fatal(err)
	}
	runs := map[string][]string{
		"compositions": {p.api(), plain, printSchema(t, "--federated", "--federation-auth-directives", "--service-groups=services")},
		"apollo":       {p.api(), p.pool(), plain},
		"hive":         {p.api(), p.pool(), plain},
	}
	for name, args := range runs {
		t.Run(name, func(t *testing.T) {
			script := exec.CommandContext(t.Context(), "node", append([]string{"federation/suite.mjs", name}, args...)...)
			script.Env = append(os.Environ(), "POOL_ID="+p.announced("Pool id"))
			out, err := script.CombinedOutput()
			if err != nil {
				t.Fatalf("suite.mjs: %v\n%s", err, out)
			}
			looked := 0
			for line := range strings.Lines(string(out)) {
				verdict, what, found := strings.Cut(strings.TrimSpace(line), " - ")
				if !found || !strings.HasSuffix(verdict, "ok") {
					t.Log(strings.TrimSpace(line))
					continue
				}
				looked++
				what, detail, _ := strings.Cut(what, " -- ")
				t.Run(what, func(t *testing.T) {
					t.Log(detail)
					if verdict != "ok" {
						t.Fail()
					}
				})
			}
			if looked < 7 {
				t.Errorf("%d things were looked at; suite.mjs has seven and more\n%s", looked, out)
			}
		})
	}
}
