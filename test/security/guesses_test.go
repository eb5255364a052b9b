package security_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/testutil"
)

// countedLocally returns how many attempts the replicas counted locally because the store
// did not respond in time, which happens on a busy machine.
func countedLocally(t *testing.T, replicas []*target) (n int) {
	t.Helper()
	for _, g := range replicas {
		r, err := g.Send(g.Request(http.MethodGet, "/metrics", nil))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(r.Body)) {
			var some int
			if _, err := fmt.Sscanf(line, `authgraph_store_calls_total{outcome="local"} %d`, &some); err == nil {
				n += some
			}
		}
	}
	return n
}

// from sends a body with an X-Forwarded-For address.
func (g *target) from(address, body string) (testutil.TimedResponse, error) {
	request := g.Request(http.MethodPost, "/graphql", []byte(body))
	request.Header.Set("X-Forwarded-For", address)
	return g.Send(request)
}

func guess(email string, n int) string {
	return fmt.Sprintf(`signin(input:{email:%q,password:"Guess-%d"}){__typename}`, email, n)
}

// documentsWithGuesses returns request bodies with several guesses each for one account.
func documentsWithGuesses(n int) []string {
	aliased := func(from, to int) (fields string) {
		for i := from; i < to; i++ {
			fields += fmt.Sprintf("a%d:%s ", i, guess("ada@example.com", n*10+i))
		}
		return fields
	}
	byVariable, _ := json.Marshal(map[string]any{
		"query":     "mutation($i:SigninInput!){a:signin(input:$i){__typename} b:signin(input:$i){__typename}}",
		"variables": map[string]any{"i": map[string]any{"email": "Ada@Example.com", "password": fmt.Sprint("Guess-", n)}},
	})
	one := testutil.RequestBody("mutation{" + guess("ada@example.com", n) + "}")
	return []string{
		one,
		testutil.RequestBody("mutation{" + aliased(0, 5) + "}"),
		testutil.RequestBody("mutation{...f ...g} fragment f on Mutation{" + aliased(0, 3) + "} fragment g on Mutation{" + aliased(3, 5) + "}"),
		testutil.RequestBody("mutation{...{" + aliased(0, 2) + "} ...on Mutation{" + aliased(2, 4) + "}}"),
		testutil.RequestBody("query Q{__typename} mutation{" + guess("ADA@example.com", n) + "}"),
		"[" + one + "," + one + "," + testutil.RequestBody("mutation{"+guess("ada@EXAMPLE.COM", n)+"}") + "]",
		string(byVariable),
	}
}

