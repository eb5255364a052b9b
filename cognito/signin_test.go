package cognito_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"authgraph/cognito"
	"authgraph/internal/apierr"
	"authgraph/internal/sealed"
)

// jwt returns an unsigned token with the claims. Tokens that come from Cognito itself are
// not verified.
func jwt(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

// Every challenge of Cognito has a type, and none is an error.
func TestChallenges(t *testing.T) {
	const code = `"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******1234"`
	tests := []struct {
		name, parameters, more string
		want                   string // the type and its fields besides Session, as Go prints them
	}{
		{"SMS_MFA", code, "", `SMSMFAChallenge SMS +*******1234`},
		{"EMAIL_OTP", `"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"`, "", `EmailOTPChallenge EMAIL a***@e***`},
		{"SMS_OTP", code, "", `SMSOTPChallenge SMS +*******1234`},
		{"SOFTWARE_TOKEN_MFA", `"FRIENDLY_DEVICE_NAME":"phone"`, "", `TOTPChallenge phone`},
		{"SOFTWARE_TOKEN_MFA", "", "", `TOTPChallenge -`},
		{"SELECT_MFA_TYPE", `"MFAS_CAN_CHOOSE":"[\"SMS_MFA\",\"SOFTWARE_TOKEN_MFA\"]"`, "", `SelectMFAChallenge [SMS_MFA SOFTWARE_TOKEN_MFA]`},
		{"SELECT_MFA_TYPE", `"MFAS_CAN_CHOOSE":"nonsense"`, "", `SelectMFAChallenge []`},
		{"MFA_SETUP", `"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]"`, "", `MFASetupChallenge [SOFTWARE_TOKEN_MFA]`},
		{"NEW_PASSWORD_REQUIRED", `"requiredAttributes":"[\"userAttributes.name\"]","userAttributes":"{}"`, "", `NewPasswordChallenge [name]`},
		{"NEW_PASSWORD_REQUIRED", "", "", `NewPasswordChallenge []`},
		{"PASSWORD_VERIFIER", `"SALT":"s","SRP_B":"b","SECRET_BLOCK":"k","USER_ID_FOR_SRP":"u"`, "", `SRPChallenge s b k u`},
		{"PASSWORD", "", "", `PasswordChallenge false`},
		{"PASSWORD_SRP", "", "", `PasswordChallenge true`},
		{"SELECT_CHALLENGE", "", `,"AvailableChallenges":["PASSWORD","WEB_AUTHN"]`, `SelectFactorChallenge [PASSWORD WEB_AUTHN]`},
		{"WEB_AUTHN", `"CREDENTIAL_REQUEST_OPTIONS":"{}"`, "", `PasskeyChallenge {}`},
		{"CUSTOM_CHALLENGE", `"b":"2","a":"1"`, "", `CustomChallenge [{a 1} {b 2}]`},
		{"DEVICE_SRP_AUTH", "", "", `DeviceSRPChallenge`},
		{"DEVICE_PASSWORD_VERIFIER", `"SALT":"s","SRP_B":"b","SECRET_BLOCK":"k","DEVICE_KEY":"d"`, "", `DeviceVerifierChallenge s b k d`},
		{"MADE_LATER", `"x":"1"`, "", `UnknownChallenge MADE_LATER [{x 1}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parameters := `{` + tt.parameters + `}`
			u := newUpstream(t, 200, `{"ChallengeName":"`+tt.name+`","Session":"the-session","ChallengeParameters":`+parameters+tt.more+`}`)
			replica := func(o *cognito.Options) { o.StateKeys = sealed.Secret([]byte("shared by replicas")) }
			elsewhere := newClient(t, u.URL, replica)
			result, err := newClient(t, u.URL, replica).SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(result); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			challenge, ok := result.(cognito.Challenge)
			if !ok {
				t.Fatalf("%T is not a Challenge", result)
			}
			if len(elsewhere.Names(t.Context(), map[string]any{"session": challenge.GetSession()})) == 0 {
				t.Error("another replica cannot take the answer")
			}
		})
	}
}

// describe returns a challenge's type and fields.
func describe(result cognito.SigninResult) string {
	v := reflect.ValueOf(result).Elem()
	words := []string{v.Type().Name()}
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous || !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i).Interface().(type) {
		case *cognito.CodeDelivery:
			words = append(words, string(*f.Medium), f.Destination)
		case *string:
			if f == nil {
				words = append(words, "-")
			} else {
				words = append(words, *f)
			}
		default:
			words = append(words, fmt.Sprint(f))
		}
	}
	return strings.Join(words, " ")
}

// Answers are sent with the name that Cognito returned, not the one that the user entered.
// Pools with e-mail addresses as user names reject the latter in a proof.
func TestSessionKeepsCognitosUserName(t *testing.T) {
	u := newUpstream(t, 200, `{"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"s","ChallengeParameters":{"USER_ID_FOR_SRP":"the-sub"}}`)
	client := newClient(t, u.URL, nil)
	result, err := client.SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	session := result.(cognito.Challenge).GetSession()
	if names := client.Names(t.Context(), map[string]any{"session": session}); !slices.Equal(names, []string{"ada@example.com", "the-sub"}) {
		t.Errorf("the session is of %q", names)
	}
	if _, err := client.Respond(t.Context(), cognito.RespondToChallengeInput{Session: session, Answer: cognito.Answer{Code: new("123456")}}); err != nil {
		t.Fatal(err)
	}
	_, request := u.last()
	if responses := request["ChallengeResponses"].(map[string]any); responses["USERNAME"] != "the-sub" {
		t.Errorf("the answer is sent with %v", responses)
	}
}

func TestAuthTokens(t *testing.T) {
	access := jwt(`{"sub":"the-sub","cognito:groups":["a","b"],"token_use":"access"}`)
	id := jwt(`{"sub":"the-sub","aud":"x","token_use":"id","email":"ada@example.com","email_verified":true,"preferred_username":"ada","custom:mode":"user","cognito:username":"the-sub","iss":"x","exp":1,"jti":"x"}`)
	answer, _ := json.Marshal(map[string]any{"AuthenticationResult": map[string]any{
		"AccessToken": access, "IdToken": id, "RefreshToken": "refresh", "ExpiresIn": 3600, "TokenType": "Bearer",
		"NewDeviceMetadata": map[string]string{"DeviceKey": "k", "DeviceGroupKey": "g"},
	}})
	u := newUpstream(t, 200, string(answer))
	result, err := newClient(t, u.URL, nil).SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	tokens := result.(*cognito.AuthTokens)
	if tokens.AccessToken != access || *tokens.IDToken != id || *tokens.RefreshToken != "refresh" ||
		tokens.ExpiresIn != 3600 || tokens.TokenType != "Bearer" || tokens.NewDevice.DeviceKey != "k" {
		t.Errorf("got %+v", tokens)
	}
	user := tokens.User()
	groups, _ := user.Groups()
	email, _ := user.Email(t.Context())
	verified, _ := user.EmailVerified(t.Context())
	name, _ := user.Username(t.Context())
	mode, _ := user.Mode(t.Context())
	phone, _ := user.PhoneNumber(t.Context())
	if user.ID != "the-sub" || len(groups) != 2 || *email != "ada@example.com" || !*verified || *name != "ada" || *mode != "user" || phone != nil {
		t.Errorf("user %+v %s %t %s %s", user, *email, *verified, *name, *mode)
	}
	attributes, _ := user.Attributes(t.Context())
	if got := fmt.Sprint(attributes); got != "[{custom:mode user} {email ada@example.com} {email_verified true} {preferred_username ada} {sub the-sub}]" {
		t.Errorf("attributes %s", got)
	}
	if u.calls.Load() != 1 {
		t.Errorf("%d calls: the tokens tell who signed in", u.calls.Load())
	}
}

// Concurrent refreshes of one token share a call. Another token or another device has its
// own.
func TestRefreshesAreShared(t *testing.T) {
	var calls atomic.Int64
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		arrived <- struct{}{}
		<-release
		_, _ = io.WriteString(w, `{"AuthenticationResult":{"AccessToken":"a.b.c","RefreshToken":"the next","ExpiresIn":60}}`)
	}))
	defer stand.Close()
	client := newClient(t, stand.URL, nil)
	var waiting, done sync.WaitGroup
	refresh := func(token string, device *string) {
		waiting.Add(1)
		done.Go(func() {
			waiting.Done()
			tokens, err := client.RefreshTokens(t.Context(), token, device, nil)
			if err != nil || *tokens.RefreshToken != "the next" {
				t.Errorf("%v %v", tokens, err)
			}
		})
	}
	refresh("one", nil)
	<-arrived
	for range 20 {
		refresh("one", nil)
	}
	refresh("two", nil)
	refresh("one", new("device"))
	<-arrived
	<-arrived
	waiting.Wait()
	close(release)
	done.Wait()
	// Some of the twenty may have started after the first response.
	if n := calls.Load(); n < 3 || n > 4 {
		t.Errorf("%d calls, want 3", n)
	}

	// A caller that goes away does not cancel the call.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if tokens, err := client.RefreshTokens(ctx, "three", nil, nil); err != nil || *tokens.RefreshToken != "the next" {
		t.Errorf("after the caller went away: %v %v", tokens, err)
	}
}

