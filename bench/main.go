// Command bench compares Authgraph with its peers, side by side in one run:
//
//   - floor: net/http with a constant response,
//   - naive: gqlgen's template, jwx and the AWS SDK with their defaults,
//   - apollo: Apollo Server with aws-jwt-verify, where Node.js is installed.
//
// Each server is a process on one CPU core. The load and the stand-in for Cognito run
// on another. The servers take turns, every response is checked, and each figure is a
// median over the rounds. A target that must be met and is not makes the exit status 1.
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
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	pattern := flag.String("case", "", "run only the cases whose name matches this regular expression")
	root := flag.String("repository", "..", "root of the repository")
	report := flag.String("report", "../build/bench.md", "file for the table, in Markdown")
	short := flag.Bool("short", false, "run a smoke test of two minutes; its figures mean little")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *pattern, *root, *report, *short); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is the state that the cases share.
type bench struct {
	ctx     context.Context
	root    string // of the repository
	dir     string // temporary, removed at the end
	core    int    // that the servers run on
	rounds  int
	turn    time.Duration // of load, for each server in each round
	scale   int           // divides fixed numbers of requests
	cognito *standin
	tokens  []string
	idToken string
	table   []row

	// Peers run from their first use to the end; authgraph is a new process in each case.
	running                         []*process
	floor, naive, apollo, authgraph *process
}

func run(ctx context.Context, pattern, root, report string, short bool) error {
	selected, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, rounds: 5, turn: 1500 * time.Millisecond, scale: 1}
	if short {
		b.rounds, b.turn, b.scale = 1, 300*time.Millisecond, 20
	}
	if b.root, err = filepath.Abs(root); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "authgraph-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.build(); err != nil {
		return err
	}
	if err := b.prepare(); err != nil {
		return err
	}
	defer func() {
		for _, p := range b.running {
			p.stop()
		}
	}()
	if err := b.startPeers(); err != nil {
		return err
	}
	for _, c := range cases() {
		if !selected.MatchString(c.name) {
			continue
		}
		if err := b.runCase(c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return b.writeReport(report)
}

// runCase runs one case against a new Authgraph process.
func (b *bench) runCase(c benchCase) (err error) {
	began, printed := time.Now(), len(b.table)
	b.cognito.latency.Store(0)
	if b.authgraph, err = b.startAuthgraph(b.settings()...); err != nil {
		return err
	}
	defer func() { b.authgraph.stop() }()
	if err := c.run(b); err != nil {
		return fmt.Errorf("%w\n%s", err, b.authgraph.lastLines())
	}
	fmt.Printf("%s (%.0f s)\n", c.name, time.Since(began).Seconds())
	for _, r := range b.table[printed:] {
		fmt.Println("  " + r.String())
	}
	return b.ctx.Err()
}

// build builds the servers: Authgraph as `make build` does for production.
func (b *bench) build() error {
	out := filepath.Join(b.root, "build", "bench")
	for _, step := range []struct {
		dir     string
		command []string
	}{
		{"bench", []string{"go", "generate", "./naive"}},
		{"bench", []string{"go", "build", "-o", out + "/", "./floor", "./naive"}},
		{".", []string{"make", "build", "BINARY=" + filepath.Join(out, "authgraph")}},
	} {
		cmd := exec.CommandContext(b.ctx, step.command[0], step.command[1:]...)
		cmd.Dir = filepath.Join(b.root, step.dir)
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(step.command, " "), err, text)
		}
	}
	return nil
}

// prepare starts the stand-in for Cognito, signs the tokens, and then moves this
// process, and with it the load and the stand-in, to a core of its own.
func (b *bench) prepare() (err error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return err
	}
	var cores []int
	for cpu := 0; len(cores) < allowed.Count(); cpu++ {
		if allowed.IsSet(cpu) {
			cores = append(cores, cpu)
		}
	}
	if len(cores) < 2 {
		return errors.New("two CPU cores are needed: one for the server, one for the load")
	}
	b.core = cores[len(cores)-1]
	if b.cognito, err = startStandin(); err != nil {
		return err
	}
	if err := b.makeTokens(); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	return exec.Command("taskset", "-acp", strconv.Itoa(cores[0]), strconv.Itoa(os.Getpid())).Run()
}

// row is one line of the report.
type row struct{ what, got, must, aim, verdict string }

func (r row) String() string {
	return "| " + strings.Join([]string{r.what, r.got, r.must, r.aim, r.verdict}, " | ") + " |"
}

const missed = "**missed**"

// atLeast reports a figure for which more is better; atMost one for which less is. An
// aim equal to must means that there is no separate aim.
func (b *bench) atLeast(what, format string, got, must, aim float64) {
	b.add(what, format, "≥ ", got, must, aim, got >= must, got >= aim)
}

func (b *bench) atMost(what, format string, got, must, aim float64) {
	b.add(what, format, "≤ ", got, must, aim, got <= must, got <= aim)
}

func (b *bench) add(what, format, sign string, got, must, aim float64, meetsMust, meetsAim bool) {
	r := row{what: what, got: fmt.Sprintf(format, got), must: sign + fmt.Sprintf(format, must), verdict: missed}
	if aim != must {
		r.aim = sign + fmt.Sprintf(format, aim)
	}
	switch {
	case meetsAim && meetsMust:
		r.verdict = "pass"
	case meetsMust:
		r.verdict = "pass, aim not met"
	}
	b.table = append(b.table, r)
}

func (b *bench) notRun(what, why string) {
	b.table = append(b.table, row{what: what, got: "not run", verdict: why})
}

// writeReport writes the table, and returns an error if a required target was missed.
func (b *bench) writeReport(file string) error {
	if len(b.table) == 0 {
		return errors.New("no case has that name")
	}
	text := fmt.Sprintf("Measured on %s with %s on %d cores.\n\n| case | figure | must | aim | result |\n|---|---|---|---|---|\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU())
	failures := 0
	for _, r := range b.table {
		text += r.String() + "\n"
		if r.verdict == missed {
			failures++
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	if failures > 0 {
		return fmt.Errorf("%d of %d targets missed", failures, len(b.table))
	}
	return nil
}

// median returns the median; of an even number of values, the upper one in the middle.
func median[T float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
