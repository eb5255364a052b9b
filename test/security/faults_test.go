package security_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// slack adjusts a promised duration, which applies without the race detector.
func slack(bar time.Duration) time.Duration {
	if testutil.RaceEnabled {
		return 6 * bar
	}
	return bar
}

// roomFor returns how many connections can be open at once, at most want.
func roomFor(want int) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 200
	}
	const others = 2500
	return max(200, min(want, int(limit.Cur)-others))
}

// metric returns the value of a metric.
func (g *target) metric(t *testing.T, name string) float64 {
	t.Helper()
	r, err := g.Send(g.Request(http.MethodGet, "/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(r.Body)) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			if number, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				return number
			}
		}
	}
	t.Fatalf("/metrics has no %s", name)
	return 0
}

// series returns the number of time series in /metrics.
func (g *target) series(t *testing.T) int {
	t.Helper()
	r, err := g.Send(g.Request(http.MethodGet, "/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(r.Body)) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

// settled waits until the number of goroutines is close to base again.
func (g *target) settled(t *testing.T, base float64) (after float64) {
	t.Helper()
	const some = 40
	testutil.Eventually(t, "the goroutines to end", testutil.Timeout, func() bool {
		g.Client.CloseIdleConnections()
		after = g.metric(t, "go_goroutines")
		return after <= base+some
	})
	return after
}

// maxCrowdMemory is the most memory, in MiB, of a program with thousands of waiting requests.
func maxCrowdMemory() int {
	if testutil.RaceEnabled {
		return 5 * 400
	}
	return 400
}

// gate is a listener that can be closed and reopened, and can reset the connections it
// accepts.
type gate struct {
	address string

	mu     sync.Mutex
	inner  net.Listener
	resets bool
	closed bool
	turned chan struct{} // closed on any change
}

func newGate() *gate {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return &gate{address: inner.Addr().String(), inner: inner, turned: make(chan struct{})}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.mu.Lock()
		inner, turned, closed := g.inner, g.turned, g.closed
		g.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		if inner == nil {
			<-turned
			continue
		}
		c, err := inner.Accept()
		if err != nil {
			continue // set closed it
		}
		g.mu.Lock()
		resets := g.resets
		g.mu.Unlock()
		if !resets {
			return c, nil
		}
		reset(c)
	}
}

// Close implements net.Listener.
func (g *gate) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	return g.set(false, false)
}

// Addr implements net.Listener.
func (g *gate) Addr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", g.address)
	return a
}

// set makes the gate listen or not, and reset new connections or not.
func (g *gate) set(listens, resets bool) (err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resets = resets
	switch {
	case listens && g.inner == nil:
		g.inner, err = net.Listen("tcp", g.address)
	case !listens && g.inner != nil:
		err = g.inner.Close()
		g.inner = nil
	}
	close(g.turned)
	g.turned = make(chan struct{})
	return err
}

