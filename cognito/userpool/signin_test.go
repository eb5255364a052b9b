package userpool_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (b *bench) user() (pool *string, name *string) {
	return aws.String(b.pool.ID()), aws.String("ann@example.com")
}

func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	b := start(t)
	sub := b.member("ann@example.com")
	const incorrect = "Incorrect username or password."
	for _, name := range []string{"ann@example.com", "ANN@example.com", sub, "nobody@example.com", "nobody"} {
		_, err := b.signIn(name, "wrong")
		b.refused(err, "NotAuthorizedException", incorrect)
	}
	_, err := b.signIn(sub, goodPassword)
	b.must(err)
	_, err = b.auth("USER_PASSWORD_AUTH", map[string]string{"PASSWORD": "x"})
	b.refused(err, "InvalidParameterException", "Missing required parameter USERNAME")
	_, err = b.auth("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "x"})
	b.refused(err, "InvalidParameterException", "Missing required parameter PASSWORD")
	_, err = b.auth("ADMIN_USER_PASSWORD_AUTH", nil)
	b.refused(err, "InvalidParameterException", "Initiate Auth method not supported.")
	_, err = b.auth("CUSTOM_AUTH", map[string]string{"USERNAME": "x"})
	b.refused(err, "InvalidParameterException", "Custom auth lambda trigger is not configured for the user pool.")

	pool, name := b.user()
	_, err = b.sdk.AdminDisableUser(t.Context(), &cognito.AdminDisableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.signIn(*name, "wrong")
	b.refused(err, "NotAuthorizedException", "User is disabled.")
	_, err = b.sdk.AdminEnableUser(t.Context(), &cognito.AdminEnableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	b.tokens(*name)

	b.updateClient(cognito.UpdateUserPoolClientInput{ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}})
	for flow, message := range map[types.AuthFlowType]string{
		"USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
		"USER_SRP_AUTH":      "USER_SRP_AUTH is not enabled for the client.",
		"CUSTOM_AUTH":        "CUSTOM_AUTH is not enabled for the client.",
		"REFRESH_TOKEN_AUTH": "Refresh Token flow not enabled for this client",
		"USER_AUTH":          "USER_AUTH is not enabled for the client.",
	} {
		_, err := b.auth(flow, nil)
		b.refused(err, "InvalidParameterException", message)
	}
}

// With LEGACY every operation reveals that a user does not exist.
func TestLegacyExistence(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.updateClient(cognito.UpdateUserPoolClientInput{PreventUserExistenceErrors: "LEGACY"})
	name := "nobody@example.com"
	_, err := b.signIn(name, "x")
	b.refused(err, "UserNotFoundException", "User does not exist.")
	_, err = b.auth("USER_SRP_AUTH", map[string]string{"USERNAME": name, "SRP_A": "abcd"})
	b.refused(err, "UserNotFoundException", "User does not exist.")
	const combination = "Username/client id combination not found."
	b.refused(b.confirm(name, "1"), "UserNotFoundException", combination)
	_, err = b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: &name})
	b.refused(err, "UserNotFoundException", combination)
	_, err = b.sdk.ForgotPassword(t.Context(), &cognito.ForgotPasswordInput{ClientId: b.client, Username: &name})
	b.refused(err, "UserNotFoundException", combination)
	_, err = b.sdk.ConfirmForgotPassword(t.Context(), &cognito.ConfirmForgotPasswordInput{ClientId: b.client, Username: &name, ConfirmationCode: aws.String("1"), Password: aws.String(goodPassword)})
	b.refused(err, "UserNotFoundException", combination)
}

