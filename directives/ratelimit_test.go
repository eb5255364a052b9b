package directives_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/account"
	"authgraph/internal/apierr"
	"authgraph/internal/ratelimit"
	"authgraph/internal/reqctx"
)

// defaultRates returns the default rates of the settings.
func defaultRates() map[string]directives.Rate {
	return map[string]directives.Rate{
		"account-address": {Burst: 5, Every: 30 * time.Second}, "account": {Burst: 10, Every: 30 * time.Second},
		"address": {Burst: 40, Every: 2 * time.Second}, "network": {Burst: 320, Every: 250 * time.Millisecond},
		"code": {Burst: 5, Every: time.Minute}, "code-long": {Burst: 10, Every: 15 * time.Minute},
		"message": {Burst: 3, Every: time.Minute}, "message-long": {Burst: 10, Every: 144 * time.Minute},
		"signup": {Burst: 20, Every: 20 * time.Second}, "token": {Burst: 200, Every: 200 * time.Millisecond},
		"forged-token": {Burst: 200, Every: 200 * time.Millisecond},
	}
}

// limitedAPI is the API with rate limits, a clock that tests advance, and a Cognito stub
// whose only valid password is "right" and whose only valid code is 111111.
type limitedAPI struct {
	t     *testing.T
	api   http.Handler
	limit *directives.RateLimit
	pool  *pool

	mu       sync.Mutex
	now      time.Time
	calls    map[string]int // to Cognito, by operation
	maxWrong int            // wrong passwords until Cognito locks the account; 0 means never
	wrong    int
}

