package userpool_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestForgotPassword(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	forgot := func() {
		t.Helper()
		out, err := b.sdk.ForgotPassword(t.Context(), &cognito.ForgotPasswordInput{ClientId: b.client, Username: aws.String("ann@example.com")})
		b.must(err)
		if *out.CodeDeliveryDetails.Destination != "a***@e***" {
			t.Errorf("%+v", out.CodeDeliveryDetails)
		}
	}
	reset := func(code, password string) error {
		_, err := b.sdk.ConfirmForgotPassword(t.Context(), &cognito.ConfirmForgotPasswordInput{ClientId: b.client, Username: aws.String("ann@example.com"), ConfirmationCode: &code, Password: &password})
		return err
	}
	b.refused(reset("123456", "Even-better-1"), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	forgot()
	code := b.lastCode("ann@example.com")
	if kind := b.inbox("ann@example.com")[0].Kind; kind != "FORGOT_PASSWORD" {
		t.Error(kind)
	}
	b.refused(reset(wrong(code), "Even-better-1"), "CodeMismatchException", "Invalid verification code provided, please try again.")
	b.refused(reset(code, "weak"), "InvalidPasswordException", "")
	b.must(reset(code, "Even-better-1"))
	b.refused(reset(code, "Even-better-2"), "ExpiredCodeException", "")
	_, err := b.signIn("ann@example.com", goodPassword)
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = b.signIn("ann@example.com", "Even-better-1")
	b.must(err)
	_, err = b.getUser(tokens.AccessToken)
	b.must(err)
	forgot()
	b.clock.pass(time.Hour + time.Second)
	b.refused(reset(b.lastCode("ann@example.com"), "Even-better-2"), "ExpiredCodeException", "")
}

func TestForgotPasswordStates(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := b.user()
	forgot := func() error {
		_, err := b.sdk.ForgotPassword(t.Context(), &cognito.ForgotPasswordInput{ClientId: b.client, Username: name})
		return err
	}
	_, err := b.signUp(*name)
	b.must(err)
	b.must(forgot()) // no verified address: decoy response
	if n := len(b.inbox(*name)); n != 1 {
		t.Errorf("%d mails", n)
	}
	b.updateClient(cognito.UpdateUserPoolClientInput{})
	b.refused(forgot(), "InvalidParameterException", "Cannot reset password for the user as there is no registered/verified email or phone_number")
	b.must(b.confirm(*name, b.lastCode(*name)))
	_, err = b.sdk.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{UserPoolId: pool, Username: name, Password: aws.String(goodPassword)})
	b.must(err)
	b.refused(forgot(), "NotAuthorizedException", "User password cannot be reset in the current state.")
	_, err = b.sdk.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{UserPoolId: pool, Username: name, Password: aws.String(goodPassword), Permanent: true})
	b.must(err)
	_, err = b.sdk.AdminDisableUser(t.Context(), &cognito.AdminDisableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	b.refused(forgot(), "NotAuthorizedException", "User is disabled.")
	_, err = b.sdk.AdminEnableUser(t.Context(), &cognito.AdminEnableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.sdk.AdminResetUserPassword(t.Context(), &cognito.AdminResetUserPasswordInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.signIn(*name, goodPassword)
	b.refused(err, "PasswordResetRequiredException", "Password reset required for the user")
	_, err = b.sdk.ConfirmForgotPassword(t.Context(), &cognito.ConfirmForgotPasswordInput{ClientId: b.client, Username: name, ConfirmationCode: aws.String(b.lastCode(*name)), Password: aws.String("Even-better-1")})
	b.must(err)
	_, err = b.signIn(*name, "Even-better-1")
	b.must(err)
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	change := func(from, to string) error {
		_, err := b.sdk.ChangePassword(t.Context(), &cognito.ChangePasswordInput{AccessToken: tokens.AccessToken, PreviousPassword: &from, ProposedPassword: &to})
		return err
	}
	b.refused(change("wrong", "Even-better-1"), "NotAuthorizedException", "Incorrect username or password.")
	b.refused(change(goodPassword, "weakling"), "InvalidPasswordException", "Password did not conform with policy: Password must have uppercase characters")
	b.must(change(goodPassword, "Even-better-1"))
	b.must(change("Even-better-1", goodPassword))
	b.must(change(goodPassword, goodPassword))
	b.refused(change(goodPassword, "Even-better-1"), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	_, err := b.getUser(tokens.AccessToken)
	b.must(err)
}

func TestPasswordHistory(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("history"), Policies: &types.UserPoolPolicyType{
		PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(6), PasswordHistorySize: aws.Int32(2)},
	}})
	if got := pool.Policies.PasswordPolicy; *got.MinimumLength != 6 || got.RequireSymbols {
		t.Errorf("%+v", got)
	}
	_, err := b.sdk.SignUp(t.Context(), &cognito.SignUpInput{ClientId: b.client, Username: aws.String("ann"), Password: aws.String("simple0")})
	b.must(err)
	_, err = b.sdk.AdminConfirmSignUp(t.Context(), &cognito.AdminConfirmSignUpInput{UserPoolId: pool.Id, Username: aws.String("ann")})
	b.must(err)
	out, err := b.signIn("ann", "simple0")
	b.must(err)
	change := func(from, to string) error {
		_, err := b.sdk.ChangePassword(t.Context(), &cognito.ChangePasswordInput{AccessToken: out.AuthenticationResult.AccessToken, PreviousPassword: &from, ProposedPassword: &to})
		return err
	}
	b.must(change("simple0", "simple1"))
	b.refused(change("simple1", "simple0"), "PasswordHistoryPolicyViolationException", "")
	b.must(change("simple1", "simple2"))
	b.must(change("simple2", "simple0"))
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("trusting"), UsernameAttributes: []types.UsernameAttributeType{"email"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		Schema: []types.SchemaAttributeType{{Name: aws.String("mode"), AttributeDataType: "String", Mutable: aws.Bool(true)}},
	})
	b.member("ann@example.com")
	b.member("bob@example.com")
	token := b.tokens("ann@example.com").AccessToken
	update := func(list ...types.AttributeType) (*cognito.UpdateUserAttributesOutput, error) {
		return b.sdk.UpdateUserAttributes(t.Context(), &cognito.UpdateUserAttributesInput{AccessToken: token, UserAttributes: list})
	}
	remove := func(names ...string) error {
		_, err := b.sdk.DeleteUserAttributes(t.Context(), &cognito.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: names})
		return err
	}
	get := func(name string) string {
		t.Helper()
		user, err := b.getUser(token)
		b.must(err)
		return valueOf(user.UserAttributes, name)
	}
	out, err := update(attr("name", "Ann"), attr("custom:mode", "dark"))
	b.must(err)
	if len(out.CodeDeliveryDetailsList) != 0 || get("name") != "Ann" {
		t.Errorf("%+v", out)
	}
	_, err = update(attr("shoe", "42"))
	b.refused(err, "InvalidParameterException", "user.shoe: Attribute does not exist in the schema.\n")
	_, err = update(attr("email_verified", "true"))
	b.refused(err, "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	_, err = update(attr("email", "bob@example.com"))
	b.refused(err, "AliasExistsException", "An account with the given email already exists.")
	_, err = update(attr("email", "nonsense"))
	b.refused(err, "InvalidParameterException", "Invalid email address format.")
	b.refused(remove("custom:foo"), "InvalidParameterException", "Invalid user attributes: user.custom:foo: Attribute does not exist in the schema.\n")
	b.refused(remove("email"), "InvalidParameterException", "")
	_, err = update(attr("name", ""))
	b.must(err)
	b.must(remove("custom:mode"))
	if get("name") != "" || get("custom:mode") != "" {
		t.Error("attributes are left")
	}

	out, err = update(attr("email", "new@example.com"))
	b.must(err)
	if len(out.CodeDeliveryDetailsList) != 1 || *out.CodeDeliveryDetailsList[0].Destination != "n***@e***" || get("email_verified") != "false" {
		t.Errorf("%+v", out)
	}
	b.tokens("new@example.com")
	_, err = b.signIn("ann@example.com", goodPassword)
	b.refused(err, "UserNotFoundException", "User does not exist.")
	verify := func(code string) error {
		_, err := b.sdk.VerifyUserAttribute(t.Context(), &cognito.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: &code})
		return err
	}
	again := func() error {
		_, err := b.sdk.GetUserAttributeVerificationCode(t.Context(), &cognito.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: aws.String("email")})
		return err
	}
	b.refused(verify(wrong(b.lastCode("new@example.com"))), "CodeMismatchException", "")
	b.must(again())
	b.must(verify(b.lastCode("new@example.com")))
	if get("email_verified") != "true" {
		t.Error("not verified")
	}
	b.refused(again(), "InvalidParameterException", "User is already verified")
	b.refused(verify("123456"), "ExpiredCodeException", "")
}

// If the pool verifies before updates, a new address replaces the old one only once it is verified.
func TestVerifyBeforeUpdate(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("careful"), UsernameAttributes: []types.UsernameAttributeType{"email"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		UserAttributeUpdateSettings: &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}},
	})
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	_, err := b.sdk.UpdateUserAttributes(t.Context(), &cognito.UpdateUserAttributesInput{AccessToken: token, UserAttributes: []types.AttributeType{attr("email", "new@example.com")}})
	b.must(err)
	b.tokens("ann@example.com")
	_, err = b.sdk.VerifyUserAttribute(t.Context(), &cognito.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: aws.String(b.lastCode("new@example.com"))})
	b.must(err)
	b.tokens("new@example.com")
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	_, err := b.sdk.DeleteUser(t.Context(), &cognito.DeleteUserInput{AccessToken: tokens.AccessToken})
	b.must(err)
	_, err = b.getUser(tokens.AccessToken)
	b.refused(err, "UserNotFoundException", "User does not exist.")
	_, err = b.refresh(tokens.RefreshToken)
	b.refused(err, "NotAuthorizedException", "Invalid Refresh Token")
	b.member("ann@example.com")
}
