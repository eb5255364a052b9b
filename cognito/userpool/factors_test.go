package userpool_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (b *bench) choose(name, preferred string, pairs ...string) *cognito.InitiateAuthOutput {
	b.Helper()
	parameters := map[string]string{"USERNAME": name}
	if preferred != "" {
		parameters["PREFERRED_CHALLENGE"] = preferred
	}
	for i := 0; i < len(pairs); i += 2 {
		parameters[pairs[i]] = pairs[i+1]
	}
	out, err := b.auth("USER_AUTH", parameters)
	b.must(err)
	return out
}

func TestEmailOTP(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.member("bob@example.com")
	const mismatch = "Invalid code or auth state for the user."
	out := b.choose("ann@example.com", "EMAIL_OTP")
	p := out.ChallengeParameters
	if out.ChallengeName != "EMAIL_OTP" || p["CODE_DELIVERY_DELIVERY_MEDIUM"] != "EMAIL" || p["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
		t.Fatalf("%+v", out)
	}
	sent := b.inbox("ann@example.com")[0]
	if sent.Kind != "SIGN_IN" || len(sent.Code) != 8 {
		t.Fatalf("%+v", sent)
	}
	for range 6 {
		_, err := b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", wrong(sent.Code)))
		b.refused(err, "CodeMismatchException", mismatch)
	}
	_, err := b.answer("EMAIL_OTP", out.Session, map[string]string{"USERNAME": "bob@example.com", "EMAIL_OTP_CODE": sent.Code})
	b.refused(err, "NotAuthorizedException", badSession)
	_, err = b.answer("SMS_OTP", out.Session, answersOf("SMS_OTP_CODE", sent.Code))
	b.refused(err, "NotAuthorizedException", badSession)
	b.tokensOf(b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", sent.Code)))
	_, err = b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", sent.Code))
	b.refused(err, "NotAuthorizedException", usedSession)

	out = b.choose("ann@example.com", "EMAIL_OTP")
	for range 10 {
		_, err = b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", "0"))
		b.refused(err, "CodeMismatchException", mismatch)
	}
	_, err = b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", b.lastCode("ann@example.com")))
	b.refused(err, "NotAuthorizedException", badSession)
	out = b.choose("ann@example.com", "EMAIL_OTP")
	b.clock.pass(3*time.Minute + time.Second)
	_, err = b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", b.lastCode("ann@example.com")))
	b.refused(err, "NotAuthorizedException", expiredSession)
}

// Users who do not exist look like those who do: the same challenge, a session of the same length, the same errors and limits.
func TestDecoyChoice(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	for _, preferred := range []string{"", "EMAIL_OTP", "PASSWORD", "PASSWORD_SRP", "SMS_OTP"} {
		real, made := b.choose("ann@example.com", preferred), b.choose("eve@example.com", preferred)
		if n := len(made.AvailableChallenges); n == 4 && made.AvailableChallenges[3] == "WEB_AUTHN" {
			continue // this one is shown as having a passkey
		}
		if real.ChallengeName != made.ChallengeName || len(*real.Session) != len(*made.Session) ||
			!slices.Equal(real.AvailableChallenges, made.AvailableChallenges) || len(real.ChallengeParameters) != len(made.ChallengeParameters) {
			t.Errorf("%s:\n%+v\n%+v", preferred, real, made)
		}
	}
	if len(b.inbox("eve@example.com")) != 0 {
		t.Error("a message was sent for an account that does not exist")
	}
	refusals := func(name string) (list []string) {
		out := b.choose(name, "EMAIL_OTP")
		for range 12 {
			_, err := b.answer("EMAIL_OTP", out.Session, map[string]string{"USERNAME": name, "EMAIL_OTP_CODE": "00000000"})
			list = append(list, err.Error()[strings.LastIndex(err.Error(), ", "):])
		}
		return list
	}
	for range 2 {
		if real, made := refusals("ann@example.com"), refusals("eve@example.com"); !slices.Equal(real, made) {
			t.Errorf("\n%v\n%v", real, made)
		}
	}
	out := b.choose("eve@example.com", "PASSWORD")
	_, err := b.answer("PASSWORD", out.Session, map[string]string{"USERNAME": "eve@example.com", "PASSWORD": goodPassword})
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	b.updateClient(cognito.UpdateUserPoolClientInput{PreventUserExistenceErrors: "LEGACY", ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}})
	_, err = b.auth("USER_AUTH", map[string]string{"USERNAME": "eve@example.com"})
	b.refused(err, "UserNotFoundException", "User does not exist.")
}

