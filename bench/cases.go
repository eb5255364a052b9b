package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// benchCase measures one part of the table of targets.
type benchCase struct {
	name string
	run  func(*bench) error
}

func cases() []benchCase {
	return []benchCase{
		{"me-hot", func(b *bench) error { return b.cachedTokens("me, hot token", 1) }},
		{"me-many", func(b *bench) error { return b.cachedTokens("me, 10,000 tokens", users) }},
		{"me-first-seen", (*bench).firstSeen},
		{"me-forged", (*bench).forgedTokens},
		{"signin-0ms", func(b *bench) error { return b.fastUpstream("signin", []request{b.signin()}) }},
		{"refresh-0ms", func(b *bench) error { return b.fastUpstream("refreshToken", b.refreshes()) }},
		{"signin-rate", (*bench).signinRate},
		{"connections", (*bench).manyConnections},
		{"upstream-calls", (*bench).upstreamCalls},
		{"cold-start", (*bench).coldStart},
		{"memory", (*bench).idleMemory},
		{"million", (*bench).million},
		{"replicas", (*bench).replicas},
	}
}

// on makes a contender of one server.
func on(p *process, requests []request) contender { return contender{[]*process{p}, requests} }

// busy is a closed loop that keeps a server busy for one turn.
func (b *bench) busy() load { return load{connections: 32, duration: b.turn} }

func (b *bench) cachedTokens(what string, n int) error {
	if _, err := b.run(on(b.authgraph, b.mes(n)), load{connections: 32, count: 2 * n}); err != nil {
		return err
	}
	contenders := []contender{on(b.floor, b.constants(n)), on(b.naive, b.mes(n)), on(b.authgraph, b.mes(n))}
	if b.apollo != nil {
		contenders = append(contenders, on(b.apollo, b.mes(n)))
	}
	s, err := b.compare(b.busy(), contenders...)
	if err != nil {
		return err
	}
	ours := s[2]
	b.atLeast(what+": CPU of constant net/http over ours", "%.2f", over(s[0], ours, cpuRatio), 0.33, 0.45)
	b.atLeast(what+": CPU of the naive build over ours", "%.1f", over(s[1], ours, cpuRatio), 2.5, 3.5)
	if b.apollo == nil {
		b.notRun(what+": CPU of Apollo Server over ours", "needs Node.js and npm")
		return nil
	}
	b.atLeast(what+": CPU of Apollo Server over ours", "%.1f", over(s[3], ours, cpuRatio), 4, 6)
	return nil
}

// firstSeen starts Authgraph anew in each round, so that its cache is empty.
func (b *bench) firstSeen() error {
	var ratios []float64
	all := load{connections: 32, count: users}
	for range b.rounds {
		b.authgraph.stop()
		var err error
		if b.authgraph, err = b.startAuthgraph(b.settings()...); err != nil {
			return err
		}
		// The work of a new process is not that of the tokens.
		if _, err := b.run(on(b.authgraph, b.mes(1)), load{connections: 32, count: 2000}); err != nil {
			return err
		}
		naive, err := b.run(on(b.naive, b.mes(users)), all)
		if err != nil {
			return err
		}
		ours, err := b.run(on(b.authgraph, b.mes(users)), all)
		if err != nil {
			return err
		}
		ratios = append(ratios, cpuRatio(ours, naive))
	}
	b.atMost("me, first sight of a token: CPU over the naive build's", "%.2f", median(ratios), 1, 0.8)
	return nil
}

func (b *bench) forgedTokens() error {
	forged := b.forged(1000)
	s, err := b.compare(b.busy(), on(b.naive, forged), on(b.authgraph, forged))
	if err != nil {
		return err
	}
	b.atMost("me, forged token: CPU over the naive build's", "%.2f", over(s[1], s[0], cpuRatio), 1, 0.8)
	return nil
}

// fastUpstream measures a Cognito that answers at once.
func (b *bench) fastUpstream(what string, requests []request) error {
	s, err := b.compare(b.busy(), on(b.naive, requests), on(b.authgraph, requests))
	if err != nil {
		return err
	}
	b.atMost(what+", upstream 0 ms: CPU over the naive build's", "%.2f", over(s[1], s[0], cpuRatio), 1, 0.7)
	return nil
}

