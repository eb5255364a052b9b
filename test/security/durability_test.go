package security_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

const memberPassword = "Right-Horse-1"

// persistentPool is the embedded pool's data directory, with the program that currently uses it.
type persistentPool struct {
	*target
	settings []string
}

// newPersistentPool creates a pool without users in a directory. The pool keeps its address
// across restarts, since it is the issuer in the tokens.
func newPersistentPool(t *testing.T, dir string, settings ...string) *persistentPool {
	t.Helper()
	testutil.Build(t)
	pool, err := testutil.EmptyPool()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "userpool.db"), pool, 0o600); err != nil {
		t.Fatal(err)
	}
	return &persistentPool{settings: append([]string{
		"ADDR=127.0.0.1:0", "POOL_ADDR=" + testutil.FreeAddress(t), "DATA_DIR=" + dir, unlimited, "LOG_LEVEL=error",
	}, settings...)}
}

// begin starts the program. It returns false if the program exits during startup.
func (l *persistentPool) begin(t *testing.T) bool {
	t.Helper()
	p := testutil.Start(t, l.settings, nil)
	return l.begun(t, p)
}

// beginDamaged is like begin, but permits errors in the log.
func (l *persistentPool) beginDamaged(t *testing.T) bool {
	t.Helper()
	p, err := testutil.StartProgram(t.TempDir(), l.settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.Exited() {
			p.Kill()
		}
	})
	return l.begun(t, p)
}

func (l *persistentPool) begun(t *testing.T, p *testutil.Program) bool {
	t.Helper()
	l.target = &target{&testutil.Target{Program: p, Client: testutil.NewClient()}}
	if err := p.AwaitReady(); err != nil {
		if !p.Exited() {
			t.Fatal(err)
		}
		return false
	}
	return true
}

// member is a user whose sign-up was acknowledged.
type member struct {
	email           string
	verified        bool
	access, refresh string // tokens, if the user signed in
	signedOut       bool   // the sign-out was acknowledged
}

func (l *persistentPool) signup(email string) (testutil.TimedResponse, error) {
	return l.Post(fmt.Sprintf(`mutation{signup(input:{email:%q,username:"U",password:%q,mode:"m"}){userId}}`, email, memberPassword))
}

func (l *persistentPool) signin(email string) (testutil.TimedResponse, error) {
	return l.Post(fmt.Sprintf(`mutation{signin(input:{email:%q,password:%q}){...on AuthTokens{accessToken refreshToken}}}`, email, memberPassword))
}

// join signs a user up, and in and out if requested. known reports whether the sign-up was
// acknowledged.
func (l *persistentPool) join(email string, withSession, signOut bool) (m member, known bool) {
	m.email = email
	if r, err := l.signup(email); err != nil || r.Code() != answered {
		return m, false
	}
	response, err := testutil.NewClient().Get(l.PoolURL() + "/inbox?to=" + email)
	if err != nil {
		return m, true
	}
	inbox, err := testutil.ReadResponse(response)
	if err != nil {
		return m, true
	}
	r, err := l.Post(fmt.Sprintf(`mutation{verifyAccount(input:{email:%q,confirmationCode:%q}){status}}`, email, inbox.Text("0.code")))
	m.verified = err == nil && r.Text("data.verifyAccount.status") == "VERIFIED"
	if !withSession || !m.verified {
		return m, true
	}
	if r, err = l.signin(email); err != nil || r.Code() != answered {
		return m, true
	}
	m.access, m.refresh = r.Text("data.signin.accessToken"), r.Text("data.signin.refreshToken")
	if signOut {
		r, err = l.Post(fmt.Sprintf(`mutation{logout(input:{refreshToken:%q}){success}}`, m.refresh))
		m.signedOut = err == nil && r.Code() == answered
		if !m.signedOut { // unknown whether it took effect
			m.access, m.refresh = "", ""
		}
	}
	return m, true
}

// findings counts the acknowledged changes that were found.
type findings struct{ accounts, verified, sessions, signOuts, lost atomic.Int64 }

