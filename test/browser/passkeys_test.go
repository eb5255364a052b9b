package browser_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// TestPasskeysInChromium registers a passkey, signs in with it and deletes it, in Chromium
// and through the API. It needs Chromium and npm ci in internal/playground.
func TestPasskeysInChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		testutil.LeaveOut(t, "Chromium on the PATH")
	}
	if _, err := os.Stat("../../internal/playground/node_modules/playwright-core"); err != nil {
		testutil.LeaveOut(t, "playwright-core: run npm ci in internal/playground")
	}
	testutil.Build(t)
	p := testutil.Start(t, testutil.PoolSettings(t), nil)
	if err := p.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	// The pool's relying party is localhost, not an IP address.
	local := func(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }
	script := exec.CommandContext(t.Context(), "node", "passkeys.mjs", local(p.APIURL()), local(p.PoolURL()))
	script.Env = append(os.Environ(), "CHROMIUM="+chromium)
	if out, err := script.CombinedOutput(); err != nil {
		t.Errorf("passkeys.mjs: %v\n%s", err, out)
	}
}
