package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// benchCase is one part of the comparison.
type benchCase struct {
	name string
	run  func(*bench) error
}

// turn is how long a server is under load each time it is its turn.
const turn = 1500 * time.Millisecond

func cases() []benchCase {
	return []benchCase{
		{"cold-start", (*bench).coldStart},
		{"idle-memory", (*bench).idleMemory},
		{"me-hot", func(b *bench) error { return b.me("me, one hot token", 1) }},
		{"me-many", func(b *bench) error { return b.me("me, 10,000 tokens", manyTokens) }},
		{"me-first-seen", (*bench).firstSeen},
		{"me-forged", (*bench).forgedTokens},
		{"signin-0ms", func(b *bench) error { return b.upstream("signin", 0, b.material.signin()) }},
		{"refresh-0ms", func(b *bench) error { return b.upstream("refreshToken", 0, b.material.refresh()) }},
		{"signin-100ms", func(b *bench) error { return b.slowUpstream("signin", b.material.signin()) }},
		{"refresh-100ms", func(b *bench) error { return b.slowUpstream("refreshToken", b.material.refresh()) }},
		{"signin-open", (*bench).openLoop},
		{"upstream-calls", (*bench).upstreamCalls},
		{"million", (*bench).million},
		{"connections", (*bench).manyConnections},
		{"embedded", (*bench).embedded},
	}
}

// contender is a server with what it is asked.
type contender struct {
	program   *program
	exchanges []exchange
	calls     bool // it calls the stand-in
}

// compare puts contenders under the same load in turns and returns the medians.
func (b *bench) compare(what string, rounds, connections int, duration time.Duration, contenders []contender) (map[string]measured, error) {
	type series struct {
		perSecond, cpu, connections []float64
		p50, p99                    []time.Duration
		resident                    []int64
	}
	all := make([]series, len(contenders))
	for round := -1; round < rounds; round++ {
		for i, c := range contenders {
			l := load{addr: c.program.addr, exchanges: c.exchanges, connections: connections, time: duration}
			if round < 0 { // to warm up
				l.time /= 2
			}
			before, err := b.snapshot(c)
			if err != nil {
				return nil, err
			}
			o, err := l.run()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.program.name, err)
			}
			after, err := b.snapshot(c)
			if err != nil {
				return nil, err
			}
			c.program.clearLog()
			if round < 0 {
				continue
			}
			s := &all[i]
			s.perSecond = append(s.perSecond, o.perSecond())
			s.p50, s.p99 = append(s.p50, o.percentile(0.5)), append(s.p99, o.percentile(0.99))
			s.resident = append(s.resident, after.memory.resident)
			s.cpu = append(s.cpu, float64((after.cpu-before.cpu).Microseconds())/float64(o.done+connections))
			if c.calls {
				s.connections = append(s.connections, 1000*float64(after.connections-before.connections)/float64(after.calls-before.calls))
			}
		}
	}
	results := map[string]measured{}
	for i, c := range contenders {
		if c.program == b.product && b.profiles != "" {
			if err := b.profile(what, load{addr: c.program.addr, exchanges: c.exchanges, connections: connections, time: 2 * duration}); err != nil {
				return nil, err
			}
		}
		s := all[i]
		m := measured{
			what: what, server: c.program.name, perSecond: median(s.perSecond), cpu: median(s.cpu),
			p50: median(s.p50), p99: median(s.p99), resident: median(s.resident), connectionsPerThousandOfCalls: -1,
		}
		if c.calls {
			m.connectionsPerThousandOfCalls = median(s.connections)
		}
		results[c.program.name] = m
		b.table.measured = append(b.table.measured, m)
	}
	return results, nil
}

// profile takes a profile of the product under a load, which counts for nothing.
func (b *bench) profile(what string, l load) error {
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	taken := make(chan error, 1)
	go func() {
		taken <- fetch(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", profilesAddr, max(1, int(l.time.Seconds())-1)),
			filepath.Join(b.profiles, strings.NewReplacer(" ", "-", ",", "").Replace(what)+".pprof"))
	}()
	_, err := l.run()
	return errors.Join(err, <-taken)
}

// snapshot is what a program has used and called so far.
type snapshot struct {
	cpu                time.Duration
	memory             memory
	connections, calls int64
}

