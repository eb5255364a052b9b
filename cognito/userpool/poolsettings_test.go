package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

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
	_, err = b.sdk.UpdateUserPool(t.Context(), &cognito.UpdateUserPoolInput{UserPoolId: pool, UserPoolTier: "PLUS", UserPoolAddOns: &types.UserPoolAddOnsType{AdvancedSecurityMode: "ENFORCED"}})
	b.must(err)
	b.refused(feedback("abc"), "NotAuthorizedException", "")
	b.refused(feedback("a b"), "InvalidParameterException", "")
}