// reset closes a connection with RST.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// newGatedTarget is like newTarget, with the stand-in for Cognito behind a gate.
func newGatedTarget(t *testing.T, settings ...string) (*target, *gate) {
	t.Helper()
	door := newGate()
	u := testutil.NewFakeCognitoOn(door)
	t.Cleanup(u.Close)
	g := newTarget(t, append(settings, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=http://"+door.address)...)
	g.Cognito = u
	return g, door
}

// cognitoSecrets are the secrets in Cognito's responses.
type cognitoSecrets struct{ access, id, refresh, session, secret, options string }

// cognitoAnswers returns a successful response of Cognito for each operation.
func cognitoAnswers(give cognitoSecrets) map[string]string {
	const (
		user     = `"7c1e58c4-0000-4000-8000-000000000001"`
		delivery = `{"Destination":"a***@e***","DeliveryMedium":"EMAIL","AttributeName":"email"}`
		device   = `{"DeviceKey":"us-east-1_d","DeviceAttributes":[{"Name":"device_name","Value":"d"}],"DeviceCreateDate":1.7E9,"DeviceLastModifiedDate":1.7E9,"DeviceLastAuthenticatedDate":1.7E9}`
	)
	begun := `{"AuthenticationResult":{"AccessToken":` + quote(give.access) + `,"IdToken":` + quote(give.id) + `,"RefreshToken":` + quote(give.refresh) + `,"ExpiresIn":3600,"TokenType":"Bearer"},"ChallengeParameters":{}}`
	sent := `{"CodeDeliveryDetails":` + delivery + `}`
	all := map[string]string{
		"SignUp":                           `{"UserConfirmed":false,"UserSub":` + user + `,"CodeDeliveryDetails":` + delivery + `,"Session":` + quote(give.session) + `}`,
		"ConfirmSignUp":                    `{"Session":` + quote(give.session) + `}`,
		"ResendConfirmationCode":           sent,
		"InitiateAuth":                     begun,
		"RespondToAuthChallenge":           begun,
		"GetTokensFromRefreshToken":        begun,
		"GetUser":                          `{"Username":` + user + `,"UserAttributes":[{"Name":"sub","Value":` + user + `},{"Name":"email","Value":"ada@example.com"},{"Name":"email_verified","Value":"true"}]}`,
		"ForgotPassword":                   sent,
		"UpdateUserAttributes":             `{"CodeDeliveryDetailsList":[` + delivery + `]}`,
		"GetUserAttributeVerificationCode": sent,
		"AssociateSoftwareToken":           `{"SecretCode":` + quote(give.secret) + `,"Session":` + quote(give.session) + `}`,
		"VerifySoftwareToken":              `{"Status":"SUCCESS","Session":` + quote(give.session) + `}`,
		"GetUserAuthFactors":               `{"Username":` + user + `,"ConfiguredUserAuthFactors":["PASSWORD"],"UserMFASettingList":["SOFTWARE_TOKEN_MFA"],"PreferredMfaSetting":"SOFTWARE_TOKEN_MFA"}`,
		"StartWebAuthnRegistration":        `{"CredentialCreationOptions":{"challenge":` + quote(give.options) + `}}`,
		"ListWebAuthnCredentials":          `{"Credentials":[{"CredentialId":"c","FriendlyCredentialName":"n","RelyingPartyId":"example.com","AuthenticatorTransports":["usb"],"CreatedAt":1.7E9}]}`,
		"ConfirmDevice":                    `{"UserConfirmationNecessary":false}`,
		"GetDevice":                        `{"Device":` + device + `}`,
		"ListDevices":                      `{"Devices":[` + device + `]}`,
		"ListUserSessions":                 `{"Sessions":[{"SessionId":"tkn0123456789abcdefghijklmno","SessionType":"TOKEN","ClientId":"c","CreateDate":1.7E9,"LastActiveDate":1.7E9}]}`,
	}
	for _, operation := range []string{"RevokeToken", "GlobalSignOut", "ConfirmForgotPassword", "ChangePassword", "DeleteUserAttributes", "VerifyUserAttribute", "DeleteUser", "SetUserMFAPreference", "CompleteWebAuthnRegistration", "DeleteWebAuthnCredential", "RevokeUserSession", "UpdateDeviceStatus", "ForgetDevice", "UpdateAuthEventFeedback"} {
		all[operation] = "{}"
	}
	return all
}

// cognitoOperation returns the operation of a request to Cognito.
func cognitoOperation(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// responds returns a handler with a fixed response.
func responds(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const amzJSON = "application/x-amz-json-1.1"

// throws returns a handler that responds with an exception of Cognito's.
func throws(status int, exception, message string) http.HandlerFunc {
	return responds(status, amzJSON, jsonOf(map[string]string{"__type": exception, "message": message}))
}

// wellBehaved returns a handler that responds to every operation as Cognito does.
func wellBehaved(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, known := answers[cognitoOperation(r)]
		if !known {
			throws(400, "UnknownOperationException", "")(w, r)
			return
		}
		responds(200, amzJSON, answer)(w, r)
	}
}

// hijacked returns a handler that uses the raw connection.
func hijacked(answer func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			answer(c)
			_ = c.Close()
		}
	}
}

// drips returns a handler that writes the beginning and then pieces without end.
func drips(begins, piece string) http.HandlerFunc {
	return hijacked(func(c net.Conn) {
		_, err := io.WriteString(c, begins)
		for err == nil {
			time.Sleep(100 * time.Millisecond)
			_, err = io.WriteString(c, piece)
		}
	})
}

// badState is a fault of Cognito or of the network.
type badState struct {
	name string
	// answers replaces the responses of the stand-in, and door does what an HTTP handler
	// cannot.
	answers http.HandlerFunc
	door    func(*gate) error
	// codes are permitted in addition to faultCodes.
	codes   []string
	emptyOK bool // operations whose response is empty may succeed
}

var faultCodes = []string{"SERVICE_UNAVAILABLE", "INTERNAL"}

func badStates(good http.HandlerFunc) []badState {
	const html = "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>"
	half := `{"AuthenticationResult":{"AccessToken":"eyJhbGciOiJSUzI1NiJ9.e30.c2ln","ExpiresIn":3600,"Tok`
	lengthy := func(n int) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", amzJSON, n)
	}
	limited, many := []string{"RATE_LIMITED"}, []string{"TOO_MANY_ATTEMPTS", "RATE_LIMITED"}
	return []badState{
		{name: "slow by 3 s", codes: []string{answered}, answers: func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(3 * time.Second):
				good(w, r)
			case <-r.Context().Done():
			}
		}},
		{name: "hanging", answers: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{name: "dripping headers", answers: drips("HTTP/1.1 200 OK\r\n", "X-Drip: a\r\n")},
		{name: "dripping a body", answers: drips(lengthy(1<<16)+half, " ")},
		{name: "reset at once", door: func(d *gate) error { return d.set(true, true) }},
		{name: "reset before the answer", answers: hijacked(reset)},
		{name: "reset in the middle of the body", answers: hijacked(func(c net.Conn) {
			_, _ = io.WriteString(c, lengthy(4096)+half)
			reset(c)
		})},
		{name: "closed", answers: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{name: "closed in the middle of the body", answers: hijacked(func(c net.Conn) { _, _ = io.WriteString(c, lengthy(4096)+half) })},
		{name: "refused", door: func(d *gate) error { return d.set(false, false) }},
		{name: "500 with HTML", answers: responds(500, "text/html", html)},
		{name: "502 with HTML", answers: responds(502, "text/html", html)},
		{name: "503 with HTML", answers: responds(503, "text/html", html)},
		{name: "504 without a body", answers: responds(504, "text/plain", "")},
		{name: "500 InternalErrorException", answers: throws(500, "InternalErrorException", "Something already went wrong.")},
		{name: "400 InternalErrorException", answers: throws(400, "InternalErrorException", "Something already went wrong.")},
		{name: "garbage with 200", answers: responds(200, amzJSON, string(random(4096)))},
		{name: "HTML with 200", answers: responds(200, "text/html", html)},
		{name: "empty with 200", answers: responds(200, amzJSON, ""), emptyOK: true},
		{name: "an empty object with 200", answers: responds(200, amzJSON, "{}"), emptyOK: true},
		{name: "cut off with 200", answers: responds(200, amzJSON, half)},
		{name: "a session without a token", answers: responds(200, amzJSON, `{"AuthenticationResult":{"AccessToken":"","TokenType":"Bearer","ExpiresIn":3600}}`), emptyOK: true},
		{name: "64 MiB", answers: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", amzJSON)
			_, _ = io.WriteString(w, half[:len(half)-5]+`,"x":"`)
			_, _ = io.Copy(w, io.LimitReader(blanks{}, 64<<20))
		}},
		{name: "no HTTP", answers: hijacked(func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n") })},
		{name: "400 TooManyRequestsException", codes: limited, answers: throws(400, "TooManyRequestsException", "Rate exceeded")},
		{name: "429 without a body", codes: limited, answers: responds(429, "text/plain", "")},
		{name: "400 LimitExceededException", codes: many, answers: throws(400, "LimitExceededException", "Attempt limit exceeded, please try after some time.")},
		{name: "a redirect", answers: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}},
		{name: "a valid answer with the wrong type", codes: []string{answered}, answers: func(w http.ResponseWriter, r *http.Request) {
			record := httptest.NewRecorder()
			good(record, r)
			responds(200, "text/html", record.Body.String())(w, r)
		}},
		{name: "answers of other operations", emptyOK: true, answers: func(w http.ResponseWriter, r *http.Request) {
			other := map[string]string{"InitiateAuth": "GetUser", "GetUser": "InitiateAuth", "SignUp": "InitiateAuth", "GetTokensFromRefreshToken": "SignUp"}[cognitoOperation(r)]
			if other == "" {
				other = "GetDevice"
			}
			r.Header.Set("X-Amz-Target", "."+other)
			good(w, r)
		}},
	}
}