// signinRate sends 300 sign-ins a second to a Cognito that takes 100 ms.
func (b *bench) signinRate() error {
	b.cognito.latency.Store(int64(100 * time.Millisecond))
	signin := []request{b.signin()}
	s, err := b.compare(load{connections: 300, duration: 3 * b.turn, rate: 300}, on(b.naive, signin), on(b.authgraph, signin))
	if err != nil {
		return err
	}
	const what = "signin at 300/s, upstream 100 ms: "
	b.atMost(what+"p50 minus the naive build's", "%.2f ms",
		over(s[1], s[0], func(ours, naive sample) float64 { return ours.p50 - naive.p50 }), 0.3, 0.3)
	b.atMost(what+"p99 minus the naive build's", "%.2f ms",
		over(s[1], s[0], func(ours, naive sample) float64 { return ours.p99 - naive.p99 }), 0, 0)
	return nil
}

// manyConnections keeps 1,000 sign-ins in flight to a Cognito that takes 100 ms.
func (b *bench) manyConnections() error {
	b.cognito.latency.Store(int64(100 * time.Millisecond))
	signin := []request{b.signin()}
	s, err := b.compare(load{connections: 1000, duration: 2 * b.turn}, on(b.naive, signin), on(b.authgraph, signin))
	if err != nil {
		return err
	}
	peak, err := b.authgraph.memory("VmHWM")
	if err != nil {
		return err
	}
	const what = "1,000 connections, upstream 100 ms: "
	b.atLeast(what+"throughput over the naive build's", "%.1f",
		over(s[1], s[0], func(ours, naive sample) float64 { return ours.perSecond / naive.perSecond }), 1.5, 1.5)
	b.atMost(what+"new upstream connections after warm-up, of calls", "%.2f %%",
		over(s[1], s[1], func(ours, _ sample) float64 { return ours.newShare }), 0.99, 0.99)
	b.atMost(what+"peak memory", "%.0f MB", peak, 200, 200)
	return nil
}

func (b *bench) upstreamCalls() error {
	profile := b.me(1)
	profile.body = strings.Replace(meBody, "groups", "groups email", 1)
	profile.right = contains(`"email":"ada@example.com"`)
	const times = 100
	for _, c := range []struct {
		what     string
		requests []request
		calls    float64
	}{
		{"me from the token", b.mes(1), 0},
		{"me with profile fields", []request{profile}, 1},
		{"signin", []request{b.signin()}, 1},
		{"refreshToken", b.refreshes(), 1},
		{"me, forged token", b.forged(1), 0},
	} {
		before := b.cognito.total()
		if _, err := b.run(on(b.authgraph, c.requests), load{connections: 1, count: times}); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		b.atMost("upstream calls: "+c.what, "%g", float64(b.cognito.total()-before)/times, c.calls, c.calls)
	}

	// Other users are looked up with AWS credentials.
	p, err := b.startAuthgraph(b.settings("AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example")...)
	if err != nil {
		return err
	}
	defer p.stop()
	references, err := b.references()
	if err != nil {
		return err
	}
	before := b.cognito.total()
	if _, err := b.run(on(p, []request{references}), load{connections: 1, count: 1}); err != nil {
		return err
	}
	b.atMost("upstream calls: 100 user references, each twice", "%g", float64(b.cognito.total()-before), 100, 100)
	b.atMost("upstream calls: for one of these users", "%g", float64(b.cognito.mostForOneUser()), 1, 1)
	return nil
}

