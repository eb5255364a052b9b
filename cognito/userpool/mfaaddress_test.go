package userpool_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// A second factor follows its address: codes go to a changed one, and it cannot be removed while the factor is on.
func TestFactorFollowsAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		factor, attribute, old, changed string
		challenge                       types.ChallengeNameType
		prefer                          cognito.SetUserMFAPreferenceInput // where MFA is optional
	}{
		{
			"SMS_MFA", "phone_number", "+15550001111", "+15550002222", "SMS_MFA",
			cognito.SetUserMFAPreferenceInput{SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true, PreferredMfa: true}},
		},
		{
			"EMAIL_OTP", "email", "old@example.com", "new@example.com", "EMAIL_OTP",
			cognito.SetUserMFAPreferenceInput{EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true}},
		},
	} {
		for _, mode := range []types.UserPoolMfaType{"OPTIONAL", "ON"} {
			t.Run(tt.factor+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				b := start(t)
				pool := b.newPool(&cognito.CreateUserPoolInput{
					PoolName: aws.String("factors"), MfaConfiguration: "OPTIONAL",
					SmsConfiguration:   &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")},
					EmailConfiguration: &types.EmailConfigurationType{EmailSendingAccount: "DEVELOPER", SourceArn: aws.String("arn:aws:ses:us-east-1:000000000000:identity/example.com")},
				}).Id
				config := &cognito.SetUserPoolMfaConfigInput{
					UserPoolId: pool, MfaConfiguration: "OPTIONAL", EmailMfaConfiguration: &types.EmailMfaConfigType{},
					SmsMfaConfiguration: &types.SmsMfaConfigType{SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")}},
				}
				b.must(b.sdkErr(b.sdk.SetUserPoolMfaConfig(t.Context(), config)))
				b.confirmed(pool, "ann")
				set := func(attributes ...types.AttributeType) {
					t.Helper()
					b.must(b.sdkErr(b.sdk.AdminUpdateUserAttributes(t.Context(), &cognito.AdminUpdateUserAttributesInput{
						UserPoolId: pool, Username: aws.String("ann"), UserAttributes: attributes,
					})))
				}
				set(attr(tt.attribute, tt.old), attr(tt.attribute+"_verified", "true"))
				token := b.tokens("ann").AccessToken
				if prefer := tt.prefer; mode == "OPTIONAL" {
					prefer.AccessToken = token
					b.must(b.prefer(prefer))
				}
				config.MfaConfiguration = mode
				b.must(b.sdkErr(b.sdk.SetUserPoolMfaConfig(t.Context(), config)))

				shown := func() []string {
					t.Helper()
					user, err := b.getUser(token)
					b.must(err)
					return user.UserMFASettingList
				}
				signIn := func(address string) {
					t.Helper()
					c := b.challenge("ann", tt.challenge)
					b.tokensOf(b.answer(tt.challenge, c.Session, map[string]string{"USERNAME": "ann", string(tt.challenge) + "_CODE": b.lastCode(address)}))
				}
				signIn(tt.old)
				b.must(b.sdkErr(b.sdk.UpdateUserAttributes(t.Context(), &cognito.UpdateUserAttributesInput{
					AccessToken: token, UserAttributes: []types.AttributeType{attr(tt.attribute, tt.changed)},
				})))
				if list := shown(); !slices.Equal(list, []string{tt.factor}) {
					t.Errorf("after the change, the factors are %v", list)
				}
				signIn(tt.changed)
				user, err := b.getUser(token)
				b.must(err)
				if valueOf(user.UserAttributes, tt.attribute+"_verified") != "true" {
					t.Errorf("the code did not verify the address")
				}

				_, err = b.sdk.DeleteUserAttributes(t.Context(), &cognito.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{tt.attribute}})
				b.refused(err, "InvalidParameterException", "")
				_, err = b.sdk.UpdateUserAttributes(t.Context(), &cognito.UpdateUserAttributesInput{
					AccessToken: token, UserAttributes: []types.AttributeType{attr(tt.attribute, "")},
				})
				b.refused(err, "InvalidParameterException", "")
				_, err = b.sdk.AdminDeleteUserAttributes(t.Context(), &cognito.AdminDeleteUserAttributesInput{
					UserPoolId: pool, Username: aws.String("ann"), UserAttributeNames: []string{tt.attribute},
				})
				b.refused(err, "InvalidParameterException", "")
				signIn(tt.changed)
				if mode == "ON" {
					return
				}
				b.must(b.prefer(cognito.SetUserMFAPreferenceInput{
					AccessToken: token, SMSMfaSettings: &types.SMSMfaSettingsType{}, EmailMfaSettings: &types.EmailMfaSettingsType{},
				}))
				_, err = b.sdk.DeleteUserAttributes(t.Context(), &cognito.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{tt.attribute}})
				b.must(err)
				b.tokens("ann")
			})
		}
	}
}

// GetUser shows no factor that a sign-in does not ask for.
func TestFactorOfPoolTurnedOff(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true}}))
	b.challenge("ann@example.com", "EMAIL_OTP")
	for _, mfa := range []cognito.SetUserPoolMfaConfigInput{
		{MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}},
		{MfaConfiguration: "OFF"},
	} {
		mfa.UserPoolId = aws.String(b.pool.ID())
		b.must(b.sdkErr(b.sdk.SetUserPoolMfaConfig(t.Context(), &mfa)))
		user, err := b.getUser(token)
		b.must(err)
		if len(user.UserMFASettingList) != 0 || user.PreferredMfaSetting != nil {
			t.Errorf("%s: %v", mfa.MfaConfiguration, user.UserMFASettingList)
		}
		b.tokens("ann@example.com")
	}
}

// A sign-in is refused if the only factor that the user has turned on has no address.
func TestFactorWithoutAddress(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.withPhone("ann@example.com", "+15550001111")
	token := b.tokens("ann@example.com").AccessToken
	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true}}))
	set := func(in cognito.SetUserPoolMfaConfigInput) {
		t.Helper()
		in.UserPoolId = aws.String(b.pool.ID())
		b.must(b.sdkErr(b.sdk.SetUserPoolMfaConfig(t.Context(), &in)))
	}
	set(cognito.SetUserPoolMfaConfigInput{MfaConfiguration: "OFF"})
	b.must(b.sdkErr(b.sdk.DeleteUserAttributes(t.Context(), &cognito.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"phone_number"}})))
	b.tokens("ann@example.com")
	set(cognito.SetUserPoolMfaConfigInput{
		MfaConfiguration: "OPTIONAL", SmsMfaConfiguration: &types.SmsMfaConfigType{}, SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
	})
	user, err := b.getUser(token)
	b.must(err)
	if !slices.Equal(user.UserMFASettingList, []string{"SMS_MFA"}) {
		t.Errorf("the factors are %v", user.UserMFASettingList)
	}
	_, err = b.signIn("ann@example.com", goodPassword)
	b.refused(err, "MFAMethodNotFoundException", "The user has no phone_number to send the code of SMS_MFA to.")

	// If the user has another factor, the sign-in continues with it.
	secret := b.enrol(token)
	b.clock.pass(30e9)
	c := b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0))))
}
