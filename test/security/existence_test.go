package security_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// P14: with HIDE_USER_EXISTENCE neither a response nor its time reveals whether an address
// has an account, whatever the app client's setting.
func TestAttackExistence(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"enabled", "legacy"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			testutil.Build(t)
			p := testutil.Start(t, []string{
				"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir(), unlimited,
				"POOL_USER_EXISTENCE_ERRORS=" + client, "HIDE_USER_EXISTENCE=true",
			}, nil)
			if err := p.AwaitReady(); err != nil {
				t.Fatal(err)
			}
			g := &target{&testutil.Target{Program: p, Client: testutil.NewClient()}}
			ask := func(mutation string) testutil.TimedResponse {
				t.Helper()
				r, err := g.Post("mutation{" + mutation + "}")
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			signup := func(email string) string {
				return fmt.Sprintf(`signup(input:{email:%q,username:"A",password:"Right-Horse-1",mode:"m"}){userId confirmed codeDelivery{destination medium attribute}}`, email)
			}
			// A confirmed account, an unconfirmed one, and an address without an account.
			for _, email := range []string{"ada@example.com", "bob@example.com"} {
				if r := ask(signup(email)); r.Code() != "absent" {
					t.Fatal(string(r.Body))
				}
			}
			code := testutil.InboxCode(t, p.PoolURL(), "ada@example.com")
			if r := ask(fmt.Sprintf(`verifyAccount(input:{email:"ada@example.com",confirmationCode:%q}){status}`, code)); r.Code() != "absent" {
				t.Fatal(string(r.Body))
			}

			operations := map[string]func(string) string{
				"signin": func(email string) string {
					return fmt.Sprintf(`signin(input:{email:%q,password:"Wrong-Horse-1"}){__typename}`, email)
				},
				"verifyAccount": func(email string) string {
					return fmt.Sprintf(`verifyAccount(input:{email:%q,confirmationCode:"000000"}){status}`, email)
				},
				"resendConfirmationCode": func(email string) string {
					return fmt.Sprintf(`resendConfirmationCode(input:{email:%q}){destination medium attribute}`, email)
				},
				"forgotPassword": func(email string) string {
					return fmt.Sprintf(`forgotPassword(input:{email:%q}){destination medium attribute}`, email)
				},
				"confirmForgotPassword": func(email string) string {
					return fmt.Sprintf(`confirmForgotPassword(input:{email:%q,confirmationCode:"000000",newPassword:"Other-Horse-1"}){success}`, email)
				},
				"signup": signup,
			}
			// Equal except for values that always differ.
			own := regexp.MustCompile(`"requestId":"[^"]*"`)
			var mu sync.Mutex
			answers, times := map[string]string{}, map[string]time.Duration{}
			var wg sync.WaitGroup
			emails := []string{"ada@example.com", "bob@example.com", "nobody@example.com"}
			for name, operation := range operations {
				if name == "signup" {
					continue
				}
				for _, email := range emails {
					wg.Go(func() {
						r := ask(operation(email))
						mu.Lock()
						defer mu.Unlock()
						masked := strings.Replace(own.ReplaceAllString(string(r.Body), ""), email[:1]+"***@", "x***@", 1)
						answers[name+" "+email], times[name+" "+email] = fmt.Sprint(r.Status, masked), r.Took
					})
				}
			}
			wg.Wait()
			before := testutil.InboxCode(t, p.PoolURL(), "bob@example.com")
			// Last, since it creates no account.
			for _, email := range emails {
				r := ask(signup(email))
				masked := strings.Replace(own.ReplaceAllString(string(r.Body), ""), email[:1]+"***@", "x***@", 1)
				answers["signup "+email], times["signup "+email] = fmt.Sprint(r.Status, masked), r.Took
			}
			for name := range operations {
				unknown := name + " nobody@example.com"
				for _, email := range emails[:2] {
					known := name + " " + email
					if answers[known] != answers[unknown] {
						t.Errorf("%s: with an account\n%s\nand without\n%s", known, answers[known], answers[unknown])
					}
					if a, b := times[known], times[unknown]; a > 2*b || b > 2*a {
						t.Errorf("%s: %v with an account, %v without", known, a, b)
					}
				}
				t.Logf("%s: %v with, %v without; %.90s", name, times[name+" ada@example.com"].Round(time.Millisecond), times[unknown].Round(time.Millisecond), answers[unknown])
			}
			// The owner gets a message that explains how to go on.
			testutil.Eventually(t, "the owner to be told", testutil.Timeout, func() bool { return testutil.InboxCode(t, p.PoolURL(), "bob@example.com") != before })
			// The right password is accepted without delay.
			if r := ask(`signin(input:{email:"ada@example.com",password:"Right-Horse-1"}){__typename}`); r.Code() != "absent" || r.Took > 900*time.Millisecond {
				t.Errorf("the right password: %v %s", r.Took, r.Body)
			}
		})
	}
}

// Cognito's threat protection gets what it needs: the device data from the client, and the
// client address as reported by trusted proxies.
func TestUserContextReachesCognito(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		settings []string
		want     string
	}{
		{"address and device", []string{"SEND_CLIENT_ADDRESS=true", "AWS_COGNITO_APP_CLIENT_SECRET=a-secret-of-the-client", "TRUSTED_PROXIES=127.0.0.1"}, `"UserContextData":{"EncodedData":"ZGV2aWNl","IpAddress":"203.0.113.9"}`},
		{"from no trusted proxy", []string{"SEND_CLIENT_ADDRESS=true", "AWS_COGNITO_APP_CLIENT_SECRET=a-secret-of-the-client"}, `"UserContextData":{"EncodedData":"ZGV2aWNl","IpAddress":"127.0.0.1"}`},
		{"the device alone", []string{"TRUSTED_PROXIES=127.0.0.1"}, `"UserContextData":{"EncodedData":"ZGV2aWNl"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newReplicas(t, 1, tt.settings...)[0]
			g.Cognito.RejectAll()
			request := g.Request("POST", "/graphql", []byte(testutil.RequestBody("mutation{"+guess("ada@example.com", 1)+"}")))
			request.Header.Set("X-Forwarded-For", "203.0.113.9")
			request.Header.Set("X-Device-Data", "ZGV2aWNl")
			if _, err := g.Send(request); err != nil {
				t.Fatal(err)
			}
			if asked := g.Cognito.Calls(); len(asked) != 1 || !strings.Contains(asked[0], tt.want) {
				t.Errorf("Cognito got %q, want %s", asked, tt.want)
			}
		})
	}
}