// With ENABLED only SignUp does.
func TestHiddenExistence(t *testing.T) {
	t.Parallel()
	b := start(t)
	name := "nobody@example.com"
	b.refused(b.confirm(name, "1"), "CodeMismatchException", "")
	resent, err := b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: &name})
	b.must(err)
	forgot, err := b.sdk.ForgotPassword(t.Context(), &cognito.ForgotPasswordInput{ClientId: b.client, Username: &name})
	b.must(err)
	for _, d := range []*types.CodeDeliveryDetailsType{resent.CodeDeliveryDetails, forgot.CodeDeliveryDetails} {
		if *d.Destination != "n***@e***" || d.DeliveryMedium != "EMAIL" || *d.AttributeName != "email" {
			t.Errorf("%+v", d)
		}
	}
	if list := b.inbox(name); len(list) != 0 {
		t.Errorf("something was sent: %+v", list)
	}
	_, err = b.sdk.ConfirmForgotPassword(t.Context(), &cognito.ConfirmForgotPasswordInput{ClientId: b.client, Username: &name, ConfirmationCode: aws.String("1"), Password: aws.String(goodPassword)})
	b.refused(err, "CodeMismatchException", "")
}

func TestLockOut(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	const incorrect, exceeded = "Incorrect username or password.", "Password attempts exceeded"
	for _, name := range []string{"ann@example.com", "nobody@example.com"} {
		for range 5 {
			_, err := b.signIn(name, "wrong")
			b.refused(err, "NotAuthorizedException", incorrect)
		}
		for range 3 { // does not count
			_, err := b.signIn(strings.ToUpper(name), goodPassword)
			b.refused(err, "NotAuthorizedException", exceeded)
		}
	}
	for _, lock := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		b.clock.pass(lock - time.Millisecond)
		_, err := b.signIn("ann@example.com", "wrong")
		b.refused(err, "NotAuthorizedException", exceeded)
		b.clock.pass(time.Millisecond)
		_, err = b.signIn("ann@example.com", "wrong")
		b.refused(err, "NotAuthorizedException", incorrect)
	}
	b.clock.pass(8 * time.Second)
	b.tokens("ann@example.com") // success resets the count
	for range 4 {
		_, err := b.signIn("ann@example.com", "wrong")
		b.refused(err, "NotAuthorizedException", incorrect)
	}
	b.clock.pass(15*time.Minute + time.Second) // and so does time
	for range 4 {
		_, err := b.signIn("ann@example.com", "wrong")
		b.refused(err, "NotAuthorizedException", incorrect)
	}
	b.tokens("ann@example.com")
}

// Of many simultaneous guesses only the first five are evaluated.
func TestParallelGuesses(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	var mu sync.Mutex
	told := map[string]int{}
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			_, err := b.signIn("ann@example.com", "wrong")
			mu.Lock()
			defer mu.Unlock()
			told[err.Error()[strings.LastIndex(err.Error(), ": ")+2:]]++
		})
	}
	wg.Wait()
	if told["Incorrect username or password."] != 5 || told["Password attempts exceeded"] != 25 {
		t.Errorf("%v", told)
	}
}

func secretHash(secret, username string, client *string) *string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(username + *client))
	return aws.String(base64.StdEncoding.EncodeToString(h.Sum(nil)))
}

func TestSecretHash(t *testing.T) {
	t.Parallel()
	b := start(t)
	made, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{
		UserPoolId: aws.String(b.pool.ID()), ClientName: aws.String("secret"), GenerateSecret: true,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	b.must(err)
	secret, client, name := *made.UserPoolClient.ClientSecret, made.UserPoolClient.ClientId, "ann@example.com"
	b.client = client
	_, err = b.signUp(name)
	b.refused(err, "NotAuthorizedException", "Client "+*client+" is configured with secret but SECRET_HASH was not received")
	sign := func(hash *string) (*cognito.SignUpOutput, error) {
		return b.sdk.SignUp(t.Context(), &cognito.SignUpInput{ClientId: client, Username: &name, Password: aws.String(goodPassword), SecretHash: hash})
	}
	_, err = sign(secretHash(secret, "Ann@example.com", client))
	b.refused(err, "NotAuthorizedException", "Unable to verify secret hash for client "+*client)
	out, err := sign(secretHash(secret, name, client))
	b.must(err)
	_, err = b.sdk.ConfirmSignUp(t.Context(), &cognito.ConfirmSignUpInput{ClientId: client, Username: &name, ConfirmationCode: aws.String(b.lastCode(name)), SecretHash: secretHash(secret, name, client)})
	b.must(err)
	signedIn, err := b.auth("USER_PASSWORD_AUTH", map[string]string{"USERNAME": name, "PASSWORD": goodPassword, "SECRET_HASH": *secretHash(secret, name, client)})
	b.must(err)
	token := *signedIn.AuthenticationResult.RefreshToken
	_, err = b.auth("REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": token, "SECRET_HASH": *secretHash(secret, name, client)})
	b.refused(err, "NotAuthorizedException", "SecretHash does not match for the client: "+*client)
	_, err = b.auth("REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": token, "SECRET_HASH": *secretHash(secret, *out.UserSub, client)})
	b.must(err)
	_, err = b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: &token})
	b.refused(err, "NotAuthorizedException", "")
	_, err = b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: &token, ClientSecret: &secret})
	b.must(err)
	_, err = b.sdk.RevokeToken(t.Context(), &cognito.RevokeTokenInput{ClientId: client, Token: &token, ClientSecret: aws.String("wrong")})
	b.refused(err, "UnauthorizedException", "")
}