// faultyCall is an operation that a caller sends.
type faultyCall struct {
	operation string // of Cognito
	document  string // %s is an e-mail address
	emptyOK   bool   // its response is empty
}

var faultyCalls = []faultyCall{
	{"InitiateAuth", `mutation{signin(input:{email:"%s",password:"Correct-Horse-7"}){...on AuthTokens{accessToken idToken refreshToken}}}`, false},
	{"InitiateAuth", `mutation{startSignin(input:{email:"%s"}){...on AuthTokens{accessToken idToken refreshToken}}}`, false},
	{"SignUp", `mutation{signup(input:{username:"Ada",email:"%s",password:"Correct-Horse-7",mode:"reader"}){userId}}`, false},
	{"GetTokensFromRefreshToken", `mutation{refreshToken(input:{refreshToken:"%s"}){accessToken idToken}}`, false},
	{"ForgotPassword", `mutation{forgotPassword(input:{email:"%s"}){destination}}`, false},
	{"ResendConfirmationCode", `mutation{resendConfirmationCode(input:{email:"%s"}){destination}}`, false},
	{"ChangePassword", `mutation{changePassword(input:{currentPassword:"%s",newPassword:"Longer-Horse-7"}){success}}`, true},
	{"GetUser", `{me{email #%s
	}}`, false},
}

