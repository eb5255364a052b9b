package bench

import (
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// benchCase measures one part of the table of targets.
type benchCase struct {
	name string
	run  func(*bench)
}

func cases() []benchCase {
	return []benchCase{
		{"me-hot", func(b *bench) { b.cachedTokens("me, hot token", 1) }},
		{"me-many", func(b *bench) { b.cachedTokens("me, 10,000 tokens", users) }},
		{"me-first-seen", (*bench).firstSeen},
		{"me-forged", func(b *bench) { b.againstNaive("me, forged token", b.forged(1000), 0.8) }},
		{"signin-0ms", func(b *bench) { b.againstNaive("signin, upstream 0 ms", b.signin(), 0.7) }},
		{"refresh-0ms", func(b *bench) { b.againstNaive("refreshToken, upstream 0 ms", b.refreshes(), 0.7) }},
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

func (b *bench) cachedTokens(what string, n int) {
	b.run(on(b.authgraph, b.mes(n)), load{connections: 32, count: 2 * n})
	contenders := []contender{on(b.authgraph, b.mes(n)), on(b.floor, b.constants(n)), on(b.naive, b.mes(n))}
	if b.apollo != nil {
		// Warm up: V8 compiles code that runs often.
		b.run(on(b.apollo, b.mes(1)), load{connections: 32, count: 10_000 / b.scale})
		contenders = append(contenders, on(b.apollo, b.mes(n)))
	}
	s := b.compare(b.busy(), contenders...)
	b.atLeast(what+": CPU of constant net/http over ours", "%.2f", over(s[1], s[0], cpuRatio), 0.33, 0.45)
	b.atLeast(what+": CPU of the naive build over ours", "%.1f", over(s[2], s[0], cpuRatio), 2.5, 3.5)
	if b.apollo == nil {
		b.notRun(what+": CPU of Apollo Server over ours", "needs Node.js and npm")
		return
	}
	b.atLeast(what+": CPU of Apollo Server over ours", "%.1f", over(s[3], s[0], cpuRatio), 4, 6)
}

// firstSeen starts Authgraph anew in each round, so that its cache is empty.
func (b *bench) firstSeen() {
	var ratios []float64
	all := load{connections: 32, count: users}
	for range b.rounds {
		b.authgraph.stop()
		b.authgraph = b.startAuthgraph()
		// The work of a new process is not that of the tokens.
		b.run(on(b.authgraph, b.mes(1)), load{connections: 32, count: 2000})
		naive := b.run(on(b.naive, b.mes(users)), all)
		ours := b.run(on(b.authgraph, b.mes(users)), all)
		ratios = append(ratios, cpuRatio(ours, naive))
	}
	b.atMost("me, first sight of a token: CPU over the naive build's", "%.2f", median(ratios), 1, 0.8)
}

func (b *bench) againstNaive(what string, requests []request, aim float64) {
	s := b.compare(b.busy(), on(b.authgraph, requests), on(b.naive, requests))
	b.atMost(what+": CPU over the naive build's", "%.2f", over(s[0], s[1], cpuRatio), 1, aim)
}

// signinRate sends 300 sign-ins a second to a Cognito that takes 100 ms.
func (b *bench) signinRate() {
	b.cognito.latency.Store(int64(100 * time.Millisecond))
	s := b.compare(load{connections: 300, duration: 3 * b.turn, rate: 300}, on(b.authgraph, b.signin()), on(b.naive, b.signin()))
	const what = "signin at 300/s, upstream 100 ms: "
	b.atMost(what+"p50 minus the naive build's", "%.2f ms",
		over(s[0], s[1], func(ours, naive sample) float64 { return ours.p50 - naive.p50 }), 0.3, 0.3)
	b.atMost(what+"p99 minus the naive build's", "%.2f ms",
		over(s[0], s[1], func(ours, naive sample) float64 { return ours.p99 - naive.p99 }), 0, 0)
}

// manyConnections keeps 1,000 sign-ins in flight to a Cognito that takes 100 ms.
func (b *bench) manyConnections() {
	b.cognito.latency.Store(int64(100 * time.Millisecond))
	s := b.compare(load{connections: 1000, duration: 2 * b.turn}, on(b.authgraph, b.signin()), on(b.naive, b.signin()))
	const what = "1,000 connections, upstream 100 ms: "
	b.atLeast(what+"throughput over the naive build's", "%.1f",
		over(s[0], s[1], func(ours, naive sample) float64 { return ours.perSecond / naive.perSecond }), 1.5, 1.5)
	b.atMost(what+"new upstream connections after warm-up, of calls", "%.2f %%",
		over(s[0], s[0], func(ours, _ sample) float64 { return ours.newShare }), 0.99, 0.99)
	b.atMost(what+"peak memory", "%.0f MB", b.memory(b.authgraph, "VmHWM"), 200, 200)
}

func (b *bench) upstreamCalls() {
	calls := func(what string, p *process, requests []request, times int, want float64) {
		before := b.cognito.total()
		b.run(on(p, requests), load{connections: 1, count: times})
		b.atMost("upstream calls: "+what, "%g", float64(b.cognito.total()-before)/float64(times), want, want)
	}
	profile := b.mes(1)
	profile[0].body = strings.Replace(meBody, "groups", "groups email", 1)
	profile[0].right = contains(`"email":"ada@example.com"`)
	calls("me from the token", b.authgraph, b.mes(1), 100, 0)
	calls("me with profile fields", b.authgraph, profile, 100, 1)
	calls("signin", b.authgraph, b.signin(), 100, 1)
	calls("refreshToken", b.authgraph, b.refreshes(), 100, 1)
	calls("me, forged token", b.authgraph, b.forged(1), 100, 0)

	// Other users are looked up with AWS credentials.
	p := b.startAuthgraph("AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example")
	calls("100 user references, each twice", p, b.references(), 1, 100)
	b.atMost("upstream calls: most for one of these users", "%g", float64(b.cognito.mostForOneUser()), 1, 1)
}

// coldStart measures the time from exec to the first right response.
func (b *bench) coldStart() {
	start := func(run func() *process) float64 {
		var times []float64
		for range 3 * b.rounds {
			p := run()
			p.stop()
			times = append(times, milliseconds(p.started))
		}
		return median(times)
	}
	b.atMost("startup to first correct response: Cognito", "%.0f ms", start(func() *process { return b.startAuthgraph() }), 40, 15)

	pool := []string{"DATA_DIR=" + filepath.Join(b.TempDir(), "pool"), "POOL_ADDR=" + b.freeAddr()}
	signup := request{
		body:  `{"query":"mutation{signup(input:{username:\"ada\",email:\"ada@example.com\",password:\"Correct-Horse-1\",mode:\"user\"}){confirmed}}"}`,
		right: exactly(`{"data":{"signup":{"confirmed":false}}}`),
	}
	b.startServer(signup, pool...).stop()
	// The second sign-up is refused because the pool's file has the first.
	signup.right = contains(`"code":"EMAIL_ALREADY_REGISTERED"`)
	b.atMost("startup to first correct response: embedded pool with a file", "%.0f ms",
		start(func() *process { return b.startServer(signup, pool...) }), 80, 30)
}

// idleMemory measures a process that was idle for some seconds: with one token, and with
// 10,000 in its cache.
func (b *bench) idleMemory() {
	const settle = 3 * time.Second
	time.Sleep(settle)
	b.run(on(b.authgraph, append(b.signin(), b.me(0))), load{connections: 1, count: 2})
	b.atMost("memory: idle", "%.0f MB", b.memory(b.authgraph, "VmRSS"), 40, 25)
	b.run(on(b.authgraph, b.mes(users)), load{connections: 32, count: 2 * users})
	time.Sleep(settle)
	b.atMost("memory: with 10,000 cached tokens", "%.0f MB", b.memory(b.authgraph, "VmRSS"), 60, 40)
}

// million compares memory after a million mixed requests with that after a warm-up.
func (b *bench) million() {
	mixed := on(b.authgraph, append(append(b.mes(users/2), b.forged(users/10)...), b.signin()...))
	b.run(mixed, load{connections: 32, count: 200_000 / b.scale})
	before := b.memory(b.authgraph, "VmRSS")
	b.run(mixed, load{connections: 32, count: 1_000_000 / b.scale})
	change := b.memory(b.authgraph, "VmRSS")/before - 1
	b.atMost("memory: change, up or down, in 1,000,000 requests after warm-up", "%.1f %%", 100*math.Abs(change), 5, 5)
}

// replicas compares three replicas that share a Valkey or Redis with one that has none.
func (b *bench) replicas() {
	const what = "three replicas sharing Valkey: CPU of "
	server, err := exec.LookPath("valkey-server")
	if err != nil {
		server, err = exec.LookPath("redis-server")
	}
	if err != nil {
		b.notRun(what+"me, signin", "needs valkey-server or redis-server")
		return
	}
	addr := b.freeAddr()
	_, port, _ := strings.Cut(addr, ":")
	// It inherits the core of the load.
	store := exec.CommandContext(b.Context(), server, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", b.TempDir())
	store.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	b.check(store.Start())
	b.Cleanup(func() { _ = store.Wait() }) // the test's context ends it
	var three []*process
	for range 3 {
		three = append(three, b.startAuthgraph("REDIS_URL=redis://"+addr))
	}
	compare := func(operation string, requests []request) {
		s := b.compare(b.busy(), contender{three, requests}, on(b.authgraph, requests))
		b.atMost(what+operation+" over one replica's without", "%.2f", over(s[0], s[1], cpuRatio), 1.2, 1.1)
	}
	compare("me", b.mes(1000))
	compare("signin", b.signin())
}
