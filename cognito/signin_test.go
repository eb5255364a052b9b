package cognito_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"authgraph/cognito"
)

// jwt returns an unsigned token with the claims: what is read of tokens that
// come from Cognito itself is not verified.
func jwt(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

// Every challenge of Cognito's becomes a type of its own; none is an error.
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
			result, err := newClient(t, u.URL, nil).SignIn(t.Context(), "ada@example.com", "x", nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(result); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			challenge, ok := result.(cognito.Challenge)
			if !ok {
				t.Fatalf("%T is no Challenge", result)
			}
			session, err := base64.RawURLEncoding.DecodeString(challenge.GetSession())
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"the-session", tt.name} {
				if !strings.Contains(string(session), part) {
					t.Errorf("the session %s lacks %q, so not every process can take the answer", session, part)
				}
			}
		})
	}
}

// describe prints a challenge's type and fields in short.
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

// The session asks for the name that Cognito gave, not the one typed in: pools
// whose user names are e-mail addresses refuse the latter in a proof.
func TestSessionKeepsCognitosUserName(t *testing.T) {
	u := newUpstream(t, 200, `{"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"s","ChallengeParameters":{"USER_ID_FOR_SRP":"the-sub"}}`)
	result, err := newClient(t, u.URL, nil).SignIn(t.Context(), "ada@example.com", "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	session, _ := base64.RawURLEncoding.DecodeString(result.(cognito.Challenge).GetSession())
	if !strings.Contains(string(session), "the-sub") || strings.Contains(string(session), "ada@example.com") {
		t.Errorf("session %s", session)
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
	result, err := newClient(t, u.URL, nil).SignIn(t.Context(), "ada@example.com", "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	tokens := result.(*cognito.AuthTokens)
	if tokens.AccessToken != access || *tokens.IDToken != id || *tokens.RefreshToken != "refresh" ||
		tokens.ExpiresIn != 3600 || tokens.TokenType != "Bearer" || tokens.NewDevice.DeviceKey != "k" {
		t.Errorf("got %+v", tokens)
	}
	user := tokens.User()
	email, _ := user.Email(t.Context())
	verified, _ := user.EmailVerified(t.Context())
	name, _ := user.Username(t.Context())
	mode, _ := user.Mode(t.Context())
	phone, _ := user.PhoneNumber(t.Context())
	if user.ID != "the-sub" || len(user.Groups) != 2 || *email != "ada@example.com" || !*verified || *name != "ada" || *mode != "user" || phone != nil {
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

// Going straight on from the code, where Cognito gives a session for it.
func TestVerificationSignin(t *testing.T) {
	u := newUpstream(t, 200, `{"Session":"from-the-code","AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":60}}`)
	verification, err := newClient(t, u.URL, nil).ConfirmSignUp(t.Context(), "ada@example.com", "123456")
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
		t.Errorf("asked %s %v", operation, request)
	}

	u = newUpstream(t, 200, `{}`)
	verification, err = newClient(t, u.URL, nil).ConfirmSignUp(t.Context(), "ada@example.com", "123456")
	if err != nil {
		t.Fatal(err)
	}
	if result, err := verification.Signin(t.Context()); result != nil || err != nil || u.calls.Load() != 1 {
		t.Errorf("%v %v after %d calls, want nothing where the pool gives no session", result, err, u.calls.Load())
	}
}
