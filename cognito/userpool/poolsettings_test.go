package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestPoolSettings(t *testing.T) {
	t.Parallel()
	b := start(t)
	made := b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("full"), MfaConfiguration: "OPTIONAL", DeletionProtection: "ACTIVE", UserPoolTier: "PLUS",
		AliasAttributes: []types.AliasAttributeType{"email"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email", "phone_number"},
		Policies:                    &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD", "SMS_OTP"}}},
		UserPoolAddOns:              &types.UserPoolAddOnsType{AdvancedSecurityMode: "AUDIT"},
		SmsConfiguration:            &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")},
		EmailConfiguration:          &types.EmailConfigurationType{From: aws.String("pool@example.com")},
		VerificationMessageTemplate: &types.VerificationMessageTemplateType{EmailSubject: aws.String("Code")},
		LambdaConfig:                &types.LambdaConfigType{PreTokenGenerationConfig: &types.PreTokenGenerationVersionConfigType{LambdaArn: aws.String("arn:aws:lambda:us-east-1:000000000000:function:f"), LambdaVersion: "V2_0"}},
		AdminCreateUserConfig:       &types.AdminCreateUserConfigType{InviteMessageTemplate: &types.MessageTemplateType{EmailSubject: aws.String("Welcome")}},
		SmsVerificationMessage:      aws.String("Your code is {####}"),
	})
	describe := func() *types.UserPoolType {
		t.Helper()
		out, err := b.sdk.DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: made.Id})
		b.must(err)
		return out.UserPool
	}
	got := describe()
	if got.MfaConfiguration != "OPTIONAL" || got.UserPoolAddOns.AdvancedSecurityMode != "AUDIT" || *got.EmailConfiguration.From != "pool@example.com" ||
		got.EmailConfiguration.EmailSendingAccount != "COGNITO_DEFAULT" || got.VerificationMessageTemplate.DefaultEmailOption != "CONFIRM_WITH_CODE" ||
		*got.AdminCreateUserConfig.InviteMessageTemplate.EmailSubject != "Welcome" || *got.SmsVerificationMessage != "Your code is {####}" ||
		got.LambdaConfig.PreTokenGenerationConfig.LambdaVersion != "V2_0" || got.Policies.SignInPolicy.AllowedFirstAuthFactors[1] != "SMS_OTP" {
		t.Errorf("%+v", got)
	}
	update := &cognito.UpdateUserPoolInput{UserPoolId: made.Id, PoolName: aws.String("renamed"), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}}
	_, err := b.sdk.UpdateUserPool(t.Context(), update)
	b.must(err)
	got = describe()
	if *got.Name != "renamed" || got.MfaConfiguration != "OFF" || got.DeletionProtection != "INACTIVE" || got.UserPoolAddOns != nil || *got.Arn != *made.Arn ||
		len(got.AutoVerifiedAttributes) != 1 || len(got.AliasAttributes) != 1 || got.Policies.SignInPolicy.AllowedFirstAuthFactors[0] != "PASSWORD" {
		t.Errorf("%+v", got)
	}
	update.Policies = &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"HOPE"}}}
	_, err = b.sdk.UpdateUserPool(t.Context(), update)
	b.refused(err, "InvalidParameterException", "1 validation error detected: Value 'HOPE' at 'policies.signInPolicy.allowedFirstAuthFactors.1.member' "+
		"failed to satisfy constraint: Member must satisfy enum value set: [PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN]")
	_, err = b.sdk.UpdateUserPool(t.Context(), &cognito.UpdateUserPoolInput{UserPoolId: aws.String("us-east-1_gone")})
	b.refused(err, "ResourceNotFoundException", "User pool us-east-1_gone does not exist.")
}