func newLimitedAPI(t *testing.T, signInWith ...string) *limitedAPI {
	t.Helper()
	l := &limitedAPI{t: t, now: time.Unix(1_800_000_000, 0), calls: map[string]int{}, pool: newPool(t)}
	stub := httptest.NewServer(http.HandlerFunc(l.cognito))
	t.Cleanup(stub.Close)
	l.limit = &directives.RateLimit{
		Counters: ratelimit.NewMemory(ratelimit.MemoryOptions{Now: l.clock}),
		Rates:    defaultRates(),
		Accounts: account.Keys{Pool: "p"},
		Aliases:  len(signInWith) > 1,
	}
	client, err := cognito.New(cognito.Options{
		Region: "r", ClientID: "c", Endpoint: stub.URL, UsernameAttribute: "name", ModeAttribute: "custom:mode",
		SignInWith: signInWith,
		SignedIn:   func(ctx context.Context, s cognito.SignIn) { l.limit.SignedIn(ctx, s.Account, s.Username, s.Subject) },
	})
	if err != nil {
		t.Fatal(err)
	}
	l.limit.Client, l.pool.auth.Client, l.pool.auth.Limit = client, client, l.limit
	constraint := &directives.Constraint{}
	limits := graph.DefaultLimits()
	limits.CredentialFields, limits.Batch, limits.Aliases, limits.RootFields = 100, 100, 100, 100
	l.api, err = graph.NewHandler(graph.Options{
		Cognito: client, Verifier: l.pool.auth.Verifier, Limits: limits, Log: slog.New(slog.DiscardHandler),
		Directives: generated.DirectiveRoot{
			Auth: l.pool.auth.Directive, Constraint: constraint.Directive, RateLimit: l.limit.Directive,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *limitedAPI) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// advance advances the clock.
func (l *limitedAPI) advance(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// cognito handles a call as Cognito does.
func (l *limitedAPI) cognito(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct {
		AuthParameters     map[string]string
		ChallengeResponses map[string]string
		ConfirmationCode   string
		PreviousPassword   string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	l.mu.Lock()
	l.calls[operation]++
	locked := l.maxWrong > 0 && l.wrong >= l.maxWrong
	response := `{"CodeDeliveryDetails":{"Destination":"a***","DeliveryMedium":"EMAIL"},"UserSub":"the-sub"}`
	failure := ""
	password, guessed := in.AuthParameters["PASSWORD"]
	challenge, challenged := strings.CutPrefix(password, "challenge ")
	switch {
	case guessed && locked:
		failure = `{"__type":"NotAuthorizedException","message":"Password attempts exceeded"}`
	case guessed && password == "right", in.ChallengeResponses["SOFTWARE_TOKEN_MFA_CODE"] == "111111":
		response = l.tokens()
	case challenged:
		response = `{"ChallengeName":"` + challenge + `","Session":"s","ChallengeParameters":{"USER_ID_FOR_SRP":"the-sub","MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]"}}`
	case operation == "AssociateSoftwareToken":
		response = `{"SecretCode":"JBSWY3DPEHPK3PXP","Session":"next"}`
	case operation == "GetUser":
		response = `{"Username":"the-sub","UserAttributes":[{"Name":"email","Value":"ada@example.com"}]}`
	case operation == "InitiateAuth" && !guessed:
		response = `{"ChallengeName":"EMAIL_OTP","Session":"s","ChallengeParameters":{}}`
	case guessed:
		l.wrong++
		failure = `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`
	case operation == "ChangePassword":
		failure = `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`
	case operation == "RespondToAuthChallenge", strings.HasPrefix(operation, "Confirm") && in.ConfirmationCode != "111111",
		strings.HasPrefix(operation, "Verify"):
		failure = `{"__type":"CodeMismatchException","message":"Invalid code."}`
	case operation == "GetTokensFromRefreshToken":
		failure = `{"__type":"NotAuthorizedException","message":"Invalid Refresh Token"}`
	}
	l.mu.Unlock()
	if failure != "" {
		w.WriteHeader(http.StatusBadRequest)
		response = failure
	}
	_, _ = w.Write([]byte(response))
}

func (l *limitedAPI) tokens() string {
	segment := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	access := segment(map[string]any{}) + "." + segment(map[string]any{"sub": "the-sub", "username": "the-sub", "origin_jti": "o"}) + ".x"
	id := segment(map[string]any{}) + "." + segment(map[string]any{"sub": "the-sub", "email": "ada@example.com"}) + ".x"
	return fmt.Sprintf(`{"AuthenticationResult":{"AccessToken":%q,"IdToken":%q,"ExpiresIn":3600}}`, access, id)
}

// post sends a body from an address and returns the codes of all errors in the response.
func (l *limitedAPI) post(from, body string) []string {
	l.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	request := &reqctx.Request{ClientAddr: netip.MustParseAddr(from), Bearer: l.pool.token(l.t, nil)}
	w := httptest.NewRecorder()
	l.api.ServeHTTP(w, r.WithContext(reqctx.NewContext(r.Context(), request)))
	text := bytes.TrimSpace(w.Body.Bytes())
	if text[0] != '[' {
		text = []byte("[" + string(text) + "]")
	}
	var responses []graphql.Response
	if err := json.Unmarshal(text, &responses); err != nil {
		l.t.Fatalf("%v: %s", err, text)
	}
	var codes []string
	for _, response := range responses {
		for _, e := range response.Errors {
			code, _ := e.Extensions["code"].(string)
			codes = append(codes, code)
			seconds, ok := e.Extensions["retryAfterSeconds"].(float64)
			if (code == "RATE_LIMITED") != (ok && seconds >= 1) {
				l.t.Errorf("code %s with retryAfterSeconds %v", code, seconds)
			}
		}
	}
	return codes
}

// mutate executes one field of Mutation.
func (l *limitedAPI) mutate(from, field string) string {
	l.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": "mutation{" + field + "}"})
	return strings.Join(l.post(from, string(body)), " ")
}

func signin(email, password string) string {
	return fmt.Sprintf(`signin(input:{email:%q,password:%q}){__typename}`, email, password)
}

func (l *limitedAPI) signin(from, email, password string) string {
	return l.mutate(from, signin(email, password))
}

// challenge starts a sign-in of ada@example.com that leads to a challenge, and returns its
// session, or that of the enrollment if the challenge is one.
func (l *limitedAPI) challenge(from, name string) string {
	l.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": `mutation{signin(input:{email:"ada@example.com",password:"challenge ` + name + `"}){
		...on Challenge{session} ...on MfaSetupChallenge{totp{session}}}}`})
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	request := &reqctx.Request{ClientAddr: netip.MustParseAddr(from)}
	l.api.ServeHTTP(w, r.WithContext(reqctx.NewContext(r.Context(), request)))
	var response struct {
		Data struct {
			Signin struct {
				Session string
				Totp    struct{ Session string }
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &response); err != nil || response.Data.Signin.Session == "" {
		l.t.Fatalf("no challenge: %v %s", err, w.Body)
	}
	return cmp.Or(response.Data.Signin.Totp.Session, response.Data.Signin.Session)
}

// respond answers a challenge. answer is GraphQL.
func (l *limitedAPI) respond(from, session, answer string) string {
	l.t.Helper()
	return l.mutate(from, `respondToChallenge(input:{session:"`+session+`",answer:{`+answer+`}}){__typename}`)
}

// home and cafe are addresses of clients.
const home, cafe = "192.0.2.1", "198.51.100.7"

// TestRateLimitOfEveryOperation checks the limit of each operation that accepts
// credentials or sends messages: attempts up to the limit reach Cognito, later ones do
// not.
func TestRateLimitOfEveryOperation(t *testing.T) {
	tests := []struct {
		field     string // {{NAME}} is the session of a challenge
		operation string
		limit     int
	}{
		{`signin(input:{email:"a@b.cd",password:"wrong"}){__typename}`, "InitiateAuth", 5},
		{`verifyAccount(input:{email:"a@b.cd",confirmationCode:"0"}){status}`, "ConfirmSignUp", 5},
		{`confirmForgotPassword(input:{email:"a@b.cd",confirmationCode:"0",newPassword:"longenough"}){success}`, "ConfirmForgotPassword", 5},
		{`respondToChallenge(input:{session:"{{SOFTWARE_TOKEN_MFA}}",answer:{code:"0"}}){__typename}`, "RespondToAuthChallenge", 5},
		{`respondToChallenge(input:{session:"{{PASSWORD}}",answer:{password:"0"}}){__typename}`, "RespondToAuthChallenge", 5},
		{`respondToChallenge(input:{session:"{{SELECT_MFA_TYPE}}",answer:{mfaType:"SMS_MFA"}}){__typename}`, "RespondToAuthChallenge", 3},
		{`resendConfirmationCode(input:{email:"a@b.cd"}){destination}`, "ResendConfirmationCode", 3},
		{`forgotPassword(input:{email:"a@b.cd"}){destination}`, "ForgotPassword", 3},
		{`startSignin(input:{email:"a@b.cd",preferredFactor:EMAIL_OTP}){__typename}`, "InitiateAuth", 3},
		{`startSignin(input:{email:"a@b.cd",srpA:"ab"}){__typename}`, "InitiateAuth", 200},
		{`signup(input:{email:"a@b.cd",password:"longenough",username:"a",mode:"m"}){userId}`, "SignUp", 20},
		{`changePassword(input:{currentPassword:"0",newPassword:"longenough"}){success}`, "ChangePassword", 5},
		{`verifyAttribute(input:{attribute:"email",code:"0"}){success}`, "VerifyUserAttribute", 5},
		{`verifyTotp(input:{code:"000000"}){success}`, "VerifySoftwareToken", 5},
		{`requestAttributeCode(input:{attribute:"email"}){destination}`, "GetUserAttributeVerificationCode", 3},
		{`updateUser(input:{attributes:[{name:"email",value:"x@y.zz"}]}){codeDeliveries{destination}}`, "UpdateUserAttributes", 3},
		{`updateUser(input:{attributes:{name:"phone_number",value:"+1"}}){codeDeliveries{destination}}`, "UpdateUserAttributes", 3},
		{`refreshToken(input:{refreshToken:"r"}){accessToken}`, "GetTokensFromRefreshToken", 200},
	}
	for _, tt := range tests {
		t.Run(tt.field[:strings.IndexByte(tt.field, '(')], func(t *testing.T) {
			t.Parallel()
			l := newLimitedAPI(t)
			if before, rest, found := strings.Cut(tt.field, "{{"); found {
				name, after, _ := strings.Cut(rest, "}}")
				tt.field = before + l.challenge(cafe, name) + after
			}
			for range tt.limit {
				if got := l.mutate(home, tt.field); strings.Contains(got, "RATE_LIMITED") || got == "GRAPHQL_VALIDATION_FAILED" {
					t.Fatalf("%s: rejected within the first %d attempts: %s", tt.field, tt.limit, got)
				}
			}
			if got := l.mutate(home, tt.field); got != "RATE_LIMITED" {
				t.Errorf("%s: attempt %d returns %q, want RATE_LIMITED", tt.field, tt.limit+1, got)
			}
			if calls := l.calls[tt.operation]; calls != tt.limit {
				t.Errorf("%s: %d calls of %s, want %d", tt.field, calls, tt.operation, tt.limit)
			}
		})
	}
	t.Run("an attribute that is not verified", func(t *testing.T) {
		l := newLimitedAPI(t)
		for range 20 {
			if got := l.mutate(home, `updateUser(input:{attributes:[{name:"given_name",value:"x"}]}){codeDeliveries{destination}}`); got != "" {
				t.Fatal(got)
			}
		}
	})
}

// Sign-ups with ever new names cannot flood the phone or the mailbox of somebody else, from
// whatever addresses. Those that send nothing there are not counted.
func TestRateLimitOfSignUpFloods(t *testing.T) {
	for name, test := range map[string]struct {
		signInWith []string
		input      string
	}{
		"phone number":              {nil, `email:"user%d@example.com",phoneNumber:"+14325551212"`},
		"phone number as attribute": {nil, `email:"user%d@example.com",attributes:[{name:"phone_number",value:"+14325551212"}]`},
		"e-mail address":            {[]string{"username"}, `username:"user%d",email:"eve@example.com"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimitedAPI(t, test.signInWith...)
			signUp := func(i int, input string) string {
				from := fmt.Sprintf("198.51.100.%d", i)
				return l.mutate(from, `signup(input:{`+fmt.Sprintf(input, i)+`,password:"longenough"}){userId}`)
			}
			most := defaultRates()["message-long"].Burst
			for i := range most {
				if got := signUp(i, test.input); got == "RATE_LIMITED" {
					t.Fatalf("sign-up %d is refused", i)
				}
			}
			if got := signUp(most, test.input); got != "RATE_LIMITED" {
				t.Errorf("sign-up %d: %q", most, got)
			}
			if got := signUp(most+1, strings.NewReplacer("+14325551212", "+14325550000", "eve@", "bob@").Replace(test.input)); got == "RATE_LIMITED" {
				t.Error("a sign-up with another address is refused")
			}
		})
	}
}

