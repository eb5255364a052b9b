package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// table is what came out: measurements, and figures held against targets.
type table struct {
	began    time.Time
	measured []measured
	held     []held
	printed  [2]int
}

// measured is a server under a load: medians of all rounds.
type measured struct {
	what, server                  string
	perSecond, cpu                float64 // cpu: microseconds a request
	p50, p99                      time.Duration
	resident                      int64
	connectionsPerThousandOfCalls float64 // -1: it makes no calls
}

// held is a figure beside what it must be and what it should be.
type held struct {
	what, got, must, aim string
	reachesMust, reaches bool
}

func newTable() *table { return &table{began: time.Now()} }

// atLeast holds a figure of which more is better against its targets.
func (t *table) atLeast(what string, got, must, aim float64, format string) {
	t.hold(what, got, must, aim, format, func(a, b float64) bool { return a >= b }, "≥ ")
}

// atMost holds a figure of which less is better against its targets.
func (t *table) atMost(what string, got, must, aim float64, format string) {
	t.hold(what, got, must, aim, format, func(a, b float64) bool { return a <= b }, "≤ ")
}

func (t *table) hold(what string, got, must, aim float64, format string, reaches func(a, b float64) bool, sign string) {
	t.held = append(t.held, held{
		what: what, got: fmt.Sprintf(format, got), must: sign + fmt.Sprintf(format, must), aim: sign + fmt.Sprintf(format, aim),
		reachesMust: reaches(got, must), reaches: reaches(got, aim),
	})
}

// note tells a figure that there is no target for.
func (t *table) note(what, format string, arguments ...any) {
	t.held = append(t.held, held{what: what, got: fmt.Sprintf(format, arguments...), must: "–", aim: "–", reachesMust: true, reaches: true})
}

func (h held) verdict() string {
	switch {
	case h.reaches:
		return "yes"
	case h.reachesMust:
		return "must"
	default:
		return "NO"
	}
}

const tableHead = "| case | server | requests/s | p50 | p99 | CPU for 1,000 | memory | new connections for 1,000 calls |"

func (m measured) row() string {
	connections := "–"
	if m.connectionsPerThousandOfCalls >= 0 {
		connections = fmt.Sprintf("%.1f", m.connectionsPerThousandOfCalls)
	}
	return fmt.Sprintf("| %s | %s | %.0f | %s | %s | %.1f ms | %s | %s |",
		m.what, m.server, m.perSecond, milliseconds(m.p50), milliseconds(m.p99), m.cpu, megabytes(m.resident), connections)
}

func (h held) row() string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s |", h.what, h.got, h.must, h.aim, h.verdict())
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// print writes what is new since it was called last.
func (t *table) print(w io.Writer) {
	for _, m := range t.measured[t.printed[0]:] {
		fmt.Fprintln(w, "  "+m.row())
	}
	for _, h := range t.held[t.printed[1]:] {
		fmt.Fprintln(w, "  "+h.row())
	}
	t.printed = [2]int{len(t.measured), len(t.held)}
}

// markdown is the whole report.
func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s, %s, %s, %s.\n\n", t.began.UTC().Format("2006-01-02"), processor(), kernel(), runtime.Version())
	b.WriteString("| target | measured | must | aim | reached |\n|---|---|---|---|---|\n")
	for _, h := range t.held {
		b.WriteString(h.row() + "\n")
	}
	b.WriteString("\n" + tableHead + "\n|---|---|---|---|---|---|---|---|\n")
	for _, m := range t.measured {
		b.WriteString(m.row() + "\n")
	}
	return b.String()
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, after, _ := bytes.Cut(text, []byte("model name\t: "))
	name, _, _ := bytes.Cut(after, []byte("\n"))
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}

func kernel() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	version, _, _ := strings.Cut(string(text), "-")
	return "Linux " + strings.TrimSpace(version)
}

// median of numbers; of an even count the upper one of the two in the middle.
func median[T int64 | float64 | time.Duration](list []T) T {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
