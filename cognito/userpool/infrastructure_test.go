package userpool_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// The calls of infrastructure tools to create, read, change and delete a pool with its clients, groups and users. A
// tool reports a difference between what it has set and what it reads as drift.
func TestInfrastructure(t *testing.T) {
	t.Parallel()
	b := start(t)
	ctx := t.Context()
	phone := &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::123456789012:role/sms"), ExternalId: aws.String("x")}
	made, err := b.sdk.CreateUserPool(ctx, &cognito.CreateUserPoolInput{
		PoolName: aws.String("app"), UserPoolTags: map[string]string{"team": "a"}, SmsConfiguration: phone, DeletionProtection: "ACTIVE",
		AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}, UsernameConfiguration: &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)},
		Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(10), RequireNumbers: true}},
		Schema: []types.SchemaAttributeType{{
			Name: aws.String("plan"), AttributeDataType: "String", Mutable: aws.Bool(true), Required: aws.Bool(false), DeveloperOnlyAttribute: aws.Bool(false),
			StringAttributeConstraints: &types.StringAttributeConstraintsType{MinLength: aws.String("1"), MaxLength: aws.String("20")},
		}},
	})
	b.must(err)
	pool, arn := made.UserPool.Id, made.UserPool.Arn
	b.must(b.sdkErr(b.sdk.SetUserPoolMfaConfig(ctx, &cognito.SetUserPoolMfaConfigInput{
		UserPoolId: pool, MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
		SmsMfaConfiguration: &types.SmsMfaConfigType{SmsConfiguration: phone},
	})))
	describe := func() *types.UserPoolType {
		t.Helper()
		out, err := b.sdk.DescribeUserPool(ctx, &cognito.DescribeUserPoolInput{UserPoolId: pool})
		b.must(err)
		return out.UserPool
	}
	attributes := func() map[string]types.SchemaAttributeType {
		t.Helper()
		list := map[string]types.SchemaAttributeType{}
		for _, a := range describe().SchemaAttributes {
			list[*a.Name] = a
		}
		return list
	}
	if got := describe(); got.DeletionProtection != "ACTIVE" || *got.SmsConfiguration.ExternalId != "x" || got.UserPoolTags["team"] != "a" || got.MfaConfiguration != "OPTIONAL" {
		t.Errorf("%+v", got)
	}

	// Attributes
	add := func(list ...types.SchemaAttributeType) error {
		return b.sdkErr(b.sdk.AddCustomAttributes(ctx, &cognito.AddCustomAttributesInput{UserPoolId: pool, CustomAttributes: list}))
	}
	b.must(add(
		types.SchemaAttributeType{Name: aws.String("age"), AttributeDataType: "Number", Mutable: aws.Bool(true), NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("1")}},
		types.SchemaAttributeType{Name: aws.String("internal"), DeveloperOnlyAttribute: aws.Bool(true)},
		types.SchemaAttributeType{Name: aws.String("email")}, // a custom attribute of that name
	))
	if list := attributes(); len(list) != 24 || list["custom:age"].AttributeDataType != "Number" || *list["custom:age"].NumberAttributeConstraints.MinValue != "1" ||
		*list["custom:plan"].StringAttributeConstraints.MaxLength != "20" || !*list["dev:custom:internal"].DeveloperOnlyAttribute || list["custom:email"].Name == nil {
		t.Errorf("%v", slices.Sorted(maps.Keys(list)))
	}
	b.refused(add(types.SchemaAttributeType{Name: aws.String("new")}, types.SchemaAttributeType{Name: aws.String("internal"), DeveloperOnlyAttribute: aws.Bool(true)}),
		"InvalidParameterException", "custom:internal: Existing attribute already has name dev:custom:internal.")
	b.refused(add(types.SchemaAttributeType{Name: aws.String("new"), Required: aws.Bool(true)}), "InvalidParameterException", "Required custom attributes are not supported currently.")
	b.refused(add(slices.Repeat([]types.SchemaAttributeType{{Name: aws.String("new")}}, 26)...), "InvalidParameterException", "")
	if _, there := attributes()["custom:new"]; there {
		t.Error("a refused call added an attribute")
	}

	// Tags
	tags := func() map[string]string {
		t.Helper()
		out, err := b.sdk.ListTagsForResource(ctx, &cognito.ListTagsForResourceInput{ResourceArn: arn})
		b.must(err)
		if !maps.Equal(out.Tags, describe().UserPoolTags) {
			t.Errorf("DescribeUserPool has the tags %v", describe().UserPoolTags)
		}
		return out.Tags
	}
	tag := func(arn *string, tags map[string]string) error {
		return b.sdkErr(b.sdk.TagResource(ctx, &cognito.TagResourceInput{ResourceArn: arn, Tags: tags}))
	}
	b.must(tag(arn, map[string]string{"team": "b", "stage": "test"}))
	if got := tags(); !maps.Equal(got, map[string]string{"team": "b", "stage": "test"}) {
		t.Errorf("%v", got)
	}
	b.must(b.sdkErr(b.sdk.UntagResource(ctx, &cognito.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team", "absent"}})))
	if got := tags(); !maps.Equal(got, map[string]string{"stage": "test"}) {
		t.Errorf("%v", got)
	}
	b.refused(tag(arn, map[string]string{"aws:team": "a"}), "InvalidParameterException", "")
	b.refused(tag(aws.String("no-arn-at-all-but-long"), map[string]string{"a": "b"}), "InvalidParameterException", "")
	b.refused(tag(aws.String("arn:aws:cognito-idp:us-east-1:123456789012:userpool/"+*pool), map[string]string{"a": "b"}), "ResourceNotFoundException", "")
	b.refused(tag(aws.String(*arn+"x"), map[string]string{"a": "b"}), "ResourceNotFoundException", "User pool "+*pool+"x does not exist.")

	// An update leaves the tags and the schema alone.
	b.must(b.sdkErr(b.sdk.UpdateUserPool(ctx, &cognito.UpdateUserPoolInput{
		UserPoolId: pool, DeletionProtection: "INACTIVE", SmsConfiguration: phone, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
	})))
	if got := describe(); len(got.SchemaAttributes) != 24 || got.UserPoolTags["stage"] != "test" || *got.Policies.PasswordPolicy.MinimumLength != 10 || got.MfaConfiguration != "OPTIONAL" {
		t.Errorf("%+v", got)
	}

	// Clients
	client, err := b.sdk.CreateUserPoolClient(ctx, &cognito.CreateUserPoolClientInput{
		UserPoolId: pool, ClientName: aws.String("web"), GenerateSecret: true, WriteAttributes: []string{"custom:plan", "email"},
		TokenValidityUnits: &types.TokenValidityUnitsType{AccessToken: "hours", IdToken: "hours", RefreshToken: "days"},
	})
	b.must(err)
	id := client.UserPoolClient.ClientId
	b.must(b.sdkErr(b.sdk.UpdateUserPoolClient(ctx, &cognito.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: id, WriteAttributes: []string{"email"}})))
	read, err := b.sdk.DescribeUserPoolClient(ctx, &cognito.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: id})
	b.must(err)
	if c := read.UserPoolClient; !slices.Equal(c.WriteAttributes, []string{"email"}) || *c.ClientSecret != *client.UserPoolClient.ClientSecret || *c.ClientName != "web" {
		t.Errorf("%+v", c)
	}

	// Groups and users
	group, user := aws.String("staff"), aws.String("ann")
	b.must(b.sdkErr(b.sdk.CreateGroup(ctx, &cognito.CreateGroupInput{UserPoolId: pool, GroupName: group, Description: aws.String("old")})))
	b.must(b.sdkErr(b.sdk.UpdateGroup(ctx, &cognito.UpdateGroupInput{UserPoolId: pool, GroupName: group, Description: aws.String("new")})))
	b.must(b.sdkErr(b.sdk.AdminCreateUser(ctx, &cognito.AdminCreateUserInput{
		UserPoolId: pool, Username: user, MessageAction: "SUPPRESS", UserAttributes: []types.AttributeType{attr("custom:age", "7"), attr("dev:custom:internal", "yes")},
	})))
	b.must(b.sdkErr(b.sdk.AdminSetUserPassword(ctx, &cognito.AdminSetUserPasswordInput{UserPoolId: pool, Username: user, Password: aws.String("a-password-1"), Permanent: true})))
	b.must(b.sdkErr(b.sdk.AdminAddUserToGroup(ctx, &cognito.AdminAddUserToGroupInput{UserPoolId: pool, Username: user, GroupName: group})))
	groups, err := b.sdk.AdminListGroupsForUser(ctx, &cognito.AdminListGroupsForUserInput{UserPoolId: pool, Username: user})
	b.must(err)
	if len(groups.Groups) != 1 || *groups.Groups[0].Description != "new" {
		t.Errorf("%+v", groups.Groups)
	}
	b.must(b.sdkErr(b.sdk.AdminDeleteUserAttributes(ctx, &cognito.AdminDeleteUserAttributesInput{UserPoolId: pool, Username: user, UserAttributeNames: []string{"custom:age"}})))
	got, err := b.sdk.AdminGetUser(ctx, &cognito.AdminGetUserInput{UserPoolId: pool, Username: user})
	b.must(err)
	if got.UserStatus != "CONFIRMED" || valueOf(got.UserAttributes, "dev:custom:internal") != "yes" || valueOf(got.UserAttributes, "custom:age") != "" {
		t.Errorf("%+v", got)
	}
	b.must(b.sdkErr(b.sdk.AdminRemoveUserFromGroup(ctx, &cognito.AdminRemoveUserFromGroupInput{UserPoolId: pool, Username: user, GroupName: group})))
	b.must(b.sdkErr(b.sdk.AdminDeleteUser(ctx, &cognito.AdminDeleteUserInput{UserPoolId: pool, Username: user})))
	b.must(b.sdkErr(b.sdk.DeleteGroup(ctx, &cognito.DeleteGroupInput{UserPoolId: pool, GroupName: group})))
	_, err = b.sdk.GetGroup(ctx, &cognito.GetGroupInput{UserPoolId: pool, GroupName: group})
	b.refused(err, "ResourceNotFoundException", "Group not found.")
	b.must(b.sdkErr(b.sdk.DeleteUserPoolClient(ctx, &cognito.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: id})))
	b.must(b.sdkErr(b.sdk.DeleteUserPool(ctx, &cognito.DeleteUserPoolInput{UserPoolId: pool})))
	_, err = b.sdk.ListTagsForResource(ctx, &cognito.ListTagsForResourceInput{ResourceArn: arn})
	b.refused(err, "ResourceNotFoundException", "User pool "+*pool+" does not exist.")
}
