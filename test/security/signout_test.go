package security_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/testutil"
)

// whoami returns the code of {me{id}}, "absent" if the token is accepted.
func (g *target) whoami(t *testing.T, token string) string {
	t.Helper()
	r, err := g.Post("{me{id}}", "Bearer "+token)
	if err != nil {
		t.Fatal(err)
	}
	return r.Code()
}

func (g *target) logout(t *testing.T, token string) {
	t.Helper()
	g.Cognito.Respond(http.StatusOK, "{}")
	r, err := g.Post("mutation{logout{success}}", "Bearer "+token)
	if err != nil || r.Code() != "absent" {
		t.Fatalf("logout: %v %s", err, r.Body)
	}
}

// P5: a sign-out at one replica takes effect at all of them.
func TestAttackSignOutOverReplicas(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"one server": redistest.Start(t).URL(),
		"a cluster":  "redis://" + redistest.StartCluster(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signOutOverReplicas(t, url)
		})
	}
}

func signOutOverReplicas(t *testing.T, store string) {
	t.Helper()
	replicas := newReplicas(t, 3, "REDIS_URL="+store)
	a, b, c := replicas[0], replicas[1], replicas[2]
	phone, laptop, other := a.NewToken(t, "ada", "phone"), a.NewToken(t, "ada", "laptop"), a.NewToken(t, "eve", "tv")
	for _, g := range replicas {
		testutil.Eventually(t, "the store to be read", 5*time.Second, func() bool { return g.whoami(t, phone) == "absent" })
	}

	a.logout(t, laptop)
	if got := a.whoami(t, phone); got != "TOKEN_REVOKED" {
		t.Errorf("at the same replica the other session got %s", got)
	}
	for _, g := range []*target{b, c} {
		took := testutil.Eventually(t, "the sign-out to arrive", 2*time.Second, func() bool { return g.whoami(t, phone) == "TOKEN_REVOKED" })
		t.Logf("another replica knew after %v", took.Round(time.Millisecond))
		if got := g.whoami(t, laptop); got != "TOKEN_REVOKED" {
			t.Errorf("the session that signed out got %s", got)
		}
		if got := g.whoami(t, other); got != "absent" {
			t.Errorf("another user got %s", got)
		}
	}
	// A new sign-in, in the same second and at another replica, is accepted by all.
	again := b.SignIn(t, "ada", "again")
	for _, g := range replicas {
		testutil.Eventually(t, "the new session to be known", 2*time.Second, func() bool { return g.whoami(t, again) == "absent" })
		if got := g.whoami(t, phone); got != "TOKEN_REVOKED" {
			t.Errorf("an old session got %s after a new sign-in", got)
		}
	}
}

