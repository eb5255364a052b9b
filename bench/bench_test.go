// Package bench compares Authgraph with its peers, side by side in one run:
//
//   - floor: net/http with a constant response,
//   - naive: gqlgen's template, jwx and the AWS SDK with their defaults,
//   - apollo: Apollo Server with aws-jwt-verify, where Node.js is installed.
//
// Each server is a process on one CPU core. The load and the stand-in for Cognito run
// on another. The servers take turns, every response is checked, and each figure is a
// median over the rounds. Missing a required target fails the test.
package bench

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var report = flag.String("report", "../build/bench.md", "file for the table, in Markdown")

// bench is the environment of a case: its test, and everything that cases share.
type bench struct {
	*testing.T
	binaries  string // directory
	core      int    // that the servers run on
	rounds    int
	turn      time.Duration // of load, for each server in each round
	scale     int           // divides fixed numbers of requests
	cognito   *standin
	tokens    []string
	idToken   string
	rows      *[]row
	floor     *process
	naive     *process
	apollo    *process // nil without Node.js
	authgraph *process // new in each case
}

// TestTargets runs each case as a subtest. With -short it is a smoke test of the harness:
// it checks every response, but the figures mean little, and missed targets do not fail it.
func TestTargets(t *testing.T) {
	b := &bench{T: t, rounds: 5, turn: 1500 * time.Millisecond, scale: 1, rows: new([]row)}
	if testing.Short() {
		b.rounds, b.turn, b.scale = 1, 300*time.Millisecond, 20
	}
	b.build()
	b.cognito = b.startStandin()
	b.makeTokens()
	b.pin()
	b.startPeers()
	t.Cleanup(b.writeReport)
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			b := *b
			b.T = t
			b.cognito.latency.Store(0)
			b.authgraph = b.startAuthgraph()
			c.run(&b)
		})
	}
}

func (b *bench) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// build builds the servers: Authgraph as `make build` does for production.
func (b *bench) build() {
	var err error
	b.binaries, err = filepath.Abs("../build/bench")
	b.check(err)
	for _, command := range []string{
		"go generate ./naive",
		"go build -o " + b.binaries + "/ ./floor ./naive",
		"make -C .. build BINARY=" + b.binary("authgraph"),
	} {
		words := strings.Fields(command)
		if text, err := exec.CommandContext(b.Context(), words[0], words[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", command, err, text)
		}
	}
}

func (b *bench) binary(name string) string { return filepath.Join(b.binaries, name) }

// pin moves this process, and with it the load and the stand-in, to a core of its own.
func (b *bench) pin() {
	var allowed unix.CPUSet
	b.check(unix.SchedGetaffinity(0, &allowed))
	var cores []int
	for cpu := 0; len(cores) < allowed.Count(); cpu++ {
		if allowed.IsSet(cpu) {
			cores = append(cores, cpu)
		}
	}
	if len(cores) < 2 {
		b.Fatal("two CPU cores are needed: one for the server, one for the load")
	}
	b.core = cores[len(cores)-1]
	runtime.GOMAXPROCS(1)
	b.check(exec.Command("taskset", "-acp", strconv.Itoa(cores[0]), strconv.Itoa(os.Getpid())).Run())
}

// row is one line of the report.
type row struct{ what, figure, must, aim, result string }

func (r row) String() string {
	return "| " + strings.Join([]string{r.what, r.figure, r.must, r.aim, r.result}, " | ") + " |"
}

// atLeast reports a figure for which more is better; atMost one for which less is. An
// If aim equals must, there is no separate aim.
func (b *bench) atLeast(what, format string, figure, must, aim float64) {
	b.add(what, format, "≥ ", figure, must, aim, figure >= must, figure >= aim)
}

func (b *bench) atMost(what, format string, figure, must, aim float64) {
	b.add(what, format, "≤ ", figure, must, aim, figure <= must, figure <= aim)
}

func (b *bench) add(what, format, sign string, figure, must, aim float64, meetsMust, meetsAim bool) {
	r := row{what: what, figure: fmt.Sprintf(format, figure), must: sign + fmt.Sprintf(format, must), result: "pass"}
	if aim != must {
		r.aim = sign + fmt.Sprintf(format, aim)
	}
	switch {
	case !meetsMust:
		r.result = "**missed**"
		if !testing.Short() {
			b.Errorf("%s: %s, must be %s", what, r.figure, r.must)
		}
	case !meetsAim:
		r.result = "pass, aim not met"
	}
	b.print(r)
}

func (b *bench) notRun(what, why string) {
	b.print(row{what: what, figure: "not run", result: why})
}

func (b *bench) print(r row) {
	*b.rows = append(*b.rows, r)
	fmt.Println(r)
}

func (b *bench) writeReport() {
	text := fmt.Sprintf("Measured on %s with %s on %d cores.\n\n| case | figure | must | aim | result |\n|---|---|---|---|---|\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU())
	for _, r := range *b.rows {
		text += r.String() + "\n"
	}
	if len(*b.rows) == 0 {
		b.Error("no case has that name")
	}
	b.check(os.WriteFile(*report, []byte(text), 0o644))
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
