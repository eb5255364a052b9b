// Command bench compares Authgraph with what it could be at best and with the common
// way to build it, side by side on one machine:
//
//   - two floors: net/http with a constant answer, and net/http with one RS256
//     verification for each request,
//   - a naive build: gqlgen's template, jwx, and the AWS SDK as they come,
//   - Authgraph as it is built for production.
//
// Every server runs in a process of its own on one processor core; what asks them,
// and a stand-in for Amazon Cognito, run on another. They take turns within one run,
// each case is the median of several rounds, and every answer's content is checked.
// What counts is the ratio: both sides met the same machine in the same minute.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	pattern := flag.String("case", "", "run only the cases that match this regular expression")
	repository := flag.String("repository", "..", "the repository's root")
	report := flag.String("report", "../build/bench.md", "where the table goes, in Markdown")
	rounds := flag.Int("rounds", 5, "how often each server takes its turn")
	profiles := flag.String("profiles", "", "a directory for CPU profiles of Authgraph, one for each load")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := run(ctx, *pattern, *repository, *report, *profiles, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is what the cases share.
type bench struct {
	ctx       context.Context
	dir       string // of this run, removed at its end
	binaries  string
	rounds    int
	profiles  string // a directory; empty: none are taken
	servers   int    // the core that servers run on
	material  *material
	standin   standin
	constant  *program
	verifying *program
	naive     *program
	product   *program
	table     *table
}

func run(ctx context.Context, pattern, repository, report, profiles string, rounds int) (err error) {
	chosen, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, rounds: rounds, profiles: profiles, table: newTable()}
	var own int
	if b.servers, own, err = cores(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "authgraph-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.build(repository); err != nil {
		return err
	}
	if err := b.start(own); err != nil {
		return err
	}
	defer b.stop()
	for _, c := range cases() {
		if !chosen.MatchString(c.name) {
			continue
		}
		began := time.Now()
		fmt.Printf("%s\n", c.name)
		if err := c.run(b); err != nil {
			return fmt.Errorf("%s: %w\n%s", c.name, err, b.product.faults())
		}
		b.table.print(os.Stdout)
		fmt.Printf("  (%.0f s)\n", time.Since(began).Seconds())
		for _, p := range []*program{b.constant, b.verifying, b.naive, b.product} {
			p.clearLog()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := os.MkdirAll(filepath.Dir(report), 0o755); err != nil {
		return err
	}
	return os.WriteFile(report, []byte(b.table.markdown()), 0o644)
}

// cores returns the core for servers and the one for everything else.
func cores() (servers, own int, err error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return 0, 0, err
	}
	var list []int
	for cpu := 0; len(list) < allowed.Count(); cpu++ {
		if allowed.IsSet(cpu) {
			list = append(list, cpu)
		}
	}
	if len(list) < 2 {
		return 0, 0, errors.New("two processor cores are needed: one for the server, one for what asks it")
	}
	return list[len(list)-1], list[0], nil
}

// build builds all programs, the product as the Makefile does.
func (b *bench) build(repository string) error {
	root, err := filepath.Abs(repository)
	if err != nil {
		return err
	}
	b.binaries = filepath.Join(root, "build", "bench")
	if err := os.MkdirAll(b.binaries, 0o755); err != nil {
		return err
	}
	for _, step := range []struct {
		dir     string
		command []string
	}{
		{filepath.Join(root, "bench"), []string{"go", "generate", "./naive"}},
		{filepath.Join(root, "bench"), []string{"go", "build", "-trimpath", "-o", b.binaries, "./floor", "./standin", "./naive"}},
		{root, []string{"make", "build", "BINARY=" + b.binary("authgraph")}},
	} {
		cmd := exec.CommandContext(b.ctx, step.command[0], step.command[1:]...)
		cmd.Dir = step.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(step.command, " "), err, out)
		}
	}
	return nil
}

func (b *bench) binary(name string) string { return filepath.Join(b.binaries, name) }

// start makes what is sent and starts the programs. What is sent names where the
// stand-in will be.
func (b *bench) start(own int) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	if b.material, err = newMaterial("http://" + addr + "/" + poolID); err != nil {
		return err
	}
	if err := b.material.write(b.dir); err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(b.dir, name) }
	if b.standin.program, err = start(b.ctx, b.dir, "standin", own, b.binary("standin"),
		"-addr", addr, "-jwks", file("jwks.json"), "-session", file("session.json")); err != nil {
		return err
	}
	if b.constant, err = start(b.ctx, b.dir, "constant", b.servers, b.binary("floor"), "-answer", file("answer.json")); err != nil {
		return err
	}
	if b.verifying, err = start(b.ctx, b.dir, "verifying", b.servers, b.binary("floor"),
		"-answer", file("answer.json"), "-jwks", file("jwks.json")); err != nil {
		return err
	}
	if b.naive, err = b.startNaive(); err != nil {
		return err
	}
	if b.product, err = startProduct(b.ctx, b.dir, b.binary("authgraph"), b.servers, b.settings()...); err != nil {
		return err
	}
	// Only now: the tokens were signed on all cores.
	runtime.GOMAXPROCS(1)
	return pinTo(own)
}

func (b *bench) startNaive() (*program, error) {
	return start(b.ctx, b.dir, "naive", b.servers, b.binary("naive"),
		"-endpoint", "http://"+b.standin.addr, "-issuer", b.material.issuer, "-client", clientID)
}

// profilesAddr is where profiles can be had while they are asked for.
const profilesAddr = "127.0.0.1:6060"

// settings are those of production, but for what would refuse a load from one
// address. There is a line in the log for each request, and one in the audit log for
// each sign-in.
func (b *bench) settings() []string {
	settings := []string{
		"AWS_COGNITO_USER_POOL_ID=" + poolID,
		"AWS_COGNITO_APP_CLIENT_ID=" + clientID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=http://" + b.standin.addr,
		"AWS_COGNITO_ISSUER=" + b.material.issuer,
		"COGNITO_QUOTAS=UserAuthentication=1000000,UserToken=1000000,UserRead=1000000",
	}
	if b.profiles != "" {
		settings = append(settings, "PPROF_ADDR="+profilesAddr)
	}
	return settings
}

func (b *bench) restartProduct() (err error) {
	b.product.stop()
	b.product, err = startProduct(b.ctx, b.dir, b.binary("authgraph"), b.servers, b.settings()...)
	return err
}

func (b *bench) stop() {
	for _, p := range []*program{b.product, b.naive, b.verifying, b.constant, b.standin.program} {
		if p != nil {
			p.stop()
		}
	}
}
