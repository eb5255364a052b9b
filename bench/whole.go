package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// coldStart measures from exec to the first right answer.
func (b *bench) coldStart() error {
	const times = 15
	first := b.material.me(1)[0]
	var ours []time.Duration
	for range times {
		took, err := b.startOnce(b.settings(), first)
		if err != nil {
			return err
		}
		ours = append(ours, took)
	}
	b.table.atMost("exec to first right answer, Cognito", inMilliseconds(median(ours)), 25, 12, "%.1f ms")
	var floor []time.Duration
	for range times {
		addr, err := freeAddr()
		if err != nil {
			return err
		}
		began := time.Now()
		p, err := start(b.ctx, b.dir, "cold", b.servers, b.binary("floor"), "-addr", addr, "-answer", filepath.Join(b.dir, "answer.json"))
		if err != nil {
			return err
		}
		err = firstAnswer(p, first)
		floor = append(floor, time.Since(began))
		p.stop()
		if err != nil {
			return err
		}
	}
	b.table.note("exec to first right answer, constant net/http", "%.1f ms", inMilliseconds(median(floor)))

	dir := filepath.Join(b.dir, "small-pool")
	settings, token, id, err := b.newPool(dir)
	if err != nil {
		return err
	}
	ask := exchange{post("/graphql", token, meBody), exactly(strings.Replace(strings.Replace(
		meAnswer(0), user(0), id, 1), `["admins","staff"]`, "[]", 1))}
	ours = nil
	for range times {
		took, err := b.startOnce(settings, ask)
		if err != nil {
			return err
		}
		ours = append(ours, took)
	}
	b.table.atMost("exec to first right answer, embedded pool with a file", inMilliseconds(median(ours)), 60, 30, "%.1f ms")
	return nil
}

// startOnce starts the product, asks it, and ends it.
func (b *bench) startOnce(settings []string, ask exchange) (time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return 0, err
	}
	p := &program{name: "cold", addr: addr, log: filepath.Join(b.dir, "cold.log"), done: make(chan struct{})}
	began := time.Now()
	if err := p.startProduct(b.ctx, b.binary("authgraph"), b.servers, settings); err != nil {
		return 0, err
	}
	err = firstAnswer(p, ask)
	took := time.Since(began)
	p.stop()
	return took, err
}

// firstAnswer asks until the answer is right.
func firstAnswer(p *program, ask exchange) error {
	buffer := make([]byte, 64<<10)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		select {
		case <-p.done:
			text, _ := os.ReadFile(p.log)
			return fmt.Errorf("%s has ended:\n%s", p.name, text)
		default:
		}
		if right := askOnce(p.addr, ask, buffer); right {
			return nil
		}
		time.Sleep(200 * time.Microsecond)
	}
	return fmt.Errorf("%s has not answered for half a minute; see %s", p.name, p.log)
}

func askOnce(addr string, ask exchange, buffer []byte) bool {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(ask.request); err != nil {
		return false
	}
	for n := 0; n < len(buffer); {
		k, err := c.Read(buffer[n:])
		n += k
		status, body, complete, parseErr := parseResponse(buffer[:n])
		if complete {
			return ask.right(status, body)
		}
		if err != nil || parseErr != nil {
			return false
		}
	}
	return false
}

// idleMemory is that of a process that has come to rest after its start and has then
// answered a query and a sign-in, and of one that has come to rest and remembers many
// tokens.
func (b *bench) idleMemory() error {
	var idle, anonymous, many []int64
	for range min(3, b.rounds) {
		if err := b.restartProduct(); err != nil {
			return err
		}
		time.Sleep(3 * time.Second) // for what goes on after a start to end
		for _, asked := range [][]exchange{b.material.me(1), b.material.signin()} {
			if _, err := (load{addr: b.product.addr, exchanges: asked, connections: 1, count: 1}).run(); err != nil {
				return err
			}
		}
		m, err := b.product.memory()
		if err != nil {
			return err
		}
		idle, anonymous = append(idle, m.resident), append(anonymous, m.anonymous)
		if _, err := (load{addr: b.product.addr, exchanges: b.material.me(manyTokens), connections: 32, count: 2 * manyTokens}).run(); err != nil {
			return err
		}
		time.Sleep(3 * time.Second) // for the load to be over
		if m, err = b.product.memory(); err != nil {
			return err
		}
		many = append(many, m.resident)
	}
	b.table.atMost("memory, idle", float64(median(idle))/1e6, 20, 10, "%.1f MB")
	b.table.note("memory, idle, without what is mapped from the binary", "%s", megabytes(median(anonymous)))
	b.table.atMost("memory, 10,000 tokens remembered", float64(median(many))/1e6, 30, 22, "%.1f MB")
	return nil
}

