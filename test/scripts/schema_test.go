package scripts_test

import (
	"os"
	"os/exec"
	"testing"

	"authgraph/internal/testutil"
)

// TestSchema lints the schema and compiles the TypeScript that is generated from it, with
// third-party tools. It needs npm ci in schema.
func TestSchema(t *testing.T) {
	if _, err := os.Stat("schema/node_modules/typescript"); err != nil {
		testutil.LeaveOut(t, "a linter, a code generator and a compiler: run npm ci in test/scripts/schema")
	}
	testutil.Build(t)
	file := testutil.PrintSchema(t)
	for _, check := range [][]string{{"lint", file}, {"types", file, t.TempDir()}} {
		t.Run(check[0], func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "node", append([]string{"schema/check.mjs"}, check...)...).CombinedOutput()
			if err != nil {
				t.Errorf("check.mjs: %v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