// P19: during every fault of Cognito, callers get the right error in time. No caller gets
// INVALID_CREDENTIALS or a session, and everything works again soon after the fault.
func TestAttackFaults(t *testing.T) {
	t.Parallel()
	const lanes, callers = 5, 24
	var held, asked atomic.Int64
	var worst, worstMe, worstCure atomic.Int64
	raise := func(most *atomic.Int64, took time.Duration) {
		for was := most.Load(); int64(took) > was && !most.CompareAndSwap(was, int64(took)); was = most.Load() {
		}
	}
	total := len(badStates(nil))
	t.Run("states", func(t *testing.T) {
		for lane := range lanes {
			t.Run(strconv.Itoa(lane), func(t *testing.T) {
				t.Parallel()
				g, door := newGatedTarget(t, "LOG_LEVEL=warn")
				f := newForger(g.Issuer)
				honest := "Bearer " + f.honest()
				good := wellBehaved(cognitoAnswers(cognitoSecrets{access: f.honest(), id: f.honest(), refresh: "r"}))
				g.Cognito.RespondWith(good)
				before := g.memory(t)
				for i, state := range badStates(good) {
					if i%lanes != lane {
						continue
					}
					t.Run(state.name, func(t *testing.T) {
						if state.answers != nil {
							g.Cognito.RespondWith(state.answers)
						}
						if state.door != nil {
							g.Cognito.CloseConnections()
							if err := state.door(door); err != nil {
								t.Fatal(err)
							}
						}
						seen := len(g.Cognito.Calls())
						over := make(chan struct{})
						var meanwhile, all sync.WaitGroup
						meanwhile.Go(func() { // me{id} needs no call to Cognito
							for pace := time.NewTicker(50 * time.Millisecond); ; {
								r, err := g.Post("{me{id}}", honest)
								if err != nil || r.Text("data.me.id") == "absent" || r.Took > slack(time.Second) {
									t.Errorf("me{id}: %v after %v", err, r.Took)
									return
								}
								raise(&worstMe, r.Took)
								select {
								case <-over:
									return
								case <-pace.C:
								}
							}
						})
						for caller := range callers {
							call := faultyCalls[caller%len(faultyCalls)]
							all.Go(func() {
								asked.Add(1)
								r, err := g.Post(fmt.Sprintf(call.document, fmt.Sprintf("state%d-caller%d@example.com", i, caller)), honest)
								if err != nil {
									t.Errorf("%s: %v", call.operation, err)
									return
								}
								raise(&worst, r.Took)
								code, right := r.Code(), slices.Contains(state.codes, answered)
								fine := slices.Contains(faultCodes, code) || slices.Contains(state.codes, code) || code == answered && state.emptyOK && call.emptyOK
								if !fine || r.Took > slack(6*time.Second) {
									t.Errorf("%s: %d %s after %v\n%.300s", call.operation, r.Status, code, r.Took, r.Body)
								}
								if strings.Contains(string(r.Body), "eyJ") && !right {
									t.Errorf("%s: the response has tokens: %.300s", call.operation, r.Body)
								}
							})
						}
						all.Wait()
						close(over)
						meanwhile.Wait()
						for caller := range callers {
							name, calls := fmt.Sprintf("state%d-caller%d@example.com", i, caller), 0
							for _, body := range g.Cognito.Calls()[seen:] {
								if strings.Contains(body, quote(name)) {
									calls++
								}
							}
							// Writes are never retried.
							if calls > 1 {
								t.Errorf("%s led to %d calls", faultyCalls[caller%len(faultyCalls)].operation, calls)
							}
						}
						if calls := len(g.Cognito.Calls()) - seen; calls > callers+callers/len(faultyCalls) {
							t.Errorf("%d callers led to %d calls", callers, calls)
						}
						g.Cognito.RespondWith(good)
						if err := door.set(true, false); err != nil {
							t.Fatal(err)
						}
						raise(&worstCure, testutil.Eventually(t, "everything to work again", slack(10*time.Second), func() bool {
							for _, call := range faultyCalls {
								r, err := g.Post(fmt.Sprintf(call.document, "cured@example.com"), honest)
								if err != nil || r.Code() != answered {
									time.Sleep(20 * time.Millisecond)
									return false
								}
							}
							return true
						}))
						if !t.Failed() {
							held.Add(1)
						}
					})
				}
				if grown := g.memory(t) - before; grown > maxMemoryGain() {
					t.Errorf("the program grew by %d MiB", grown)
				}
			})
		}
	})
	t.Logf("%d of %d bad states of Cognito, %d callers: slowest answer %v, slowest me{id} meanwhile %v, slowest cure %v", held.Load(), total, asked.Load(),
		time.Duration(worst.Load()).Round(time.Millisecond), time.Duration(worstMe.Load()).Round(time.Millisecond), time.Duration(worstCure.Load()).Round(time.Millisecond))
	if total < 17 {
		t.Errorf("there are only %d states", total)
	}
}

