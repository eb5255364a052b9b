package userpool_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"authgraph/cognito/userpool"
)

// premade is a pool file that is created once and copied for each test, since generating RSA keys is slow.
var premade = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "userpool")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "pool.db")
	p, err := userpool.Open(userpool.Options{Path: path})
	if err != nil {
		return nil, err
	}
	if err := p.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a pool behind a server, called with the real SDK.
type bench struct {
	*testing.T
	pool   *userpool.Pool
	server *httptest.Server
	sdk    *cognito.Client
	clock  *clock
	path   string
	shape  userpool.Shape
	client *string // of the app client in use
}

const goodPassword = "Correct-horse-9"

// start returns a new pool.
func start(t *testing.T) *bench {
	t.Helper()
	content, err := premade()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pool.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, path: path, clock: &clock{now: time.Date(2026, 11, 3, 7, 5, 9, 250e6, time.UTC)}}
	b.open()
	b.client = aws.String(b.pool.ClientID())
	t.Cleanup(b.shut)
	return b
}

func (b *bench) open() {
	b.Helper()
	b.server = httptest.NewUnstartedServer(nil)
	pool, err := userpool.Open(userpool.Options{Path: b.path, URL: "http://" + b.server.Listener.Addr().String(), Now: b.clock.Now, Shape: b.shape})
	if err != nil {
		b.Fatal(err)
	}
	b.pool = pool
	b.server.Config.Handler = pool
	b.server.Start()
	b.sdk = cognito.New(cognito.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(b.server.URL), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
}

func (b *bench) shut() {
	b.server.Close()
	if err := b.pool.Close(); err != nil {
		b.Error(err)
	}
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused checks for an exception and, if given, a message.
func (b *bench) refused(err error, exception, message string) {
	b.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		b.Fatalf("got %v, want %s", err, exception)
	}
	if api.ErrorCode() != exception || message != "" && api.ErrorMessage() != message {
		b.Fatalf("got %s: %q\nwant %s: %q", api.ErrorCode(), api.ErrorMessage(), exception, message)
	}
}

func (b *bench) signUp(email string, attributes ...types.AttributeType) (*cognito.SignUpOutput, error) {
	return b.sdk.SignUp(b.Context(), &cognito.SignUpInput{
		ClientId: b.client, Username: &email, Password: aws.String(goodPassword), UserAttributes: attributes,
	})
}

func (b *bench) confirm(email, code string) error {
	_, err := b.sdk.ConfirmSignUp(b.Context(), &cognito.ConfirmSignUpInput{ClientId: b.client, Username: &email, ConfirmationCode: &code})
	return err
}

// member creates a confirmed user and returns the sub.
func (b *bench) member(email string, attributes ...types.AttributeType) string {
	b.Helper()
	out, err := b.signUp(email, attributes...)
	b.must(err)
	b.must(b.confirm(email, b.lastCode(email)))
	return *out.UserSub
}

func (b *bench) auth(flow types.AuthFlowType, parameters map[string]string) (*cognito.InitiateAuthOutput, error) {
	return b.sdk.InitiateAuth(b.Context(), &cognito.InitiateAuthInput{AuthFlow: flow, ClientId: b.client, AuthParameters: parameters})
}

func (b *bench) signIn(email, password string) (*cognito.InitiateAuthOutput, error) {
	return b.auth(types.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": email, "PASSWORD": password})
}

// tokens signs a user in.
func (b *bench) tokens(email string) *types.AuthenticationResultType {
	b.Helper()
	out, err := b.signIn(email, goodPassword)
	b.must(err)
	if out.AuthenticationResult == nil {
		b.Fatalf("no tokens but the challenge %s", out.ChallengeName)
	}
	return out.AuthenticationResult
}

func (b *bench) getUser(accessToken *string) (*cognito.GetUserOutput, error) {
	return b.sdk.GetUser(b.Context(), &cognito.GetUserInput{AccessToken: accessToken})
}

func (b *bench) globalSignOut(accessToken *string) error {
	_, err := b.sdk.GlobalSignOut(b.Context(), &cognito.GlobalSignOutInput{AccessToken: accessToken})
	return err
}

func (b *bench) refresh(token *string) (*cognito.InitiateAuthOutput, error) {
	return b.auth(types.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": *token})
}

type message struct {
	To, Kind, Medium, Code string
	SentAt                 time.Time
}

func (b *bench) inbox(to string) []message {
	b.Helper()
	resp, err := b.server.Client().Get(b.server.URL + "/inbox?to=" + url.QueryEscape(to))
	b.must(err)
	defer func() { _ = resp.Body.Close() }()
	var list []message
	b.must(json.NewDecoder(resp.Body).Decode(&list))
	return list
}

func (b *bench) lastCode(to string) string {
	b.Helper()
	list := b.inbox(to)
	if len(list) == 0 {
		b.Fatalf("nothing was sent to %s", to)
	}
	return list[0].Code
}

// wrong returns a code other than the given one.
func wrong(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

func attr(name, value string) types.AttributeType {
	return types.AttributeType{Name: &name, Value: &value}
}

func valueOf(list []types.AttributeType, name string) string {
	for _, a := range list {
		if *a.Name == name {
			return *a.Value
		}
	}
	return ""
}

// raw sends a request without the SDK.
func (b *bench) raw(method, path, body string, headers ...string) *http.Response {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.server.URL+path, strings.NewReader(body))
	b.must(err)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.server.Client().Do(req)
	b.must(err)
	b.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// with is the same bench for a subtest.
func (b *bench) with(t *testing.T) *bench {
	other := *b
	other.T = t
	return &other
}

// newPool creates another pool with a client, which the bench uses from then on.
func (b *bench) newPool(in *cognito.CreateUserPoolInput) *types.UserPoolType {
	b.Helper()
	pool, err := b.sdk.CreateUserPool(b.Context(), in)
	b.must(err)
	client, err := b.sdk.CreateUserPoolClient(b.Context(), &cognito.CreateUserPoolClientInput{
		UserPoolId: pool.UserPool.Id, ClientName: aws.String("test"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"},
	})
	b.must(err)
	b.client = client.UserPoolClient.ClientId
	return pool.UserPool
}

func (b *bench) revoke(token string) error {
	_, err := b.sdk.RevokeToken(b.Context(), &cognito.RevokeTokenInput{ClientId: b.client, Token: &token})
	return err
}
