package cognito_test

import (
	"encoding/json"
	"maps"
	"testing"

	"authgraph/cognito"
	"authgraph/internal/apierr"
)

// A fault of the code that sets up an authenticator app has the path of the answer.
func TestFaultOfMFASetup(t *testing.T) {
	for parameter, field := range map[string]string{"userCode": "totpCode", "friendlyDeviceName": "deviceName"} {
		u := newUpstream(t, 400, `{"__type":"InvalidParameterException","message":"1 validation error detected: Value at '`+parameter+
			`' failed to satisfy constraint: Member must have length greater than or equal to 6"}`)
		client := newClient(t, u.URL, nil)
		_, err := client.Respond(t.Context(), cognito.RespondToChallengeInput{
			Session: client.SessionOf(t.Context(), "MFA_SETUP"),
			Answer:  cognito.Answer{MFASetup: &cognito.MFASetupAnswer{TotpCode: new("123456"), DeviceName: new("phone")}},
		})
		path := "input.answer.mfaSetup." + field
		if e := apierr.From(err); e == nil || e.Field != path || e.Message != path+" must have at least 6 characters." {
			t.Errorf("%s: %v, want the field %s", parameter, err, path)
		}
	}
}

// Each challenge accepts only its own kind of answer.
func TestAnswers(t *testing.T) {
	answers := map[string]cognito.Answer{
		"code":    {Code: new("123456")},
		"mfaType": {MFAType: new("SMS_MFA")},
		"newPassword": {NewPassword: &cognito.NewPasswordAnswer{
			Password: "New-Passw0rd", Attributes: []cognito.Attribute{{Name: "name", Value: "Ada"}},
		}},
		"mfaSetup":   {MFASetup: &cognito.MFASetupAnswer{Email: new("ada@example.com")}},
		"password":   {Password: new("Secret-Passw0rd")},
		"srpA":       {SrpA: new("abc")},
		"srp":        {Srp: &cognito.SRPAnswer{Signature: "s", SecretBlock: "b", Timestamp: "t"}},
		"factor":     {Factor: &cognito.FactorAnswer{Factor: "PASSWORD", Password: new("Secret-Passw0rd")}},
		"passkey":    {Passkey: new("{}")},
		"custom":     {Custom: new("42")},
		"deviceSrp":  {DeviceSrp: &cognito.DeviceSRPAnswer{DeviceKey: "d", SrpA: "abc"}},
		"parameters": {Parameters: []cognito.ChallengeParameter{{Name: "X", Value: "1"}}},
	}
	tests := []struct{ challenge, kind, responses string }{
		{"SMS_MFA", "code", `{"SMS_MFA_CODE":"123456","USERNAME":"the-sub"}`},
		{"EMAIL_OTP", "code", `{"EMAIL_OTP_CODE":"123456","USERNAME":"the-sub"}`},
		{"SMS_OTP", "code", `{"SMS_OTP_CODE":"123456","USERNAME":"the-sub"}`},
		{"SOFTWARE_TOKEN_MFA", "code", `{"SOFTWARE_TOKEN_MFA_CODE":"123456","USERNAME":"the-sub"}`},
		{"SELECT_MFA_TYPE", "mfaType", `{"ANSWER":"SMS_MFA","USERNAME":"the-sub"}`},
		{"MFA_SETUP", "mfaSetup", `{"EMAIL":"ada@example.com","USERNAME":"the-sub"}`},
		{"NEW_PASSWORD_REQUIRED", "newPassword", `{"NEW_PASSWORD":"New-Passw0rd","USERNAME":"the-sub","userAttributes.name":"Ada"}`},
		{"PASSWORD_VERIFIER", "srp", `{"PASSWORD_CLAIM_SECRET_BLOCK":"b","PASSWORD_CLAIM_SIGNATURE":"s","TIMESTAMP":"t","USERNAME":"the-sub"}`},
		{"PASSWORD", "password", `{"PASSWORD":"Secret-Passw0rd","USERNAME":"the-sub"}`},
		{"PASSWORD_SRP", "srpA", `{"SRP_A":"abc","USERNAME":"the-sub"}`},
		{"SELECT_CHALLENGE", "factor", `{"ANSWER":"PASSWORD","PASSWORD":"Secret-Passw0rd","USERNAME":"the-sub"}`},
		{"WEB_AUTHN", "passkey", `{"CREDENTIAL":"{}","USERNAME":"the-sub"}`},
		{"CUSTOM_CHALLENGE", "custom", `{"ANSWER":"42","USERNAME":"the-sub"}`},
		{"DEVICE_SRP_AUTH", "deviceSrp", `{"DEVICE_KEY":"d","SRP_A":"abc","USERNAME":"the-sub"}`},
		{"DEVICE_PASSWORD_VERIFIER", "srp", `{"PASSWORD_CLAIM_SECRET_BLOCK":"b","PASSWORD_CLAIM_SIGNATURE":"s","TIMESTAMP":"t","USERNAME":"the-sub"}`},
		{"MADE_LATER", "parameters", `{"USERNAME":"the-sub","X":"1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.challenge, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t, 200, `{"AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":60}}`)
			client := newClient(t, u.URL, nil)
			for kind := range maps.Keys(answers) {
				if kind == tt.kind {
					continue
				}
				_, err := client.Respond(t.Context(), cognito.RespondToChallengeInput{Session: client.SessionOf(t.Context(), tt.challenge), Answer: answers[kind]})
				if e := apierr.From(err); e == nil || e.Code != apierr.BadUserInput || e.Field != "input.answer" {
					t.Errorf("answered by %s: %v", kind, err)
				}
			}
			if u.calls.Load() != 0 {
				t.Fatal("Cognito was called with the wrong kind of answer")
			}
			result, err := client.Respond(t.Context(), cognito.RespondToChallengeInput{Session: client.SessionOf(t.Context(), tt.challenge), Answer: answers[tt.kind]})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := result.(*cognito.AuthTokens); !ok {
				t.Errorf("result %T", result)
			}
			_, request := u.last()
			responses, _ := json.Marshal(request["ChallengeResponses"])
			if string(responses) != tt.responses || request["ChallengeName"] != tt.challenge || request["Session"] != "the-session" {
				t.Errorf("sent %s %s %v\nwant %s", request["ChallengeName"], responses, request["Session"], tt.responses)
			}
		})
	}
}

// Exactly one member must be set, also where the schema's @oneOf is not checked.
func TestAnswerHasOneMember(t *testing.T) {
	u := newUpstream(t, 200, `{}`)
	client := newClient(t, u.URL, nil)
	for _, answer := range []cognito.Answer{{}, {Code: new("1"), Password: new("x")}} {
		_, err := client.Respond(t.Context(), cognito.RespondToChallengeInput{Session: client.SessionOf(t.Context(), "SMS_MFA"), Answer: answer})
		if e := apierr.From(err); e == nil || e.Code != apierr.BadUserInput {
			t.Errorf("%v", err)
		}
	}
}

func TestMalformedSession(t *testing.T) {
	u := newUpstream(t, 200, `{}`)
	for _, session := range []string{"", "x", "e30", "bnVsbA", "!!!!"} {
		_, err := newClient(t, u.URL, nil).Respond(t.Context(), cognito.RespondToChallengeInput{Session: session, Answer: cognito.Answer{Code: new("1")}})
		if e := apierr.From(err); e == nil || e.Code != apierr.BadUserInput || e.Field != "input.session" {
			t.Errorf("%q: %v", session, err)
		}
	}
	if u.calls.Load() != 0 {
		t.Error("Cognito was called")
	}
}

// The device key is sent with every answer if the sign-in started with it.
func TestDeviceKeyIsSent(t *testing.T) {
	u := newUpstream(t, 200, `{"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"s","ChallengeParameters":{}}`)
	client := newClient(t, u.URL, nil)
	result, err := client.SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x", DeviceKey: new("the-device")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = client.Respond(t.Context(), cognito.RespondToChallengeInput{Session: result.(cognito.Challenge).GetSession(), Answer: cognito.Answer{Code: new("123456")}}); err != nil {
		t.Fatal(err)
	}
	_, request := u.last()
	if responses := request["ChallengeResponses"].(map[string]any); responses["DEVICE_KEY"] != "the-device" {
		t.Errorf("responses %v", responses)
	}
}
