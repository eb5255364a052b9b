package scripts_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// TestGraphQLOverHTTP runs the audit of the GraphQL over HTTP specification, by its
// reference implementation. It needs Node.js and npm ci in test/clients.
func TestGraphQLOverHTTP(t *testing.T) {
	if _, err := os.Stat("../clients/node_modules/graphql-http"); err != nil {
		testutil.LeaveOut(t, "graphql-http: run npm ci in test/clients")
	}
	testutil.Build(t)
	p := testutil.Start(t, testutil.PoolSettings(t), nil)
	if err := p.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "audit.mjs", p.APIURL()+"/graphql").CombinedOutput()
	if err != nil {
		t.Fatalf("audit.mjs: %v\n%s", err, out)
	}
	rules := 0
	for line := range strings.Lines(string(out)) {
		rule, ok := strings.CutPrefix(strings.TrimSpace(line), "ok - ")
		rules++
		t.Run(rule, func(t *testing.T) {
			if !ok {
				t.Error(rule)
			}
		})
	}
	if rules < 60 {
		t.Errorf("only %d rules were checked, of 61 at the time of writing", rules)
	}
}