// TestRateLimitCountsFields checks that every executed field counts, however it is sent.
func TestRateLimitCountsFields(t *testing.T) {
	guesses := func(n int) (fields []string) {
		for i := range n {
			fields = append(fields, fmt.Sprintf("a%d:%s", i, signin("a@b.cd", fmt.Sprint("wrong", i))))
		}
		return fields
	}
	query := func(document string) string {
		body, _ := json.Marshal(map[string]string{"query": document})
		return string(body)
	}
	for name, body := range map[string]string{
		"aliases":          query("mutation{" + strings.Join(guesses(30), " ") + "}"),
		"a fragment":       query("mutation{...f} fragment f on Mutation{" + strings.Join(guesses(30), " ") + "}"),
		"inline fragments": query("mutation{...{" + strings.Join(guesses(30), "} ...{") + "}}"),
		"a batch":          "[" + strings.Repeat(query("mutation{"+signin("a@b.cd", "wrong")+"}")+",", 29) + query("mutation{"+signin("a@b.cd", "wrong")+"}") + "]",
		"spellings": query("mutation{" + strings.Join([]string{
			"a:" + signin("a@b.cd", "1"), "b:" + signin("A@b.cd", "2"), "c:" + signin("a@B.cd", "3"), "d:" + signin("A@B.CD", "4"),
			"e:" + signin("a@b.Cd", "5"), "f:" + signin("A@b.cD", "6"), "g:" + signin("A@B.cd", "7"),
		}, " ") + "}"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimitedAPI(t)
			codes := l.post(home, body)
			if calls := l.calls["InitiateAuth"]; calls != 5 {
				t.Errorf("%d guesses reached Cognito, want 5; %v", calls, codes)
			}
			for i, code := range codes {
				if want := map[bool]string{true: "INVALID_CREDENTIALS", false: "RATE_LIMITED"}[i < 5]; code != want {
					t.Errorf("error %d is %s, want %s", i+1, code, want)
				}
			}
		})
	}
}