func (b *bench) snapshot(c contender) (snapshot, error) {
	var s snapshot
	var err1, err2, err3 error
	s.cpu, err1 = c.program.cpu()
	s.memory, err2 = c.program.memory()
	if c.calls {
		var counts map[string]int64
		counts, err3 = b.standin.counts()
		s.connections = counts["connections"]
		s.calls = counts["InitiateAuth"] + counts["GetTokensFromRefreshToken"]
	}
	return s, errors.Join(err1, err2, err3)
}

// me with tokens that are remembered, by 32 connections.
func (b *bench) me(what string, tokens int) error {
	mine, same := b.material.me(tokens), b.material.constant(tokens)
	if tokens > 1 { // every token is seen before anything is measured
		l := load{addr: b.product.addr, exchanges: mine, connections: 32, count: 2 * tokens}
		if _, err := l.run(); err != nil {
			return err
		}
	}
	results, err := b.compare(what, b.rounds, 32, turn, []contender{
		{b.constant, same, false}, {b.verifying, same, false}, {b.naive, mine, false}, {b.product, mine, false},
	})
	if err != nil {
		return err
	}
	b.table.atLeast(what+": CPU against constant net/http", results["constant"].cpu/results["authgraph"].cpu, 0.45, 0.8, "%.2f")
	b.table.note(what+": CPU against the naive build", "%.1f times better", results["naive"].cpu/results["authgraph"].cpu)
	return nil
}

// firstSeen starts the product anew each time, so that it has seen none of the
// tokens.
func (b *bench) firstSeen() error {
	const what = "me, first sight of a token"
	mine, same := b.material.me(manyTokens), b.material.constant(manyTokens)
	var ratios, costs []float64
	for range b.rounds {
		cost := map[string]float64{}
		if err := b.restartProduct(); err != nil {
			return err
		}
		// What every process pays once is not the token's: as much as is done for the
		// others, who have run for a while.
		warm := load{addr: b.product.addr, exchanges: b.material.forged(1000), connections: 32, count: 2000}
		if _, err := warm.run(); err != nil {
			return err
		}
		for _, c := range []contender{{b.verifying, same, false}, {b.naive, mine, false}, {b.product, mine, false}} {
			before, err := c.program.cpu()
			if err != nil {
				return err
			}
			if _, err := (load{addr: c.program.addr, exchanges: c.exchanges, connections: 32, count: manyTokens}).run(); err != nil {
				return err
			}
			after, err := c.program.cpu()
			if err != nil {
				return err
			}
			cost[c.program.name] = float64((after - before).Microseconds()) / manyTokens
		}
		ratios, costs = append(ratios, cost["verifying"]/cost["authgraph"]), append(costs, cost["authgraph"])
	}
	b.table.atLeast(what+": CPU against net/http with one RS256", median(ratios), 0.7, 0.9, "%.2f")
	b.table.note(what+": CPU", "%.0f µs", median(costs))
	return nil
}

func (b *bench) forgedTokens() error {
	const what = "me, forged token"
	forged := b.material.forged(1000)
	results, err := b.compare(what, b.rounds, 32, turn, []contender{
		{b.verifying, forged, false}, {b.naive, forged, false}, {b.product, forged, false},
	})
	if err != nil {
		return err
	}
	b.table.atLeast(what+": CPU against net/http with one RS256", results["verifying"].cpu/results["authgraph"].cpu, 0.8, 1, "%.2f")
	return nil
}

// upstream compares what the servers add to a Cognito that answers at once.
func (b *bench) upstream(operation string, latency time.Duration, exchanges []exchange) error {
	if err := b.standin.setLatency(latency); err != nil {
		return err
	}
	for _, connections := range []int{32, 1000} {
		what := fmt.Sprintf("%s, Cognito %d ms, %s connections", operation, latency.Milliseconds(), thousands(connections))
		// What an earlier case has left behind, such as connections to Cognito, is not
		// this one's.
		if err := b.restartProduct(); err != nil {
			return err
		}
		results, err := b.compare(what, b.rounds, connections, turn, []contender{
			{b.naive, exchanges, true}, {b.product, exchanges, true},
		})
		if err != nil {
			return err
		}
		b.table.atLeast(what+": CPU, times better than the naive build", results["naive"].cpu/results["authgraph"].cpu, 1.5, 2.7, "%.2f")
	}
	return nil
}

