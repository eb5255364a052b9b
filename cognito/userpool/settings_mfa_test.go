package userpool_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestMFASettings(t *testing.T) {
	t.Parallel()
	const (
		set       = "SetUserPoolMfaConfig"
		totp      = `"SoftwareTokenMfaConfiguration":{"Enabled":true}`
		factors   = `"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD",`
		together  = invalid + "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
		noFactor  = invalid + "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled."
		onlyThese = invalid + "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"
		single    = invalid + "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor"
	)
	runSettings(t, []setting{
		{
			name: "stored", operation: set, pool: `{` + ses + `}`,
			request: `{"MfaConfiguration":"OPTIONAL",` + totp + `,"EmailMfaConfiguration":{"Message":"Code {####}","Subject":"Code"},
				"SmsMfaConfiguration":{"SmsAuthenticationMessage":"Code {####}",` + sms + `},
				"WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"required","FactorConfiguration":"SINGLE_FACTOR"}}`,
			result: `{"MfaConfiguration":"OPTIONAL",` + totp + `,"EmailMfaConfiguration":{"Message":"Code {####}","Subject":"Code"},
				"SmsMfaConfiguration":{"SmsAuthenticationMessage":"Code {####}",` + sms + `},
				"WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"required","FactorConfiguration":"SINGLE_FACTOR"},
				"SmsAuthenticationMessage":"Code {####}",` + sms + `}`,
		},

		// It replaces everything, except passkeys.
		{
			name: "without a mode is off", operation: set, pool: `{} + {"MfaConfiguration":"ON",` + totp + `}`, request: `{}`,
			result: `{"MfaConfiguration":"OFF","SoftwareTokenMfaConfiguration":null}`,
		},
		{name: "without a mode but with a factor", operation: set, request: `{` + totp + `}`, refused: together},
		{
			name: "factors that are not given", operation: set, pool: `{` + ses + `} + {"MfaConfiguration":"ON",` + totp + `,"EmailMfaConfiguration":{}}`,
			request: `{"MfaConfiguration":"ON","EmailMfaConfiguration":{}}`, result: `{"SoftwareTokenMfaConfiguration":null,"EmailMfaConfiguration":{}}`,
		},
		{
			name: "passkeys are kept", operation: set, pool: `{} + {"WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}`, request: `{"MfaConfiguration":"ON",` + totp + `}`,
			result: `{"WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}`,
		},
		{
			name: "passkeys alone", operation: set, request: `{"WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"preferred"}}`,
			result: `{"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}`,
		},

		// Factors and modes
		{name: "off with an authenticator app", operation: set, request: `{"MfaConfiguration":"OFF",` + totp + `}`, refused: together},
		{name: "off with an authenticator app that is off", operation: set, request: `{"MfaConfiguration":"OFF","SoftwareTokenMfaConfiguration":{"Enabled":false}}`, refused: together},
		{name: "off with e-mail", operation: set, request: `{"MfaConfiguration":"OFF","EmailMfaConfiguration":{"Subject":"Code"}}`, refused: together},
		{name: "off with SMS", operation: set, request: `{"MfaConfiguration":"OFF","SmsMfaConfiguration":{` + sms + `}}`, refused: together},
		{name: "on without a factor", operation: set, request: `{"MfaConfiguration":"ON"}`, refused: noFactor},
		{name: "optional with passkeys alone", operation: set, request: `{"MfaConfiguration":"OPTIONAL","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}`, refused: noFactor},
		{
			name: "on with a factor that is off", operation: set, request: `{"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":false}}`,
			refused: invalid + "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
		},
		{name: "SMS without a role", operation: set, request: `{"MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsAuthenticationMessage":"Code {####}"}}`, refused: "InvalidParameterException"},
		{
			name: "SMS of the pool is not given", operation: set, pool: `{` + sms + `}`, request: `{"MfaConfiguration":"ON",` + totp + `}`,
			refused: invalid + "Can't turn off SMS_MFA when SMS configuration is set for the user pool",
		},
		{
			name: "e-mail by Cognito", operation: set, request: `{"MfaConfiguration":"ON","EmailMfaConfiguration":{}}`,
			refused: invalid + "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount.",
		},
		{
			name: "e-mail and SMS of the embedded pool", operation: set, pool: "embedded", request: `{"MfaConfiguration":"OPTIONAL","EmailMfaConfiguration":{},"SmsMfaConfiguration":{},` + totp + `}`,
			result: `{"MfaConfiguration":"OPTIONAL","EmailMfaConfiguration":{},"SmsMfaConfiguration":{}}`,
		},
		{
			name: "e-mail without a code", operation: set, pool: `{` + ses + `}`, request: `{"MfaConfiguration":"ON","EmailMfaConfiguration":{"Message":"Your code."}}`,
			refused: one + "'Your code.' at 'emailMfaConfiguration.message' failed to satisfy constraint: " + mailPattern,
		},
		{
			name: "SMS without a code", operation: set, request: `{"MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsAuthenticationMessage":"Your code.",` + sms + `}}`,
			refused: one + "'Your code.' at 'smsMfaConfiguration.smsAuthenticationMessage' failed to satisfy constraint: " + smsPattern,
		},

		// First factors where MFA is required
		{name: "codes by e-mail where MFA is required", operation: set, pool: `{` + factors + `"EMAIL_OTP"]}}}`, request: `{"MfaConfiguration":"ON",` + totp + `}`, refused: onlyThese},
		{
			name: "codes by SMS where MFA is required", operation: set, pool: `{` + factors + `"SMS_OTP"]}},` + sms + `}`,
			request: `{"MfaConfiguration":"ON","SmsMfaConfiguration":{` + sms + `}}`, refused: onlyThese,
		},
		{
			name: "codes where MFA is optional", operation: set, pool: `{` + factors + `"EMAIL_OTP"]}}}`, request: `{"MfaConfiguration":"OPTIONAL",` + totp + `}`,
			result: `{"MfaConfiguration":"OPTIONAL"}`,
		},
		{name: "passkeys where MFA is required", operation: set, pool: `{` + factors + `"WEB_AUTHN"]}}}`, request: `{"MfaConfiguration":"ON",` + totp + `}`, refused: single},
		{
			name: "passkeys as both factors where MFA is required", operation: set, pool: `{` + factors + `"WEB_AUTHN"]}}}`,
			request: `{"MfaConfiguration":"ON",` + totp + `,"WebAuthnConfiguration":{"RelyingPartyId":"example.com","FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION"}}`,
			result:  `{"MfaConfiguration":"ON"}`,
		},
	})
}