// The request that starts a sign-in.
func TestStartSignIn(t *testing.T) {
	tests := []struct {
		name string
		in   cognito.StartSigninInput
		want string
	}{
		{"choose", cognito.StartSigninInput{}, `USER_AUTH {"USERNAME":"ada@example.com"}`},
		{"preferred", cognito.StartSigninInput{PreferredFactor: new(cognito.FirstFactor("EMAIL_OTP"))}, `USER_AUTH {"PREFERRED_CHALLENGE":"EMAIL_OTP","USERNAME":"ada@example.com"}`},
		{"preferred SRP", cognito.StartSigninInput{PreferredFactor: new(cognito.FirstFactor("PASSWORD_SRP")), SrpA: new("abc")}, `USER_AUTH {"PREFERRED_CHALLENGE":"PASSWORD_SRP","SRP_A":"abc","USERNAME":"ada@example.com"}`},
		{"SRP", cognito.StartSigninInput{SrpA: new("abc"), DeviceKey: new("d")}, `USER_SRP_AUTH {"DEVICE_KEY":"d","SRP_A":"abc","USERNAME":"ada@example.com"}`},
		{"custom", cognito.StartSigninInput{Custom: new(true)}, `CUSTOM_AUTH {"USERNAME":"ada@example.com"}`},
		{"custom after SRP", cognito.StartSigninInput{Custom: new(true), SrpA: new("abc")}, `CUSTOM_AUTH {"CHALLENGE_NAME":"SRP_A","SRP_A":"abc","USERNAME":"ada@example.com"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t, 200, `{"ChallengeName":"CUSTOM_CHALLENGE","Session":"s","ChallengeParameters":{}}`)
			tt.in.Email = new("ada@example.com")
			if _, err := newClient(t, u.URL, nil).StartSignIn(t.Context(), tt.in); err != nil {
				t.Fatal(err)
			}
			_, request := u.last()
			parameters, _ := json.Marshal(request["AuthParameters"])
			if got := fmt.Sprint(request["AuthFlow"], " ", string(parameters)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	_, err := newClient(t, "http://127.0.0.1:1", nil).StartSignIn(t.Context(),
		cognito.StartSigninInput{Identifier: cognito.ByEmail("ada@example.com"), Custom: new(true), PreferredFactor: new(cognito.FirstFactor("PASSWORD"))})
	if e := apierr.From(err); e.Code != apierr.BadUserInput || e.Field != "input.custom" {
		t.Errorf("custom and a preferred factor: %v", err)
	}
}

// Signing in with the session that Cognito returns for a confirmation code.
func TestVerificationSignin(t *testing.T) {
	u := newUpstream(t, 200, `{"Session":"from-the-code","AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":60}}`)
	verification, err := newClient(t, u.URL, nil).ConfirmSignUp(t.Context(), cognito.VerifyAccountInput{Identifier: cognito.ByEmail("ada@example.com"), ConfirmationCode: "123456"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := verification.Signin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tokens, ok := result.(*cognito.AuthTokens); !ok || tokens.AccessToken != "a.b.c" {
		t.Errorf("got %#v", result)
	}
	operation, request := u.last()
	if operation != "InitiateAuth" || request["AuthFlow"] != "USER_AUTH" || request["Session"] != "from-the-code" {
		t.Errorf("called %s %v", operation, request)
	}

	u = newUpstream(t, 200, `{}`)
	verification, err = newClient(t, u.URL, nil).ConfirmSignUp(t.Context(), cognito.VerifyAccountInput{Identifier: cognito.ByEmail("ada@example.com"), ConfirmationCode: "123456"})
	if err != nil {
		t.Fatal(err)
	}
	if result, err := verification.Signin(t.Context()); result != nil || err != nil || u.calls.Load() != 1 {
		t.Errorf("%v %v after %d calls, want nothing where the pool gives no session", result, err, u.calls.Load())
	}
}