func (f *findings) String() string {
	return fmt.Sprintf("%d accounts, %d verified, %d sessions, %d sign-outs, %d lost",
		f.accounts.Load(), f.verified.Load(), f.sessions.Load(), f.signOuts.Load(), f.lost.Load())
}

// find checks that everything that was acknowledged to members is there.
func (l *persistentPool) find(t *testing.T, members []member) *findings {
	t.Helper()
	f := &findings{}
	lose := func(format string, args ...any) {
		if f.lost.Add(1) < 10 {
			t.Errorf(format, args...)
		}
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(members); i = int(next.Add(1)) - 1 {
				l.findOne(members[i], f, lose)
			}
		})
	}
	all.Wait()
	return f
}

func (l *persistentPool) findOne(m member, f *findings, lose func(string, ...any)) {
	r, err := l.signin(m.email)
	switch code := codeOr(r, err); {
	case code == answered:
		f.accounts.Add(1)
		if m.verified {
			f.verified.Add(1)
		}
	case code == "USER_NOT_CONFIRMED" && !m.verified:
		f.accounts.Add(1)
	default:
		lose("%s, verified %v, gets %s", m.email, m.verified, code)
	}
	if m.access == "" {
		return
	}
	refresh, err1 := l.Post(fmt.Sprintf(`mutation{refreshToken(input:{refreshToken:%q}){accessToken}}`, m.refresh))
	me, err2 := l.Post("{me{id}}", "Bearer "+m.access)
	switch {
	case m.signedOut:
		if code := codeOr(refresh, err1); code != "INVALID_TOKEN" {
			lose("%s signed out and can refresh: %s", m.email, code)
			return
		}
		if code := codeOr(me, err2); code != "TOKEN_REVOKED" {
			lose("%s signed out and the access token is good: %s", m.email, code)
			return
		}
		f.signOuts.Add(1)
	case codeOr(refresh, err1) != answered || codeOr(me, err2) != answered:
		lose("%s signed in: %s and %s", m.email, codeOr(refresh, err1), codeOr(me, err2))
	default:
		f.sessions.Add(1)
	}
}

// codeOr returns the code of a response, or a text for an error of the connection.
func codeOr(r testutil.TimedResponse, err error) string {
	if err != nil {
		return err.Error()
	}
	return r.Code()
}

// P25: kill -9 at any moment loses nothing that was acknowledged.
func TestAttackKill(t *testing.T) {
	t.Parallel()
	const kills, writers = 50, 4
	l := newPersistentPool(t, t.TempDir())
	var mu sync.Mutex
	var members []member
	start := time.Now()
	for kill := range kills {
		if !l.begin(t) {
			t.Fatalf("the program does not start after %d kills: %s", kill, l.Stderr.String())
		}
		var told atomic.Int64
		var all sync.WaitGroup
		for writer := range writers {
			all.Go(func() {
				for n := 0; ; n++ {
					email := fmt.Sprintf("k%d-w%d-n%d@example.com", kill, writer, n)
					m, known := l.join(email, (n+writer)%3 == 0, (n+writer)%6 == 0)
					if !known {
						return // the program was killed
					}
					mu.Lock()
					members = append(members, m)
					mu.Unlock()
					told.Add(1)
				}
			})
		}
		wanted := int64(1 + kill%6)
		testutil.Eventually(t, "some to join", testutil.Timeout, func() bool { return told.Load() >= wanted })
		l.Kill()
		all.Wait()
	}
	if !l.begin(t) {
		t.Fatalf("the program does not start: %s", l.Stderr.String())
	}
	took := time.Since(start)
	f := l.find(t, members)
	t.Logf("%d kills in %v, %d members: %v", kills, took.Round(time.Millisecond), len(members), f)
	if f.sessions.Load() == 0 || f.signOuts.Load() == 0 || f.verified.Load() < kills {
		t.Errorf("the test checked too little: %v", f)
	}
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
}

// smallDisk mounts a tmpfs of the given size.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		testutil.LeaveOut(t, "the right to mount a tmpfs: "+strings.TrimSpace(string(output)))
	}
	t.Cleanup(func() {
		if output, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, output)
		}
	})
	return dir
}

