package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"authgraph/internal/suite"
)

// The linker leaves out every exported method that nobody calls, unless something that is
// reachable finds methods by name, as text/template does: then it keeps them all, which was
// a third of the binary.
func TestBinaryIsLean(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		suite.LeaveOut(t, "make for a look at what the linker keeps")
	}
	binary := filepath.Join(t.TempDir(), "authgraph")
	build := exec.CommandContext(t.Context(), "make", "build", "BINARY="+binary, "LDFLAGS=-dumpdep")
	// Go keeps what the linker says for the next build of a package that is compiled in the
	// same way: make build would say it all.
	build.Env = append(os.Environ(), "GOFLAGS=-gcflags=authgraph=-c=1")
	var kept bytes.Buffer // each line is a symbol, an arrow, and a symbol that it needs
	build.Stderr = &kept
	if out, err := build.Output(); err != nil {
		t.Fatalf("%v\n%s\n%.2000s", err, out, &kept)
	}
	byName := regexp.MustCompile(`-> (\S+) <ReflectMethod>`)
	told := map[string]bool{}
	lines := 0
	for line := range strings.Lines(kept.String()) {
		lines++
		if found := byName.FindStringSubmatch(line); found != nil && !told[found[1]] {
			told[found[1]] = true
			t.Errorf("%s finds methods by name, and is needed: %s", found[1], line)
		}
	}
	if lines < 10_000 {
		t.Errorf("only %d lines of what needs what: the test looks in the wrong place", lines)
	}
}