// AdminSetUserMFAPreference refuses factors that the user cannot answer with.
func TestAdminPreference(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	pool, name := b.user()
	email, phone := &types.EmailMfaSettingsType{Enabled: true}, &types.SMSMfaSettingsType{Enabled: true}
	var accepted []any
	set := func(in cognito.AdminSetUserMFAPreferenceInput) error {
		in.UserPoolId, in.Username = pool, name
		_, err := b.sdk.AdminSetUserMFAPreference(t.Context(), &in)
		if err == nil {
			accepted = append(accepted, in)
		}
		return err
	}
	const undeliverable = "User does not have delivery config set to turn on "
	b.refused(set(cognito.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: on(true)}), "InvalidParameterException", undeliverable+"SOFTWARE_TOKEN_MFA")
	b.refused(set(cognito.AdminSetUserMFAPreferenceInput{SMSMfaSettings: phone}), "InvalidParameterException", undeliverable+"SMS_MFA")
	token := b.tokens(*name).AccessToken
	out, err := b.associate(token, nil)
	b.must(err)
	b.refused(set(cognito.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: on(true)}), "InvalidParameterException", undeliverable+"SOFTWARE_TOKEN_MFA")
	_, err = b.verifyToken(token, nil, b.totp(*out.SecretCode, 0))
	b.must(err)
	b.must(set(cognito.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: on(true), EmailMfaSettings: email}))
	b.challenge(*name, "SOFTWARE_TOKEN_MFA")
	b.refused(set(cognito.AdminSetUserMFAPreferenceInput{
		SoftwareTokenMfaSettings: on(true), EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true},
	}), "InvalidParameterException", "")

	// What is accepted is stored and comes back.
	b.must(b.sdkErr(b.sdk.AdminUpdateUserAttributes(t.Context(), &cognito.AdminUpdateUserAttributesInput{
		UserPoolId: pool, Username: name, UserAttributes: []types.AttributeType{attr("phone_number", "+15551234567"), attr("phone_number_verified", "true")},
	})))
	want := func(preferred string, factors ...string) {
		t.Helper()
		out, err := b.sdk.AdminGetUser(t.Context(), &cognito.AdminGetUserInput{UserPoolId: pool, Username: name})
		b.must(err)
		slices.Sort(out.UserMFASettingList)
		if aws.ToString(out.PreferredMfaSetting) != preferred || !slices.Equal(out.UserMFASettingList, factors) {
			t.Errorf("factors %v, preferred %v, want %v, %s", out.UserMFASettingList, aws.ToString(out.PreferredMfaSetting), factors, preferred)
		}
	}
	want("SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
	b.must(set(cognito.AdminSetUserMFAPreferenceInput{SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true, PreferredMfa: true}}))
	want("SMS_MFA", "EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
	b.must(set(cognito.AdminSetUserMFAPreferenceInput{EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true}, SMSMfaSettings: phone}))
	want("EMAIL_OTP", "EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
	b.must(set(cognito.AdminSetUserMFAPreferenceInput{
		EmailMfaSettings: &types.EmailMfaSettingsType{}, SMSMfaSettings: &types.SMSMfaSettingsType{}, SoftwareTokenMfaSettings: on(true),
		WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{Enabled: true},
	}))
	want("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA")
	everyMember(t, "AdminSetUserMFAPreference", accepted...)
}