// fill writes a file that uses up all space left on a disk.
func fill(t *testing.T, dir string) {
	t.Helper()
	ballast, err := os.OpenFile(filepath.Join(dir, "ballast"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ballast.Close() }()
	for size := 64 << 10; size > 0; { // halve the size until no byte fits
		if _, err := ballast.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// P26: on a full disk writes fail with an error, nothing is lost, reads still work, and
// writes work again once there is space.
func TestAttackFullDisk(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	dir := smallDisk(t, "8m")
	l := newPersistentPool(t, dir, "AUDIT_LOG="+filepath.Join(dir, "audit.jsonl"))
	if !l.begin(t) {
		t.Fatal(l.Stderr.String())
	}
	var members []member
	join := func(email string) {
		t.Helper()
		m, known := l.join(email, true, false)
		if !known || m.refresh == "" {
			t.Fatalf("%s could not sign up", email)
		}
		members = append(members, m)
	}
	for n := range 3 {
		join(fmt.Sprintf("before%d@example.com", n))
	}
	refused, succeeded := 0, 0
	for cycle := range 3 {
		fill(t, dir)
		for n := 0; refused < 20*(cycle+1); n++ {
			fill(t, dir) // space that was freed in between
			email := fmt.Sprintf("full%d-%d@example.com", cycle, n)
			r, err := l.signup(email)
			switch code := codeOr(r, err); {
			case slices.Contains(faultCodes, code):
				refused++
				if r.Took > slack(6*time.Second) {
					t.Errorf("error after %v", r.Took)
				}
			case code == answered: // there was free space inside the file
				succeeded++
				members = append(members, member{email: email})
			default:
				t.Fatalf("a sign-up on a full disk got %s", code)
			}
			if n > 2_000 {
				t.Fatalf("the disk is not full: %d sign-ups succeeded", succeeded)
			}
		}
		// Reads are served, and writes succeed or return an error.
		for _, m := range members {
			if m.access == "" {
				continue
			}
			if r, err := l.Post("{me{id}}", "Bearer "+m.access); codeOr(r, err) != answered || r.Took > slack(maxResponseTime) {
				t.Errorf("me{id} of %s: %s after %v", m.email, codeOr(r, err), r.Took)
			}
			if r, err := l.signin(m.email); codeOr(r, err) != answered && !slices.Contains(faultCodes, codeOr(r, err)) {
				t.Errorf("a sign-in of %s on a full disk: %s", m.email, codeOr(r, err))
			}
		}
		// After repeated errors the circuit breaker is open for a while. Then reads work.
		testutil.Eventually(t, "profiles to be read", slack(10*time.Second), func() bool {
			r, err := l.Post("{me{email}}", "Bearer "+members[0].access)
			return codeOr(r, err) == answered && r.Text("data.me.email") == members[0].email
		})
		if l.Exited() {
			t.Fatalf("the program ended: %s", l.Stderr.String())
		}
		if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
			t.Fatal(err)
		}
		testutil.Eventually(t, "sign-ups to work again", slack(10*time.Second), func() bool {
			r, err := l.signup(fmt.Sprintf("probe%d-%d@example.com", cycle, time.Now().UnixNano()))
			return codeOr(r, err) == answered
		})
		join(fmt.Sprintf("after%d@example.com", cycle))
	}
	// Starting on a full disk either works or fails with a message.
	fill(t, dir)
	l.Kill()
	began := l.begin(t)
	if !began {
		assertRefusal(t, l.Program, "userpool")
	} else {
		l.Kill()
	}
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	if !l.begin(t) {
		t.Fatalf("the program does not start: %s", l.Stderr.String())
	}
	f := l.find(t, members)
	t.Logf("%d sign-ups refused on a full disk, %d had room; a start on it: %v; then %v", refused, succeeded, began, f)
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
}

// assertRefusal asserts that the program exited with an error code and a readable message
// that contains word.
func assertRefusal(t *testing.T, p *testutil.Program, word string) {
	t.Helper()
	var exit *exec.ExitError
	if err := p.AwaitExit(); !errors.As(err, &exit) || exit.ExitCode() < 1 {
		t.Errorf("the program did not exit with an error: %v", err)
	}
	said := p.Stderr.String()
	if !strings.Contains(said, word) {
		t.Errorf("the message lacks %q: %s", word, said)
	}
	if len(said) > 4<<10 {
		t.Errorf("the message has %d bytes", len(said))
	}
	for _, bad := range []string{"panic", "goroutine ", ".go:", "SIGSEGV", "SIGBUS", "fatal error"} {
		if strings.Contains(said, bad) {
			t.Errorf("the message has %q: %s", bad, said)
		}
	}
}

// tear is a way to damage a file.
type tear struct {
	name string
	file func([]byte) []byte
	// fresh: the file is empty, so creating a new pool is correct.
	fresh bool
}

func tears(size int) []tear {
	const page = 4096
	flip := func(from, n int) func([]byte) []byte {
		return func(b []byte) []byte {
			b = bytes.Clone(b)
			for i := from; i < min(from+n, len(b)); i++ {
				b[i] ^= 0xff
			}
			return b
		}
	}
	zero := func(from, n int) func([]byte) []byte {
		return func(b []byte) []byte {
			b = bytes.Clone(b)
			clear(b[from:min(from+n, len(b))])
			return b
		}
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:n] } }
	is := func(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }
	all := []tear{
		{"empty", cut(0), true},
		{"one byte", cut(1), false},
		{"16 bytes", cut(16), false},
		{"one page", cut(page), false},
		{"two pages", cut(2 * page), false},
		{"two pages and a half", cut(2*page + page/2), false},
		{"a quarter", cut(size / 4), false},
		{"half", cut(size / 2), false},
		{"foreign text", is("this is not a database, but it is long enough to be read\n"), false},
		{"foreign text of some pages", is(strings.Repeat("this is not a database\n", 2_000)), false},
		{"another database", is("SQLite format 3\x00" + strings.Repeat("\x00\x01", 8<<10)), false},
		{"JSON", is(`{"users":[]}`), false},
		{"zeros", func(b []byte) []byte { return make([]byte, len(b)) }, false},
		{"the first header flipped", flip(0, page), false},
		{"the second header flipped", flip(page, page), false},
		{"both headers flipped", flip(0, 2*page), false},
		{"both headers zero", zero(0, 2*page), false},
		{"a tail of garbage", func(b []byte) []byte { return append(bytes.Clone(b), random(3*page)...) }, false},
	}
	for p := 2; p*page < size; p++ {
		all = append(
			all,
			tear{fmt.Sprintf("page %d zero", p), zero(p*page, page), false},
			tear{fmt.Sprintf("the head of page %d flipped", p), flip(p*page, 16), false},
			tear{fmt.Sprintf("the index of page %d flipped", p), flip(p*page+16, 48), false},
			tear{fmt.Sprintf("the middle of page %d flipped", p), flip(p*page+page/2, 64), false},
		)
	}
	return all
}

