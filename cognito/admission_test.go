package cognito

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"authgraph/cognito/admission"
	"authgraph/internal/apierr"
)

// Constants of package admission.
const (
	faultsToOpen       = 20
	openTime           = 2 * time.Second
	probes             = 3
	firstPause         = 500 * time.Millisecond
	longestPause       = 5 * time.Second
	probeTime          = 500 * time.Millisecond
	shortestRetryAfter = 10 * time.Millisecond
)

// Every operation has a quota category.
// allOperations returns the operations that this package calls.
func allOperations() []operation {
	return slices.Concat(withAccessToken(), signed(), []operation{
		opSignUp, opConfirmSignUp, opResendConfirmationCode, opInitiateAuth, opRefreshTokenAuth, opGetTokensFromRefreshToken,
		opRevokeToken, opGlobalSignOut, opRespondToAuthChallenge, opForgotPassword, opConfirmForgotPassword,
		opUpdateAuthEventFeedback,
	})
}

func TestEveryOperationHasACategory(t *testing.T) {
	quotas := admission.DefaultQuotas()
	for _, op := range allOperations() {
		if quotas[op.category()] == 0 {
			t.Errorf("%s counts as %q, which has no quota", op, op.category())
		}
	}
	if got := admission.Categories(); len(got) != len(quotas) || !slices.IsSorted(got) {
		t.Errorf("categories %v", got)
	}
}

func TestQuota(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name    string
		waits   []time.Duration // as the budget answers; afterwards always the last
		calls   int
		code    apierr.Code
		retry   time.Duration
		longest time.Duration
	}{
		{"room", []time.Duration{0}, 1, "", 0, 0},
		{"a short wait", []time.Duration{100 * ms, 0}, 1, "", 0, 151 * ms},
		{"two short waits", []time.Duration{100 * ms, 250 * ms, 0}, 1, "", 0, 530 * ms},
		{"never room", []time.Duration{200 * ms}, 0, apierr.RateLimited, 200 * ms, 910 * ms},
		{"a long wait", []time.Duration{251 * ms}, 0, apierr.RateLimited, 251 * ms, 0},
		{"a long wait after a short one", []time.Duration{50 * ms, 3 * time.Second}, 0, apierr.RateLimited, 3 * time.Second, 80 * ms},
		{"1 ns, repeatedly", []time.Duration{1}, 0, apierr.RateLimited, shortestRetryAfter, 10 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var charged []string
				var outcome string
				up := &standIn{answer: always(200, okTokens)}
				client := newInProcess(t, up, func(o *Options) {
					o.Quota = func(_ context.Context, category string) time.Duration {
						charged = append(charged, category)
						return tt.waits[min(len(charged), len(tt.waits))-1]
					}
					o.Observe = func(_, _, out string, _ time.Duration) { outcome = out }
				})
				began := time.Now()
				err := signIn(t.Context(), client)
				if up.calls() != tt.calls {
					t.Errorf("%d calls, want %d", up.calls(), tt.calls)
				}
				if took := time.Since(began); took > tt.longest {
					t.Errorf("took %s, want at most %s", took, tt.longest)
				}
				if charged[0] != admission.UserAuthentication {
					t.Errorf("charged the budget of %s", charged[0])
				}
				if tt.code == "" {
					if err != nil || outcome != "OK" {
						t.Errorf("%v, observed %s", err, outcome)
					}
					return
				}
				if err == nil || err.Code != tt.code || err.HTTPStatus() != 429 || err.RetryAfter != tt.retry || outcome != "QuotaExceeded" {
					t.Errorf("%+v, observed %s; want %s after %s", err, outcome, tt.code, tt.retry)
				}
			})
		})
	}
}

// Each attempt of a read uses the budget of its category.
func TestQuotaIsChargedForEveryAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var charged []string
		up := &standIn{answer: always(503, "")}
		client := newInProcess(t, up, func(o *Options) {
			o.Quota = func(_ context.Context, category string) time.Duration {
				charged = append(charged, category)
				return 0
			}
		})
		_, _ = client.getUser(t.Context(), "token")
		_, _ = client.Respond(t.Context(), RespondToChallengeInput{Session: client.states.seal(t.Context(), challengeState{Challenge: "SMS_MFA", Username: "u"}), Answer: Answer{Code: new("123456")}})
		if got := fmt.Sprint(charged); got != "[UserRead UserRead RespondToAuthChallenge]" {
			t.Errorf("charged the budgets %s", got)
		}
	})
}