// P21: limits and sign-outs while the store is down, hangs, sends garbage or was restarted
// without data.
func TestAttackStoreAway(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		away, back func(*redistest.Server)
	}{
		{"killed", (*redistest.Server).Kill, (*redistest.Server).Restart},
		{"mute", (*redistest.Server).Pause, (*redistest.Server).Resume},
	} {
		for _, open := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, failing open %t", tt.name, open), func(t *testing.T) {
				t.Parallel()
				store := redistest.Start(t)
				settings := []string{"REDIS_URL=" + store.URL()}
				if open {
					settings = append(settings, "REVOCATIONS_FAIL_OPEN=true")
				}
				replicas := newReplicas(t, 2, settings...)
				a, b := replicas[0], replicas[1]
				ada, eve := a.NewToken(t, "ada", "1"), a.NewToken(t, "eve", "2")
				for _, g := range replicas {
					testutil.Eventually(t, "the store to be read", 5*time.Second, func() bool { return g.whoami(t, ada) == "absent" })
				}
				guesses := func(g *target) (reached int) {
					t.Helper()
					g.Cognito.RejectAll()
					before := len(g.Cognito.Calls())
					for n := range 8 {
						r, err := g.from("192.0.2.1", testutil.RequestBody("mutation{"+guess("bob@example.com", n)+"}"))
						if err != nil {
							t.Fatal(err)
						}
						if r.Took > maxResponseTime {
							t.Errorf("a sign-in took %v", r.Took)
						}
						if code := r.Code(); code != "INVALID_CREDENTIALS" && code != "RATE_LIMITED" {
							t.Errorf("a guess got %s", code)
						}
					}
					return len(g.Cognito.Calls()) - before
				}
				if got := guesses(a) + guesses(b); got < 5 || got > 5+countedLocally(t, replicas) {
					t.Errorf("with the store %d guesses reached Cognito, want 5", got)
				}

				tt.away(store)
				// The replica that counted goes on from its count. The other one starts
				// its own.
				if got := guesses(a); got != 0 {
					t.Errorf("without the store %d more guesses reached Cognito at the replica that had counted", got)
				}
				if got := guesses(b); got > 5 {
					t.Errorf("without the store %d guesses reached Cognito at the other replica", got)
				}
				want := map[bool]string{false: "SERVICE_UNAVAILABLE", true: "absent"}[open]
				testutil.Eventually(t, "the view to be known as old", 5*time.Second, func() bool { return a.whoami(t, eve) == want })
				// A sign-out at the same replica still takes effect.
				a.logout(t, ada)
				if got := a.whoami(t, ada); got != "TOKEN_REVOKED" {
					t.Errorf("after its sign-out the session got %s", got)
				}
				r, err := a.Send(a.Request(http.MethodGet, "/metrics", nil))
				if err != nil || !strings.Contains(string(r.Body), `authgraph_store_calls_total{outcome="local"}`) {
					t.Errorf("no metric shows that the store is down: %v", err)
				}

				tt.back(store)
				for _, g := range replicas {
					took := testutil.Eventually(t, "all to be well again", 10*time.Second, func() bool {
						return g.whoami(t, eve) == "absent" && g.whoami(t, ada) == "TOKEN_REVOKED"
					})
					t.Logf("recovered after %v", took.Round(time.Millisecond))
				}
				testutil.Eventually(t, "limits to be shared again", 10*time.Second, func() bool {
					if _, err := a.from("192.0.2.2", testutil.RequestBody("mutation{"+guess("bob@example.com", 1)+"}")); err != nil {
						t.Fatal(err)
					}
					r, err := a.Send(a.Request(http.MethodGet, "/metrics", nil))
					return err == nil && strings.Contains(string(r.Body), `authgraph_store_calls_total{outcome="ok"}`)
				})
			})
		}
	}
}

// P21: the store was never up, or is another server.
func TestAttackStoreNeverThere(t *testing.T) {
	t.Parallel()
	nonsense, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nonsense.Close() })
	go func() {
		for {
			c, err := nonsense.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n*9999999\r\n$-5\r\n")
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	for name, address := range map[string]string{"refused": testutil.FreeAddress(t), "nonsense": nonsense.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newUnreadyTarget(t, testutil.NewFakeIssuer(), "RATE_LIMITS=", "REDIS_URL=redis://somebody:ThePasswordOfTheStore@"+address)
			token := g.SignIn(t, "ada", "1")
			if got := g.whoami(t, token); got != "SERVICE_UNAVAILABLE" {
				t.Errorf("a token got %s", got)
			}
			g.Cognito.RejectAll()
			before := len(g.Cognito.Calls())
			for n := range 10 {
				if r, err := g.from("192.0.2.1", testutil.RequestBody("mutation{"+guess("bob@example.com", n)+"}")); err != nil || r.Took > maxResponseTime {
					t.Errorf("a sign-in took %v, %v", r.Took, err)
				}
			}
			if got := len(g.Cognito.Calls()) - before; got != 5 {
				t.Errorf("%d guesses reached Cognito", got)
			}
			if got := g.ReadyStatus(); got != http.StatusServiceUnavailable {
				t.Errorf("/readyz is %d", got)
			}
			if strings.Contains(g.Stderr.String(), "ThePasswordOfTheStore") {
				t.Error("the log has the store's password")
			}
		})
	}
}