// P26: a damaged file is either used as far as it is intact, or rejected with a message.
// No user in it is reported as unknown.
func TestAttackTornFile(t *testing.T) {
	t.Parallel()
	l := newPersistentPool(t, t.TempDir())
	if !l.begin(t) {
		t.Fatal(l.Stderr.String())
	}
	var members []member
	for n := range 3 {
		m, known := l.join(fmt.Sprintf("m%d@example.com", n), true, false)
		if !known || m.refresh == "" {
			t.Fatal("a user could not sign up")
		}
		members = append(members, m)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	dir := ""
	for _, setting := range l.settings {
		dir, _ = strings.CutPrefix(setting, "DATA_DIR=")
		if dir != setting {
			break
		}
	}
	whole, err := os.ReadFile(filepath.Join(dir, "userpool.db"))
	if err != nil {
		t.Fatal(err)
	}
	all := tears(len(whole))
	var started, refused, badly, died, served, failed atomic.Int64
	t.Run("files", func(t *testing.T) {
		for i, tear := range all {
			if testutil.RaceEnabled && i > 18 && i%5 != 0 {
				continue // each starts a program
			}
			t.Run(tear.name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				path, torn := filepath.Join(dir, "userpool.db"), tear.file(whole)
				if err := os.WriteFile(path, torn, 0o600); err != nil {
					t.Fatal(err)
				}
				l := &persistentPool{settings: append(slices.Clone(l.settings), "DATA_DIR="+dir, "POOL_ADDR=127.0.0.1:0")}
				if !l.beginDamaged(t) {
					refused.Add(1)
					if now, err := os.Stat(path); err != nil || now.Size() < int64(len(torn)) {
						t.Errorf("the rejected file has shrunk: %v", err)
					}
					if !strings.Contains(l.Stderr.String(), path) {
						badly.Add(1)
					}
					assertRefusal(t, l.Program, path)
					return
				}
				started.Add(1)
				for _, m := range members {
					r, err := l.signin(m.email)
					switch code := codeOr(r, err); {
					case code == answered:
						served.Add(1)
					case slices.Contains(faultCodes, code):
						failed.Add(1)
					case tear.fresh && code == "INVALID_CREDENTIALS":
					default:
						t.Errorf("%s got %s", m.email, code)
					}
				}
				if l.Exited() {
					died.Add(1)
					t.Fatalf("the program ended: %.2000s", l.Stderr.String())
				}
				if err := l.Stop(); err != nil {
					t.Error(err)
				}
			})
		}
	})
	t.Logf("%d torn files: %d refused (%d by a panic, or without the file's name), %d used; of their members %d signed in and %d were told of a fault; %d programs died", started.Load()+refused.Load(), refused.Load(), badly.Load(), started.Load(), served.Load(), failed.Load(), died.Load())
}