// coldStart measures the time from exec to the first right response.
func (b *bench) coldStart() error {
	took, err := b.startTimes(b.me(0), b.settings()...)
	if err != nil {
		return err
	}
	b.atMost("exec to first right answer: Cognito", "%.0f ms", took, 40, 15)

	poolAddr, err := freeAddr()
	if err != nil {
		return err
	}
	pool := []string{"DATA_DIR=" + filepath.Join(b.dir, "pool"), "POOL_ADDR=" + poolAddr}
	signup := request{body: `{"query":"mutation{signup(input:{username:\"ada\",email:\"ada@example.com\",password:\"Correct-Horse-1\",mode:\"user\"}){confirmed}}"}`}
	signup.right = exactly(`{"data":{"signup":{"confirmed":false}}}`)
	p, err := b.startServer(signup, pool...)
	if err != nil {
		return err
	}
	p.stop()
	// The second sign-up is refused because the pool's file has the first.
	signup.right = contains(`"code":"EMAIL_ALREADY_REGISTERED"`)
	if took, err = b.startTimes(signup, pool...); err != nil {
		return err
	}
	b.atMost("exec to first right answer: embedded pool with a file", "%.0f ms", took, 80, 30)
	return nil
}

// startTimes starts Authgraph several times, and returns the median in ms.
func (b *bench) startTimes(first request, settings ...string) (float64, error) {
	var times []time.Duration
	for range 3 * b.rounds {
		p, err := b.startServer(first, settings...)
		if err != nil {
			return 0, err
		}
		p.stop()
		times = append(times, p.started)
	}
	return float64(median(times).Microseconds()) / 1000, nil
}

// idleMemory measures a process that was idle for some seconds: with one token, and with
// 10,000 in its cache.
func (b *bench) idleMemory() error {
	const settle = 3 * time.Second
	time.Sleep(settle)
	if _, err := b.run(on(b.authgraph, []request{b.me(0), b.signin()}), load{connections: 1, count: 2}); err != nil {
		return err
	}
	idle, err := b.authgraph.memory("VmRSS")
	if err != nil {
		return err
	}
	if _, err := b.run(on(b.authgraph, b.mes(users)), load{connections: 32, count: 2 * users}); err != nil {
		return err
	}
	time.Sleep(settle)
	cached, err := b.authgraph.memory("VmRSS")
	if err != nil {
		return err
	}
	b.atMost("memory: idle", "%.0f MB", idle, 40, 25)
	b.atMost("memory: with 10,000 cached tokens", "%.0f MB", cached, 60, 40)
	return nil
}

// million compares memory after a million mixed requests with that after a warm-up.
func (b *bench) million() error {
	mixed := on(b.authgraph, append(append(b.mes(users/2), b.forged(users/10)...), b.signin()))
	var memory []float64
	for _, count := range []int{200_000 / b.scale, 1_000_000 / b.scale} {
		if _, err := b.run(mixed, load{connections: 32, count: count}); err != nil {
			return err
		}
		m, err := b.authgraph.memory("VmRSS")
		if err != nil {
			return err
		}
		memory = append(memory, m)
	}
	b.atMost("memory: growth in 1,000,000 requests after warm-up", "%+.1f %%", 100*(memory[1]/memory[0]-1), 5, 5)
	return nil
}

// replicas compares three replicas that share a Valkey or Redis with one that has none.
func (b *bench) replicas() error {
	const what = "three replicas sharing Valkey: CPU of "
	server, err := exec.LookPath("valkey-server")
	if err != nil {
		server, err = exec.LookPath("redis-server")
	}
	if err != nil {
		b.notRun(what+"me, signin", "needs valkey-server or redis-server")
		return nil
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	// It runs on the core of the load.
	store := exec.CommandContext(b.ctx, server, "--bind", "127.0.0.1", "--port", addr[strings.LastIndexByte(addr, ':')+1:], "--save", "")
	store.Dir = b.dir
	if err := store.Start(); err != nil {
		return err
	}
	defer func() { _ = errors.Join(store.Process.Kill(), store.Wait()) }()
	var three []*process
	for range 3 {
		p, err := b.startAuthgraph(b.settings("REDIS_URL=redis://" + addr)...)
		if err != nil {
			return err
		}
		defer p.stop()
		three = append(three, p)
	}
	for _, c := range []struct {
		what     string
		requests []request
	}{{"me", b.mes(1000)}, {"signin", []request{b.signin()}}} {
		s, err := b.compare(b.busy(), contender{three, c.requests}, on(b.authgraph, c.requests))
		if err != nil {
			return err
		}
		b.atMost(what+c.what+" over one replica's without", "%.2f", over(s[0], s[1], cpuRatio), 1.2, 1.1)
	}
	return nil
}
