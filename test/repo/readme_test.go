package repo_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"authgraph/internal/app"
	"authgraph/internal/testutil"
)

// readmeBlocks returns the shell commands of a page, and the lines of output that it
// shows in JSON blocks.
func readmeBlocks(t *testing.T, page string) (script string, output []string) {
	t.Helper()
	var b strings.Builder
	for _, block := range regexp.MustCompile("(?s)```(sh|json)\n(.*?)```").FindAllStringSubmatch(readFile(t, page), -1) {
		if block[1] == "sh" {
			b.WriteString(block[2])
			continue
		}
		for line := range strings.Lines(block[2]) {
			output = append(output, strings.TrimSpace(line))
		}
	}
	return b.String(), output
}

// matches reports whether a line of output is the one on the page, where … stands for
// any text.
func matches(line, shown string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(shown), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(line)
}

// runCommands runs the commands of a page, with its addresses replaced, and compares
// their output with that on the page.
func runCommands(t *testing.T, page string, addresses *strings.Replacer) {
	t.Helper()
	script, want := readmeBlocks(t, page)
	command := exec.CommandContext(t.Context(), "bash", "-euc", addresses.Replace(script))
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, &stderr)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(want) || len(want) < 5 {
		t.Fatalf("%d lines of output, but %s shows %d:\n%s", len(got), page, len(want), out)
	}
	for i := range got {
		if !matches(got[i], want[i]) {
			t.Errorf("%s shows\n%s\nbut the output is\n%s", page, want[i], got[i])
		}
	}
}

// need skips the test if a program that the commands run is missing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			testutil.LeaveOut(t, tool+" for the README's commands")
		}
	}
}

// The commands in the README work. This also tests that the program starts without
// any setting except addresses, and shuts down.
func TestREADME(t *testing.T) {
	need(t, "bash", "curl")
	api, pool := serve(t)
	runCommands(t, "README.md", strings.NewReplacer("127.0.0.1:8080", api, "127.0.0.1:9229", pool))
}

// The commands in the README of the supergraph work. It needs npm ci in
// examples/supergraph.
func TestSupergraphREADME(t *testing.T) {
	need(t, "bash", "curl", "node")
	const example = "examples/supergraph"
	if _, err := os.Stat(example + "/node_modules/graphql"); err != nil {
		testutil.LeaveOut(t, "a gateway: run npm ci in "+example)
	}
	api, pool := freeAddress(t), freeAddress(t)
	// npm start runs the same, but npm does not forward signals.
	command := exec.CommandContext(t.Context(), "node", "start.mjs")
	command.Dir = example
	command.Env = append(os.Environ(), "ADDR="+api, "POOL_ADDR="+pool, "DATA_DIR="+t.TempDir(), "GATEWAY_PORT=0", "POSTS_PORT=0")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Wait() }) // t.Context ends it
	gateway := ""
	for lines := bufio.NewScanner(stdout); gateway == "" && lines.Scan(); {
		if _, url, found := strings.Cut(lines.Text(), "The supergraph is at http://"); found {
			gateway = strings.TrimSuffix(url, "/graphql")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	runCommands(t, example+"/README.md", strings.NewReplacer("127.0.0.1:4000", gateway, "127.0.0.1:9229", pool))
}

// freeAddress returns an address with a port that is free at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// serve runs the program with free ports until the test ends, and returns the
// addresses of the API and of the embedded pool.
func serve(t *testing.T) (api, pool string) {
	t.Helper()
	settings := map[string]string{"ADDR": "127.0.0.1:0", "POOL_ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir()}
	ctx, stop := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- app.Run(ctx, nil, func(name string) string { return settings[name] }, stdout, io.Discard)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the program failed: %v", err)
		}
	})
	addresses := regexp.MustCompile(`http://([0-9.:]+)/(graphql|inbox)`)
	lines := bufio.NewScanner(out)
	for api == "" || pool == "" {
		if !lines.Scan() {
			t.Fatalf("the program failed: %v", <-done)
		}
		if m := addresses.FindStringSubmatch(lines.Text()); m != nil {
			if m[2] == "graphql" {
				api = m[1]
			} else {
				pool = m[1]
			}
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return api, pool
}

// The tests that docs/security.md names exist.
func TestSecurityNamesTests(t *testing.T) {
	page := readFile(t, "docs/security.md")
	var tests strings.Builder
	for _, root := range []string{"cognito", "directives", "graph", "internal", "test"} {
		for _, file := range goFiles(t, root, true) {
			tests.WriteString(readFile(t, file))
		}
	}
	named := 0
	for _, name := range regexp.MustCompile("`(Test[A-Za-z]+)(…?)`").FindAllStringSubmatch(page, -1) {
		named++
		end := "("
		if name[2] != "" {
			end = ""
		}
		if !strings.Contains(tests.String(), "func "+name[1]+end) {
			t.Errorf("no test %s", name[1])
		}
	}
	for _, script := range regexp.MustCompile("`([a-z0-9-]+)(\\*?)\\.txt`").FindAllStringSubmatch(page, -1) {
		named++
		if found, _ := filepath.Glob("test/scripts/testdata/" + script[1] + script[2] + ".txt"); len(found) == 0 {
			t.Errorf("no script %s", script[0])
		}
	}
	if named < 30 {
		t.Errorf("the page names only %d tests", named)
	}
}
