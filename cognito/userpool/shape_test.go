package userpool_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/cognito/userpool"
)

// A shape takes effect when the file is opened, and settings stay when they are not given again.
func TestShape(t *testing.T) {
	t.Parallel()
	b := start(t)
	reopen := func(s userpool.Shape) *types.UserPoolClientType {
		t.Helper()
		b.shut()
		b.shape = s
		b.open()
		client, err := b.sdk.DescribeUserPoolClient(t.Context(), &cognito.DescribeUserPoolClientInput{UserPoolId: aws.String(b.pool.ID()), ClientId: b.client})
		b.must(err)
		return client.UserPoolClient
	}
	const secret = "0123456789abcdef0123456789"
	grace := 10 * time.Second
	client := reopen(userpool.Shape{
		AuthFlows: []string{"ALLOW_USER_SRP_AUTH"}, UserExistenceErrors: "LEGACY", RotationGrace: &grace, ClientSecret: secret,
	})
	if client.RefreshTokenRotation.Feature != "ENABLED" || *client.RefreshTokenRotation.RetryGracePeriodSeconds != 10 || b.pool.ClientSecret() != secret {
		t.Errorf("%+v", client)
	}
	off := -time.Second
	client = reopen(userpool.Shape{RotationGrace: &off, MFA: "OFF", CustomAttributes: []string{"plan"}})
	if client.RefreshTokenRotation.Feature != "DISABLED" || *client.ClientSecret != secret || client.PreventUserExistenceErrors != "LEGACY" ||
		len(client.ExplicitAuthFlows) != 1 {
		t.Errorf("%+v", client)
	}
	pool, err := b.sdk.DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: aws.String(b.pool.ID())})
	b.must(err)
	names := ""
	for _, a := range pool.UserPool.SchemaAttributes {
		names += *a.Name + " "
	}
	if pool.UserPool.MfaConfiguration != "OFF" || !strings.Contains(names, "custom:plan") {
		t.Errorf("%s %s", pool.UserPool.MfaConfiguration, names)
	}
}

// What users sign up with cannot be changed for an existing file.
func TestShapeOfUserNames(t *testing.T) {
	t.Parallel()
	for kind, name := range map[string]string{"username": "ann", "phone_number": "+15551234567"} {
		path := filepath.Join(t.TempDir(), "pool.db")
		shape := userpool.Shape{UsernameAttributes: []string{kind}}
		pool, err := userpool.Open(userpool.Options{Path: path, Shape: shape})
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, path: path, clock: &clock{now: time.Now()}, client: aws.String(pool.ClientID()), shape: shape}
		b.must(pool.Close())
		b.open()
		_, err = b.signUp(name)
		b.must(err)
		_, err = b.signUp("eve@example.com")
		if (err == nil) != (kind == "username") {
			t.Errorf("%s: an address signs up: %v", kind, err)
		}
		b.shut()
		_, err = userpool.Open(userpool.Options{Path: path, Shape: userpool.Shape{UsernameAttributes: []string{"email"}}})
		if err == nil || !strings.Contains(err.Error(), "cannot be changed") {
			t.Errorf("%s became email: %v", kind, err)
		}
	}
}

// A new pool takes the parts of the shape that Cognito fixes when a pool is created. They can be given again, and not
// changed.
func TestShapeOfNewPool(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pool.db")
	sensitive, insensitive := true, false
	shape := userpool.Shape{
		AliasAttributes: []string{"email", "phone_number"}, CaseSensitive: &sensitive, RequiredAttributes: []string{"given_name"},
		CustomAttributes: []string{"none"}, Clients: []string{"web", "ios"}, AuthFlows: []string{"ALLOW_USER_SRP_AUTH"},
	}
	pool, err := userpool.Open(userpool.Options{Path: path, Shape: shape})
	if err != nil {
		t.Fatal(err)
	}
	further := pool.FurtherClients()
	b := &bench{T: t, path: path, clock: &clock{now: time.Now()}, client: aws.String(pool.ClientID()), shape: shape}
	b.must(pool.Close())
	b.open()
	if again := b.pool.FurtherClients(); len(again) != 2 || !slices.Equal(again, further) || again[0].Name != "web" {
		t.Errorf("further clients are %v, then %v", further, again)
	}
	described, err := b.sdk.DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: aws.String(b.pool.ID())})
	b.must(err)
	made := described.UserPool
	if len(made.UsernameAttributes) != 0 || len(made.AliasAttributes) != 2 || !*made.UsernameConfiguration.CaseSensitive || len(made.AutoVerifiedAttributes) != 2 {
		t.Errorf("%+v", made)
	}
	for _, a := range made.SchemaAttributes {
		if *a.Name == "custom:mode" || *a.Required != (*a.Name == "sub" || *a.Name == "given_name") {
			t.Errorf("the schema has %s, required: %t", *a.Name, *a.Required)
		}
	}
	client, err := b.sdk.DescribeUserPoolClient(t.Context(), &cognito.DescribeUserPoolClientInput{UserPoolId: aws.String(b.pool.ID()), ClientId: &further[1].ID})
	b.must(err)
	if c := client.UserPoolClient; *c.ClientName != "ios" || c.ClientSecret != nil || len(c.ExplicitAuthFlows) != 1 {
		t.Errorf("%+v", c)
	}
	b.shut()
	for _, other := range []userpool.Shape{
		{AliasAttributes: []string{"email"}}, {CaseSensitive: &insensitive}, {RequiredAttributes: []string{"name"}}, {UsernameAttributes: []string{"email"}},
	} {
		if _, err := userpool.Open(userpool.Options{Path: path, Shape: other}); err == nil || !strings.Contains(err.Error(), "cannot be changed") {
			t.Errorf("%+v: %v", other, err)
		}
	}
}