func (b *bench) answer(challenge types.ChallengeNameType, session *string, answers map[string]string) (*cognito.RespondToAuthChallengeOutput, error) {
	return b.sdk.RespondToAuthChallenge(b.Context(), &cognito.RespondToAuthChallengeInput{ClientId: b.client, ChallengeName: challenge, Session: session, ChallengeResponses: answers})
}

func TestNewPasswordRequired(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := b.user()
	made, err := b.sdk.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{
		UserPoolId: pool, Username: name, TemporaryPassword: aws.String("Temporary-1"),
		UserAttributes: []types.AttributeType{attr("email_verified", "True"), attr("name", "Ann")},
	})
	b.must(err)
	if made.User.UserStatus != "FORCE_CHANGE_PASSWORD" || !made.User.Enabled || valueOf(made.User.Attributes, "email_verified") != "true" {
		t.Errorf("%+v", made.User)
	}
	temporary := b.lastCode(*name)
	challenge := func() *cognito.InitiateAuthOutput {
		t.Helper()
		out, err := b.signIn(*name, temporary)
		b.must(err)
		return out
	}
	out := challenge()
	if out.ChallengeName != "NEW_PASSWORD_REQUIRED" || out.ChallengeParameters["USER_ID_FOR_SRP"] != *made.User.Username ||
		out.ChallengeParameters["requiredAttributes"] != "[]" || !strings.Contains(out.ChallengeParameters["userAttributes"], `"name":"Ann"`) {
		t.Fatalf("%+v", out)
	}
	answers := map[string]string{"USERNAME": *name, "NEW_PASSWORD": "Even-better-1", "userAttributes.custom:mode": "dark"}
	with := func(k, v string) map[string]string {
		m := map[string]string{k: v}
		for name, value := range answers {
			if name != k {
				m[name] = value
			}
		}
		return m
	}
	tests := []struct {
		session            *string
		answers            map[string]string
		exception, message string
	}{
		{aws.String(strings.Repeat("x", 30)), answers, "NotAuthorizedException", "Invalid session for the user."},
		{out.Session, with("USERNAME", "bob@example.com"), "NotAuthorizedException", "Invalid session for the user."},
		{out.Session, with("NEW_PASSWORD", "weak"), "InvalidPasswordException", "Password did not conform with policy: Password not long enough"},
		{out.Session, with("userAttributes.name", "Bob"), "NotAuthorizedException", "Cannot modify an already provided name"},
		{out.Session, with("userAttributes.email_verified", "true"), "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		{out.Session, with("userAttributes.shoe", "42"), "InvalidParameterException", "Attributes did not conform to the schema: shoe: Attribute does not exist in the schema.\n"},
	}
	for _, tt := range tests {
		_, err := b.answer("NEW_PASSWORD_REQUIRED", tt.session, tt.answers)
		b.refused(err, tt.exception, tt.message)
	}
	b.clock.pass(3*time.Minute + time.Second)
	_, err = b.answer("NEW_PASSWORD_REQUIRED", out.Session, answers)
	b.refused(err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
	out = challenge()
	done, err := b.answer("NEW_PASSWORD_REQUIRED", out.Session, answers)
	b.must(err)
	user, err := b.getUser(done.AuthenticationResult.AccessToken)
	b.must(err)
	if valueOf(user.UserAttributes, "custom:mode") != "dark" {
		t.Errorf("%+v", user.UserAttributes)
	}
	_, err = b.answer("NEW_PASSWORD_REQUIRED", out.Session, answers)
	b.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	_, err = b.signIn(*name, temporary)
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = b.signIn(*name, "Even-better-1")
	b.must(err)
}

func TestTemporaryPasswordExpires(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := b.user()
	create := &cognito.AdminCreateUserInput{UserPoolId: pool, Username: name, TemporaryPassword: aws.String("Temporary-1"), MessageAction: "SUPPRESS"}
	_, err := b.sdk.AdminCreateUser(t.Context(), create)
	b.must(err)
	if len(b.inbox(*name)) != 0 {
		t.Error("a suppressed invitation was sent")
	}
	_, err = b.sdk.AdminCreateUser(t.Context(), create)
	b.refused(err, "UsernameExistsException", "User account already exists")
	b.clock.pass(7*24*time.Hour + time.Second)
	_, err = b.signIn(*name, "Temporary-1")
	b.refused(err, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")
	create.MessageAction = "RESEND"
	_, err = b.sdk.AdminCreateUser(t.Context(), create)
	b.must(err)
	out, err := b.signIn(*name, b.lastCode(*name))
	b.must(err)
	if out.ChallengeName != "NEW_PASSWORD_REQUIRED" {
		t.Errorf("%+v", out)
	}
	_, err = b.sdk.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{UserPoolId: pool, Username: name, Password: aws.String(goodPassword), Permanent: true})
	b.must(err)
	b.tokens(*name)
	_, err = b.sdk.AdminCreateUser(t.Context(), create)
	b.refused(err, "UnsupportedUserStateException", "")
}

// srpClient is the client's side of SRP, written independently of the product.
type srpClient struct{ n, a, public *big.Int }

func newSRPClient(t *testing.T) *srpClient {
	t.Helper()
	n, ok := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF", 16)
	if !ok {
		t.Fatal("N")
	}
	a := big.NewInt(time.Now().UnixNano())
	return &srpClient{n: n, a: a, public: new(big.Int).Exp(big.NewInt(2), a, n)}
}

func pad(x *big.Int) []byte {
	b := x.Bytes()
	if b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return b
}

func digest(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

func (c *srpClient) answers(t *testing.T, poolID, password string, given map[string]string, at time.Time) map[string]string {
	t.Helper()
	number := func(s string) *big.Int {
		n, ok := new(big.Int).SetString(s, 16)
		if !ok {
			t.Fatalf("not a number: %q", s)
		}
		return n
	}
	_, poolName, _ := strings.Cut(poolID, "_")
	id, salt, public := given["USER_ID_FOR_SRP"], number(given["SALT"]), number(given["SRP_B"])
	inner := sha256.Sum256([]byte(poolName + id + ":" + password))
	x := digest(pad(salt), inner[:])
	k := digest(pad(c.n), []byte{2})
	u := digest(pad(c.public), pad(public))
	s := new(big.Int).Sub(public, new(big.Int).Mul(k, new(big.Int).Exp(big.NewInt(2), x, c.n)))
	s.Exp(s.Mod(s, c.n), new(big.Int).Add(c.a, new(big.Int).Mul(u, x)), c.n)
	mac := func(key []byte, parts ...string) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			h.Write([]byte(p))
		}
		return h.Sum(nil)
	}
	key := mac(mac(pad(u), string(pad(s))), "Caldera Derived Key\x01")[:16]
	block, err := base64.StdEncoding.DecodeString(given["SECRET_BLOCK"])
	if err != nil {
		t.Fatal(err)
	}
	stamp := at.UTC().Format("Mon Jan 2 15:04:05 UTC 2006")
	return map[string]string{
		"USERNAME": id, "TIMESTAMP": stamp, "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": base64.StdEncoding.EncodeToString(mac(key, poolName, id, string(block), stamp)),
	}
}