// While Cognito throttles a category, its calls pause with growing intervals, and a probe
// goes first.
func TestThrottlingPausesTheCategory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var outcome atomic.Value
		up := &standIn{answer: always(400, tooManyNow)}
		client := newInProcess(t, up, func(o *Options) { o.Observe = func(_, _, out string, _ time.Duration) { outcome.Store(out) } })
		if err := signIn(t.Context(), client); err.Code != apierr.RateLimited || outcome.Load() != "TooManyRequestsException" {
			t.Fatal(err, outcome.Load())
		}
		wantLength := firstPause
		for round := range 6 {
			before := up.calls()
			err := signIn(t.Context(), client)
			if err == nil || err.Code != apierr.RateLimited || outcome.Load() != "Paused" || up.calls() != before {
				t.Fatalf("round %d: %v (%s) after %d calls, want to be refused without a call", round, err, outcome.Load(), up.calls()-before)
			}
			if low, high := wantLength*3/4, min(wantLength*5/4, longestPause); err.RetryAfter < low || err.RetryAfter > high {
				t.Errorf("round %d: retry after %s, want %s to %s", round, err.RetryAfter, low, high)
			}
			// Other categories are not affected.
			if _, other := client.ForgotPassword(t.Context(), SendCodeInput{Identifier: ByEmail("ada@example.com")}); up.calls() != before+1 && round == 0 {
				t.Errorf("ForgotPassword was refused too: %v", other)
			}
			before = up.calls()
			time.Sleep(err.RetryAfter)
			if err := signIn(t.Context(), client); err == nil || up.calls() != before+1 {
				t.Fatalf("round %d: %v after %d calls, want one probe", round, err, up.calls()-before)
			}
			wantLength = min(2*wantLength, longestPause)
		}

		// The next probe is slow, and other calls are rejected meanwhile.
		release := make(chan struct{})
		up.set(func(string, *http.Request) (int, string) { <-release; return 200, okTokens })
		time.Sleep(longestPause)
		before := up.calls()
		var probe *apierr.Error
		var wg sync.WaitGroup
		wg.Go(func() { probe = signIn(t.Context(), client) })
		synctest.Wait()
		for range 5 {
			if err := signIn(t.Context(), client); err == nil || err.RetryAfter != probeTime {
				t.Errorf("while the probe is out: %v", err)
			}
		}
		close(release)
		wg.Wait()
		if probe != nil || up.calls() != before+1 {
			t.Errorf("the probe: %v, %d calls", probe, up.calls()-before)
		}
		if err := signIn(t.Context(), client); err != nil {
			t.Errorf("after the probe: %v", err)
		}
	})
}

// Which responses pause a category.
// asCaller returns a context for requests of the caller.
func asCaller(t *testing.T, caller string) context.Context {
	t.Helper()
	return WithRequest(t.Context(), Request{Caller: func() string { return caller }})
}

// A user whom Cognito throttles is held back, and other users go on.
func TestThrottlingOfOneCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &standIn{answer: always(400, tooManyNow)}
		client := newInProcess(t, up, nil)
		ctx := asCaller(t, "greedy")
		for range 20 {
			err := signIn(ctx, client)
			if err == nil || err.Code != apierr.RateLimited {
				t.Fatal(err)
			}
			before := up.calls()
			if err := signIn(ctx, client); err == nil || up.calls() != before {
				t.Fatalf("after being throttled: %v, %d calls", err, up.calls()-before)
			}
			up.set(always(200, okTokens))
			for i := range 10 {
				if err := signIn(asCaller(t, fmt.Sprint("other ", i)), client); err != nil {
					t.Fatalf("another caller: %v", err)
				}
			}
			up.set(always(400, tooManyNow))
			time.Sleep(err.RetryAfter)
		}
		time.Sleep(longestPause)
		up.set(always(200, okTokens))
		for range 2 {
			if err := signIn(ctx, client); err != nil {
				t.Errorf("after the pause: %v", err)
			}
		}
	})
}

