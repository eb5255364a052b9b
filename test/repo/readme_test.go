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
	"authgraph/internal/suite"
)

// readmeBlocks returns the commands of a page, from its sh blocks, and the
// responses that it promises, one a line, from its json blocks.
func readmeBlocks(t *testing.T, page string) (script string, answers []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, block := range regexp.MustCompile("(?s)```(sh|json)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if block[1] == "sh" {
			b.WriteString(block[2])
		} else {
			answers = append(answers, strings.Split(strings.TrimSpace(block[2]), "\n")...)
		}
	}
	return b.String(), answers
}

// matches compares an answer with the README's, in which … is anything.
func matches(answer, promised string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(promised), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(answer)
}

// follow runs the commands of a page, with other addresses than it has, and holds
// their answers against those that it promises.
func follow(t *testing.T, page string, addresses *strings.Replacer) {
	t.Helper()
	script, answers := readmeBlocks(t, page)
	command := exec.CommandContext(t.Context(), "bash", "-euc", addresses.Replace(script))
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, &complaints)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(answers) || len(answers) < 5 {
		t.Fatalf("%d answers, and %s promises %d:\n%s", len(got), page, len(answers), out)
	}
	for i := range got {
		if !matches(got[i], answers[i]) {
			t.Errorf("%s promises\n%s\nand the answer was\n%s", page, answers[i], got[i])
		}
	}
}

// need leaves the test out where a program that the commands run is missing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			suite.LeaveOut(t, tool+" for the README's commands")
		}
	}
}

// The README's commands do what it says they do. This is also the test that the
// program starts with no setting but its addresses, and ends when it is told to.
func TestREADME(t *testing.T) {
	need(t, "bash", "curl")
	api, pool := serve(t)
	follow(t, "README.md", strings.NewReplacer("127.0.0.1:8080", api, "127.0.0.1:9229", pool))
}

// So do those of the supergraph, which one command starts. It needs what npm ci in
// examples/supergraph installs.
func TestSupergraphREADME(t *testing.T) {
	need(t, "bash", "curl", "node")
	const example = "examples/supergraph"
	if _, err := os.Stat(example + "/node_modules/graphql"); err != nil {
		suite.LeaveOut(t, "a gateway: run npm ci in "+example)
	}
	api, pool := freeAddress(t), freeAddress(t)
	// It is what npm start runs; npm itself hands no signals on.
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
	t.Cleanup(func() { _ = command.Wait() }) // t.Context has ended it
	gateway := ""
	for lines := bufio.NewScanner(stdout); gateway == "" && lines.Scan(); {
		if _, url, found := strings.Cut(lines.Text(), "The supergraph is at http://"); found {
			gateway = strings.TrimSuffix(url, "/graphql")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	follow(t, example+"/README.md", strings.NewReplacer("127.0.0.1:4000", gateway, "127.0.0.1:9229", pool))
}

// freeAddress returns an address that nobody listens on for the moment.
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
			t.Errorf("the program ended with %v", err)
		}
	})
	addresses := regexp.MustCompile(`http://([0-9.:]+)/(graphql|inbox)`)
	lines := bufio.NewScanner(out)
	for api == "" || pool == "" {
		if !lines.Scan() {
			t.Fatalf("the program ended with %v", <-done)
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

// The page on security names the test of every promise; one that is gone shows none.
func TestSecurityNamesTests(t *testing.T) {
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, pattern := range []string{"*/*_test.go", "*/*/*_test.go", "*/*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(text)
		}
	}
	named := 0
	for _, name := range regexp.MustCompile("`(Test[A-Za-z]+)(…?)`").FindAllStringSubmatch(string(page), -1) {
		named++
		end := "("
		if name[2] != "" {
			end = ""
		}
		if !strings.Contains(tests.String(), "func "+name[1]+end) {
			t.Errorf("there is no %s", name[1])
		}
	}
	for _, script := range regexp.MustCompile("`([a-z0-9-]+)(\\*?)\\.txt`").FindAllStringSubmatch(string(page), -1) {
		named++
		if found, _ := filepath.Glob("internal/e2e/testdata/" + script[1] + script[2] + ".txt"); len(found) == 0 {
			t.Errorf("there is no script %s", script[0])
		}
	}
	if named < 30 {
		t.Errorf("only %d tests are named", named)
	}
}