func TestMfaConfig(t *testing.T) {
	t.Parallel()
	b := start(t)
	id := b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("mfa")}).Id
	set := func(in cognito.SetUserPoolMfaConfigInput) (*cognito.SetUserPoolMfaConfigOutput, error) {
		in.UserPoolId = id
		return b.sdk.SetUserPoolMfaConfig(t.Context(), &in)
	}
	totp := &types.SoftwareTokenMfaConfigType{Enabled: true}
	_, err := set(cognito.SetUserPoolMfaConfigInput{MfaConfiguration: "ON"})
	b.refused(err, "InvalidParameterException", "Invalid MFA configuration given, can't turn on MFA without configuring an MFA.")
	_, err = set(cognito.SetUserPoolMfaConfigInput{MfaConfiguration: "OFF", SoftwareTokenMfaConfiguration: totp})
	b.refused(err, "InvalidParameterException", "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
	_, err = set(cognito.SetUserPoolMfaConfigInput{
		MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: totp,
		EmailMfaConfiguration: &types.EmailMfaConfigType{Subject: aws.String("Code")},
		SmsMfaConfiguration:   &types.SmsMfaConfigType{SmsAuthenticationMessage: aws.String("{####}")},
		WebAuthnConfiguration: &types.WebAuthnConfigurationType{RelyingPartyId: aws.String("example.com"), UserVerification: "required", FactorConfiguration: "SINGLE_FACTOR"},
	})
	b.must(err)
	get := func() *cognito.GetUserPoolMfaConfigOutput {
		t.Helper()
		got, err := b.sdk.GetUserPoolMfaConfig(t.Context(), &cognito.GetUserPoolMfaConfigInput{UserPoolId: id})
		b.must(err)
		return got
	}
	got := get()
	if got.MfaConfiguration != "OPTIONAL" || !got.SoftwareTokenMfaConfiguration.Enabled || *got.EmailMfaConfiguration.Subject != "Code" ||
		*got.SmsMfaConfiguration.SmsAuthenticationMessage != "{####}" || *got.WebAuthnConfiguration.RelyingPartyId != "example.com" ||
		got.WebAuthnConfiguration.UserVerification != "required" || got.WebAuthnConfiguration.FactorConfiguration != "SINGLE_FACTOR" {
		t.Errorf("%+v", got)
	}
	_, err = b.sdk.UpdateUserPool(t.Context(), &cognito.UpdateUserPoolInput{UserPoolId: id, MfaConfiguration: "OPTIONAL"})
	b.must(err)
	if got := get(); got.EmailMfaConfiguration == nil || !got.SoftwareTokenMfaConfiguration.Enabled || got.WebAuthnConfiguration == nil {
		t.Errorf("UpdateUserPool changed %+v", got)
	}
	_, err = set(cognito.SetUserPoolMfaConfigInput{MfaConfiguration: "OFF"})
	b.must(err)
	if got := get(); got.MfaConfiguration != "OFF" || got.SoftwareTokenMfaConfiguration != nil || got.SmsMfaConfiguration != nil {
		t.Errorf("%+v", got)
	}
}

func TestAdminSignIn(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	secret := b.enrol(b.tokens("ann@example.com").AccessToken)
	begin := func(client *string) (*cognito.AdminInitiateAuthOutput, error) {
		return b.sdk.AdminInitiateAuth(t.Context(), &cognito.AdminInitiateAuthInput{
			UserPoolId: aws.String(b.pool.ID()), ClientId: client, AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": "ann@example.com", "PASSWORD": goodPassword},
		})
	}
	_, err := begin(b.client)
	b.refused(err, "InvalidParameterException", "Auth flow not enabled for this client")
	b.updateClient(cognito.UpdateUserPoolClientInput{ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}})
	out, err := begin(b.client)
	b.must(err)
	b.clock.pass(30e9)
	done, err := b.sdk.AdminRespondToAuthChallenge(t.Context(), &cognito.AdminRespondToAuthChallengeInput{
		UserPoolId: aws.String(b.pool.ID()), ClientId: b.client, ChallengeName: out.ChallengeName, Session: out.Session,
		ChallengeResponses: answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0)),
	})
	b.must(err)
	if done.AuthenticationResult == nil {
		t.Errorf("%+v", done)
	}
	own := b.client
	b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("other")})
	_, err = begin(b.client)
	b.refused(err, "ResourceNotFoundException", "User pool client "+*b.client+" does not exist.")
	b.client = own
}

func TestUpdateGroup(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := aws.String(b.pool.ID()), aws.String("staff")
	_, err := b.sdk.UpdateGroup(t.Context(), &cognito.UpdateGroupInput{UserPoolId: pool, GroupName: name})
	b.refused(err, "ResourceNotFoundException", "Group not found.")
	_, err = b.sdk.CreateGroup(t.Context(), &cognito.CreateGroupInput{UserPoolId: pool, GroupName: name, Description: aws.String("old"), Precedence: aws.Int32(3)})
	b.must(err)
	out, err := b.sdk.UpdateGroup(t.Context(), &cognito.UpdateGroupInput{UserPoolId: pool, GroupName: name, Description: aws.String("new")})
	b.must(err)
	if *out.Group.Description != "new" || *out.Group.Precedence != 3 {
		t.Errorf("%+v", out.Group)
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("plain")}).Id
	_, err := b.signUp("ann")
	b.must(err)
	feedback := func(token string) error {
		_, err := b.sdk.UpdateAuthEventFeedback(t.Context(), &cognito.UpdateAuthEventFeedbackInput{
			UserPoolId: pool, Username: aws.String("ann"), EventId: aws.String("e1"), FeedbackToken: &token, FeedbackValue: "Valid",
		})
		return err
	}
	b.refused(feedback("abc"), "UserPoolAddOnNotEnabledException", "")
	_, err = b.sdk.UpdateUserPool(t.Context(), &cognito.UpdateUserPoolInput{UserPoolId: pool, UserPoolAddOns: &types.UserPoolAddOnsType{AdvancedSecurityMode: "ENFORCED"}})
	b.must(err)
	b.refused(feedback("abc"), "NotAuthorizedException", "")
	b.refused(feedback("a b"), "InvalidParameterException", "")
}