// slowUpstream compares with asking a Cognito directly that takes its usual time.
func (b *bench) slowUpstream(operation string, exchanges []exchange) error {
	if err := b.standin.setLatency(100 * time.Millisecond); err != nil {
		return err
	}
	for _, connections := range []int{32, 1000} {
		what := fmt.Sprintf("%s, Cognito 100 ms, %s connections", operation, thousands(connections))
		if err := b.restartProduct(); err != nil {
			return err
		}
		results, err := b.compare(what, min(3, b.rounds), connections, 2*turn, []contender{
			{b.standin.program, b.material.direct(), false}, {b.naive, exchanges, true}, {b.product, exchanges, true},
		})
		if err != nil {
			return err
		}
		if connections < 1000 {
			continue
		}
		used, err := b.product.memory()
		if err != nil {
			return err
		}
		direct, ours := results["standin"], results["authgraph"]
		b.table.atLeast(what+": share of what Cognito does alone", 100*ours.perSecond/direct.perSecond, 60, 90, "%.0f %%")
		b.table.atMost(what+": added at the median", inMilliseconds(ours.p50-direct.p50), 60, 12, "%.1f ms")
		b.table.atMost(what+": memory at its peak", float64(used.peak)/1e6, 130, 85, "%.0f MB")
		b.table.atMost(what+": new connections for 1,000 calls", ours.connectionsPerThousandOfCalls, 10, 0, "%.1f")
	}
	return nil
}

// openLoop asks 300 times a second, however long the answers take.
func (b *bench) openLoop() error {
	if err := b.standin.setLatency(100 * time.Millisecond); err != nil {
		return err
	}
	contenders := []contender{
		{b.standin.program, b.material.direct(), false}, {b.naive, b.material.signin(), true}, {b.product, b.material.signin(), true},
	}
	p50, p99 := map[string][]time.Duration{}, map[string][]time.Duration{}
	for round := range 1 + min(3, b.rounds) {
		for _, c := range contenders {
			o, err := (load{addr: c.program.addr, exchanges: c.exchanges, perSecond: 300, time: 3 * turn}).run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.program.name, err)
			}
			if round > 0 {
				p50[c.program.name] = append(p50[c.program.name], o.percentile(0.5))
				p99[c.program.name] = append(p99[c.program.name], o.percentile(0.99))
			}
		}
	}
	const what = "signin, Cognito 100 ms, 300 a second"
	added := func(all map[string][]time.Duration, name string) float64 {
		return inMilliseconds(median(all[name]) - median(all["standin"]))
	}
	b.table.atMost(what+": added at the median", added(p50, "authgraph"), 0.8, 0.6, "%.2f ms")
	b.table.atMost(what+": added at the 99th percentile", added(p99, "authgraph"), 3, 1.5, "%.2f ms")
	b.table.note(what+": the naive build adds", "%.2f ms, %.2f ms", added(p50, "naive"), added(p99, "naive"))
	return nil
}

// upstreamCalls counts the calls to Cognito by operation.
func (b *bench) upstreamCalls() error {
	if err := b.standin.setLatency(0); err != nil {
		return err
	}
	profile := strings.Replace(meBody, "groups", "groups email", 1)
	for _, c := range []struct {
		what string
		ask  exchange
		want float64
	}{
		{"me from the token", b.material.me(1)[0], 0},
		{"me with the profile", exchange{post("/graphql", b.material.tokens[1], profile), func(status int, body []byte) bool {
			return status == 200 && strings.Contains(string(body), `"email":"ada@example.com"`)
		}}, 1},
		{"signin", b.material.signin()[0], 1},
		{"refreshToken", b.material.refresh()[0], 1},
		{"a forged token", b.material.forged(1)[0], 0},
	} {
		before, err := b.standin.counts()
		if err != nil {
			return err
		}
		const times = 100
		if _, err := (load{addr: b.product.addr, exchanges: []exchange{c.ask}, connections: 1, count: times}).run(); err != nil {
			return err
		}
		after, err := b.standin.counts()
		if err != nil {
			return err
		}
		calls := 0.0
		for name, n := range after {
			if name != "connections" {
				calls += float64(n - before[name])
			}
		}
		b.table.atMost("calls to Cognito: "+c.what, calls/times, c.want, c.want, "%.0f")
	}
	return nil
}

func inMilliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
