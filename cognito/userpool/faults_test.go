package userpool

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/service"
)

func send(p *Pool, operation, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://127.0.0.1/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", targetPrefix+operation)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func signUpBody(p *Pool, i int) string {
	return fmt.Sprintf(`{"ClientId":"%s","Username":"user%d@example.com","Password":"Correct-horse-9"}`, p.ClientID(), i)
}

// When the file cannot grow, acknowledged changes are kept, failed ones are not, and reading continues, as does writing once
// there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pool.db")
	p, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	// bbolt's own limit stands in for a full disk: growing the file fails in the same way.
	p.service.File.MaxSize = 256 << 10
	const people = 300
	made := map[int]bool{}
	for i := range people {
		switch w := send(p, "SignUp", signUpBody(p, i)); w.Code {
		case 200:
			made[i] = true
		case 500:
			if !strings.Contains(w.Body.String(), "InternalErrorException") {
				t.Fatal(w.Body)
			}
		default:
			t.Fatal(w.Code, w.Body)
		}
	}
	if len(made) == 0 || len(made) == people {
		t.Fatalf("%d of %d were made", len(made), people)
	}
	p.service.File.MaxSize = 0
	if w := send(p, "SignUp", signUpBody(p, people)); w.Code != 200 {
		t.Errorf("with room again: %d %s", w.Code, w.Body)
	}
	made[people] = true
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if p, err = Open(Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for i := range people + 1 {
		w := send(p, "AdminGetUser", fmt.Sprintf(`{"UserPoolId":"%s","Username":"user%d@example.com"}`, p.ID(), i))
		if there := w.Code == 200; there != made[i] {
			t.Errorf("user %d: acknowledged %v, there %v", i, made[i], there)
		}
	}
}

// The file has two meta pages, written in turn. If a crash tears one, the other is used.
func TestTornMetaPage(t *testing.T) {
	t.Parallel()
	content, id := poolFile(t)
	for head := range 2 {
		torn := slices.Clone(content)
		clear(torn[head*os.Getpagesize()+40 : head*os.Getpagesize()+64])
		path := filepath.Join(t.TempDir(), "pool.db")
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Open(Options{Path: path})
		if err != nil {
			t.Fatalf("head %d: %v", head, err)
		}
		if p.ID() != id {
			t.Errorf("head %d: the pool is another", head)
		}
		if w := send(p, "SignUp", signUpBody(p, 1000)); w.Code != 200 {
			t.Errorf("head %d: %s", head, w.Body)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A truncated file is rejected with an error, not a crash.
func TestTruncatedFile(t *testing.T) {
	t.Parallel()
	content, _ := poolFile(t)
	for _, keep := range []int{1, 100, 4096, 8192, len(content) / 4, len(content) / 2} {
		path := filepath.Join(t.TempDir(), "pool.db")
		if err := os.WriteFile(path, content[:keep], 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := Open(Options{Path: path}); err == nil {
			_ = p.Close()
			t.Errorf("%d of %d bytes were taken", keep, len(content))
		}
	}
}

// poolFile creates a file with some users.
func poolFile(t *testing.T) (content []byte, poolID string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pool.db")
	p, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if w := send(p, "SignUp", signUpBody(p, i)); w.Code != 200 {
			t.Fatal(w.Body)
		}
	}
	poolID = p.ID()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return content, poolID
}

func TestPanicIsAnInternalError(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	var lines bytes.Buffer
	p.log = slog.New(slog.NewTextHandler(&lines, nil))
	p.operations["SignUp"] = operation{run: func(*service.Call, []byte) (any, error) { panic("the password is swordfish") }}
	w := send(p, "SignUp", "{}")
	if w.Code != 500 || !strings.Contains(w.Body.String(), "InternalErrorException") || w.Header().Get("x-amzn-ErrorType") != "InternalErrorException:" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(lines.String(), "panic") || strings.Contains(lines.String(), "swordfish") {
		t.Errorf("logged: %s", lines.String())
	}
}

// The log contains outcomes but no secrets.
func TestLog(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	var lines bytes.Buffer
	p.log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	send(p, "SignUp", signUpBody(p, 1))
	messages, err := inbox.Read(p.service.File, "user1@example.com")
	if err != nil || len(messages) != 1 {
		t.Fatal(messages, err)
	}
	code := messages[0].Code
	send(p, "ConfirmSignUp", fmt.Sprintf(`{"ClientId":"%s","Username":"user1@example.com","ConfirmationCode":"%s"}`, p.ClientID(), code))
	auth := `{"ClientId":"%s","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"user1@example.com","PASSWORD":"%s"}}`
	tokens := send(p, "InitiateAuth", fmt.Sprintf(auth, p.ClientID(), "Correct-horse-9")).Body.String()
	send(p, "InitiateAuth", fmt.Sprintf(auth, p.ClientID(), "Wrong-horse-9"))
	send(p, "Forged\nline", "{}")
	for _, want := range []string{"operation=SignUp outcome=ok", "operation=InitiateAuth outcome=NotAuthorizedException", "operation=unknown", "request="} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, lines.String())
		}
	}
	for _, secret := range []string{"Correct-horse-9", "Wrong-horse-9", "user1@example.com", "Forged", tokens[50:90], " " + code} {
		if strings.Contains(lines.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// Every operation rejects empty input with an exception: none crashes, none lacks validation.
func TestEveryOperationRejectsEmptyInput(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	for name, op := range p.operations {
		w := send(p, name, "{}")
		if w.Code != 400 || !strings.Contains(w.Body.String(), "InvalidParameterException") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		signed := strings.HasPrefix(name, "Admin") || strings.HasPrefix(name, "List") || strings.Contains(name, "Group") || strings.Contains(name, "UserPool") || strings.HasSuffix(name, "ResourceServer")
		switch name {
		case "ListDevices", "ListUserSessions", "ListWebAuthnCredentials":
			signed = false // on the caller's own account
		case "AddCustomAttributes", "TagResource", "UntagResource":
			signed = true
		}
		if op.admin != signed {
			t.Errorf("%s: admin is %v", name, op.admin)
		}
	}
}

func BenchmarkSignUp(b *testing.B) {
	p, err := Open(Options{Path: filepath.Join(b.TempDir(), "pool.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	next := make(chan int)
	go func() {
		for i := 0; ; i++ {
			next <- i
		}
	}()
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if w := send(p, "SignUp", signUpBody(p, <-next)); w.Code != 200 {
				b.Error(w.Code, w.Body)
			}
		}
	})
}

func BenchmarkSignIn(b *testing.B) {
	p, err := Open(Options{Path: filepath.Join(b.TempDir(), "pool.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	send(p, "SignUp", signUpBody(p, 1))
	send(p, "AdminConfirmSignUp", fmt.Sprintf(`{"UserPoolId":"%s","Username":"user1@example.com"}`, p.ID()))
	body := fmt.Sprintf(`{"ClientId":"%s","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"user1@example.com","PASSWORD":"Correct-horse-9"}}`, p.ClientID())
	b.ReportAllocs()
	for b.Loop() {
		if w := send(p, "InitiateAuth", body); w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}