func TestSRP(t *testing.T) {
	t.Parallel()
	b := start(t)
	sub := b.member("ann@example.com")
	begin := func(name string) (*srpClient, *cognito.InitiateAuthOutput) {
		t.Helper()
		c := newSRPClient(t)
		out, err := b.auth("USER_SRP_AUTH", map[string]string{"USERNAME": name, "SRP_A": c.public.Text(16)})
		b.must(err)
		if out.ChallengeName != "PASSWORD_VERIFIER" || out.Session != nil || len(out.ChallengeParameters) != 5 {
			t.Fatalf("%+v", out)
		}
		return c, out
	}
	for range 20 { // numbers with high and low first bits
		c, out := begin("Ann@example.com")
		if out.ChallengeParameters["USER_ID_FOR_SRP"] != sub || out.ChallengeParameters["USERNAME"] != sub {
			t.Fatalf("%+v", out.ChallengeParameters)
		}
		answers := c.answers(t, b.pool.ID(), goodPassword, out.ChallengeParameters, b.clock.Now())
		done, err := b.answer("PASSWORD_VERIFIER", nil, answers)
		b.must(err)
		if _, claims := b.claims(done.AuthenticationResult.AccessToken); claims["sub"] != sub {
			t.Fatalf("%v", claims)
		}
		_, err = b.answer("PASSWORD_VERIFIER", nil, answers) // a replay
		b.refused(err, "NotAuthorizedException", "")
	}
	c, out := begin("ann@example.com")
	_, err := b.answer("PASSWORD_VERIFIER", nil, c.answers(t, b.pool.ID(), "wrong", out.ChallengeParameters, b.clock.Now()))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	c, out = begin("ann@example.com")
	answers := c.answers(t, b.pool.ID(), goodPassword, out.ChallengeParameters, b.clock.Now())
	answers["TIMESTAMP"] = "2026-11-03T07:05:09Z"
	_, err = b.answer("PASSWORD_VERIFIER", nil, answers)
	b.refused(err, "InvalidParameterException", "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")

	c, first := begin("nobody@example.com")
	_, second := begin("nobody@example.com")
	one, two := first.ChallengeParameters, second.ChallengeParameters
	if one["SALT"] != two["SALT"] || one["USER_ID_FOR_SRP"] != two["USER_ID_FOR_SRP"] || one["SRP_B"] == two["SRP_B"] || len(one["USER_ID_FOR_SRP"]) != 36 {
		t.Errorf("simulated: %v %v", one, two)
	}
	_, err = b.answer("PASSWORD_VERIFIER", nil, c.answers(t, b.pool.ID(), goodPassword, one, b.clock.Now()))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	c, out = begin("ann@example.com")
	b.clock.pass(2 * time.Minute)
	_, err = b.answer("PASSWORD_VERIFIER", nil, c.answers(t, b.pool.ID(), goodPassword, out.ChallengeParameters, b.clock.Now()))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
}

