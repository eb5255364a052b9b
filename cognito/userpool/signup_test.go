package userpool_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestSignUpRefusals(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("verified@example.com")
	_, err := b.signUp("taken@example.com")
	b.must(err)
	const policy = "Password did not conform with policy: "
	tests := []struct {
		name, username, password string
		attributes               []types.AttributeType
		exception, message       string
	}{
		{"taken", "Taken@Example.com", goodPassword, nil, "UsernameExistsException", "User already exists"},
		{"taken and verified", "verified@example.com", goodPassword, nil, "UsernameExistsException", "An account with the given email already exists."},
		{"short", "a@example.com", "Aa1!aaa", nil, "InvalidPasswordException", policy + "Password not long enough"},
		{"no upper", "a@example.com", "aaaaaa1!", nil, "InvalidPasswordException", policy + "Password must have uppercase characters"},
		{"no lower", "a@example.com", "AAAAAA1!", nil, "InvalidPasswordException", policy + "Password must have lowercase characters"},
		{"no number", "a@example.com", "AAAAAAa!", nil, "InvalidPasswordException", policy + "Password must have numeric characters"},
		{"no symbol", "a@example.com", "AAAAAAa1", nil, "InvalidPasswordException", policy + "Password must have symbol characters"},
		{"non-ASCII letters", "a@example.com", "ÄÖÜäöü1!", nil, "InvalidPasswordException", policy + "Password must have uppercase characters"},
		{"no e-mail", "ann", goodPassword, nil, "InvalidParameterException", "Username should be an email."},
		{"other e-mail", "a@example.com", goodPassword, []types.AttributeType{attr("email", "b@example.com")}, "InvalidParameterException", ""},
		{"bad phone", "a@example.com", goodPassword, []types.AttributeType{attr("phone_number", "12345")}, "InvalidParameterException", "Invalid phone number format."},
		{
			"unknown attributes", "a@example.com", goodPassword,
			[]types.AttributeType{attr("username", "x"), attr("phone", "x")},
			"InvalidParameterException",
			"Attributes did not conform to the schema: phone: Attribute does not exist in the schema.\nusername: Attribute does not exist in the schema.\n",
		},
		{"verified by the user", "a@example.com", goodPassword, []types.AttributeType{attr("email_verified", "true")}, "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		{"sub", "a@example.com", goodPassword, []types.AttributeType{attr("sub", "x")}, "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		{"birthdate", "a@example.com", goodPassword, []types.AttributeType{attr("birthdate", "1.1.70")}, "InvalidParameterException", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.sdk.SignUp(t.Context(), &cognito.SignUpInput{ClientId: b.client, Username: &tt.username, Password: &tt.password, UserAttributes: tt.attributes})
			b.with(t).refused(err, tt.exception, tt.message)
		})
	}
}

func TestConfirmSignUp(t *testing.T) {
	t.Parallel()
	b := start(t)
	_, err := b.signUp("a@example.com")
	b.must(err)
	first := b.lastCode("a@example.com")
	out, err := b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: aws.String("a@example.com")})
	b.must(err)
	if *out.CodeDeliveryDetails.Destination != "a***@e***" || out.CodeDeliveryDetails.DeliveryMedium != "EMAIL" {
		t.Errorf("%+v", out.CodeDeliveryDetails)
	}
	if list := b.inbox("a@example.com"); len(list) != 2 || list[0].Kind != "RESEND" {
		t.Fatalf("%+v", list)
	}
	if second := b.lastCode("a@example.com"); first != second {
		b.refused(b.confirm("a@example.com", first), "ExpiredCodeException", "Invalid code provided, please request a code again.")
		if never := wrong(second); never != first {
			b.refused(b.confirm("a@example.com", never), "CodeMismatchException", "Invalid verification code provided, please try again.")
		}
	}
	b.clock.pass(24*time.Hour + time.Second)
	b.refused(b.confirm("a@example.com", b.lastCode("a@example.com")), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	_, err = b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: aws.String("a@example.com")})
	b.must(err)
	b.must(b.confirm("a@example.com", b.lastCode("a@example.com")))
	_, err = b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: aws.String("a@example.com")})
	b.refused(err, "InvalidParameterException", "User is already confirmed.")
}

func TestHourlyLimits(t *testing.T) {
	t.Parallel()
	b := start(t)
	const exceeded = "Attempt limit exceeded, please try after some time."
	_, err := b.signUp("a@example.com")
	b.must(err)
	resend := func(name string) error {
		_, err := b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: &name})
		return err
	}
	forgot := func(name string) error {
		_, err := b.sdk.ForgotPassword(t.Context(), &cognito.ForgotPasswordInput{ClientId: b.client, Username: &name})
		return err
	}
	for _, name := range []string{"a@example.com", "nobody@example.com"} {
		for range 5 {
			b.must(resend(name))
		}
		b.refused(resend(name), "LimitExceededException", exceeded)
		for range 5 {
			b.must(forgot(name))
		}
		b.refused(forgot(name), "LimitExceededException", exceeded)
		for range 15 {
			b.refused(b.confirm(name, "x"), "CodeMismatchException", "")
		}
		b.refused(b.confirm(name, "x"), "LimitExceededException", exceeded)
	}
	b.refused(b.confirm("A@example.com", b.lastCode("a@example.com")), "LimitExceededException", exceeded)
	b.clock.pass(time.Hour + time.Second)
	b.must(resend("a@example.com"))
	b.must(b.confirm("a@example.com", b.lastCode("a@example.com")))
}