// million holds the memory after a million requests against that after a warm-up.
func (b *bench) million() error {
	if err := b.standin.setLatency(0); err != nil {
		return err
	}
	if err := b.restartProduct(); err != nil {
		return err
	}
	mixed := append(append(b.material.me(manyTokens/2), b.material.forged(manyTokens/10)...), b.material.signin()[0])
	step := func(n int) (memory, error) {
		if _, err := (load{addr: b.product.addr, exchanges: mixed, connections: 32, count: n}).run(); err != nil {
			return memory{}, err
		}
		b.product.clearLog()
		return b.product.memory()
	}
	before, err := step(200_000)
	if err != nil {
		return err
	}
	var after memory
	for range 10 {
		if after, err = step(100_000); err != nil {
			return err
		}
	}
	growth := 100 * (float64(after.resident)/float64(before.resident) - 1)
	b.table.atMost("memory after 1,000,000 requests against after 200,000", growth, 5, 5, "%+.1f %%")
	b.table.note("memory after 1,000,000 requests", "%s", megabytes(after.resident))
	return nil
}

// manyConnections is what connections cost that do nothing, and sign-ins that wait.
func (b *bench) manyConnections() error {
	const n = 10_000
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Max < 3*n/2 {
		b.table.note("10,000 connections", "left out: at most %d files may be open here", limit.Max)
		return nil
	}
	if err := b.restartProduct(); err != nil {
		return err
	}
	before, err := b.product.memory()
	if err != nil {
		return err
	}
	// Each has asked once.
	idle := make([]net.Conn, 0, n)
	defer func() {
		for _, c := range idle {
			_ = c.Close()
		}
	}()
	ask, buffer := b.material.me(1)[0], make([]byte, 4096)
	for range n {
		c, err := net.Dial("tcp", b.product.addr)
		if err != nil {
			return err
		}
		idle = append(idle, c)
		if _, err := c.Write(ask.request); err != nil {
			return err
		}
		k, err := c.Read(buffer)
		if err != nil {
			return err
		}
		if status, body, complete, err := parseResponse(buffer[:k]); err != nil || !complete || !ask.right(status, body) {
			return fmt.Errorf("%w: %.300s", errAnswer, buffer[:k])
		}
	}
	after, err := b.product.memory()
	if err != nil {
		return err
	}
	b.table.note("memory with 10,000 idle connections", "%s (%.1f KB each)", megabytes(after.resident), float64(after.resident-before.resident)/n/1e3)
	for _, c := range idle {
		_ = c.Close()
	}
	idle = idle[:0]

	if err := b.standin.setLatency(100 * time.Millisecond); err != nil {
		return err
	}
	if err := b.restartProduct(); err != nil {
		return err
	}
	// Those who would wait for longer than is worth it are told to come back.
	signin, shed := b.material.signin()[0], 0
	served := signin.right
	signin.right = func(status int, body []byte) bool {
		if bytes.Contains(body, []byte(`"code":"SERVICE_UNAVAILABLE"`)) {
			shed++
			return true
		}
		return served(status, body)
	}
	o, err := (load{addr: b.product.addr, exchanges: []exchange{signin}, connections: n, count: n}).run()
	if err != nil {
		return err
	}
	m, err := b.product.memory()
	if err != nil {
		return err
	}
	b.table.note("10,000 sign-ins at once, Cognito 100 ms", "%d signed in and %d told to come back after %.1f s, memory at its peak %s",
		n-shed, shed, o.took.Seconds(), megabytes(m.peak))
	return nil
}

// newPool makes an embedded pool with one user, and returns its settings, with the
// user's access token and id.
func (b *bench) newPool(dir string) (settings []string, token, id string, err error) {
	poolAddr, err := freeAddr()
	if err != nil {
		return nil, "", "", err
	}
	settings = []string{"DATA_DIR=" + dir, "POOL_ADDR=" + poolAddr}
	p, err := startProduct(b.ctx, b.dir, b.binary("authgraph"), b.servers, settings...)
	if err != nil {
		return nil, "", "", err
	}
	defer p.stop()
	if err := signUp(b.ctx, p.addr, poolAddr, "ada"); err != nil {
		return nil, "", "", err
	}
	tokens, err := signIn(b.ctx, p.addr, "ada")
	if err != nil {
		return nil, "", "", err
	}
	return settings, tokens.AccessToken, tokens.User.ID, nil
}

