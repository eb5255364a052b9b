package security_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/testutil"
)

// disputed is a Cognito with one account, which a stranger has signed up.
type disputed struct {
	mu        sync.Mutex
	tokens    string // the response to a sign-in
	confirmed bool
	revoked   bool
	password  string
}

// respond sets the response to a sign-in.
func (d *disputed) respond(response string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens = response
}

func (d *disputed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct {
		Password       string
		AuthFlow       string
		AuthParameters map[string]string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	d.mu.Lock()
	defer d.mu.Unlock()
	response := "{}"
	switch {
	case operation == "SignUp":
		response = `{"__type":"UsernameExistsException","message":"User already exists"}`
	case operation == "ConfirmSignUp":
		d.confirmed, response = true, `{"Session":"abcdefghijklmnopqrstuvwxyz"}`
	case operation == "ConfirmForgotPassword":
		d.password = in.Password
	case operation == "RevokeToken":
		d.revoked = true
	case operation == "InitiateAuth" && (in.AuthFlow == "USER_SRP_AUTH" || in.AuthParameters["PREFERRED_CHALLENGE"] == "PASSWORD_SRP"):
		response = `{"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"USER_ID_FOR_SRP":"ada","SALT":"1","SRP_B":"1","SECRET_BLOCK":"x"}}`
	case operation == "InitiateAuth" && !d.confirmed:
		response = `{"__type":"UserNotConfirmedException","message":"User is not confirmed."}`
	case operation == "InitiateAuth" && in.AuthFlow == "USER_PASSWORD_AUTH" && in.AuthParameters["PASSWORD"] != d.password:
		response = `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`
	case operation == "InitiateAuth" && in.AuthFlow == "USER_AUTH":
		response = `{"ChallengeName":"SELECT_CHALLENGE","Session":"abcdefghijklmnopqrstuvwxyz","AvailableChallenges":["PASSWORD"]}`
	case operation == "InitiateAuth", operation == "RespondToAuthChallenge":
		response = d.tokens
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if strings.Contains(response, "__type") {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = io.WriteString(w, response)
}

// P32: the password of an account that was signed up again before it was confirmed is
// refused at all replicas, until it is reset.
func TestAttackSignupAgain(t *testing.T) {
	t.Parallel()
	replicas := newReplicas(t, 2, "REDIS_URL="+redistest.Start(t).URL(), unlimited)
	a, b := replicas[0], replicas[1]
	meanwhile := a.sessionToken(t, "ada", "meanwhile", 0)
	for _, g := range replicas {
		testutil.Eventually(t, "the store to be read", 5*time.Second, func() bool { return g.whoami(t, meanwhile) == "absent" })
	}
	upstream := &disputed{password: "Strange-Horse-1", tokens: fmt.Sprintf(
		`{"AuthenticationResult":{"AccessToken":%q,"RefreshToken":"r","ExpiresIn":3600,"TokenType":"Bearer"}}`, a.sessionToken(t, "ada", "new", 10))}
	a.Cognito.RespondWith(upstream.ServeHTTP)
	post := func(g *target, document, want string) testutil.TimedResponse {
		t.Helper()
		r, err := g.Post(document)
		if err != nil || r.Code() != want {
			t.Fatalf("%s: %v %s, want %s", document, err, r.Body, want)
		}
		return r
	}
	signin := func(password string) string {
		return fmt.Sprintf(`mutation{signin(input:{email:"ada@example.com",password:%q}){__typename}}`, password)
	}

	post(a, `mutation{signup(input:{email:"ada@example.com",password:"Owners-Horse-1",username:"ada",mode:"m"}){userId}}`, "EMAIL_ALREADY_REGISTERED")
	r := post(b, `mutation{verifyAccount(input:{email:"ADA@example.com",confirmationCode:"123456"}){status signin{__typename}}}`, "absent")
	if got := r.Text("data.verifyAccount.signin"); got != "null" {
		t.Errorf("the code signed in: %s", r.Body)
	}
	for _, g := range replicas {
		post(g, signin("Strange-Horse-1"), "PASSWORD_RESET_REQUIRED")
		testutil.Eventually(t, "the session to end", 2*time.Second, func() bool { return g.whoami(t, meanwhile) == "TOKEN_REVOKED" })
	}
	upstream.mu.Lock()
	if !upstream.revoked {
		t.Error("the stranger's session was not ended in Cognito")
	}
	upstream.mu.Unlock()

	// Nor does the password lead to a second factor, or to setting one up.
	signsIn := upstream.tokens
	for _, challenge := range []string{
		`"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ada","FRIENDLY_DEVICE_NAME":"phone"}`,
		`"ChallengeName":"MFA_SETUP","ChallengeParameters":{"USER_ID_FOR_SRP":"ada","MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]"}`,
	} {
		upstream.respond("{" + challenge + `,"Session":"abcdefghijklmnopqrstuvwxyz"}`)
		post(b, signin("Strange-Horse-1"), "PASSWORD_RESET_REQUIRED")
	}
	upstream.respond(signsIn)
	// Nor does a proof of it that the client computes, or a choice of it.
	respond := func(session, answer string) string {
		return fmt.Sprintf(`mutation{respondToChallenge(input:{session:%q,answer:{%s}}){__typename}}`, session, answer)
	}
	const bySRP = `srp:{signature:"eA==",secretBlock:"eA==",timestamp:"Tue Mar 3 12:00:00 UTC 2026"}`
	for start, answer := range map[string]string{
		`srpA:"1"`:                              bySRP,
		`preferredFactor:PASSWORD_SRP,srpA:"1"`: bySRP,
		`custom:false`:                          `factor:{factor:"PASSWORD",password:"Strange-Horse-1"}`,
	} {
		r := post(b, `mutation{startSignin(input:{email:"ada@example.com",`+start+`}){__typename ... on Challenge{session}}}`, "absent")
		post(b, respond(r.Text("data.startSignin.session"), answer), "PASSWORD_RESET_REQUIRED")
	}

	post(a, `mutation{confirmForgotPassword(input:{email:"ada@example.com",confirmationCode:"123456",newPassword:"Owners-Horse-2"}){success}}`, "absent")
	post(b, signin("Strange-Horse-1"), "INVALID_CREDENTIALS")
	post(b, signin("Owners-Horse-2"), "absent")
}
