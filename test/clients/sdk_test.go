package clients_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// missing are the public operations that the pool does not implement.
var missing = []string{}

// TestSDK calls every operation that needs no AWS credentials with the AWS SDK for Go:
// once with success, and once with an exception that the SDK models.
func TestSDK(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := newBench(t, s)
	for _, each := range trials() {
		t.Run(each.operation, func(t *testing.T) {
			if each.succeed != nil {
				t.Run("success", func(t *testing.T) { each.succeed(b.with(t)) })
			}
			t.Run("exception", func(t *testing.T) { each.refuse(b.with(t)) })
		})
	}
}

// Every public operation is either tested or listed as missing.
func TestSDKCoverage(t *testing.T) {
	t.Parallel()
	s := start(t)
	const public = `SignUp ConfirmSignUp ResendConfirmationCode ForgotPassword ConfirmForgotPassword InitiateAuth RespondToAuthChallenge
		GetTokensFromRefreshToken RevokeToken GlobalSignOut GetUser UpdateUserAttributes DeleteUserAttributes
		GetUserAttributeVerificationCode VerifyUserAttribute ChangePassword DeleteUser AssociateSoftwareToken VerifySoftwareToken
		SetUserMFAPreference SetUserSettings GetUserAuthFactors StartWebAuthnRegistration CompleteWebAuthnRegistration
		ListWebAuthnCredentials DeleteWebAuthnCredential ConfirmDevice UpdateDeviceStatus ForgetDevice GetDevice ListDevices
		UpdateAuthEventFeedback`
	open := map[string]bool{}
	for operation := range strings.FieldsSeq(public) {
		open[operation] = true
	}
	if len(open) != 32 {
		t.Errorf("there are %d public operations, not 32", len(open))
	}
	for _, each := range trials() {
		if !open[each.operation] {
			t.Errorf("%s is tested twice, or is not public", each.operation)
		}
		delete(open, each.operation)
	}
	for _, operation := range missing {
		if !open[operation] {
			t.Errorf("%s is listed as missing but tested, or is not public", operation)
		}
		delete(open, operation)
		if s.knows(t, operation) {
			t.Errorf("the pool implements %s now: remove it from missing and test it", operation)
		}
	}
	for operation := range open {
		t.Errorf("%s is neither tested nor listed as missing", operation)
	}
	if len(missing) > 0 {
		t.Errorf("the pool does not implement %v", missing)
	}
}

// knows reports whether the pool implements an operation.
func (s *server) knows(t *testing.T, operation string) bool {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return !strings.HasPrefix(response.Header.Get("x-amzn-ErrorType"), "UnknownOperationException")
}

// bench is a pool that tracks devices, with an SDK client.
type bench struct {
	*testing.T
	*server
	sdk          *cognito.Client
	ctx          context.Context
	pool, client *string
	numbers      *atomic.Int64
}

const (
	goodPassword    = "Correct-horse-9"
	anotherPassword = "Another-horse-10"
)

