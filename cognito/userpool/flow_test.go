package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// The life of an account from sign-up to deletion.
func TestFlow(t *testing.T) {
	t.Parallel()
	b := start(t)
	out, err := b.signUp("Ann@Example.com", attr("custom:mode", "dark"), attr("preferred_username", "ann"))
	b.must(err)
	if out.UserConfirmed || *out.CodeDeliveryDetails.Destination != "A***@E***" {
		t.Fatalf("sign-up returned %+v", out)
	}
	_, err = b.signIn("ann@example.com", "wrong")
	b.refused(err, "UserNotConfirmedException", "User is not confirmed.")
	b.refused(b.confirm("ann@example.com", wrong(b.lastCode("ann@example.com"))), "CodeMismatchException", "Invalid verification code provided, please try again.")
	b.must(b.confirm("ANN@example.com", b.lastCode("ann@example.com")))
	b.refused(b.confirm("ann@example.com", "000000"), "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")

	tokens := b.tokens("ann@EXAMPLE.com")
	user, err := b.getUser(tokens.AccessToken)
	b.must(err)
	if *user.Username != *out.UserSub || valueOf(user.UserAttributes, "email_verified") != "true" || valueOf(user.UserAttributes, "custom:mode") != "dark" {
		t.Fatalf("GetUser returned %v %+v", *user.Username, user.UserAttributes)
	}
	again, err := b.refresh(tokens.RefreshToken)
	b.must(err)
	if again.AuthenticationResult.RefreshToken != nil {
		t.Fatal("a refresh gave a refresh token")
	}
	byToken, err := b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{ClientId: b.client, RefreshToken: tokens.RefreshToken})
	b.must(err)
	if aws.ToString(byToken.AuthenticationResult.AccessToken) == "" {
		t.Fatal("no tokens")
	}
	b.must(b.globalSignOut(tokens.AccessToken))
	b.refused(b.globalSignOut(tokens.AccessToken), "NotAuthorizedException", "Access Token has been revoked")
	_, err = b.refresh(tokens.RefreshToken)
	b.refused(err, "NotAuthorizedException", "Refresh Token has been revoked")
	b.must(b.globalSignOut(b.tokens("ann@example.com").AccessToken))
}