// An alias works only once it is verified, and moves only by force.
func TestAliasPool(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("alias"), AliasAttributes: []types.AliasAttributeType{"email"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
	})
	_, err := b.signUp("me@example.com", attr("email", "me@example.com"))
	b.refused(err, "InvalidParameterException", "Username cannot be of email format, since user pool is configured for email alias.")
	for _, name := range []string{"ann", "bob"} {
		_, err := b.signUp(name, attr("email", "shared@example.com"))
		b.must(err)
	}
	codes := b.inbox("shared@example.com")
	_, err = b.signIn("shared@example.com", goodPassword)
	b.refused(err, "UserNotFoundException", "User does not exist.")
	b.must(b.confirm("ann", codes[1].Code))
	b.tokens("shared@example.com")
	b.refused(b.confirm("bob", codes[0].Code), "AliasExistsException", "An account with the email already exists.")
	_, err = b.sdk.ConfirmSignUp(t.Context(), &cognito.ConfirmSignUpInput{ClientId: b.client, Username: aws.String("bob"), ConfirmationCode: &codes[0].Code, ForceAliasCreation: true})
	b.must(err)
	user, err := b.getUser(b.tokens("shared@example.com").AccessToken)
	b.must(err)
	if *user.Username != "bob" {
		t.Errorf("the alias belongs to %s", *user.Username)
	}
	user, err = b.getUser(b.tokens("ann").AccessToken)
	b.must(err)
	if valueOf(user.UserAttributes, "email_verified") != "false" {
		t.Error("the former holder is still verified")
	}
}

// In a pool without UsernameConfiguration, names that differ in case are different users.
func TestPlainPool(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("plain"), AdminCreateUserConfig: &types.AdminCreateUserConfigType{}})
	for _, name := range []string{"ann", "Ann"} {
		out, err := b.signUp(name)
		b.must(err)
		if out.CodeDeliveryDetails != nil {
			t.Error("a code was sent")
		}
	}
	_, err := b.sdk.ResendConfirmationCode(t.Context(), &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: aws.String("ann")})
	b.refused(err, "InvalidParameterException", "Auto verification not turned on.")
	b.refused(b.confirm("nobody", "123456"), "UserNotFoundException", "Username/client id combination not found.")

	b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("closed"), AdminCreateUserConfig: &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true}})
	_, err = b.signUp("ann")
	b.refused(err, "NotAuthorizedException", "SignUp is not permitted for this user pool")

	b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("required"), Schema: []types.SchemaAttributeType{
		{Name: aws.String("email"), Required: aws.Bool(true)}, {Name: aws.String("plan"), AttributeDataType: "Number"},
	}})
	_, err = b.signUp("ann", attr("custom:plan", "gold"))
	b.refused(err, "InvalidParameterException", "Attributes did not conform to the schema: custom:plan: Attribute is not a number.\nemail: The attribute is required\n")
}

func TestPhonePool(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("phone"), UsernameAttributes: []types.UsernameAttributeType{"email", "phone_number"},
		AutoVerifiedAttributes: []types.VerifiedAttributeType{"email", "phone_number"},
		SmsConfiguration:       &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")},
	})
	_, err := b.signUp("ann")
	b.refused(err, "InvalidParameterException", "Username should be either an email or a phone number.")
	out, err := b.signUp("+15551234567", attr("email", "ann@example.com"))
	b.must(err)
	if d := out.CodeDeliveryDetails; *d.Destination != "+*******4567" || d.DeliveryMedium != "SMS" || *d.AttributeName != "phone_number" {
		t.Errorf("%+v", d)
	}
	if m := b.inbox("+15551234567"); len(m) != 1 || m[0].Medium != "SMS" {
		t.Errorf("%+v", m)
	}
	_, err = b.signUp("ann@example.com")
	b.refused(err, "UsernameExistsException", "User already exists")
}

func TestConcurrentSignUps(t *testing.T) {
	t.Parallel()
	b := start(t)
	const people, tries = 40, 4
	var mu sync.Mutex
	made := map[string]int{}
	var wg sync.WaitGroup
	for i := range people * tries {
		wg.Go(func() {
			email := fmt.Sprintf("user%d@example.com", i%people)
			if _, err := b.signUp(email); err == nil {
				mu.Lock()
				made[email]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for email, n := range made {
		if n != 1 || len(b.inbox(email)) != 1 {
			t.Errorf("%s was made %d times and got %d mails", email, n, len(b.inbox(email)))
		}
	}
	if len(made) != people {
		t.Errorf("%d people, want %d", len(made), people)
	}
}

func TestWriteAttributes(t *testing.T) {
	t.Parallel()
	b := start(t)
	out, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{
		UserPoolId: aws.String(b.pool.ID()), ClientName: aws.String("narrow"), ReadAttributes: []string{"email"}, WriteAttributes: []string{"email", "name"},
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	b.must(err)
	b.client = out.UserPoolClient.ClientId
	for _, name := range []string{"custom:mode", "username"} {
		_, err = b.signUp("a@example.com", attr(name, "x"))
		b.refused(err, "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	}
	b.member("a@example.com", attr("name", "Ann"))
	user, err := b.getUser(b.tokens("a@example.com").AccessToken)
	b.must(err)
	if len(user.UserAttributes) != 2 || valueOf(user.UserAttributes, "sub") == "" {
		t.Errorf("%d attributes can be read", len(user.UserAttributes))
	}
}
