package userpool_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestAdminUsers(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := b.user()
	out, err := b.signUp(*name)
	b.must(err)
	_, err = b.sdk.AdminConfirmSignUp(t.Context(), &cognito.AdminConfirmSignUpInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.sdk.AdminConfirmSignUp(t.Context(), &cognito.AdminConfirmSignUpInput{UserPoolId: pool, Username: name})
	b.refused(err, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	user, err := b.sdk.AdminGetUser(t.Context(), &cognito.AdminGetUserInput{UserPoolId: pool, Username: out.UserSub})
	b.must(err)
	if *user.Username != *out.UserSub || user.UserStatus != "CONFIRMED" || !user.Enabled || !user.UserCreateDate.Equal(b.clock.Now()) ||
		valueOf(user.UserAttributes, "email_verified") != "" || valueOf(user.UserAttributes, "email") != *name {
		t.Errorf("%+v", user)
	}
	tokens := b.tokens(*name)
	_, err = b.sdk.AdminUpdateUserAttributes(t.Context(), &cognito.AdminUpdateUserAttributesInput{UserPoolId: pool, Username: name, UserAttributes: []types.AttributeType{attr("email", "two@example.com"), attr("email_verified", "True")}})
	b.must(err)
	read, err := b.getUser(tokens.AccessToken)
	b.must(err)
	if valueOf(read.UserAttributes, "email_verified") != "true" {
		t.Errorf("%+v", read.UserAttributes)
	}
	name = aws.String("two@example.com")
	_, err = b.sdk.AdminDisableUser(t.Context(), &cognito.AdminDisableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.getUser(tokens.AccessToken)
	b.refused(err, "NotAuthorizedException", "User is disabled.")
	_, err = b.refresh(tokens.RefreshToken)
	b.refused(err, "NotAuthorizedException", "User is disabled.")
	_, err = b.sdk.AdminEnableUser(t.Context(), &cognito.AdminEnableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.getUser(tokens.AccessToken)
	b.refused(err, "NotAuthorizedException", "Access Token has been revoked")
	_, err = b.sdk.AdminDeleteUser(t.Context(), &cognito.AdminDeleteUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.sdk.AdminGetUser(t.Context(), &cognito.AdminGetUserInput{UserPoolId: pool, Username: name})
	b.refused(err, "UserNotFoundException", "User does not exist.")
	_, err = b.sdk.AdminGetUser(t.Context(), &cognito.AdminGetUserInput{UserPoolId: aws.String("us-east-1_none"), Username: name})
	b.refused(err, "ResourceNotFoundException", "User pool us-east-1_none does not exist.")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool, name := b.user()
	b.member(*name)
	group := aws.String("admins")
	add := func() error {
		_, err := b.sdk.AdminAddUserToGroup(t.Context(), &cognito.AdminAddUserToGroupInput{UserPoolId: pool, Username: name, GroupName: group})
		return err
	}
	b.refused(add(), "ResourceNotFoundException", "Group not found.")
	create := &cognito.CreateGroupInput{UserPoolId: pool, GroupName: group, RoleArn: aws.String("arn:aws:iam::000000000000:role/admin"), Description: aws.String("d")}
	_, err := b.sdk.CreateGroup(t.Context(), create)
	b.must(err)
	_, err = b.sdk.CreateGroup(t.Context(), create)
	b.refused(err, "GroupExistsException", "A group with the name already exists.")
	b.must(add())
	b.must(add())
	if _, claims := b.claims(b.tokens(*name).IdToken); claims["cognito:preferred_role"] != "arn:aws:iam::000000000000:role/admin" {
		t.Errorf("%v", claims)
	}
	_, err = b.sdk.CreateGroup(t.Context(), &cognito.CreateGroupInput{UserPoolId: pool, GroupName: aws.String("others")})
	b.must(err)
	_, err = b.sdk.AdminAddUserToGroup(t.Context(), &cognito.AdminAddUserToGroupInput{UserPoolId: pool, Username: name, GroupName: aws.String("others")})
	b.must(err)
	var seen []string
	pages := cognito.NewAdminListGroupsForUserPaginator(b.sdk, &cognito.AdminListGroupsForUserInput{UserPoolId: pool, Username: name, Limit: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		b.must(err)
		for _, g := range page.Groups {
			seen = append(seen, *g.GroupName)
		}
	}
	if fmt.Sprint(seen) != "[admins others]" {
		t.Errorf("%v", seen)
	}
	members, err := b.sdk.ListUsersInGroup(t.Context(), &cognito.ListUsersInGroupInput{UserPoolId: pool, GroupName: group})
	b.must(err)
	if len(members.Users) != 1 {
		t.Errorf("%+v", members)
	}
	_, err = b.sdk.AdminRemoveUserFromGroup(t.Context(), &cognito.AdminRemoveUserFromGroupInput{UserPoolId: pool, Username: name, GroupName: group})
	b.must(err)
	_, err = b.sdk.DeleteGroup(t.Context(), &cognito.DeleteGroupInput{UserPoolId: pool, GroupName: aws.String("others")})
	b.must(err)
	if _, claims := b.claims(b.tokens(*name).AccessToken); claims["cognito:groups"] != nil {
		t.Errorf("%v", claims)
	}
	all, err := b.sdk.ListGroups(t.Context(), &cognito.ListGroupsInput{UserPoolId: pool})
	b.must(err)
	if len(all.Groups) != 1 || *all.Groups[0].GroupName != "admins" {
		t.Errorf("%+v", all.Groups)
	}
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := aws.String(b.pool.ID())
	subs := map[string]string{}
	for i := range 7 {
		email := fmt.Sprintf("user%d@example.com", i)
		out, err := b.signUp(email, attr("name", fmt.Sprintf("Name \"%d\"", i%2)), attr("custom:mode", "dark"))
		b.must(err)
		subs[email] = *out.UserSub
	}
	b.must(b.confirm("user0@example.com", b.lastCode("user0@example.com")))
	_, err := b.sdk.AdminDisableUser(t.Context(), &cognito.AdminDisableUserInput{UserPoolId: pool, Username: aws.String("user6@example.com")})
	b.must(err)
	for filter, want := range map[string]int{
		"": 7, `email = "USER3@example.com"`: 1, `email ^= "user"`: 7, `email ^= "user3"`: 1, `email = "user"`: 0,
		`name = "Name \"1\""`: 3, `cognito:user_status = "CONFIRMED"`: 1, `cognito:user_status = "unconfirmed"`: 6,
		`status = "Disabled"`: 1, `status = "Enabled"`: 6, `sub = "` + subs["user4@example.com"] + `"`: 1, `sub = "nobody"`: 0,
		`sub ^= ""`: 7, `username = "` + subs["user2@example.com"] + `"`: 1, `given_name = ""`: 0,
	} {
		out, err := b.sdk.ListUsers(t.Context(), &cognito.ListUsersInput{UserPoolId: pool, Filter: &filter})
		b.must(err)
		if len(out.Users) != want || out.PaginationToken != nil {
			t.Errorf("%s: %d users, want %d", filter, len(out.Users), want)
		}
	}
	list := func(in *cognito.ListUsersInput) error {
		in.UserPoolId = pool
		_, err := b.sdk.ListUsers(t.Context(), in)
		return err
	}
	b.refused(list(&cognito.ListUsersInput{Filter: aws.String(`custom:mode = "dark"`)}), "InvalidParameterException", "Invalid search attribute: custom:mode")
	b.refused(list(&cognito.ListUsersInput{Filter: aws.String(`email`)}), "InvalidParameterException", "")
	b.refused(list(&cognito.ListUsersInput{Limit: aws.Int32(61)}), "InvalidParameterException",
		"1 validation error detected: Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60")
	b.refused(list(&cognito.ListUsersInput{PaginationToken: aws.String("x")}), "InvalidParameterException", "")

	seen := map[string]bool{}
	pages := cognito.NewListUsersPaginator(b.sdk, &cognito.ListUsersInput{UserPoolId: pool, Limit: aws.Int32(3), AttributesToGet: []string{"email"}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		b.must(err)
		for _, u := range page.Users {
			seen[*u.Username] = true
			if len(u.Attributes) != 1 {
				t.Errorf("%+v", u.Attributes)
			}
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d users over the pages", len(seen))
	}
}

func TestPoolsAndClients(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := aws.String(b.pool.ID())
	out, err := b.sdk.DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: pool})
	b.must(err)
	p := out.UserPool
	policy := p.Policies.PasswordPolicy
	if len(p.SchemaAttributes) != 21 || p.UsernameAttributes[0] != "email" || *p.UsernameConfiguration.CaseSensitive || p.MfaConfiguration != "OPTIONAL" ||
		*policy.MinimumLength != 8 || !policy.RequireSymbols || policy.TemporaryPasswordValidityDays != 7 ||
		*p.Arn != "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"+*pool {
		t.Errorf("%+v", p)
	}
	client, err := b.sdk.DescribeUserPoolClient(t.Context(), &cognito.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: b.client})
	b.must(err)
	c := client.UserPoolClient
	if len(c.ExplicitAuthFlows) != 5 || c.PreventUserExistenceErrors != "ENABLED" || !*c.EnableTokenRevocation || c.ClientSecret != nil {
		t.Errorf("%+v", c)
	}
	created, err := b.sdk.CreateUserPool(t.Context(), &cognito.CreateUserPoolInput{PoolName: aws.String("two")})
	b.must(err)
	plain := created.UserPool
	if plain.UsernameConfiguration != nil || len(plain.SchemaAttributes) != 20 || plain.MfaConfiguration != "OFF" || plain.UserPoolTier != "ESSENTIALS" {
		t.Errorf("%+v", plain)
	}
	made, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{UserPoolId: plain.Id, ClientName: aws.String("c"), GenerateSecret: true})
	b.must(err)
	if n := made.UserPoolClient; n.PreventUserExistenceErrors != "LEGACY" || n.RefreshTokenValidity != 30 || *n.AuthSessionValidity != 3 || len(*n.ClientSecret) != 51 {
		t.Errorf("%+v", n)
	}
	pools, err := b.sdk.ListUserPools(t.Context(), &cognito.ListUserPoolsInput{MaxResults: aws.Int32(60)})
	b.must(err)
	clients, err := b.sdk.ListUserPoolClients(t.Context(), &cognito.ListUserPoolClientsInput{UserPoolId: plain.Id})
	b.must(err)
	if len(pools.UserPools) != 2 || len(clients.UserPoolClients) != 1 || *clients.UserPoolClients[0].ClientName != "c" {
		t.Errorf("%+v %+v", pools.UserPools, clients.UserPoolClients)
	}
	for _, in := range []cognito.CreateUserPoolClientInput{
		{ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH", "USER_PASSWORD_AUTH"}},
		{AccessTokenValidity: aws.Int32(25)},
		{RefreshTokenValidity: 3651},
		{WriteAttributes: []string{"custom:none"}},
		{AuthSessionValidity: aws.Int32(2)},
	} {
		in.UserPoolId, in.ClientName = plain.Id, aws.String("c")
		_, err := b.sdk.CreateUserPoolClient(t.Context(), &in)
		b.refused(err, "InvalidParameterException", "")
	}
	_, err = b.sdk.CreateUserPool(t.Context(), &cognito.CreateUserPoolInput{PoolName: aws.String("x"), Schema: []types.SchemaAttributeType{{Name: aws.String("a"), Required: aws.Bool(true)}}})
	b.refused(err, "InvalidParameterException", "Required custom attributes are not supported currently.")
	_, err = b.sdk.DeleteUserPool(t.Context(), &cognito.DeleteUserPoolInput{UserPoolId: plain.Id})
	b.must(err)
	_, err = b.sdk.DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: plain.Id})
	b.refused(err, "ResourceNotFoundException", "User pool "+*plain.Id+" does not exist.")
	b.client = made.UserPoolClient.ClientId
	_, err = b.signIn("a", "b")
	b.refused(err, "ResourceNotFoundException", "User pool client "+*b.client+" does not exist.")
}