// P19: when a caller disconnects, its call to Cognito is canceled.
func TestAttackFaultsDeserted(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	honest := "Bearer " + newForger(g.Issuer).honest()
	var open, began atomic.Int64
	g.Cognito.RespondWith(func(_ http.ResponseWriter, r *http.Request) {
		open.Add(1)
		began.Add(1)
		defer open.Add(-1)
		<-r.Context().Done()
	})
	const callers, remain = 48, 5
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			call := faultyCalls[caller%len(faultyCalls)]
			if call.operation == "GetTokensFromRefreshToken" {
				call = faultyCalls[0] // other callers may share a refresh
			}
			request := g.Request(http.MethodPost, "/graphql", []byte(testutil.RequestBody(fmt.Sprintf(call.document, fmt.Sprintf("deserter%d@example.com", caller)))))
			request.Header.Set("Authorization", honest)
			if r, err := g.Send(request.WithContext(ctx)); err == nil {
				t.Errorf("got a response: %.300s", r.Body)
			}
		})
	}
	testutil.Eventually(t, "all calls to be out", 3*time.Second, func() bool { return began.Load() >= callers })
	leave()
	all.Wait()
	took := testutil.Eventually(t, "the calls to be given up", time.Second, func() bool { return open.Load() <= remain })
	t.Logf("%d callers went away; %d calls are open %v later", callers, open.Load(), took.Round(time.Millisecond))
	if began.Load() > callers {
		t.Errorf("%d calls were made", began.Load())
	}
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
}