func TestRateLimitRefills(t *testing.T) {
	l := newLimitedAPI(t)
	for range 6 {
		l.signin(home, "a@b.cd", "wrong")
	}
	l.advance(30 * time.Second)
	if got := l.signin(home, "a@b.cd", "wrong"); got != "INVALID_CREDENTIALS" {
		t.Errorf("after 30 seconds: %s", got)
	}
	if got := l.signin(home, "a@b.cd", "wrong"); got != "RATE_LIMITED" {
		t.Errorf("second attempt after 30 seconds: %s", got)
	}
}

// TestRateLimitAfterSuccess checks that a completed sign-in clears the failed attempts of
// its account and address. Neither a challenge nor a sent message does.
func TestRateLimitAfterSuccess(t *testing.T) {
	l := newLimitedAPI(t)
	for range 4 {
		l.signin(home, "ada@example.com", "wrong")
	}
	if got := l.signin(home, "ada@example.com", "right"); got != "" {
		t.Fatal(got)
	}
	for i := range 5 {
		if got := l.signin(home, "ada@example.com", "wrong"); got != "INVALID_CREDENTIALS" {
			t.Fatalf("attempt %d after a success: %s", i+1, got)
		}
	}
	if got := l.signin(home, "ada@example.com", "right"); got != "RATE_LIMITED" {
		t.Errorf("attempt 6 after a success: %s", got)
	}

	l = newLimitedAPI(t)
	for range 5 {
		if got := l.signin(home, "ada@example.com", "challenge SOFTWARE_TOKEN_MFA"); got != "" {
			t.Fatal(got)
		}
	}
	if got := l.signin(home, "ada@example.com", "challenge SOFTWARE_TOKEN_MFA"); got != "RATE_LIMITED" {
		t.Errorf("a challenge cleared the attempts: %s", got)
	}
	if l.mutate(home, `forgotPassword(input:{email:"ada@example.com"}){destination}`); l.signin(home, "ada@example.com", "wrong") != "RATE_LIMITED" {
		t.Error("a message cleared the attempts")
	}
	// A correct code completes the sign-in.
	if got := l.respond(home, l.challenge(cafe, "SOFTWARE_TOKEN_MFA"), `code:"111111"`); got != "" {
		t.Fatal(got)
	}
	if got := l.signin(home, "ada@example.com", "wrong"); got != "INVALID_CREDENTIALS" {
		t.Errorf("after the completed sign-in: %s", got)
	}
}

