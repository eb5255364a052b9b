// Package clients_test drives the embedded user pool with third-party clients of
// Amazon Cognito, as their users do: two JavaScript libraries, boto3, the AWS CLI and
// the AWS SDK for Go. The example applications run the same way, with the API between
// them and the pool.
//
// A program in another language prints a line per step, each of which is a subtest:
//
//	ok - account: sign up
//	not ok - account: confirm -- CodeMismatchException
//	end
//
// Each program gets a new pool in this process, and sets up anything else, such as a
// second pool, through the pool's API.
package clients_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/cognito/userpool"
	"authgraph/internal/testutil"
)

// patience is how long a program may run. It only turns a hang into a failure.
const patience = 5 * time.Minute

// TestIdentityJS runs amazon-cognito-identity-js, the library of older web and mobile
// applications. It uses SRP for passwords and devices.
func TestIdentityJS(t *testing.T) { runNode(t, "identityjs.mjs", "amazon-cognito-identity-js") }

// TestAmplify runs AWS Amplify, the library of current web applications.
func TestAmplify(t *testing.T) { runNode(t, "amplify.mjs", "aws-amplify") }

// TestTokens verifies tokens as services do, with AWS's own verifier and with jose.
func TestTokens(t *testing.T) { runNode(t, "tokens.mjs", "aws-jwt-verify") }

// TestSessions runs the AWS SDK for JavaScript, for operations that the SDK for Go lacks.
func TestSessions(t *testing.T) {
	runNode(t, "sessions.mjs", "@aws-sdk/client-cognito-identity-provider")
}

// TestShapes runs the three clients in JavaScript on pools of phone numbers, user names and aliases.
func TestShapes(t *testing.T) { runNode(t, "shapes.mjs", "aws-amplify") }

// TestBrowser runs the first two in Chromium, with passkeys.
func TestBrowser(t *testing.T) { runNode(t, "browser.mjs", "playwright-core", "CHROMIUM="+chromium(t)) }

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	testutil.LeaveOut(t, "Chromium")
	return ""
}

// TestBoto3 runs the AWS SDK for Python.
func TestBoto3(t *testing.T) {
	python := tool(t, "the Debian package python3-boto3", "python3")
	probe := exec.Command(python, "-c", "import boto3")
	if output, err := probe.CombinedOutput(); err != nil {
		testutil.LeaveOut(t, fmt.Sprintf("boto3 for %s (the Debian package python3-boto3): %s", python, output))
	}
	runProgram(t, python, "boto3_test.py")
}

func runNode(t *testing.T, program, packageName string, environment ...string) {
	t.Helper()
	node := tool(t, "Node.js", "node")
	installed(t, ".", packageName)
	runProgram(t, node, program, environment...)
}

// installed skips the test if an npm package is not installed.
func installed(t *testing.T, folder, packageName string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "node_modules", packageName)); err != nil {
		testutil.LeaveOut(t, packageName+" (run npm ci in "+folder+")")
	}
}

// tool returns the path of a program. It prefers the system's own, which has the Debian
// packages.
func tool(t *testing.T, source, name string) string {
	t.Helper()
	system := filepath.Join("/usr/bin", name)
	if info, err := os.Stat(system); err == nil && info.Mode()&0o111 != 0 {
		return system
	}
	path, err := exec.LookPath(name)
	if err != nil {
		testutil.LeaveOut(t, source)
	}
	return path
}

// runProgram runs a program on a new pool, with its steps as subtests.
func runProgram(t *testing.T, interpreter, program string, environment ...string) {
	t.Helper()
	t.Parallel()
	runOn(t, start(t), interpreter, program, environment...)
}

// runOn runs a program on an existing pool, with its steps as subtests.
func runOn(t *testing.T, s *server, interpreter, program string, environment ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	process := exec.CommandContext(ctx, interpreter, program)
	process.Env = append(append(s.environment(), "PYTHONDONTWRITEBYTECODE=1"), environment...)
	var complaints strings.Builder
	process.Stderr = &complaints
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	steps, ended := report(t, stdout)
	if err := process.Wait(); err != nil || !ended || steps == 0 {
		t.Errorf("%s ended too early, after %d steps: %v\n%s", program, steps, err, complaints.String())
	}
	t.Logf("%d steps", steps)
}

