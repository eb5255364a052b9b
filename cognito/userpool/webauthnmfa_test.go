package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// setMFA sets how passkeys are used in the default pool, and whether MFA is required.
func (b *bench) setMFA(mfa types.UserPoolMfaType, passkeys types.WebAuthnConfigurationType) {
	b.Helper()
	b.must(b.sdkErr(b.sdk.SetUserPoolMfaConfig(b.Context(), &cognito.SetUserPoolMfaConfigInput{
		UserPoolId: aws.String(b.pool.ID()), MfaConfiguration: mfa, WebAuthnConfiguration: &passkeys,
		SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
	})))
}

// allowFirst sets the first factors of the default pool.
func (b *bench) allowFirst(factors ...types.AuthFactorType) {
	b.Helper()
	b.must(b.sdkErr(b.sdk.UpdateUserPool(b.Context(), &cognito.UpdateUserPoolInput{
		UserPoolId: aws.String(b.pool.ID()), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		Policies: &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: factors}},
	})))
}

func (b *bench) preferPasskey(token *string) error {
	return b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{Enabled: true}})
}

// A passkey is one factor, unless pool and user both say that one with user verification counts as two.
func TestPasskeyAndMFA(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	a := newAuthenticator(t, -7)
	b.must(b.registers(token, a))
	secret := b.enrol(token)
	wantTOTP := func() {
		t.Helper()
		b.clock.pass(30e9)
		out, err := b.passkeySignIn("ann@example.com", a)
		b.must(err)
		if out.ChallengeName != "SOFTWARE_TOKEN_MFA" {
			t.Fatalf("%+v", out)
		}
		b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", out.Session, answersOf("USERNAME", "ann@example.com", "SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0))))
	}
	wantTOTP()
	multi := types.WebAuthnConfigurationType{RelyingPartyId: aws.String("localhost"), FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"}
	b.setMFA("OPTIONAL", multi)
	wantTOTP() // the user has not enabled it
	b.must(b.preferPasskey(token))
	_, options := b.passkeyChallenge("ann@example.com")
	if options.UserVerification != "required" {
		t.Errorf("%+v", options)
	}
	b.tokensOf(b.passkeySignIn("ann@example.com", a))
	_, err := b.passkeySignIn("ann@example.com", a.with(func(a *authenticator) { a.flags = userPresent }))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")

	b.allowFirst("PASSWORD", "WEB_AUTHN")
	b.setMFA("ON", multi)
	b.tokensOf(b.passkeySignIn("ann@example.com", a))
}

func TestPasskeyConfiguration(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	local := newAuthenticator(t, -7)
	b.must(b.registers(token, local))
	session, request := b.passkeyChallenge("ann@example.com")

	b.setMFA("OPTIONAL", types.WebAuthnConfigurationType{RelyingPartyId: aws.String("example.com"), UserVerification: "required"})
	_, err := b.answerPasskey("ann@example.com", session, local.get(request.Challenge)) // for the previous domain
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	out, err := b.auth("USER_AUTH", answersOf("USERNAME", "ann@example.com", "PREFERRED_CHALLENGE", "WEB_AUTHN"))
	b.must(err)
	if out.ChallengeName != "SELECT_CHALLENGE" {
		t.Errorf("%+v", out)
	}
	options, err := b.startPasskey(token)
	b.must(err)
	if options.RP.ID != "example.com" || options.AuthenticatorSelection.UserVerification != "required" {
		t.Errorf("%+v", options)
	}
	b.refused(b.registers(token, newAuthenticator(t, -7)), "WebAuthnOriginNotAllowedException", "") // http://localhost
	a := newAuthenticator(t, -7).with(func(a *authenticator) { a.relyingParty, a.origin = "example.com", "https://app.example.com:8443" })
	b.refused(b.registers(token, a.with(func(a *authenticator) { a.flags = userPresent })), "WebAuthnCredentialNotSupportedException", "")
	b.refused(b.registers(token, a.with(func(a *authenticator) { a.origin = "http://app.example.com" })), "WebAuthnOriginNotAllowedException", "")
	b.must(b.registers(token, a))
	a.handle = ""
	b.tokensOf(b.passkeySignIn("ann@example.com", a))
	_, err = b.passkeySignIn("ann@example.com", a.with(func(a *authenticator) { a.flags = userPresent }))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
}