// P6: within a minute, using every trick of GraphQL, exactly as many guesses for an
// account reach Cognito as the limit allows: five, and one more each half minute. The
// limits of a document, which reject most tricks, are off in order to test the counting.
func TestAttackGuessesOfAMinute(t *testing.T) {
	t.Parallel()
	const most = 5 + 60/30
	for _, tt := range []struct {
		name     string
		replicas int
	}{{"one process", 1}, {"three replicas and one store", 3}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			settings := []string{"GRAPHQL_LIMITS=credential-fields=20,batch=10"}
			if tt.replicas > 1 {
				settings = append(settings, "REDIS_URL="+redistest.Start(t).URL())
			}
			replicas := newReplicas(t, tt.replicas, settings...)
			replicas[0].Cognito.RejectAll()
			var sent, limited atomic.Int64
			var wg sync.WaitGroup
			// The minute ends just after the second refill.
			end := time.Now().Add(61 * time.Second)
			for worker := range 4 {
				wg.Go(func() {
					for n := worker; time.Now().Before(end); n += 4 {
						bodies := documentsWithGuesses(n)
						g := replicas[n%len(replicas)]
						r, err := g.from(fmt.Sprintf("203.0.113.%d", n%250), bodies[n%len(bodies)]) // the header is not trusted
						if err != nil {
							t.Error(err)
							return
						}
						sent.Add(1)
						limited.Add(int64(strings.Count(string(r.Body), `"RATE_LIMITED"`)))
						// A steady stream that leaves the processor to the others.
						time.Sleep(50 * time.Millisecond)
					}
				})
			}
			wg.Wait()
			got := len(replicas[0].Cognito.Calls())
			t.Logf("%d requests, %d guesses rejected, %d reached Cognito", sent.Load(), limited.Load(), got)
			if got < most || got > most+countedLocally(t, replicas) {
				t.Errorf("%d guesses reached Cognito, want %d", got, most)
			}
			if limited.Load() < 1000 {
				t.Errorf("only %d guesses were rejected: the attack was too weak", limited.Load())
			}
			for _, g := range replicas {
				if err := g.CheckLog(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// P6, P8: guesses from many addresses at once.
func TestAttackGuessesFromManyAddresses(t *testing.T) {
	t.Parallel()
	const proxy = "TRUSTED_PROXIES=127.0.0.1"
	address := func(i int) string { return fmt.Sprintf("203.0.%d.%d", i/250, 1+i%250) }
	tests := []struct {
		name    string
		body    func(int) string
		from    func(int) string
		setting string
		most    int
	}{
		{"one account from 100 addresses", func(i int) string { return testutil.RequestBody("mutation{" + guess("ada@example.com", i) + "}") }, address, proxy, 10},
		{"one account from 100 forged addresses", func(i int) string { return testutil.RequestBody("mutation{" + guess("ada@example.com", i) + "}") }, address, "LOG_LEVEL=info", 5},
		{"100 accounts from one address", func(i int) string {
			return testutil.RequestBody("mutation{" + guess(fmt.Sprintf("user%d@example.com", i), 1) + "}")
		}, func(int) string { return address(0) }, proxy, 40},
		{"codes of one account from 100 addresses", func(i int) string {
			return testutil.RequestBody(fmt.Sprintf(`mutation{verifyAccount(input:{email:"ada@example.com",confirmationCode:"%06d"}){status}}`, i))
		}, address, proxy, 5},
		{"codes for a new password from 100 addresses", func(i int) string {
			return testutil.RequestBody(fmt.Sprintf(`mutation{confirmForgotPassword(input:{email:"ada@example.com",confirmationCode:"%06d",newPassword:"Longer-Horse-1"}){success}}`, i))
		}, address, proxy, 5},
		{"messages to one account from 100 addresses", func(int) string {
			return testutil.RequestBody(`mutation{forgotPassword(input:{email:"ada@example.com"}){destination}}`)
		}, address, proxy, 3},
		{"messages to one account by two ways", func(i int) string {
			return testutil.RequestBody(`mutation{` + []string{"forgotPassword", "resendConfirmationCode"}[i%2] + `(input:{email:"ada@example.com"}){destination}}`)
		}, address, proxy, 3},
		{"accounts from one address", func(i int) string {
			return testutil.RequestBody(fmt.Sprintf(`mutation{signup(input:{email:"user%d@example.com",username:"U",password:"Right-Horse-1",mode:"m"}){userId}}`, i))
		}, func(int) string { return address(0) }, proxy, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newReplicas(t, 1, tt.setting)[0]
			g.Cognito.RejectAll()
			var wg sync.WaitGroup
			var limited atomic.Int64
			for i := range 100 {
				wg.Go(func() {
					r, err := g.from(tt.from(i), tt.body(i))
					if err != nil {
						t.Error(err)
						return
					}
					if r.Code() == "RATE_LIMITED" {
						limited.Add(1)
					}
				})
			}
			wg.Wait()
			got := len(g.Cognito.Calls())
			t.Logf("%d of 100 reached Cognito", got)
			// The attack may last until the next refill.
			if got < tt.most || got > tt.most+1 || int(limited.Load()) != 100-got {
				t.Errorf("%d reached Cognito, want %d; %d got RATE_LIMITED", got, tt.most, limited.Load())
			}
		})
	}
}

// P7: attackers cannot lock owners out of a client address from which they have signed in
// before. The pool is real and locks accounts.
func TestAttackLockOut(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	p := testutil.Start(t, []string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir(), "TRUSTED_PROXIES=127.0.0.1"}, nil)
	if err := p.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	g := &target{&testutil.Target{Program: p, Client: testutil.NewClient()}}
	const home = "192.0.2.1"
	ask := func(from, mutation string) testutil.TimedResponse {
		t.Helper()
		r, err := g.from(from, testutil.RequestBody("mutation{"+mutation+"}"))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	signin := func(from, password string) string {
		return ask(from, fmt.Sprintf(`signin(input:{email:"ada@example.com",password:%q}){__typename}`, password)).Code()
	}
	const none = "absent"
	if code := ask(home, `signup(input:{email:"ada@example.com",username:"Ada",password:"Right-Horse-1",mode:"m"}){userId}`).Code(); code != none {
		t.Fatal(code)
	}
	code := testutil.InboxCode(t, p.PoolURL(), "ada@example.com")
	if got := ask(home, fmt.Sprintf(`verifyAccount(input:{email:"ada@example.com",confirmationCode:%q}){status}`, code)).Code(); got != none {
		t.Fatal(got)
	}
	if got := signin(home, "Right-Horse-1"); got != none {
		t.Fatal(got)
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() { signin(fmt.Sprintf("203.0.113.%d", i+1), "Wrong-Horse-1") })
	}
	wg.Wait()
	took := testutil.Eventually(t, "the owner to be let in", 5*time.Second, func() bool {
		time.Sleep(200 * time.Millisecond) // as fast as a person
		return signin(home, "Right-Horse-1") == none
	})
	t.Logf("the owner was in after %v", took.Round(time.Millisecond))
	for _, mutation := range []string{
		`forgotPassword(input:{email:"ada@example.com"}){destination}`,
	} {
		if got := ask(home, mutation).Code(); got != none {
			t.Errorf("%s: %s", mutation, got)
		}
	}
	if got := signin("198.51.100.9", "Right-Horse-1"); got != "RATE_LIMITED" {
		t.Errorf("a stranger with the right password got %s", got)
	}
}

// Whoever signs in to an account of their own, with the address of someone else that they
// have not verified, becomes a known client of their own account only. Otherwise the limit
// on guesses of strangers would not apply to them.
func TestAttackGuessesAfterUnverifiedAddress(t *testing.T) {
	t.Parallel()
	const eve = "198.51.100.7"
	for email, most := range map[string]int{"victim@example.com": 0, "eve@example.com": 5} {
		g := newReplicas(t, 1, "TRUSTED_PROXIES=127.0.0.1")[0]
		access := g.NewToken(t, "eve", "own")
		id, err := g.Issuer.Sign(map[string]any{
			"token_use": "id", "aud": testutil.FakeClientID, "sub": "eve", "cognito:username": "eve",
			"email": "victim@example.com", "email_verified": false,
		})
		if err != nil {
			t.Fatal(err)
		}
		g.Cognito.Respond(http.StatusOK, fmt.Sprintf(
			`{"AuthenticationResult":{"AccessToken":%q,"IdToken":%q,"ExpiresIn":3600,"TokenType":"Bearer"}}`, access, id))
		r, err := g.from(eve, testutil.RequestBody(`mutation{signin(input:{email:"eve@example.com",password:"Own-Horse-1"}){__typename}}`))
		if err != nil || r.Code() != "absent" {
			t.Fatalf("%v %s", err, r.Body)
		}
		g.Cognito.RejectAll()
		guesses := func(address string, n int) int {
			before := len(g.Cognito.Calls())
			for i := range n {
				if _, err := g.from(address, testutil.RequestBody("mutation{"+guess(email, i)+"}")); err != nil {
					t.Fatal(err)
				}
			}
			return len(g.Cognito.Calls()) - before
		}
		for i := range 20 {
			guesses(fmt.Sprintf("203.0.113.%d", i), 1)
		}
		if got := guesses(eve, 8); got != most {
			t.Errorf("%d guesses for %s from the known address reached Cognito, want %d", got, email, most)
		}
	}
}