// report runs a subtest for every step. It returns their number, and whether the program
// printed "end".
func report(t *testing.T, lines io.Reader) (steps int, ended bool) {
	t.Helper()
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := scanner.Text()
		if line == "end" {
			ended = true
			continue
		}
		name, passed := strings.CutPrefix(line, "ok - ")
		rest, failed := strings.CutPrefix(line, "not ok - ")
		if !passed && !failed {
			t.Log(line)
			continue
		}
		why := ""
		if failed {
			name, why, _ = strings.Cut(rest, " -- ")
		}
		steps++
		t.Run(name, func(t *testing.T) {
			if failed {
				t.Error(why)
			}
		})
	}
	if err := scanner.Err(); err != nil {
		t.Error(err)
	}
	return steps, ended
}

// server is a pool that listens on loopback, with two additional routes: /totp?secret=… is
// an authenticator app, and /clock?ahead=… sets how far the pool's clock is ahead.
type server struct {
	url  string
	pool *userpool.Pool

	mu    sync.Mutex
	ahead time.Duration    // of the pool's clock
	used  map[string]int64 // the last time step used, by secret
}

// start starts a new pool.
func start(t *testing.T) *server { return startShaped(t, userpool.Shape{}) }

// startShaped starts a new pool of a shape.
func startShaped(t *testing.T, shape userpool.Shape) *server {
	t.Helper()
	s := &server{used: map[string]int64{}}
	listener := httptest.NewUnstartedServer(nil)
	s.url = "http://" + listener.Listener.Addr().String()
	pool, err := userpool.Open(userpool.Options{
		Path: filepath.Join(t.TempDir(), "pool.db"), URL: s.url, Now: s.now, Shape: shape,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.pool = pool
	routes := http.NewServeMux()
	routes.HandleFunc("GET /totp", s.serveTOTP)
	routes.HandleFunc("GET /clock", s.serveClock)
	routes.Handle("/", pool)
	listener.Config.Handler = routes
	listener.Start()
	t.Cleanup(func() {
		listener.Close()
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// environment returns the environment of the programs. The clients require credentials,
// which are not checked.
func (s *server) environment() []string {
	return append(os.Environ(),
		"POOL_URL="+s.url, "POOL_ID="+s.pool.ID(), "CLIENT_ID="+s.pool.ClientID(),
		"INBOX_URL="+s.url+"/inbox", "TOTP_URL="+s.url+"/totp", "CLOCK_URL="+s.url+"/clock",
		"AWS_ACCESS_KEY_ID=nobody", "AWS_SECRET_ACCESS_KEY=nothing", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
	)
}

func (s *server) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// newestCode returns the code in the newest message to an address.
func (s *server) newestCode(t *testing.T, to string) string {
	t.Helper()
	response, err := http.Get(s.url + "/inbox?to=" + url.QueryEscape(to))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var messages []struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&messages); err != nil {
		t.Fatal(err)
	}
	if len(messages) == 0 {
		t.Fatalf("nothing was sent to %s", to)
	}
	return messages[0].Code
}

const timeStep = 30 // seconds, RFC 6238

// totp returns codes of an authenticator app, each only once. Rather than wait for the
// next one, it moves the pool's clock.
func (s *server) totp(secret string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := time.Now().Add(s.ahead).Unix() / timeStep
	if last, found := s.used[secret]; found && step <= last {
		s.ahead += time.Duration(last+1-step) * timeStep * time.Second
		step = last + 1
	}
	s.used[secret] = step
	return oneTimePassword(secret, step)
}

// oneTimePassword implements RFC 4226, section 5.3.
func oneTimePassword(secret string, counter int64) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(secret, "="))
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(counter)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000), nil
}

// The test vectors of RFC 6238, appendix B, truncated to six digits.
func TestAuthenticator(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := oneTimePassword(secret, at/timeStep); err != nil || got != want {
			t.Errorf("at %d: %q, %v; want %s", at, got, err, want)
		}
	}
}

func (s *server) serveTOTP(w http.ResponseWriter, r *http.Request) {
	code, err := s.totp(r.FormValue("secret"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, code)
}

func (s *server) serveClock(w http.ResponseWriter, r *http.Request) {
	ahead, err := time.ParseDuration(r.FormValue("ahead"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}
