// Package browser_test drives the built program from Chromium: the playground, and
// passkeys through the API.
package browser_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// TestPlaygroundInChromium drives the playground in Chromium and leaves screenshots in
// build/screenshots/playground. It needs Chromium and npm ci in internal/playground.
func TestPlaygroundInChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		testutil.LeaveOut(t, "Chromium on the PATH")
	}
	if _, err := os.Stat("../../internal/playground/node_modules/axe-core"); err != nil {
		testutil.LeaveOut(t, "playwright-core and axe-core: run npm ci in internal/playground")
	}
	shots, err := filepath.Abs("../../build/screenshots/playground")
	if err != nil {
		t.Fatal(err)
	}
	testutil.Build(t)
	run := func(t *testing.T, p *testutil.Program, scenario string) {
		// The pool's relying party is localhost, not an IP address.
		local := func(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }
		check := exec.CommandContext(t.Context(), "node", "check.mjs", scenario, local(p.APIURL()), local(p.PoolURL()), shots)
		check.Dir = "../../internal/playground"
		check.Env = append(os.Environ(), "CHROMIUM="+chromium, "POOL_ID="+p.BannerValue("Pool id"))
		out, err := check.CombinedOutput()
		if err != nil {
			t.Errorf("check.mjs: %v\n%s", err, out)
		}
		t.Logf("%s", out)
	}
	start := func(t *testing.T, settings ...string) *testutil.Program {
		// The scenarios sign in more often from one address than the limits allow.
		p := testutil.Start(t, append(testutil.PoolSettings(t), append(settings, "RATE_LIMITS=off")...), nil)
		if err := p.AwaitReady(); err != nil {
			t.Fatal(err)
		}
		return p
	}

	p := start(t)
	// Each scenario uses accounts of its own. The last one changes the pool.
	for _, scenario := range []string{"examples", "light", "dark", "narrow", "keyboard", "tabs", "session", "challenges"} {
		t.Run(scenario, func(t *testing.T) { run(t, p, scenario) })
	}
	t.Run("cookie", func(t *testing.T) { run(t, start(t, "TOKEN_TRANSPORT=cookie"), "cookie") })
}
