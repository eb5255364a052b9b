package userpool_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// strictPool creates a pool that requires MFA with the given factors and returns its id.
func (b *bench) strictPool(config cognito.SetUserPoolMfaConfigInput) *string {
	b.Helper()
	pool := b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("strict"), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		EmailConfiguration: &types.EmailConfigurationType{EmailSendingAccount: "DEVELOPER", SourceArn: aws.String("arn:aws:ses:us-east-1:000000000000:identity/example.com")},
	})
	config.UserPoolId, config.MfaConfiguration = pool.Id, "ON"
	_, err := b.sdk.SetUserPoolMfaConfig(b.Context(), &config)
	b.must(err)
	return pool.Id
}

// confirmed creates a user, confirmed by an administrator, in a pool that requires MFA.
func (b *bench) confirmed(pool *string, name string, attributes ...types.AttributeType) {
	b.Helper()
	_, err := b.signUp(name, attributes...)
	b.must(err)
	_, err = b.sdk.AdminConfirmSignUp(b.Context(), &cognito.AdminConfirmSignUpInput{UserPoolId: pool, Username: &name})
	b.must(err)
}

func TestMFASetupByTOTP(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.strictPool(cognito.SetUserPoolMfaConfigInput{
		SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}, EmailMfaConfiguration: &types.EmailMfaConfigType{},
	})
	b.confirmed(pool, "ann")
	b.confirmed(pool, "bob")
	c := b.challenge("ann", "MFA_SETUP")
	if got := c.ChallengeParameters["MFAS_CAN_SETUP"]; got != `["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]` {
		t.Fatalf("MFAS_CAN_SETUP is %s", got)
	}
	ann := map[string]string{"USERNAME": "ann"}
	_, err := b.answer("MFA_SETUP", c.Session, ann)
	b.refused(err, "InvalidParameterException", "")
	_, err = b.verifyToken(nil, c.Session, aws.String("123456"))
	b.refused(err, "SoftwareTokenMFANotFoundException", "")
	other := b.challenge("ann", "MFA_SETUP")

	associated, err := b.associate(nil, c.Session)
	b.must(err)
	if associated.Session == nil || len(*associated.SecretCode) != 52 {
		t.Fatalf("%+v", associated)
	}
	_, err = b.associate(nil, c.Session)
	b.refused(err, "NotAuthorizedException", usedSession)
	code := b.totp(*associated.SecretCode, 0)
	bad := aws.String(wrong(*code))
	for slices.Contains([]string{*b.totp(*associated.SecretCode, 30*time.Second), *b.totp(*associated.SecretCode, -30*time.Second)}, *bad) {
		bad = aws.String(wrong(*bad))
	}
	_, err = b.verifyToken(nil, associated.Session, bad)
	b.refused(err, "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
	verified, err := b.verifyToken(nil, associated.Session, code)
	b.must(err)
	if verified.Status != "SUCCESS" || verified.Session == nil {
		t.Fatalf("%+v", verified)
	}
	_, err = b.verifyToken(nil, associated.Session, code)
	b.refused(err, "NotAuthorizedException", usedSession)
	_, err = b.answer("MFA_SETUP", verified.Session, map[string]string{"USERNAME": "bob"})
	b.refused(err, "NotAuthorizedException", badSession)
	tokens := b.tokensOf(b.answer("MFA_SETUP", verified.Session, ann))
	_, err = b.answer("MFA_SETUP", verified.Session, ann)
	b.refused(err, "NotAuthorizedException", usedSession)
	user, err := b.getUser(tokens.AccessToken)
	b.must(err)
	if !slices.Equal(user.UserMFASettingList, []string{"SOFTWARE_TOKEN_MFA"}) {
		t.Errorf("%v", user.UserMFASettingList)
	}

	// An earlier session must not replace the factor that has been set up since.
	_, err = b.associate(nil, other.Session)
	b.refused(err, "NotAuthorizedException", badSession)
	_, err = b.answer("MFA_SETUP", other.Session, map[string]string{"USERNAME": "ann", "EMAIL": "eve@example.com"})
	b.refused(err, "NotAuthorizedException", badSession)

	// A pool that requires MFA asks for verified factors even if they are not enabled.
	c = b.challenge("ann", "SOFTWARE_TOKEN_MFA")
	_, err = b.answer("SOFTWARE_TOKEN_MFA", c.Session, map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": *code})
	b.refused(err, "ExpiredCodeException", "Your software token has already been used once.")
	b.clock.pass(30 * time.Second)
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", c.Session, map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": *b.totp(*associated.SecretCode, 0)}))

	late := b.challenge("bob", "MFA_SETUP")
	b.clock.pass(3*time.Minute + time.Second)
	_, err = b.associate(nil, late.Session)
	b.refused(err, "NotAuthorizedException", expiredSession)
}