// TestRateLimitOfUnknownAddresses checks that all unknown addresses share one budget for
// an account, and that using it up does not affect an address from which the owner has
// signed in.
func TestRateLimitOfUnknownAddresses(t *testing.T) {
	l := newLimitedAPI(t)
	l.maxWrong = 5
	if got := l.signin(home, "ada@example.com", "right"); got != "" {
		t.Fatal(got)
	}
	before := l.calls["InitiateAuth"]
	for i := range 200 {
		l.signin(fmt.Sprintf("203.0.113.%d", i), "ada@example.com", "wrong")
	}
	if guesses := l.calls["InitiateAuth"] - before; guesses > 10 {
		t.Errorf("%d guesses from unknown addresses reached Cognito, want at most 10", guesses)
	}
	// Cognito has locked the account, too. Its lock expires if no more wrong passwords
	// reach it.
	for range 10 {
		l.advance(30 * time.Second)
		before := l.calls["InitiateAuth"]
		if got := l.signin(cafe, "ada@example.com", "wrong"); got != "RATE_LIMITED" || l.calls["InitiateAuth"] != before {
			t.Fatalf("a guess from an unknown address was not limited: %s", got)
		}
	}
	l.wrong = 0
	if got := l.signin(home, "ada@example.com", "right"); got != "" {
		t.Errorf("the owner is locked out: %s", got)
	}
	if got := l.mutate(home, `forgotPassword(input:{email:"ada@example.com"}){destination}`); got != "" {
		t.Errorf("the owner cannot request a code: %s", got)
	}
	l.advance(15 * time.Minute)
	if got := l.signin(cafe, "ada@example.com", "right"); got != "" {
		t.Errorf("the owner is still locked out at a new address: %s", got)
	}
}