// If Cognito throttles several users at the same time, the quota of the account is used
// up, and all calls of the category pause.
func TestThrottlingOfManyCallers(t *testing.T) {
	tests := []struct {
		name   string
		every  time.Duration // between the callers
		paused bool
	}{
		{"at the same time", 100 * time.Millisecond, true},
		{"over a longer time", 2 * time.Second, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &standIn{answer: always(400, tooManyNow)}
				client := newInProcess(t, up, nil)
				for i := range 5 {
					if i > 0 {
						time.Sleep(tt.every)
					}
					if err := signIn(asCaller(t, fmt.Sprint(i)), client); err == nil || err.Code != apierr.RateLimited || up.calls() != i+1 {
						t.Fatalf("caller %d: %v after %d calls", i, err, up.calls())
					}
				}
				up.set(always(200, okTokens))
				err := signIn(asCaller(t, "new"), client)
				if paused := up.calls() == 5; paused != tt.paused || paused != (err != nil) {
					t.Errorf("a new caller: %v after %d calls", err, up.calls())
				}
				time.Sleep(longestPause)
				if err := signIn(asCaller(t, "new"), client); err != nil {
					t.Errorf("after the pause: %v", err)
				}
			})
		})
	}
}

func TestThrottlingErrors(t *testing.T) {
	tests := []struct {
		status int
		body   string
		code   apierr.Code
		pauses bool
	}{
		{400, tooManyNow, apierr.RateLimited, true},
		{400, exception("ThrottlingException", "Rate exceeded"), apierr.RateLimited, true},
		{429, "too many", apierr.RateLimited, true},
		{429, exception("SomethingElse", "x"), apierr.RateLimited, true},
		{400, exception("LimitExceededException", "x"), apierr.TooManyAttempts, false},
		{429, exception("LimitExceededException", "x"), apierr.TooManyAttempts, false},
		{400, exception("NotAuthorizedException", "Password attempts exceeded"), apierr.TooManyAttempts, false},
		{400, exception("NotAuthorizedException", "Incorrect username or password."), apierr.InvalidCredentials, false},
		{503, "", apierr.ServiceUnavailable, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.body), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &standIn{answer: always(tt.status, tt.body)}
				client := newInProcess(t, up, nil)
				if err := signIn(t.Context(), client); err.Code != tt.code {
					t.Errorf("code %s, want %s", err.Code, tt.code)
				}
				_ = signIn(t.Context(), client)
				if paused := up.calls() == 1; paused != tt.pauses {
					t.Errorf("paused: %t", paused)
				}
			})
		})
	}
}

// Only missing responses open the circuit. A client may be able to provoke bad ones.
func TestErrorsThatOpenTheCircuit(t *testing.T) {
	tests := []struct {
		name   string
		answer func(string, *http.Request) (int, string)
		opens  bool
	}{
		{"hanging", neverAnswer, true},
		{"reset", breakOff, true},
		{"500", always(500, "x"), false},
		{"502 with HTML", always(502, "<html>"), true},
		{"503 with JSON", always(503, "{}"), true},
		{"InternalErrorException", always(500, exception("InternalErrorException", "x")), false},
		{"InternalErrorException with 400", always(400, exception("InternalErrorException", "x")), false},
		{"garbage", always(200, "<html>"), false},
		{"an empty 200", always(200, ""), false},
		{"an empty object", always(200, "{}"), false},
		{"truncated", always(200, okTokens[:30]), false},
		{"success", always(200, okTokens), false},
		{"NotAuthorizedException", always(400, exception("NotAuthorizedException", "x")), false},
		{"UnexpectedLambdaException", always(400, exception("UnexpectedLambdaException", "x")), false},
		{"an unknown exception", always(400, exception("NeverHeardOf", "x")), false},
		{"unknown operation", always(500, exception("UnknownOperationException", "x")), false},
		{"403 of a proxy", always(403, "<html>"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &standIn{answer: tt.answer}
				client := newInProcess(t, up, nil)
				for range faultsToOpen {
					_ = signIn(t.Context(), client)
				}
				if got := client.Circuit(); (got == "open") != tt.opens {
					t.Errorf("the circuit is %s", got)
				}
			})
		})
	}
}

// Canceled calls do not count as failures.
func TestCanceledCallersDoNotOpenTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newInProcess(t, &standIn{answer: neverAnswer}, nil)
		for range 5 * faultsToOpen {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_ = signIn(ctx, client)
			cancel()
		}
		if client.Circuit() != "closed" {
			t.Errorf("the circuit is %s", client.Circuit())
		}
		// Canceled probes do not use up the probes.
		for range faultsToOpen {
			_ = signIn(t.Context(), client)
		}
		time.Sleep(openTime + time.Millisecond)
		for range 5 * probes {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			_ = signIn(ctx, client)
			cancel()
		}
		if client.Circuit() != "half-open" || client.CallsInFlight() != 0 {
			t.Errorf("the circuit is %s with %d calls", client.Circuit(), client.CallsInFlight())
		}
	})
}