// P26: only one process can use a data directory.
func TestAttackTwoOwners(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newPersistentPool(t, dir)
	if !first.begin(t) {
		t.Fatal(first.Stderr.String())
	}
	m, known := first.join("ada@example.com", true, false)
	if !known || m.refresh == "" {
		t.Fatal("a user could not sign up")
	}
	for _, other := range [][]string{{}, {"pool"}} {
		second := testutil.Start(t, []string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + dir}, other)
		assertRefusal(t, second, "in use by another process")
	}
	f := first.find(t, []member{m})
	if f.sessions.Load() != 1 {
		t.Errorf("the first process lost data: %v", f)
	}
	if _, known := first.join("bob@example.com", false, false); !known {
		t.Error("sign-ups at the first process fail")
	}
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	// The lock of a killed process does not remain.
	again := &persistentPool{settings: first.settings}
	if !again.begin(t) {
		t.Fatal(again.Stderr.String())
	}
	again.Kill()
	if !again.begin(t) {
		t.Fatalf("the lock has outlived its owner: %s", again.Stderr.String())
	}
	if err := again.Stop(); err != nil {
		t.Error(err)
	}
}

// P27: invalid settings stop the program at startup, with a message.
func TestAttackSettings(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not JSON"), 0o600); err != nil {
		t.Fatal(err)
	}
	const pool, client = "AWS_COGNITO_USER_POOL_ID=eu-west-1_Abc123456", "AWS_COGNITO_APP_CLIENT_ID=1example23456789"
	held := 0
	attacks := []struct {
		word     string // in the message
		settings []string
		flags    []string
	}{
		{"ADDR", []string{"ADDR=nonsense"}, nil},
		{"ADDR", []string{"ADDR=127.0.0.1:99999"}, nil},
		{"ADDR", []string{"ADDR=0.0.0.0:0"}, nil},
		{"ADDR", []string{"ADDR=[::]:0"}, nil},
		{"ADDR", []string{"ADDR=192.0.2.1:0", pool, client}, nil},
		{"POOL_ADDR", []string{"POOL_ADDR=0.0.0.0:0"}, nil},
		{"POOL_ADDR", []string{"POOL_ADDR=example.com:0"}, nil},
		{"PORT", []string{"PORT=http", "ADDR="}, nil},
		{"AWS_COGNITO_APP_CLIENT_ID", []string{pool}, nil},
		{"AWS_COGNITO_USER_POOL_ID", []string{client}, nil},
		{"AWS_COGNITO_USER_POOL_ID", []string{"AWS_COGNITO_USER_POOL_ID=../../etc", client}, nil},
		{"AWS_REGION_NAME", []string{pool, client, "AWS_REGION_NAME=us-east-1"}, nil},
		{"AWS_ENDPOINT_URL", []string{pool, client, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=ftp://example.com"}, nil},
		{"AWS_COGNITO_ISSUER", []string{pool, client, "AWS_COGNITO_ISSUER=example.com"}, nil},
		{"CORS_ALLOWED_ORIGINS", []string{"CORS_ALLOWED_ORIGINS=*"}, nil},
		{"CORS_ALLOWED_ORIGINS", []string{"CORS_ALLOWED_ORIGINS=https://a.example/"}, nil},
		{"TRUSTED_PROXIES", []string{"TRUSTED_PROXIES=0.0.0.0/0"}, nil},
		{"TRUSTED_PROXIES", []string{"TRUSTED_PROXIES=proxy"}, nil},
		{"RATE_LIMITS", []string{"RATE_LIMITS=address=0/1s"}, nil},
		{"RATE_LIMITS", []string{"RATE_LIMITS=nothing=1/1s"}, nil},
		{"GRAPHQL_LIMITS", []string{"GRAPHQL_LIMITS=depth=-1"}, nil},
		{"COGNITO_QUOTAS", []string{"COGNITO_QUOTAS=UserRead=0"}, nil},
		{"INTROSPECTION", []string{"INTROSPECTION=perhaps"}, nil},
		{"PLAYGROUND", []string{"INTROSPECTION=off", "PLAYGROUND=on"}, nil},
		{"LOG_LEVEL", []string{"LOG_LEVEL=loud"}, nil},
		{"LOG_FORMAT", []string{"LOG_FORMAT=xml"}, nil},
		{"SIGNOUT_WEBHOOK", []string{"SIGNOUT_WEBHOOK_URL=https://example.com"}, nil},
		{"SIGNOUT_WEBHOOK_SECRET", []string{"SIGNOUT_WEBHOOK_URL=https://example.com", "SIGNOUT_WEBHOOK_SECRET=short"}, nil},
		{"REDIS_URL", []string{"REDIS_URL=http://example.com"}, nil},
		{"REVOCATIONS_FAIL_OPEN", []string{"REVOCATIONS_FAIL_OPEN=true"}, nil},
		{"REVOCATIONS_FAIL_OPEN", []string{"REVOCATIONS_FAIL_OPEN=perhaps"}, nil},
		{"POOL_ROTATION", []string{"POOL_ROTATION=61"}, nil},
		{"PERSISTED_OPERATIONS", []string{"PERSISTED_OPERATIONS=" + file}, nil},
		{"PERSISTED_OPERATIONS", []string{"PERSISTED_OPERATIONS=/nowhere/at/all"}, nil},
		{"AUDIT_LOG", []string{"AUDIT_LOG=/nowhere/at/all"}, nil},
		{"AUDIT_LOG", []string{"AUDIT_LOG=" + filepath.Dir(file)}, nil},
		{"folder", []string{"DATA_DIR=" + filepath.Join(file, "inside")}, nil},
		{"folder", []string{"DATA_DIR=/proc/nowhere"}, nil},
		{"unknown", nil, []string{"--no-such-flag"}},
		{"unknown command or argument", nil, []string{"no-such-command"}},
	}
	for i, attack := range attacks {
		t.Run(fmt.Sprintf("%d %s", i, strings.Join(append(attack.settings, attack.flags...), " ")), func(t *testing.T) {
			p := testutil.Start(t, append([]string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir()}, attack.settings...), attack.flags)
			assertRefusal(t, p, attack.word)
			if !t.Failed() {
				held++
			}
		})
	}
	t.Logf("%d of %d invalid settings rejected", held, len(attacks))
}
