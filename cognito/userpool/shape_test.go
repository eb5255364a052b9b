package userpool_test

import (
	"path/filepath"
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