// track sets device tracking in the default pool.
func (b *bench) track(devices *types.DeviceConfigurationType) {
	b.Helper()
	b.must(b.sdkErr(b.sdk.UpdateUserPool(b.Context(), &cognito.UpdateUserPoolInput{
		UserPoolId: aws.String(b.pool.ID()), MfaConfiguration: "OPTIONAL", DeviceConfiguration: devices,
		AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		Policies:               &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD", "WEB_AUTHN"}}},
	})))
}

// A remembered device takes the place of the second factor if the pool says so.
func TestDeviceAndMFA(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com")
	a := newAuthenticator(t, -7)
	b.must(b.registers(token.AccessToken, a))
	secret := b.enrol(token.AccessToken)
	b.track(&types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true})
	b.must(b.sdkErr(b.refresh(token.RefreshToken))) // from before

	byTOTP := func(out *cognito.InitiateAuthOutput, err error) *types.AuthenticationResultType {
		t.Helper()
		b.must(err)
		if out.ChallengeName != "SOFTWARE_TOKEN_MFA" {
			t.Fatalf("%+v", out)
		}
		b.clock.pass(30e9)
		return b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", out.Session, answersOf("USERNAME", "ann@example.com", "SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0))))
	}
	first := byTOTP(b.signIn("ann@example.com", goodPassword))
	d := &device{key: *first.NewDeviceMetadata.DeviceKey, group: *first.NewDeviceMetadata.DeviceGroupKey}
	confirmed, err := b.confirmDevice(first.AccessToken, d)
	b.must(err)
	if !confirmed.UserConfirmationNecessary {
		t.Error("confirmation by the user is not required")
	}
	second := byTOTP(b.signInOn(d)) // not remembered yet
	if b.payload(second.AccessToken)["device_key"] != d.key || second.NewDeviceMetadata != nil {
		t.Errorf("%+v", second)
	}
	b.must(b.setStatus(first.AccessToken, d.key, "remembered"))
	out, err := b.signInOn(d)
	b.must(err)
	if out.ChallengeName != "DEVICE_SRP_AUTH" {
		t.Fatalf("%+v", out)
	}
	b.tokensOf(b.prove(out.Session, d))
	byTOTP(b.signIn("ann@example.com", goodPassword)) // without the key

	// The same after a passkey, which is one factor here.
	began, err := b.auth("USER_AUTH", answersOf("USERNAME", "ann@example.com", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", goodPassword, "DEVICE_KEY", d.key))
	b.must(err)
	b.tokensOf(b.prove(began.Session, d))
	session, options := b.passkeyChallenge("ann@example.com")
	answers := answersOf("USERNAME", "ann@example.com", "CREDENTIAL", asText(t, a.get(options.Challenge)), "DEVICE_KEY", d.key)
	next, err := b.answer("WEB_AUTHN", session, answers)
	b.must(err)
	b.tokensOf(b.prove(next.Session, d))

	// A new password invalidates sessions that depend on the old one.
	out, err = b.signInOn(d)
	b.must(err)
	other := "Another-horse-9"
	b.must(b.sdkErr(b.sdk.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{UserPoolId: aws.String(b.pool.ID()), Username: aws.String("ann@example.com"), Password: &other, Permanent: true})))
	srp := newSRPClient(t)
	_, err = b.answer("DEVICE_SRP_AUTH", out.Session, answersOf("USERNAME", "ann@example.com", "DEVICE_KEY", d.key, "SRP_A", srp.public.Text(16)))
	b.refused(err, "NotAuthorizedException", "Invalid session for the user.")
	b.must(b.sdkErr(b.sdk.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{UserPoolId: aws.String(b.pool.ID()), Username: aws.String("ann@example.com"), Password: aws.String(goodPassword), Permanent: true})))

	b.track(&types.DeviceConfigurationType{})
	byTOTP(b.signInOn(d))
	b.track(nil)
	byTOTP(b.signInOn(d))
	b.must(b.sdkErr(b.refresh(first.RefreshToken)))
}