// TestKnownAddresses checks what makes an address a known one of an account: a code from
// the mailbox, and for codes also a sign-up, which proves nothing about the mailbox.
func TestKnownAddresses(t *testing.T) {
	const email = "ada@example.com"
	guess := func(l *limitedAPI, from string) string { return l.signin(from, email, "right") }
	enter := func(code string) func(*limitedAPI, string) string {
		return func(l *limitedAPI, from string) string {
			return l.mutate(from, `verifyAccount(input:{email:"`+email+`",confirmationCode:"`+code+`"}){status}`)
		}
	}
	signup := func(l *limitedAPI, from string) string {
		return l.mutate(from, `signup(input:{email:"`+email+`",password:"longenough",username:"a",mode:"m"}){userId}`)
	}
	reset := func(l *limitedAPI, from string) string {
		return l.mutate(from, `confirmForgotPassword(input:{email:"`+email+`",confirmationCode:"111111",newPassword:"longenough"}){success}`)
	}
	for name, tt := range map[string]struct {
		first func(*limitedAPI, string) string // what happens at the address
		// Whether passwords and codes are accepted there while strangers are limited.
		password, code bool
	}{
		"nothing":                 {func(*limitedAPI, string) string { return "" }, false, false},
		"sign-up":                 {signup, false, true},
		"code of the sign-up":     {enter("111111"), true, true},
		"a wrong code":            {enter("222222"), false, false},
		"code for a new password": {reset, true, true},
		"sign-in":                 {guess, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimitedAPI(t)
			tt.first(l, home)
			for i := range 20 {
				l.signin(fmt.Sprintf("203.0.113.%d", i), email, "wrong")
				enter("222222")(l, fmt.Sprintf("203.0.113.%d", i))
			}
			if got := guess(l, home) != "RATE_LIMITED"; got != tt.password {
				t.Errorf("a password is accepted: %t", got)
			}
			if got := enter("111111")(l, home) != "RATE_LIMITED"; got != tt.code {
				t.Errorf("a code is accepted: %t", got)
			}
		})
	}
}

// TestRateLimitOfPasswordSpraying checks the limits on an address or network that tries
// one password on many accounts.
func TestRateLimitOfPasswordSpraying(t *testing.T) {
	for name, tt := range map[string]struct {
		from  func(int) string
		limit int
	}{
		"one address":        {func(int) string { return home }, 40},
		"one IPv6 /64":       {func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i) }, 40},
		"one IPv6 /48":       {func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) }, 320},
		"many IPv6 networks": {func(i int) string { return fmt.Sprintf("2001:db8:%x::1", i) }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimitedAPI(t)
			for i := range 400 {
				l.signin(tt.from(i), fmt.Sprintf("user%d@example.com", i), "Summer-2026")
			}
			if calls := l.calls["InitiateAuth"]; calls != tt.limit {
				t.Errorf("%d of 400 guesses reached Cognito, want %d", calls, tt.limit)
			}
		})
	}
}