const password = "Correct-Horse-1"

// ask sends a document to the API and reads its data.
func ask(ctx context.Context, addr, document string, into any) error {
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return fmt.Errorf("%s: %s", document, answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}

// signUp signs a user up and confirms the address by the code from the inbox.
func signUp(ctx context.Context, addr, poolAddr, name string) error {
	var signup struct{ Signup struct{ Confirmed bool } }
	err := ask(ctx, addr, fmt.Sprintf(
		`mutation{signup(input:{username:%q,email:"%s@example.com",password:%q,mode:"user"}){confirmed}}`, name, name, password), &signup)
	if err != nil {
		return err
	}
	response, err := http.Get("http://" + poolAddr + "/inbox?to=" + name + "@example.com")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var inbox []struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&inbox); err != nil {
		return err
	}
	if len(inbox) == 0 {
		return errors.New("the inbox is empty")
	}
	var verified struct {
		VerifyAccount struct{ Status string }
	}
	return ask(ctx, addr, fmt.Sprintf(
		`mutation{verifyAccount(input:{email:"%s@example.com",confirmationCode:%q}){status}}`, name, inbox[0].Code), &verified)
}

type signedIn struct {
	AccessToken string
	User        struct{ ID string }
}

func signIn(ctx context.Context, addr, name string) (signedIn, error) {
	var answer struct{ Signin signedIn }
	err := ask(ctx, addr, fmt.Sprintf(
		`mutation{signin(input:{email:"%s@example.com",password:%q}){... on AuthTokens{accessToken user{id}}}}`, name, password), &answer)
	if err == nil && (answer.Signin.AccessToken == "" || answer.Signin.User.ID == "") {
		err = errors.New("a sign-in without tokens")
	}
	return answer.Signin, err
}

// embedded measures the embedded pool, and a start with 100,000 users in its file.
func (b *bench) embedded() error {
	dir := filepath.Join(b.dir, "large-pool")
	settings, token, id, err := b.newPool(dir)
	if err != nil {
		return err
	}
	p, err := startProduct(b.ctx, b.dir, b.binary("authgraph"), b.servers, settings...)
	if err != nil {
		return err
	}
	stopped := false
	defer func() {
		if !stopped {
			p.stop()
		}
	}()
	const users, callers = 100_000, 64
	signup := make([]exchange, users)
	for i := range signup {
		signup[i] = exchange{
			post("/graphql", "", fmt.Sprintf(`{"query":"mutation{signup(input:{username:\"user%d\",email:\"user%d@example.com\",password:\"%s\",mode:\"user\"}){confirmed}}"}`, i, i, password)),
			exactly(`{"data":{"signup":{"confirmed":false}}}`),
		}
	}
	o, err := (load{addr: p.addr, exchanges: signup, connections: callers, count: users}).run()
	if err != nil {
		return err
	}
	b.table.note("embedded pool: sign-ups a second, 64 callers", "%.0f", o.perSecond())
	signin := exchange{
		post("/graphql", "", fmt.Sprintf(`{"query":"mutation{signin(input:{email:\"ada@example.com\",password:\"%s\"}){... on AuthTokens{accessToken}}}"}`, password)),
		func(status int, body []byte) bool {
			return status == 200 && bytes.HasPrefix(body, []byte(`{"data":{"signin":{"accessToken":"ey`))
		},
	}
	if o, err = (load{addr: p.addr, exchanges: []exchange{signin}, connections: callers, time: 3 * turn}).run(); err != nil {
		return err
	}
	b.table.note("embedded pool: sign-ins a second, 64 callers, 100,000 users", "%.0f", o.perSecond())
	p.stop()
	stopped = true

	ask := exchange{post("/graphql", token, meBody), exactly(strings.Replace(strings.Replace(
		meAnswer(0), user(0), id, 1), `["admins","staff"]`, "[]", 1))}
	var starts []time.Duration
	for range 5 {
		took, err := b.startOnce(settings, ask)
		if err != nil {
			return err
		}
		starts = append(starts, took)
	}
	b.table.atMost("exec to first right answer, embedded pool with 100,000 users", inMilliseconds(median(starts)), 60, 30, "%.1f ms")
	return nil
}