func TestSelection(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.withPhone("ann@example.com", "+15550001111")
	out := b.choose("ann@example.com", "WEB_AUTHN") // Ann has no passkey
	if !slices.Equal(out.AvailableChallenges, []types.ChallengeNameType{"PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"}) {
		t.Fatalf("%v", out.AvailableChallenges)
	}
	_, err := b.answer("SELECT_CHALLENGE", out.Session, answersOf("ANSWER", "WEB_AUTHN"))
	b.refused(err, "InvalidParameterException", "")
	_, err = b.answer("SELECT_CHALLENGE", out.Session, answersOf("ANSWER", "PASSWORD", "PASSWORD", "wrong"))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	next, err := b.answer("SELECT_CHALLENGE", out.Session, answersOf("ANSWER", "SMS_OTP"))
	b.must(err)
	if next.ChallengeName != "SMS_OTP" || next.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "+*******1111" {
		t.Fatalf("%+v", next)
	}
	_, err = b.answer("SELECT_CHALLENGE", out.Session, answersOf("ANSWER", "SMS_OTP"))
	b.refused(err, "NotAuthorizedException", usedSession)
	b.tokensOf(b.answer("SMS_OTP", next.Session, answersOf("SMS_OTP_CODE", b.lastCode("+15550001111"))))

	later := b.choose("ann@example.com", "PASSWORD")
	if later.ChallengeName != "PASSWORD" {
		t.Fatalf("%+v", later)
	}
	_, err = b.answer("PASSWORD", later.Session, answersOf())
	b.refused(err, "InvalidParameterException", "Missing required parameter PASSWORD")
	_, err = b.answer("PASSWORD", later.Session, answersOf("PASSWORD", "wrong"))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	b.tokensOf(b.answer("PASSWORD", later.Session, answersOf("PASSWORD", goodPassword)))
	_, err = b.answer("PASSWORD", later.Session, answersOf("PASSWORD", goodPassword))
	b.refused(err, "NotAuthorizedException", usedSession)
}

// PASSWORD_SRP has a session, however it was reached.
func TestChosenSRP(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	finish := func(c *srpClient, session *string, given map[string]string) (*cognito.RespondToAuthChallengeOutput, error) {
		t.Helper()
		return b.answer("PASSWORD_VERIFIER", session, c.answers(t, b.pool.ID(), goodPassword, given, b.clock.Now()))
	}
	c := newSRPClient(t)
	public := c.public.Text(16)
	direct := b.choose("ann@example.com", "PASSWORD_SRP", "SRP_A", public)
	if direct.ChallengeName != "PASSWORD_VERIFIER" || direct.Session == nil {
		t.Fatalf("%+v", direct)
	}
	_, err := finish(c, nil, direct.ChallengeParameters)
	b.refused(err, "NotAuthorizedException", badSession)
	b.tokensOf(finish(c, direct.Session, direct.ChallengeParameters))
	_, err = finish(c, direct.Session, direct.ChallengeParameters)
	b.refused(err, "NotAuthorizedException", "")

	later := b.choose("ann@example.com", "PASSWORD_SRP")
	out, err := b.answer("PASSWORD_SRP", later.Session, answersOf("SRP_A", public))
	b.must(err)
	b.tokensOf(finish(c, out.Session, out.ChallengeParameters))

	chosen := b.choose("ann@example.com", "")
	out, err = b.answer("SELECT_CHALLENGE", chosen.Session, answersOf("ANSWER", "PASSWORD_SRP", "SRP_A", public))
	b.must(err)
	b.tokensOf(finish(c, out.Session, out.ChallengeParameters))
}

// The factors on offer depend on the pool and the user's status.
func TestAvailableFactors(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := b.user()
	_, err := b.sdk.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{
		UserPoolId: pool, Username: name, TemporaryPassword: aws.String(goodPassword), MessageAction: "SUPPRESS",
		UserAttributes: []types.AttributeType{attr("email_verified", "true")},
	})
	b.must(err)
	out := b.choose(*name, "EMAIL_OTP")
	if out.ChallengeName != "SELECT_CHALLENGE" || !slices.Equal(out.AvailableChallenges, []types.ChallengeNameType{"PASSWORD_SRP", "PASSWORD"}) {
		t.Errorf("with a temporary password: %+v", out)
	}
	b.member("bob@example.com")
	b.allowFirst("PASSWORD")
	b.setMFA("ON", types.WebAuthnConfigurationType{RelyingPartyId: aws.String("localhost")})
	if out := b.choose("bob@example.com", "EMAIL_OTP"); out.ChallengeName != "SELECT_CHALLENGE" || len(out.AvailableChallenges) != 2 {
		t.Errorf("where MFA is required: %+v", out)
	}
}

// A sign-in with a one-time code does not require an enabled second factor.
func TestOTPSkipsMFA(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.enrol(b.tokens("ann@example.com").AccessToken)
	b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	out := b.choose("ann@example.com", "EMAIL_OTP")
	b.tokensOf(b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", b.lastCode("ann@example.com"))))
	next := b.choose("ann@example.com", "PASSWORD", "PASSWORD", goodPassword)
	if next.ChallengeName != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("%+v", next)
	}
}