// Cognito hangs, the circuit opens, probes are sent, Cognito recovers, the circuit
// closes.
func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var outcome atomic.Value
		up := &standIn{answer: neverAnswer}
		client := newInProcess(t, up, func(o *Options) { o.Observe = func(_, _, out string, _ time.Duration) { outcome.Store(out) } })
		began := time.Now()
		var wg sync.WaitGroup
		for range faultsToOpen {
			wg.Go(func() { _ = signIn(t.Context(), client) })
		}
		wg.Wait()
		if took := time.Since(began); took != DefaultTimeout {
			t.Errorf("the callers waited %s", took)
		}
		before := up.calls()
		time.Sleep(500 * time.Millisecond)
		err := signIn(t.Context(), client)
		if err == nil || err.Code != apierr.ServiceUnavailable || !err.Code.Retryable() || outcome.Load() != "CircuitOpen" || up.calls() != before {
			t.Fatalf("%v, %s, %d calls", err, outcome.Load(), up.calls()-before)
		}
		if err.RetryAfter != openTime-500*time.Millisecond {
			t.Errorf("retry after %s", err.RetryAfter)
		}

		// Half-open: a few probes are sent, and hang too.
		time.Sleep(openTime)
		for range 50 {
			wg.Go(func() { _ = signIn(t.Context(), client) })
		}
		synctest.Wait()
		if n := up.calls() - before; n != probes {
			t.Errorf("%d probes, want %d", n, probes)
		}

		// Cognito recovers just after those probes.
		up.set(always(200, okTokens))
		well := time.Now()
		for signIn(t.Context(), client) != nil || client.Circuit() != "closed" {
			if time.Since(well) > 10*time.Second {
				t.Fatalf("not recovered: %s", client.Circuit())
			}
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(well); took > 7*time.Second {
			t.Errorf("recovered after %s", took)
		}
		wg.Wait()
	})
}

// Concurrent calls are bounded. Other callers wait while there is time for a call.
func TestConcurrentCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		outcomes := map[string]int{}
		up := &standIn{answer: func(string, *http.Request) (int, string) {
			time.Sleep(900 * time.Millisecond)
			return 200, okTokens
		}}
		client := newInProcess(t, up, func(o *Options) {
			o.MaxConcurrentCalls = 10
			o.Observe = func(_, _, out string, _ time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				outcomes[out]++
			}
		})
		began := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				err := signIn(t.Context(), client)
				if err != nil && (err.Code != apierr.ServiceUnavailable || err.RetryAfter != time.Second) {
					t.Errorf("%v, retry after %s", err, err.RetryAfter)
				}
			})
		}
		synctest.Wait()
		if client.CallsInFlight() != 10 {
			t.Errorf("%d calls in flight", client.CallsInFlight())
		}
		wg.Wait()
		if took := time.Since(began); took > DefaultTimeout {
			t.Errorf("the last caller was answered after %s", took)
		}
		// Four rounds of ten start within three seconds.
		if outcomes["OK"] != 40 || outcomes["OK"]+outcomes["Shed"] != 100 || client.CallsInFlight() != 0 {
			t.Errorf("outcomes %v, in flight %d", outcomes, client.CallsInFlight())
		}
	})
}

// Ten thousand callers with real connections to a Cognito that hangs.
func TestManyCallersOnAHangingCognito(t *testing.T) {
	const callers, limit, timeout = 10_000, 64, 2 * time.Second
	var open, most atomic.Int64
	var hangs atomic.Bool
	hangs.Store(true)
	stand := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if hangs.Load() {
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, okTokens)
	}))
	stand.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			most.Store(max(most.Load(), open.Add(1)))
		case http.StateClosed:
			open.Add(-1)
		}
	}
	stand.Start()
	defer stand.Close()
	client, err := New(Options{
		Region: "us-east-1", ClientID: "c", UsernameAttribute: "name", Endpoint: stand.URL,
		MaxConcurrentCalls: limit, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	var refused atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if err := signIn(t.Context(), client); err != nil && err.Code == apierr.ServiceUnavailable {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if refused.Load() != callers {
		t.Errorf("%d of %d got SERVICE_UNAVAILABLE", refused.Load(), callers)
	}
	// A closed connection counts until the server has noticed.
	if most.Load() > 2*limit {
		t.Errorf("%d connections for %d calls at once", most.Load(), limit)
	}

	hangs.Store(false)
	for signIn(t.Context(), client) != nil || client.Circuit() != "closed" {
		time.Sleep(50 * time.Millisecond)
	}
}