// P19: while thousands wait for a Cognito that hangs, the program still serves what
// needs no Cognito. All of them get an error, memory stays bounded, and afterwards
// nothing is left of them.
func TestAttackFaultsCrowd(t *testing.T) {
	// Not parallel: with the rest of the suite beside it, connections wait for the
	// processor longer than the server waits for their headers.
	waiting := 5_000
	if testutil.RaceEnabled {
		waiting = 1_200 // the race detector allows a process 8,128 goroutines
	}
	waiting = roomFor(waiting)
	g := newTarget(t, "LOG_LEVEL=error", "AUDIT_LOG=off")
	f := newForger(g.Issuer)
	honest := "Bearer " + f.honest()
	good := wellBehaved(cognitoAnswers(cognitoSecrets{access: f.honest(), id: f.honest(), refresh: "r"}))
	var calls atomic.Int64
	g.Cognito.RespondWith(func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		<-r.Context().Done()
	})
	base := g.metric(t, "go_goroutines")
	host := strings.TrimPrefix(g.APIURL(), "http://")
	codes := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	var pending atomic.Int64
	lost, slowest := 0, time.Duration(0)
	for caller := range waiting {
		pending.Add(1)
		all.Go(func() {
			defer pending.Add(-1)
			start := time.Now()
			body := testutil.RequestBody("mutation{" + guess(fmt.Sprintf("user%d@example.com", caller), 1) + "}")
			text, err := overOneConnection(host, body)
			code := testutil.NewResponse(0, nil, []byte(text)).Text("errors.0.extensions.code")
			took := time.Since(start)
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
			slowest = max(slowest, took)
			if err != nil {
				if lost++; lost < 5 {
					t.Error(err)
				}
			}
		})
	}
	testutil.Eventually(t, "calls to hang in Cognito", testutil.Timeout, func() bool { return calls.Load() > 0 })
	served := 0
	for pending.Load() > 0 {
		r, err := g.Post("{me{id}}", honest)
		if err != nil || r.Text("data.me.id") == "absent" {
			t.Fatalf("me{id}: %v", err)
		}
		if pending.Load() > 0 {
			served++
		}
		time.Sleep(20 * time.Millisecond) // leave the processor to the others
	}
	all.Wait()
	peak := g.peakMemory(t)
	after := g.settled(t, base)
	t.Logf("%d waiting sign-ins answered (%v), %d calls to Cognito; meanwhile %d times me{id}; memory at most %d MiB; goroutines %v, before %v",
		waiting-lost, codes, calls.Load(), served, peak, after, base)
	if lost > 0 || slowest > slack(15*time.Second) {
		t.Errorf("%d sign-ins got no response, the last one waited %v", lost, slowest)
	}
	for code := range codes {
		if !slices.Contains(faultCodes, code) && code != "RATE_LIMITED" {
			t.Errorf("%d sign-ins got %s", codes[code], code)
		}
	}
	if served == 0 {
		t.Error("me{id} was not served while sign-ins waited")
	}
	if peak > maxCrowdMemory() {
		t.Errorf("the program used %d MiB", peak)
	}
	g.Cognito.RespondWith(good)
	testutil.Eventually(t, "sign-ins to work again", slack(10*time.Second), func() bool {
		r, err := g.Post("mutation{" + aSignin + "}")
		return err == nil && r.Code() == answered
	})
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
}