// TestRateLimitOfConcurrentAttempts checks that concurrent attempts cannot exceed a limit.
func TestRateLimitOfConcurrentAttempts(t *testing.T) {
	l := newLimitedAPI(t)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { l.signin(home, "a@b.cd", "wrong") })
	}
	wg.Wait()
	if calls := l.calls["InitiateAuth"]; calls != 5 {
		t.Errorf("%d guesses reached Cognito, want 5", calls)
	}
}

// TestRateLimitOfForgedTokens checks that forged tokens are limited. Malformed tokens,
// which are cheap to reject, and valid tokens are not.
func TestRateLimitOfForgedTokens(t *testing.T) {
	l := newLimitedAPI(t)
	token := l.pool.token(t, nil)
	try := func(bearer string) apierr.Code {
		request := &reqctx.Request{ClientAddr: netip.MustParseAddr(home), Bearer: bearer}
		_, err := l.pool.auth.Directive(reqctx.NewContext(t.Context(), request), nil,
			func(context.Context) (any, error) { return nil, nil }, nil, nil, nil, false, false)
		if err == nil {
			return ""
		}
		return apierr.From(err).Code
	}
	forged := token[:len(token)-12] + "AAAAAAAAAAAA"
	for i := range 200 {
		if got := try(forged); got != apierr.InvalidToken {
			t.Fatalf("forged token %d: %s", i+1, got)
		}
	}
	if got := try(forged); got != apierr.RateLimited {
		t.Errorf("forged token 201: %s", got)
	}
	if got := try("malformed"); got != apierr.InvalidToken {
		t.Errorf("malformed token: %s", got)
	}
	if got := try(token); got != "" {
		t.Errorf("valid token: %s", got)
	}
}

// brokenCounters fails every attempt.
type brokenCounters struct{ ratelimit.Counters }

func (brokenCounters) Take(context.Context, ratelimit.Attempt) (ratelimit.Decision, error) {
	return ratelimit.Decision{}, errors.New("broken")
}

// TestRateLimitFailsClosed checks that no attempt reaches Cognito if the counters fail.
func TestRateLimitFailsClosed(t *testing.T) {
	l := newLimitedAPI(t)
	l.limit.Counters = brokenCounters{}
	if got := l.signin(home, "a@b.cd", "right"); got != "SERVICE_UNAVAILABLE" || l.calls["InitiateAuth"] != 0 {
		t.Errorf("code %s, %d calls", got, l.calls["InitiateAuth"])
	}
}

// TestRateLimitOfAllNames checks that attempts are counted for one account, whichever name
// of it Cognito, the client or the access token uses.
func TestRateLimitOfAllNames(t *testing.T) {
	changePassword := `changePassword(input:{currentPassword:"0",newPassword:"longenough"}){success}`
	attempts := map[string]func(l *limitedAPI, session string) string{
		"signin": func(l *limitedAPI, _ string) string { return l.signin(home, "Ada@Example.com", "wrong") },
		"answer": func(l *limitedAPI, session string) string { return l.respond(home, session, `password:"0"`) },
		"change": func(l *limitedAPI, _ string) string { return l.mutate(home, changePassword) },
	}
	for first, use := range attempts {
		for second, again := range attempts {
			l := newLimitedAPI(t)
			session := l.challenge(cafe, "PASSWORD")
			for range 5 {
				if got := use(l, session); got == "RATE_LIMITED" {
					t.Fatalf("%s: refused within the limit", first)
				}
			}
			if got := again(l, session); got != "RATE_LIMITED" {
				t.Errorf("after %s, %s got %s", first, second, got)
			}
		}
	}

	// A success with the name of the access token does not refill the budget of the address:
	// users can enter the address of someone else.
	l := newLimitedAPI(t)
	for range 4 {
		l.signin(home, "ada@example.com", "wrong")
	}
	l.mutate(home, `verifyTotp(input:{code:"111111"}){success}`)
	if l.signin(home, "ada@example.com", "wrong"); l.signin(home, "ada@example.com", "wrong") != "RATE_LIMITED" {
		t.Error("another account refilled the budget")
	}
}