func TestSignUpSession(t *testing.T) {
	t.Parallel()
	b := start(t)
	confirm := func(name string, session *string) *string {
		t.Helper()
		out, err := b.sdk.ConfirmSignUp(t.Context(), &cognito.ConfirmSignUpInput{
			ClientId: b.client, Username: &name, ConfirmationCode: aws.String(b.lastCode(name)), Session: session,
		})
		b.must(err)
		return out.Session
	}
	enter := func(name string, session *string) (*cognito.InitiateAuthOutput, error) {
		return b.sdk.InitiateAuth(t.Context(), &cognito.InitiateAuthInput{
			ClientId: b.client, AuthFlow: "USER_AUTH", Session: session, AuthParameters: map[string]string{"USERNAME": name},
		})
	}
	ann, err := b.signUp("ann@example.com")
	b.must(err)
	bob, err := b.signUp("bob@example.com")
	b.must(err)
	_, err = enter("ann@example.com", ann.Session)
	b.refused(err, "NotAuthorizedException", badSession)
	_, err = b.sdk.ConfirmSignUp(t.Context(), &cognito.ConfirmSignUpInput{
		ClientId: b.client, Username: aws.String("ann@example.com"), ConfirmationCode: aws.String(b.lastCode("ann@example.com")), Session: bob.Session,
	})
	b.refused(err, "NotAuthorizedException", badSession)
	b.clock.pass(time.Hour) // the session has expired, the code has not
	session := confirm("ann@example.com", ann.Session)
	_, err = enter("bob@example.com", session)
	b.refused(err, "NotAuthorizedException", badSession)
	out, err := enter("ann@example.com", session)
	b.must(err)
	if out.AuthenticationResult == nil {
		t.Fatalf("%+v", out)
	}
	_, err = enter("ann@example.com", session)
	b.refused(err, "NotAuthorizedException", usedSession)
	session = confirm("bob@example.com", nil)
	b.clock.pass(3*time.Minute + time.Second)
	_, err = enter("bob@example.com", session)
	b.refused(err, "NotAuthorizedException", expiredSession)

	b.updateClient(cognito.UpdateUserPoolClientInput{ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}})
	eve, err := b.signUp("eve@example.com")
	b.must(err)
	if session := confirm("eve@example.com", nil); session != nil || eve.Session != nil {
		t.Error("a client without USER_AUTH got a session")
	}
}

func TestPasswordless(t *testing.T) {
	t.Parallel()
	b := start(t)
	name := "ann@example.com"
	signUp := &cognito.SignUpInput{ClientId: b.client, Username: &name}
	_, err := b.sdk.SignUp(t.Context(), signUp)
	b.must(err)
	b.must(b.confirm(name, b.lastCode(name)))
	_, err = b.signIn(name, goodPassword)
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	out := b.choose(name, "")
	if !slices.Equal(out.AvailableChallenges, []types.ChallengeNameType{"EMAIL_OTP"}) {
		t.Fatalf("%v", out.AvailableChallenges)
	}
	out = b.choose(name, "EMAIL_OTP")
	token := b.tokensOf(b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", b.lastCode(name)))).AccessToken
	_, err = b.sdk.ChangePassword(t.Context(), &cognito.ChangePasswordInput{AccessToken: token, ProposedPassword: aws.String(goodPassword)})
	b.must(err)
	b.tokens(name)
	_, err = b.sdk.ChangePassword(t.Context(), &cognito.ChangePasswordInput{AccessToken: token, ProposedPassword: aws.String("Even-better-1")})
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")

	pool, _ := b.user()
	made, err := b.sdk.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{
		UserPoolId: pool, Username: aws.String("bob@example.com"), UserAttributes: []types.AttributeType{attr("email_verified", "true")},
	})
	b.must(err)
	if made.User.UserStatus != "CONFIRMED" || len(b.inbox("bob@example.com")) != 0 {
		t.Errorf("%+v", made.User)
	}
	out = b.choose("bob@example.com", "EMAIL_OTP")
	b.tokensOf(b.answer("EMAIL_OTP", out.Session, map[string]string{"USERNAME": "bob@example.com", "EMAIL_OTP_CODE": b.lastCode("bob@example.com")}))

	b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("plain")})
	signUp.ClientId = b.client
	_, err = b.sdk.SignUp(t.Context(), signUp)
	b.refused(err, "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
}

// Of many simultaneous answers to a session one signs in, and of many guesses only ten are evaluated.
func TestSimultaneousAnswers(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	atOnce := func(code func() string) map[string]int {
		out := b.choose("ann@example.com", "EMAIL_OTP")
		answer := code()
		var mu sync.Mutex
		told := map[string]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				text := "signed in"
				if _, err := b.answer("EMAIL_OTP", out.Session, answersOf("EMAIL_OTP_CODE", answer)); err != nil {
					text = err.Error()[strings.LastIndex(err.Error(), ": ")+2:]
				}
				mu.Lock()
				defer mu.Unlock()
				told[text]++
			})
		}
		wg.Wait()
		return told
	}
	if told := atOnce(func() string { return b.lastCode("ann@example.com") }); told["signed in"] != 1 || told[usedSession] != 19 {
		t.Errorf("%v", told)
	}
	if told := atOnce(func() string { return "none" }); told["Invalid code or auth state for the user."] != 10 || told[badSession] != 10 {
		t.Errorf("%v", told)
	}
}