// P21: a store that refuses what is needed keeps the program unready, and the log says
// why. Once the store has worked, its failures do not make the program unready.
func TestAttackStoreRefuses(t *testing.T) {
	t.Parallel()
	const password = "ThePasswordOfTheStore"
	for _, tt := range []struct {
		name, scheme, login, path string
		refuse, admit             []string // commands to the store
		log                       string
	}{
		{
			"wrong password", "redis", ":Other" + password + "@", "",
			[]string{"CONFIG SET requirepass " + password},
			[]string{"ACL SETUSER default >Other" + password},
			"WRONGPASS (the user name or the password is wrong)",
		},
		{
			"no password", "redis", "", "",
			[]string{"CONFIG SET requirepass " + password},
			[]string{"ACL SETUSER default nopass"},
			"NOAUTH (it requires a password)",
		},
		{"no such database", "redis", "", "/99", nil, nil, "ERR (the database number is out of range)"},
		{"no TLS", "rediss", "", "", nil, nil, "shared store unavailable, check REDIS_URL: address, TLS (rediss://), login and database"},
		{
			"no scripts", "redis", "counter:" + password + "@", "",
			[]string{"ACL SETUSER counter on >" + password + " ~* +@all -@scripting"},
			[]string{"ACL SETUSER counter +@all"},
			"NOPERM (the user may not use a command or a key that is needed)",
		},
		{
			"no streams", "redis", "counter:" + password + "@", "",
			[]string{"ACL SETUSER counter on >" + password + " ~* +@all -@stream"},
			[]string{"ACL SETUSER counter +@all"},
			"NOPERM (the user may not use a command or a key that is needed)",
		},
		{
			"a replica", "redis", "", "",
			[]string{"REPLICAOF 127.0.0.1 1"},
			[]string{"REPLICAOF NO ONE"},
			"READONLY (it is a read-only replica)",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := redistest.Start(t)
			administrator := store.Client()
			tell := func(commands []string) {
				t.Helper()
				for _, command := range commands {
					var words []any
					for word := range strings.FieldsSeq(command) {
						words = append(words, word)
					}
					if err := administrator.Do(t.Context(), words...).Err(); err != nil {
						t.Fatalf("%s: %v", command, err)
					}
				}
			}
			tell([]string{"PING"}) // it connects, and stays logged in
			tell(tt.refuse)
			g := newUnreadyTarget(t, testutil.NewFakeIssuer(), "REDIS_URL="+tt.scheme+"://"+tt.login+store.Address()+tt.path)
			testutil.Eventually(t, "the reason to be logged", testutil.Timeout, func() bool {
				return strings.Contains(g.Stderr.String(), tt.log)
			})
			if got := g.ReadyStatus(); got != http.StatusServiceUnavailable {
				t.Errorf("/readyz is %d", got)
			}
			if strings.Contains(g.Stderr.String(), password) {
				t.Error("the log has the store's password")
			}
			if tt.admit == nil {
				return
			}
			tell(tt.admit)
			if err := g.AwaitReady(); err != nil {
				t.Fatal(err)
			}
			if got := g.whoami(t, g.NewToken(t, "ada", "1")); got != "absent" {
				t.Errorf("with the store a token got %s", got)
			}
			store.Kill()
			testutil.Eventually(t, "the store to be missed", testutil.Timeout, func() bool {
				return g.whoami(t, g.NewToken(t, "ada", "1")) == "SERVICE_UNAVAILABLE"
			})
			if got := g.ReadyStatus(); got != http.StatusOK {
				t.Errorf("after the store failed, /readyz is %d", got)
			}
		})
	}
}

// The webhook reports sign-outs, in signed messages.
func TestSignOutWebhook(t *testing.T) {
	t.Parallel()
	type message struct {
		header http.Header
		body   []byte
	}
	messages := make(chan message, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		messages <- message{r.Header, body}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	key := []byte("0123456789abcdef0123456789abcdef")
	g := newReplicas(t, 1, "SIGNOUT_WEBHOOK_URL="+receiver.URL+"/hook", "SIGNOUT_WEBHOOK_SECRET=whsec_"+base64.StdEncoding.EncodeToString(key))[0]
	g.logout(t, g.NewToken(t, "ada", "phone"))
	var got message
	select {
	case got = <-messages:
	case <-time.After(testutil.Timeout):
		t.Fatal("the webhook was not called")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", got.header.Get("Webhook-Id"), got.header.Get("Webhook-Timestamp"), got.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.header.Get("Webhook-Signature") != want {
		t.Errorf("signature %s, want %s", got.header.Get("Webhook-Signature"), want)
	}
	var event struct {
		Type string
		Data struct {
			UserID         string
			IssuedBefore   time.Time
			TokensExpireAt time.Time
		}
	}
	if err := json.Unmarshal(got.body, &event); err != nil || event.Type != "session.ended" || event.Data.UserID != "ada" ||
		event.Data.IssuedBefore.IsZero() || event.Data.TokensExpireAt.Before(time.Now().Add(30*time.Minute)) {
		t.Errorf("%v: %s", err, got.body)
	}
}