// TestRateLimitOfAliases checks that all names that a user has signed in with share the
// budgets of the account, and that the others have their own.
func TestRateLimitOfAliases(t *testing.T) {
	by := func(name string) func(l *limitedAPI, password string) string {
		return func(l *limitedAPI, password string) string {
			return l.mutate(home, `signin(input:{`+name+`,password:"`+password+`"}){__typename}`)
		}
	}
	names := map[string]func(l *limitedAPI, password string) string{
		"email": by(`email:"ada@example.com"`), "phone number": by(`phoneNumber:"+15551234567"`), "user name": by(`username:"the-sub"`),
	}
	for first, use := range names {
		for second, again := range names {
			for _, linked := range []bool{true, false} {
				if first == second && !linked {
					continue
				}
				l := newLimitedAPI(t, cognito.SignInWithEmail, cognito.SignInWithPhoneNumber, cognito.SignInWithUsername)
				session := l.challenge(cafe, "PASSWORD")
				if linked {
					for name, signIn := range names {
						if got := signIn(l, "right"); got != "" {
							t.Fatalf("sign-in by %s: %s", name, got)
						}
					}
				}
				for range 5 {
					if got := use(l, "wrong"); got != "INVALID_CREDENTIALS" {
						t.Fatalf("%s, linked %t: %s", first, linked, got)
					}
				}
				if got := again(l, "wrong"); (got == "RATE_LIMITED") != linked {
					t.Errorf("after %s, %s, linked %t: %s", first, second, linked, got)
				}
				if got := l.respond(home, session, `password:"0"`); linked && got != "RATE_LIMITED" {
					t.Errorf("after %s, a session: %s", first, got)
				}
			}
		}
	}
}

// TestSessionsOfChallenges checks that only sessions of this server are answered, and that a
// changed one reaches neither Cognito nor another account's budget.
func TestSessionsOfChallenges(t *testing.T) {
	l := newLimitedAPI(t)
	plain := func(challenge string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"c":"` + challenge + `","a":"ada@example.com","u":"the-sub","s":"s"}`))
	}
	changed := func(session string) string {
		half := len(session) / 2
		return session[:half] + strings.Repeat("A", 8) + session[half+8:]
	}
	const code, setup = `code:"0"`, `mfaSetup:{totpCode:"000000"}`
	session, enrollment := l.challenge(home, "SOFTWARE_TOKEN_MFA"), l.challenge(home, "MFA_SETUP")
	calls := func() int { return l.calls["RespondToAuthChallenge"] + l.calls["VerifySoftwareToken"] }
	for _, tt := range []struct{ name, session, answer, want string }{
		{"plain text", plain("SOFTWARE_TOKEN_MFA"), code, "SESSION_EXPIRED"},
		{"changed", changed(session), code, "SESSION_EXPIRED"},
		{"of another process", newLimitedAPI(t).challenge(home, "SOFTWARE_TOKEN_MFA"), code, "SESSION_EXPIRED"},
		{"cut", session[:20], code, "BAD_USER_INPUT"},
		{"not base64", session + "!", code, "BAD_USER_INPUT"},
		{"genuine", session, code, "CODE_MISMATCH"},
		{"enrollment in plain text", plain("MFA_SETUP"), setup, "SESSION_EXPIRED"},
		{"changed enrollment", changed(enrollment), setup, "SESSION_EXPIRED"},
		{"genuine enrollment", enrollment, setup, "CODE_MISMATCH"},
	} {
		before := calls()
		if got := l.respond(home, tt.session, tt.answer); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if called := calls() > before; called != strings.HasPrefix(tt.name, "genuine") {
			t.Errorf("%s: Cognito was called: %t", tt.name, called)
		}
	}
	if raw, err := base64.RawURLEncoding.DecodeString(session); err != nil || bytes.Contains(raw, []byte("the-sub")) {
		t.Error("the session shows the user's id")
	}
}
