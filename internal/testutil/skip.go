package testutil

import (
	"os"
	"testing"
)

// LeaveOut ends a test for want of what it needs: "left out: it needs …". With
// AUTHGRAPH_ALL_SUITES=1, which .ci/run sets, nothing may be left out, and the
// test fails instead.
func LeaveOut(t testing.TB, needs string) {
	t.Helper()
	if os.Getenv("AUTHGRAPH_ALL_SUITES") == "1" {
		t.Fatal("nothing may be left out, and this needs " + needs)
	}
	t.Skip("left out: it needs " + needs)
}