func TestMFASetupByMail(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.strictPool(cognito.SetUserPoolMfaConfigInput{EmailMfaConfiguration: &types.EmailMfaConfigType{}})
	b.confirmed(pool, "ann")
	c := b.challenge("ann", "MFA_SETUP")
	_, err := b.associate(nil, c.Session)
	b.refused(err, "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
	_, err = b.answer("MFA_SETUP", c.Session, map[string]string{"USERNAME": "ann", "EMAIL": "nonsense"})
	b.refused(err, "InvalidParameterException", "Invalid email address format.")
	next, err := b.answer("MFA_SETUP", c.Session, map[string]string{"USERNAME": "ann", "EMAIL": "ann@example.com"})
	b.must(err)
	if next.ChallengeName != "EMAIL_OTP" || next.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
		t.Fatalf("%+v", next)
	}
	code := b.lastCode("ann@example.com")
	_, err = b.answer("EMAIL_OTP", next.Session, map[string]string{"USERNAME": "ann", "EMAIL_OTP_CODE": wrong(code)})
	b.refused(err, "CodeMismatchException", "Invalid code or auth state for the user.")
	tokens := b.tokensOf(b.answer("EMAIL_OTP", next.Session, map[string]string{"USERNAME": "ann", "EMAIL_OTP_CODE": code}))
	user, err := b.getUser(tokens.AccessToken)
	b.must(err)
	if valueOf(user.UserAttributes, "email") != "ann@example.com" || valueOf(user.UserAttributes, "email_verified") != "true" ||
		!slices.Equal(user.UserMFASettingList, []string{"EMAIL_OTP"}) {
		t.Errorf("%+v", user)
	}
	b.challenge("ann", "EMAIL_OTP")
}

// A user whom an administrator created first sets a password, then a second factor.
func TestNewPasswordThenMFA(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.strictPool(cognito.SetUserPoolMfaConfigInput{SmsMfaConfiguration: &types.SmsMfaConfigType{
		SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")},
	}})
	_, err := b.sdk.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{
		UserPoolId: pool, Username: aws.String("ann"), TemporaryPassword: aws.String(goodPassword), MessageAction: "SUPPRESS",
		UserAttributes: []types.AttributeType{attr("phone_number", "+15550002222"), attr("phone_number_verified", "true")},
	})
	b.must(err)
	c := b.challenge("ann", "NEW_PASSWORD_REQUIRED")
	next, err := b.answer("NEW_PASSWORD_REQUIRED", c.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Even-better-1"})
	b.must(err)
	if next.ChallengeName != "SMS_MFA" || next.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "+*******2222" {
		t.Fatalf("%+v", next)
	}
	b.tokensOf(b.answer("SMS_MFA", next.Session, map[string]string{"USERNAME": "ann", "SMS_MFA_CODE": b.lastCode("+15550002222")}))
}

// Second factors follow SRP in the same way as a password.
func TestSRPThenMFA(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	secret := b.enrol(b.tokens("ann@example.com").AccessToken)
	b.clock.pass(time.Minute)
	c := newSRPClient(t)
	out, err := b.auth("USER_SRP_AUTH", map[string]string{"USERNAME": "ann@example.com", "SRP_A": c.public.Text(16)})
	b.must(err)
	next, err := b.answer("PASSWORD_VERIFIER", nil, c.answers(t, b.pool.ID(), goodPassword, out.ChallengeParameters, b.clock.Now()))
	b.must(err)
	if next.ChallengeName != "SOFTWARE_TOKEN_MFA" {
		t.Fatalf("%+v", next)
	}
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", next.Session, map[string]string{
		"USERNAME": next.ChallengeParameters["USER_ID_FOR_SRP"], "SOFTWARE_TOKEN_MFA_CODE": *b.totp(secret, 0),
	}))
}

// A verified phone number can be used as a second factor.
func TestVerifiedPhone(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	_, err := b.sdk.UpdateUserAttributes(t.Context(), &cognito.UpdateUserAttributesInput{
		AccessToken: token, UserAttributes: []types.AttributeType{attr("phone_number", "+15550003333")},
	})
	b.must(err)
	sms := cognito.SetUserMFAPreferenceInput{AccessToken: token, SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true}}
	b.refused(b.prefer(sms), "InvalidParameterException", "User does not have delivery config set to turn on SMS_MFA")
	_, err = b.sdk.GetUserAttributeVerificationCode(t.Context(), &cognito.GetUserAttributeVerificationCodeInput{
		AccessToken: token, AttributeName: aws.String("phone_number"),
	})
	b.must(err)
	_, err = b.sdk.VerifyUserAttribute(t.Context(), &cognito.VerifyUserAttributeInput{
		AccessToken: token, AttributeName: aws.String("phone_number"), Code: aws.String(b.lastCode("+15550003333")),
	})
	b.must(err)
	b.must(b.prefer(sms))
	c := b.challenge("ann@example.com", "SMS_MFA")
	b.tokensOf(b.answer("SMS_MFA", c.Session, answersOf("SMS_MFA_CODE", b.lastCode("+15550003333"))))
	factors, err := b.sdk.GetUserAuthFactors(t.Context(), &cognito.GetUserAuthFactorsInput{AccessToken: token})
	b.must(err)
	if !slices.Equal(factors.ConfiguredUserAuthFactors, []types.AuthFactorType{"PASSWORD", "EMAIL_OTP", "SMS_OTP"}) {
		t.Errorf("%v", factors.ConfiguredUserAuthFactors)
	}
}
