package e2e

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestFigures logs what a start costs. It asserts no time: the machine has other
// things to do.
func TestFigures(t *testing.T) {
	build(t)
	path, _ := executable()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("race detector: %v", raceDetector)
	t.Logf("binary: %.1f MiB", float64(info.Size())/(1<<20))

	settings := poolSettings(t)
	for _, file := range []string{"new", "existing"} {
		p := startForTest(t, settings, nil)
		if err := p.awaitAddress(); err != nil {
			t.Fatal(err)
		}
		response, err := browser.Post(p.api()+"/graphql", "application/json", strings.NewReader(`{"query":"{__typename}"}`))
		if err != nil {
			t.Fatal(err)
		}
		a, err := readAnswer(response)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusOK || a.text("data.__typename") != "Query" {
			t.Fatalf("the first answer is %s", a.raw())
		}
		t.Logf("exec to first right answer, %s pool: %v", file, time.Since(p.started).Round(time.Millisecond))
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}
}