func newBench(t *testing.T, s *server) *bench {
	b := &bench{T: t, server: s, ctx: context.Background(), numbers: new(atomic.Int64)}
	b.sdk = cognito.New(cognito.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.url), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "nobody", SecretAccessKey: "nothing"}, nil
		}),
	})
	pool, err := b.sdk.CreateUserPool(b.ctx, &cognito.CreateUserPoolInput{
		PoolName: aws.String("sdk"), UsernameAttributes: []types.UsernameAttributeType{"email"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		Policies: &types.UserPoolPolicyType{
			SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"}},
		},
		DeviceConfiguration: &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true},
	})
	b.must(err)
	b.pool = pool.UserPool.Id
	_, err = b.sdk.SetUserPoolMfaConfig(b.ctx, &cognito.SetUserPoolMfaConfigInput{
		UserPoolId: b.pool, MfaConfiguration: types.UserPoolMfaTypeOptional,
		SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
		WebAuthnConfiguration:         &types.WebAuthnConfigurationType{RelyingPartyId: aws.String("localhost"), UserVerification: "preferred"},
	})
	b.must(err)
	client, err := b.sdk.CreateUserPoolClient(b.ctx, &cognito.CreateUserPoolClientInput{
		UserPoolId: b.pool, ClientName: aws.String("sdk"), PreventUserExistenceErrors: types.PreventUserExistenceErrorTypesLegacy,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	b.must(err)
	b.client = client.UserPoolClient.ClientId
	return b
}

func (b *bench) with(t *testing.T) *bench {
	other := *b
	other.T = t
	return &other
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused asserts that an error has the SDK's type for an exception.
func refused[E error](b *bench, err error) {
	b.Helper()
	var want E
	if !errors.As(err, &want) {
		b.Errorf("%v, not %T", err, want)
	}
}

// signedIn is a user with the tokens of a sign-in.
type signedIn struct {
	name    *string // e-mail address
	access  *string
	refresh *string
	device  *types.NewDeviceMetadataType
}

func (b *bench) address(name string) *string {
	return aws.String(fmt.Sprintf("%s.%d@example.com", name, b.numbers.Add(1)))
}

// applicant returns a user who has signed up but not confirmed.
func (b *bench) applicant() *string {
	b.Helper()
	email := b.address("ada")
	_, err := b.sdk.SignUp(b.ctx, &cognito.SignUpInput{ClientId: b.client, Username: email, Password: aws.String(goodPassword)})
	b.must(err)
	return email
}

func (b *bench) confirmed() *string {
	b.Helper()
	email := b.applicant()
	_, err := b.sdk.ConfirmSignUp(b.ctx, &cognito.ConfirmSignUpInput{ClientId: b.client, Username: email, ConfirmationCode: b.code(email)})
	b.must(err)
	return email
}

func (b *bench) code(to *string) *string {
	b.Helper()
	return aws.String(b.newestCode(b.T, *to))
}

// wrongCode has the same length as the right one.
func (b *bench) wrongCode(to *string) *string {
	b.Helper()
	return wrongCode(b.newestCode(b.T, *to))
}

func wrongCode(code string) *string {
	return aws.String(code[:len(code)-1] + string('0'+(code[len(code)-1]-'0'+1)%10))
}

func (b *bench) signIn(email *string, password string) (*cognito.InitiateAuthOutput, error) {
	return b.sdk.InitiateAuth(b.ctx, &cognito.InitiateAuthInput{
		ClientId: b.client, AuthFlow: types.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": *email, "PASSWORD": password},
	})
}

// member returns a confirmed user who has signed in.
func (b *bench) member() signedIn {
	b.Helper()
	email := b.confirmed()
	out, err := b.signIn(email, goodPassword)
	b.must(err)
	result := out.AuthenticationResult
	if result == nil {
		b.Fatalf("the sign-in returned %s", out.ChallengeName)
	}
	return signedIn{name: email, access: result.AccessToken, refresh: result.RefreshToken, device: result.NewDeviceMetadata}
}

// outsider is an invalid access token.
var outsider = aws.String("eyJhbGciOiJSUzI1NiJ9.e30.AA")

// trial is the test of one operation. succeed is nil if success would require Amazon's own
// mail.
type trial struct {
	operation       string
	succeed, refuse func(*bench)
}

func trials() []trial {
	var all []trial
	for _, some := range [][]trial{signUpTrials(), signInTrials(), accountTrials(), factorTrials(), passkeyTrials(), deviceTrials()} {
		all = append(all, some...)
	}
	return all
}

func signUpTrials() []trial {
	return []trial{
		{"SignUp", func(b *bench) {
			email := b.address("ada")
			out, err := b.sdk.SignUp(b.ctx, &cognito.SignUpInput{
				ClientId: b.client, Username: email, Password: aws.String(goodPassword),
				UserAttributes: []types.AttributeType{{Name: aws.String("name"), Value: aws.String("Ada")}},
			})
			b.must(err)
			if out.UserConfirmed || out.CodeDeliveryDetails.DeliveryMedium != types.DeliveryMediumTypeEmail || len(*out.UserSub) != 36 {
				b.Errorf("%+v", out)
			}
		}, func(b *bench) {
			email := b.applicant()
			_, err := b.sdk.SignUp(b.ctx, &cognito.SignUpInput{ClientId: b.client, Username: email, Password: aws.String(goodPassword)})
			refused[*types.UsernameExistsException](b, err)
			_, err = b.sdk.SignUp(b.ctx, &cognito.SignUpInput{ClientId: b.client, Username: b.address("ada"), Password: aws.String("horse-horse")})
			refused[*types.InvalidPasswordException](b, err)
		}},
		{"ConfirmSignUp", func(b *bench) { b.confirmed() }, func(b *bench) {
			email := b.applicant()
			_, err := b.sdk.ConfirmSignUp(b.ctx, &cognito.ConfirmSignUpInput{ClientId: b.client, Username: email, ConfirmationCode: b.wrongCode(email)})
			refused[*types.CodeMismatchException](b, err)
		}},
		{"ResendConfirmationCode", func(b *bench) {
			email := b.applicant()
			out, err := b.sdk.ResendConfirmationCode(b.ctx, &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: email})
			b.must(err)
			if *out.CodeDeliveryDetails.Destination != "a***@e***" {
				b.Errorf("%+v", out.CodeDeliveryDetails)
			}
		}, func(b *bench) {
			_, err := b.sdk.ResendConfirmationCode(b.ctx, &cognito.ResendConfirmationCodeInput{ClientId: b.client, Username: b.address("nobody")})
			refused[*types.UserNotFoundException](b, err)
		}},
		{"ForgotPassword", func(b *bench) {
			_, err := b.sdk.ForgotPassword(b.ctx, &cognito.ForgotPasswordInput{ClientId: b.client, Username: b.confirmed()})
			b.must(err)
		}, func(b *bench) {
			_, err := b.sdk.ForgotPassword(b.ctx, &cognito.ForgotPasswordInput{ClientId: b.client, Username: b.applicant()})
			refused[*types.InvalidParameterException](b, err)
		}},
		{"ConfirmForgotPassword", func(b *bench) {
			email := b.confirmed()
			b.must(b.resetPassword(email, nil))
			_, err := b.signIn(email, anotherPassword)
			b.must(err)
		}, func(b *bench) {
			refused[*types.CodeMismatchException](b, b.resetPassword(b.confirmed(), wrongCode))
		}},
	}
}

func (b *bench) resetPassword(email *string, change func(string) *string) error {
	b.Helper()
	_, err := b.sdk.ForgotPassword(b.ctx, &cognito.ForgotPasswordInput{ClientId: b.client, Username: email})
	b.must(err)
	code := b.code(email)
	if change != nil {
		code = change(*code)
	}
	_, err = b.sdk.ConfirmForgotPassword(b.ctx, &cognito.ConfirmForgotPasswordInput{
		ClientId: b.client, Username: email, ConfirmationCode: code, Password: aws.String(anotherPassword),
	})
	return err
}

func signInTrials() []trial {
	return []trial{
		{"InitiateAuth", func(b *bench) {
			if user := b.member(); user.access == nil || user.refresh == nil {
				b.Errorf("%+v", user)
			}
		}, func(b *bench) {
			_, err := b.signIn(b.confirmed(), anotherPassword)
			refused[*types.NotAuthorizedException](b, err)
			_, err = b.signIn(b.applicant(), goodPassword)
			refused[*types.UserNotConfirmedException](b, err)
			_, err = b.signIn(b.address("nobody"), goodPassword)
			refused[*types.UserNotFoundException](b, err)
		}},
		{"RespondToAuthChallenge", func(b *bench) {
			b.must(b.signInByMail(nil))
		}, func(b *bench) {
			refused[*types.CodeMismatchException](b, b.signInByMail(wrongCode))
		}},
		{"GetTokensFromRefreshToken", func(b *bench) {
			user := b.onDevice() // a pool that tracks devices requires it to refresh
			out, err := b.sdk.GetTokensFromRefreshToken(b.ctx, &cognito.GetTokensFromRefreshTokenInput{
				ClientId: b.client, RefreshToken: user.refresh, DeviceKey: user.device.DeviceKey,
			})
			b.must(err)
			if out.AuthenticationResult.AccessToken == nil || out.AuthenticationResult.RefreshToken != nil {
				b.Errorf("%+v", out.AuthenticationResult)
			}
		}, func(b *bench) {
			_, err := b.sdk.GetTokensFromRefreshToken(b.ctx, &cognito.GetTokensFromRefreshTokenInput{ClientId: b.client, RefreshToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"RevokeToken", func(b *bench) {
			user := b.member()
			_, err := b.sdk.RevokeToken(b.ctx, &cognito.RevokeTokenInput{ClientId: b.client, Token: user.refresh})
			b.must(err)
			_, err = b.getUser(user.access)
			refused[*types.NotAuthorizedException](b, err)
		}, func(b *bench) {
			_, err := b.sdk.RevokeToken(b.ctx, &cognito.RevokeTokenInput{ClientId: b.client, Token: b.member().access})
			refused[*types.UnsupportedTokenTypeException](b, err)
		}},
		{"GlobalSignOut", func(b *bench) {
			_, err := b.sdk.GlobalSignOut(b.ctx, &cognito.GlobalSignOutInput{AccessToken: b.member().access})
			b.must(err)
		}, func(b *bench) {
			user := b.member()
			for range 2 {
				_, err := b.sdk.GlobalSignOut(b.ctx, &cognito.GlobalSignOutInput{AccessToken: user.access})
				if err != nil {
					refused[*types.NotAuthorizedException](b, err)
					return
				}
			}
			b.Error("signed out twice")
		}},
		{"UpdateAuthEventFeedback", nil, func(b *bench) {
			_, err := b.sdk.UpdateAuthEventFeedback(b.ctx, &cognito.UpdateAuthEventFeedbackInput{
				UserPoolId: b.pool, Username: b.confirmed(), EventId: aws.String("event"), FeedbackToken: outsider, FeedbackValue: types.FeedbackValueTypeValid,
			})
			refused[*types.UserPoolAddOnNotEnabledException](b, err)
		}},
	}
}

// signInByMail signs in with a code as the first factor.
func (b *bench) signInByMail(change func(string) *string) error {
	b.Helper()
	email := b.confirmed()
	begun, err := b.sdk.InitiateAuth(b.ctx, &cognito.InitiateAuthInput{
		ClientId: b.client, AuthFlow: types.AuthFlowTypeUserAuth, AuthParameters: map[string]string{"USERNAME": *email, "PREFERRED_CHALLENGE": "EMAIL_OTP"},
	})
	b.must(err)
	if begun.ChallengeName != types.ChallengeNameTypeEmailOtp {
		b.Fatalf("the challenge is %s", begun.ChallengeName)
	}
	code := b.code(email)
	if change != nil {
		code = change(*code)
	}
	done, err := b.sdk.RespondToAuthChallenge(b.ctx, &cognito.RespondToAuthChallengeInput{
		ClientId: b.client, ChallengeName: begun.ChallengeName, Session: begun.Session,
		ChallengeResponses: map[string]string{"USERNAME": *email, "EMAIL_OTP_CODE": *code},
	})
	if err == nil && done.AuthenticationResult == nil {
		b.Errorf("the code leads to %s", done.ChallengeName)
	}
	return err
}

func (b *bench) getUser(access *string) (*cognito.GetUserOutput, error) {
	return b.sdk.GetUser(b.ctx, &cognito.GetUserInput{AccessToken: access})
}

func (b *bench) attribute(access *string, name string) string {
	b.Helper()
	out, err := b.getUser(access)
	b.must(err)
	for _, a := range out.UserAttributes {
		if *a.Name == name {
			return *a.Value
		}
	}
	return ""
}

func (b *bench) update(access *string, name, value string) (*cognito.UpdateUserAttributesOutput, error) {
	return b.sdk.UpdateUserAttributes(b.ctx, &cognito.UpdateUserAttributesInput{
		AccessToken: access, UserAttributes: []types.AttributeType{{Name: &name, Value: &value}},
	})
}

func accountTrials() []trial {
	return []trial{
		{"GetUser", func(b *bench) {
			user := b.member()
			if got := b.attribute(user.access, "email"); got != *user.name {
				b.Errorf("email is %q", got)
			}
		}, func(b *bench) {
			_, err := b.getUser(outsider)
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"UpdateUserAttributes", func(b *bench) {
			user := b.member()
			_, err := b.update(user.access, "name", "Ada")
			b.must(err)
			if got := b.attribute(user.access, "name"); got != "Ada" {
				b.Errorf("name is %q", got)
			}
		}, func(b *bench) {
			_, err := b.update(b.member().access, "custom:none", "x")
			refused[*types.InvalidParameterException](b, err)
		}},
		{"DeleteUserAttributes", func(b *bench) {
			user := b.member()
			_, err := b.update(user.access, "name", "Ada")
			b.must(err)
			_, err = b.sdk.DeleteUserAttributes(b.ctx, &cognito.DeleteUserAttributesInput{AccessToken: user.access, UserAttributeNames: []string{"name"}})
			b.must(err)
			if got := b.attribute(user.access, "name"); got != "" {
				b.Errorf("name is %q", got)
			}
		}, func(b *bench) {
			_, err := b.sdk.DeleteUserAttributes(b.ctx, &cognito.DeleteUserAttributesInput{
				AccessToken: b.member().access, UserAttributeNames: []string{"custom:none"},
			})
			refused[*types.InvalidParameterException](b, err)
		}},
		{"GetUserAttributeVerificationCode", func(b *bench) {
			user, moved := b.moved()
			out, err := b.sdk.GetUserAttributeVerificationCode(b.ctx, &cognito.GetUserAttributeVerificationCodeInput{
				AccessToken: user.access, AttributeName: aws.String("email"),
			})
			b.must(err)
			if *out.CodeDeliveryDetails.Destination != "m***@e***" || *b.code(moved) == "" {
				b.Errorf("%+v", out.CodeDeliveryDetails)
			}
		}, func(b *bench) {
			_, err := b.sdk.GetUserAttributeVerificationCode(b.ctx, &cognito.GetUserAttributeVerificationCodeInput{
				AccessToken: b.member().access, AttributeName: aws.String("phone_number"), // the user has none
			})
			refused[*types.InvalidParameterException](b, err)
		}},
		{"VerifyUserAttribute", func(b *bench) {
			user, moved := b.moved()
			_, err := b.sdk.VerifyUserAttribute(b.ctx, &cognito.VerifyUserAttributeInput{
				AccessToken: user.access, AttributeName: aws.String("email"), Code: b.code(moved),
			})
			b.must(err)
			if got := b.attribute(user.access, "email_verified"); got != "true" {
				b.Errorf("email_verified is %q", got)
			}
		}, func(b *bench) {
			user, moved := b.moved()
			_, err := b.sdk.VerifyUserAttribute(b.ctx, &cognito.VerifyUserAttributeInput{
				AccessToken: user.access, AttributeName: aws.String("email"), Code: b.wrongCode(moved),
			})
			refused[*types.CodeMismatchException](b, err)
		}},
		{"ChangePassword", func(b *bench) {
			user := b.member()
			b.must(b.changePassword(user, goodPassword, anotherPassword))
			_, err := b.signIn(user.name, anotherPassword)
			b.must(err)
		}, func(b *bench) {
			user := b.member()
			refused[*types.NotAuthorizedException](b, b.changePassword(user, anotherPassword, anotherPassword))
			refused[*types.InvalidPasswordException](b, b.changePassword(user, goodPassword, "horse-horse"))
		}},
		{"DeleteUser", func(b *bench) {
			user := b.member()
			_, err := b.sdk.DeleteUser(b.ctx, &cognito.DeleteUserInput{AccessToken: user.access})
			b.must(err)
			_, err = b.signIn(user.name, goodPassword)
			refused[*types.UserNotFoundException](b, err)
		}, func(b *bench) {
			_, err := b.sdk.DeleteUser(b.ctx, &cognito.DeleteUserInput{AccessToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
	}
}

// moved returns a user whose new address is not verified.
func (b *bench) moved() (signedIn, *string) {
	b.Helper()
	user, email := b.member(), b.address("moved")
	out, err := b.update(user.access, "email", *email)
	b.must(err)
	if len(out.CodeDeliveryDetailsList) != 1 {
		b.Errorf("%+v", out.CodeDeliveryDetailsList)
	}
	return user, email
}

func (b *bench) changePassword(user signedIn, from, to string) error {
	_, err := b.sdk.ChangePassword(b.ctx, &cognito.ChangePasswordInput{AccessToken: user.access, PreviousPassword: &from, ProposedPassword: &to})
	return err
}

func factorTrials() []trial {
	return []trial{
		{"AssociateSoftwareToken", func(b *bench) {
			if secret := b.secret(b.member()); len(secret) < 16 {
				b.Errorf("the secret is %q", secret)
			}
		}, func(b *bench) {
			_, err := b.sdk.AssociateSoftwareToken(b.ctx, &cognito.AssociateSoftwareTokenInput{AccessToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"VerifySoftwareToken", func(b *bench) { b.enrolled() }, func(b *bench) {
			user := b.member()
			code, err := b.totp(b.secret(user))
			b.must(err)
			_, err = b.sdk.VerifySoftwareToken(b.ctx, &cognito.VerifySoftwareTokenInput{AccessToken: user.access, UserCode: wrongCode(code)})
			refused[*types.EnableSoftwareTokenMFAException](b, err)
		}},
		{"SetUserMFAPreference", func(b *bench) {
			user, secret := b.enrolled()
			b.must(b.prefer(user, &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true}))
			out, err := b.getUser(user.access)
			b.must(err)
			if aws.ToString(out.PreferredMfaSetting) != "SOFTWARE_TOKEN_MFA" {
				b.Errorf("%+v", out)
			}
			begun, err := b.signIn(user.name, goodPassword)
			b.must(err)
			code, err := b.totp(secret)
			b.must(err)
			_, err = b.sdk.RespondToAuthChallenge(b.ctx, &cognito.RespondToAuthChallengeInput{
				ClientId: b.client, ChallengeName: types.ChallengeNameTypeSoftwareTokenMfa, Session: begun.Session,
				ChallengeResponses: map[string]string{"USERNAME": *user.name, "SOFTWARE_TOKEN_MFA_CODE": code},
			})
			b.must(err)
			// The SDK omits false: the pool gets an empty object.
			b.must(b.prefer(user, &types.SoftwareTokenMfaSettingsType{}))
			begun, err = b.signIn(user.name, goodPassword)
			b.must(err)
			if begun.AuthenticationResult == nil {
				b.Errorf("switched off, it is still asked for: %s", begun.ChallengeName)
			}
		}, func(b *bench) {
			refused[*types.InvalidParameterException](b, b.prefer(b.member(), &types.SoftwareTokenMfaSettingsType{Enabled: true}))
		}},
		{"SetUserSettings", func(b *bench) {
			_, err := b.sdk.SetUserSettings(b.ctx, &cognito.SetUserSettingsInput{AccessToken: b.member().access, MFAOptions: []types.MFAOptionType{}})
			b.must(err)
		}, func(b *bench) {
			_, err := b.sdk.SetUserSettings(b.ctx, &cognito.SetUserSettingsInput{AccessToken: outsider, MFAOptions: []types.MFAOptionType{}})
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"GetUserAuthFactors", func(b *bench) {
			user := b.member()
			out, err := b.sdk.GetUserAuthFactors(b.ctx, &cognito.GetUserAuthFactorsInput{AccessToken: user.access})
			b.must(err)
			if got := fmt.Sprint(out.ConfiguredUserAuthFactors); got != "[PASSWORD EMAIL_OTP]" {
				b.Errorf("the factors are %s", got)
			}
		}, func(b *bench) {
			_, err := b.sdk.GetUserAuthFactors(b.ctx, &cognito.GetUserAuthFactorsInput{AccessToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
	}
}

func (b *bench) secret(user signedIn) string {
	b.Helper()
	out, err := b.sdk.AssociateSoftwareToken(b.ctx, &cognito.AssociateSoftwareTokenInput{AccessToken: user.access})
	b.must(err)
	return *out.SecretCode
}

// enrolled returns a user with a verified authenticator app.
func (b *bench) enrolled() (signedIn, string) {
	b.Helper()
	user := b.member()
	secret := b.secret(user)
	code, err := b.totp(secret)
	b.must(err)
	out, err := b.sdk.VerifySoftwareToken(b.ctx, &cognito.VerifySoftwareTokenInput{AccessToken: user.access, UserCode: &code})
	b.must(err)
	if out.Status != types.VerifySoftwareTokenResponseTypeSuccess {
		b.Errorf("the status is %s", out.Status)
	}
	return user, secret
}

func (b *bench) prefer(user signedIn, totp *types.SoftwareTokenMfaSettingsType) error {
	_, err := b.sdk.SetUserMFAPreference(b.ctx, &cognito.SetUserMFAPreferenceInput{AccessToken: user.access, SoftwareTokenMfaSettings: totp})
	return err
}

func passkeyTrials() []trial {
	return []trial{
		{"StartWebAuthnRegistration", func(b *bench) {
			options := b.creationOptions(b.member())
			if options.Challenge == "" || options.RP.ID != "localhost" || options.User.ID == "" {
				b.Errorf("%+v", options)
			}
		}, func(b *bench) {
			_, err := b.sdk.StartWebAuthnRegistration(b.ctx, &cognito.StartWebAuthnRegistrationInput{AccessToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"CompleteWebAuthnRegistration", func(b *bench) {
			user := b.member()
			b.must(b.register(user, "http://localhost:5173"))
		}, func(b *bench) {
			user := b.member()
			refused[*types.WebAuthnOriginNotAllowedException](b, b.register(user, "https://elsewhere.example"))
			_, err := b.sdk.CompleteWebAuthnRegistration(b.ctx, &cognito.CompleteWebAuthnRegistrationInput{
				AccessToken: b.member().access, Credential: document.NewLazyDocument(newPasskey(b, "AAAA", "http://localhost:5173")),
			})
			refused[*types.WebAuthnChallengeNotFoundException](b, err)
		}},
		{"ListWebAuthnCredentials", func(b *bench) {
			user := b.member()
			b.must(b.register(user, "http://localhost:5173"))
			out, err := b.sdk.ListWebAuthnCredentials(b.ctx, &cognito.ListWebAuthnCredentialsInput{AccessToken: user.access})
			b.must(err)
			if len(out.Credentials) != 1 || *out.Credentials[0].RelyingPartyId != "localhost" || out.Credentials[0].CreatedAt.IsZero() {
				b.Errorf("%+v", out.Credentials)
			}
		}, func(b *bench) {
			_, err := b.sdk.ListWebAuthnCredentials(b.ctx, &cognito.ListWebAuthnCredentialsInput{AccessToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"DeleteWebAuthnCredential", func(b *bench) {
			user := b.member()
			b.must(b.register(user, "http://localhost:5173"))
			list, err := b.sdk.ListWebAuthnCredentials(b.ctx, &cognito.ListWebAuthnCredentialsInput{AccessToken: user.access})
			b.must(err)
			_, err = b.sdk.DeleteWebAuthnCredential(b.ctx, &cognito.DeleteWebAuthnCredentialInput{
				AccessToken: user.access, CredentialId: list.Credentials[0].CredentialId,
			})
			b.must(err)
		}, func(b *bench) {
			_, err := b.sdk.DeleteWebAuthnCredential(b.ctx, &cognito.DeleteWebAuthnCredentialInput{AccessToken: b.member().access, CredentialId: aws.String("none")})
			refused[*types.ResourceNotFoundException](b, err)
		}},
	}
}

// creationOptions are the PublicKeyCredentialCreationOptions that a page needs.
type creationOptions struct {
	Challenge string
	RP        struct{ ID string }
	User      struct{ ID string }
}

func (b *bench) creationOptions(user signedIn) creationOptions {
	b.Helper()
	out, err := b.sdk.StartWebAuthnRegistration(b.ctx, &cognito.StartWebAuthnRegistrationInput{AccessToken: user.access})
	b.must(err)
	raw, err := out.CredentialCreationOptions.MarshalSmithyDocument()
	b.must(err)
	var options creationOptions
	b.must(json.Unmarshal(raw, &options))
	return options
}

func (b *bench) register(user signedIn, origin string) error {
	b.Helper()
	passkey := newPasskey(b, b.creationOptions(user).Challenge, origin)
	_, err := b.sdk.CompleteWebAuthnRegistration(b.ctx, &cognito.CompleteWebAuthnRegistrationInput{
		AccessToken: user.access, Credential: document.NewLazyDocument(passkey),
	})
	return err
}

// newPasskey creates the credential that a browser on localhost would: an ES256 key with
// attestation none (Web Authentication, section 5.1).
func newPasskey(b *bench, challenge, origin string) map[string]any {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.must(err)
	point, err := key.PublicKey.Bytes()
	b.must(err)
	id := make([]byte, 16)
	_, err = rand.Read(id)
	b.must(err)

	party := sha256.Sum256([]byte("localhost"))
	var data bytes.Buffer                       // authenticator data, section 6.1
	data.Write(party[:])                        //
	data.Write([]byte{0x45, 0, 0, 0, 0})        // present, verified, with a credential; no counter
	data.Write(make([]byte, 16))                // an authenticator without a name
	data.Write([]byte{0, byte(len(id))})        //
	data.Write(id)                              //
	data.Write([]byte{0xa5, 1, 2, 3, 0x26})     // COSE_Key in CBOR: five members; EC2, ES256
	data.Write([]byte{0x20, 1, 0x21, 0x58, 32}) // P-256, x
	data.Write(point[1:33])                     //
	data.Write([]byte{0x22, 0x58, 32})          // y
	data.Write(point[33:65])

	var object bytes.Buffer // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR
	object.WriteString("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58")
	object.WriteByte(byte(data.Len()))
	object.Write(data.Bytes())

	seen, err := json.Marshal(map[string]any{"type": "webauthn.create", "challenge": challenge, "origin": origin, "crossOrigin": false})
	b.must(err)
	text := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"id": text(id), "rawId": text(id), "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"attestationObject": text(object.Bytes()), "clientDataJSON": text(seen), "transports": []string{"internal"}},
	}
}

func deviceTrials() []trial {
	return []trial{
		{"ConfirmDevice", func(b *bench) { b.onDevice() }, func(b *bench) {
			user := b.member()
			refused[*types.ResourceNotFoundException](b, b.confirmDevice(user, aws.String("us-east-1_00000000-0000-4000-8000-000000000000")))
		}},
		{"GetDevice", func(b *bench) {
			user := b.onDevice()
			out, err := b.sdk.GetDevice(b.ctx, &cognito.GetDeviceInput{AccessToken: user.access, DeviceKey: user.device.DeviceKey})
			b.must(err)
			if *out.Device.DeviceKey != *user.device.DeviceKey || out.Device.DeviceCreateDate.IsZero() {
				b.Errorf("%+v", out.Device)
			}
		}, func(b *bench) {
			_, err := b.sdk.GetDevice(b.ctx, &cognito.GetDeviceInput{AccessToken: b.onDevice().access, DeviceKey: aws.String("us-east-1_00000000-0000-4000-8000-000000000000")})
			refused[*types.ResourceNotFoundException](b, err)
		}},
		{"ListDevices", func(b *bench) {
			user := b.onDevice()
			out, err := b.sdk.ListDevices(b.ctx, &cognito.ListDevicesInput{AccessToken: user.access})
			b.must(err)
			if len(out.Devices) != 1 || *out.Devices[0].DeviceKey != *user.device.DeviceKey {
				b.Errorf("%+v", out.Devices)
			}
		}, func(b *bench) {
			_, err := b.sdk.ListDevices(b.ctx, &cognito.ListDevicesInput{AccessToken: outsider})
			refused[*types.NotAuthorizedException](b, err)
		}},
		{"UpdateDeviceStatus", func(b *bench) {
			user := b.onDevice()
			b.must(b.remember(user, types.DeviceRememberedStatusTypeNotRemembered))
			b.must(b.remember(user, types.DeviceRememberedStatusTypeRemembered))
		}, func(b *bench) {
			user := b.onDevice()
			user.device = &types.NewDeviceMetadataType{DeviceKey: aws.String("us-east-1_00000000-0000-4000-8000-000000000000")}
			refused[*types.ResourceNotFoundException](b, b.remember(user, types.DeviceRememberedStatusTypeRemembered))
		}},
		{"ForgetDevice", func(b *bench) {
			user := b.onDevice()
			_, err := b.sdk.ForgetDevice(b.ctx, &cognito.ForgetDeviceInput{AccessToken: user.access, DeviceKey: user.device.DeviceKey})
			b.must(err)
		}, func(b *bench) {
			_, err := b.sdk.ForgetDevice(b.ctx, &cognito.ForgetDeviceInput{AccessToken: b.onDevice().access, DeviceKey: aws.String("us-east-1_00000000-0000-4000-8000-000000000000")})
			refused[*types.ResourceNotFoundException](b, err)
		}},
	}
}

// onDevice returns a user with a confirmed device.
func (b *bench) onDevice() signedIn {
	b.Helper()
	user := b.member()
	if user.device == nil {
		b.Fatal("the sign-in gives no NewDeviceMetadata")
	}
	b.must(b.confirmDevice(user, user.device.DeviceKey))
	return user
}

// confirmDevice confirms the device with an arbitrary salt and verifier. Real ones are
// tested in identityjs.mjs and amplify.mjs.
func (b *bench) confirmDevice(user signedIn, key *string) error {
	_, err := b.sdk.ConfirmDevice(b.ctx, &cognito.ConfirmDeviceInput{
		AccessToken: user.access, DeviceKey: key, DeviceName: aws.String("laptop"),
		DeviceSecretVerifierConfig: &types.DeviceSecretVerifierConfigType{
			Salt:             aws.String(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 16))),
			PasswordVerifier: aws.String(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 384))),
		},
	})
	return err
}

func (b *bench) remember(user signedIn, status types.DeviceRememberedStatusType) error {
	_, err := b.sdk.UpdateDeviceStatus(b.ctx, &cognito.UpdateDeviceStatusInput{
		AccessToken: user.access, DeviceKey: user.device.DeviceKey, DeviceRememberedStatus: status,
	})
	return err
}