func TestChoice(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	out, err := b.auth("USER_AUTH", map[string]string{"USERNAME": "ann@example.com"})
	b.must(err)
	if out.ChallengeName != "SELECT_CHALLENGE" || !slices.Equal(out.AvailableChallenges, []types.ChallengeNameType{"PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"}) {
		t.Fatalf("%+v", out)
	}
	done, err := b.answer("SELECT_CHALLENGE", out.Session, map[string]string{"USERNAME": "ann@example.com", "ANSWER": "PASSWORD", "PASSWORD": goodPassword})
	b.must(err)
	if done.AuthenticationResult == nil {
		t.Fatalf("%+v", done)
	}
	_, err = b.answer("SELECT_CHALLENGE", out.Session, map[string]string{"USERNAME": "ann@example.com", "ANSWER": "PASSWORD", "PASSWORD": goodPassword})
	b.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	direct, err := b.auth("USER_AUTH", map[string]string{"USERNAME": "ann@example.com", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": goodPassword})
	b.must(err)
	if direct.AuthenticationResult == nil {
		t.Fatalf("%+v", direct)
	}
	unknown, err := b.auth("USER_AUTH", map[string]string{"USERNAME": "nobody@example.com"})
	b.must(err)
	if unknown.ChallengeName != "SELECT_CHALLENGE" {
		t.Fatalf("%+v", unknown)
	}
}