// overOneConnection posts a document over a new connection and returns the response body.
// It uses as few resources as possible.
func overOneConnection(host, body string) (string, error) {
	c, err := net.DialTimeout("tcp", host, testutil.Timeout)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(2 * testutil.Timeout))
	_, err = fmt.Fprintf(c, "POST /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err != nil {
		return "", err
	}
	all, err := io.ReadAll(c)
	if err != nil {
		return "", err
	}
	_, text, found := strings.Cut(string(all), "\r\n\r\n")
	if !found {
		return "", fmt.Errorf("no response: %.100q", all)
	}
	return text, nil
}

// P19: a write whose outcome is unknown is not retried, and when the client retries, the
// response says that it was executed.
func TestAttackFaultsAmbiguous(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	bearer := "Bearer " + newForger(g.Issuer).honest()
	session := g.challenge(t)
	f := newForger(g.Issuer)
	good := wellBehaved(cognitoAnswers(cognitoSecrets{access: f.honest(), id: f.honest(), refresh: "r"}))
	all := operations()
	once := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			o := all[name]
			input := o.with("", nil)
			if name == "respondToChallenge" {
				input["session"] = session
			}
			var mu sync.Mutex
			calls := map[string]int{}
			g.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
				if cognitoOperation(r) == "ListUserSessions" { // a read, before the write
					good(w, r)
					return
				}
				mu.Lock()
				calls[cognitoOperation(r)]++
				mu.Unlock()
				hijacked(reset)(w, r)
			})
			r, err := g.mutate(o, input, bearer)
			if err != nil || r.Code() != "SERVICE_UNAVAILABLE" || r.Text("errors.0.extensions.retryable") != "true" {
				t.Errorf("%v: %.300s", err, r.Body)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(calls) != 1 {
				t.Errorf("calls: %v", calls)
			}
			for operation, n := range calls {
				if n != 1 {
					t.Errorf("%s was called %d times", operation, n)
				}
			}
			// Closes the circuit breaker.
			g.Cognito.RespondWith(good)
			testutil.Eventually(t, "an answer", testutil.Timeout, func() bool {
				r, err := g.Post("{me{email}}", bearer)
				return err == nil && r.Code() == answered
			})
			if !t.Failed() {
				once++
			}
		})
	}
	t.Logf("%d of %d operations that were carried out and not answered were not repeated", once, len(all))

	done := map[string]bool{}
	g.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
		operation := cognitoOperation(r)
		exceptions := map[string]http.HandlerFunc{
			"SignUp":        throws(400, "UsernameExistsException", "User already exists"),
			"ConfirmSignUp": throws(400, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
		}
		if !done[operation] {
			done[operation] = true
			hijacked(reset)(w, r)
			return
		}
		exceptions[operation](w, r)
	})
	for _, step := range []struct{ document, path, want string }{
		{"mutation{" + aSignup + "}", "errors.0.extensions.code", "SERVICE_UNAVAILABLE"},
		{"mutation{" + aSignup + "}", "errors.0.extensions.code", "EMAIL_ALREADY_REGISTERED"},
		{`mutation{verifyAccount(input:{email:"ada@example.com",confirmationCode:"123456"}){status}}`, "errors.0.extensions.code", "SERVICE_UNAVAILABLE"},
		{`mutation{verifyAccount(input:{email:"ada@example.com",confirmationCode:"123456"}){status}}`, "data.verifyAccount.status", "ALREADY_VERIFIED"},
	} {
		r, err := g.Post(step.document)
		if err != nil || r.Text(step.path) != step.want {
			t.Errorf("%v, want %s: %.300s", err, step.want, r.Body)
		}
	}
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
}