// Only administrators can write attributes for developers.
func TestDeveloperOnlyAttribute(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("developers"),
		Schema:   []types.SchemaAttributeType{{Name: aws.String("plan"), DeveloperOnlyAttribute: aws.Bool(true), Mutable: aws.Bool(true)}},
	}).Id
	const refused = "A client attempted to write unauthorized attribute"
	_, err := b.signUp("ann", attr("dev:custom:plan", "gold"))
	b.refused(err, "NotAuthorizedException", refused)
	_, err = b.signUp("ann")
	b.must(err)
	b.must(b.sdkErr(b.sdk.AdminConfirmSignUp(t.Context(), &cognito.AdminConfirmSignUpInput{UserPoolId: pool, Username: aws.String("ann")})))
	token := b.tokens("ann").AccessToken
	_, err = b.sdk.UpdateUserAttributes(t.Context(), &cognito.UpdateUserAttributesInput{AccessToken: token, UserAttributes: []types.AttributeType{attr("dev:custom:plan", "gold")}})
	b.refused(err, "NotAuthorizedException", refused)
	b.must(b.sdkErr(b.sdk.AdminUpdateUserAttributes(t.Context(), &cognito.AdminUpdateUserAttributesInput{
		UserPoolId: pool, Username: aws.String("ann"), UserAttributes: []types.AttributeType{attr("dev:custom:plan", "silver")},
	})))
	_, err = b.sdk.DeleteUserAttributes(t.Context(), &cognito.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"dev:custom:plan"}})
	b.refused(err, "NotAuthorizedException", refused)
	user, err := b.getUser(token)
	b.must(err)
	if got := valueOf(user.UserAttributes, "dev:custom:plan"); got != "silver" {
		t.Errorf("the attribute is %q", got)
	}
}
