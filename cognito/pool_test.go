package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"authgraph/cognito/userpool"
)

const goodPassword = "Correct-horse-9"

// premadePool is the file of a pool. It is made once, since generating RSA keys is slow.
var premadePool = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "cognito")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "pool.db")
	pool, err := userpool.Open(userpool.Options{Path: path})
	if err != nil {
		return nil, err
	}
	if err := pool.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// pool is the embedded user pool in-process, with a client and an administrator's client.
type pool struct {
	*testing.T
	*userpool.Pool
	client *Client
	admin  *sdk.Client
}

func newPool(t *testing.T, shape userpool.Shape, change func(*Options)) *pool {
	t.Helper()
	content, err := premadePool()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pool.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	embedded, err := userpool.Open(userpool.Options{Path: path, URL: "http://cognito.test", Shape: shape})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = embedded.Close() })
	client := newInProcess(t, embedded, func(o *Options) {
		o.Endpoint, o.UserPoolID, o.ClientID = "http://cognito.test", embedded.ID(), embedded.ClientID()
		if secret := embedded.ClientSecret(); secret != "" {
			o.ClientSecrets = func() []string { return []string{secret} }
		}
		if change != nil {
			change(o)
		}
	})
	admin := sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://cognito.test"), HTTPClient: inProcess{embedded}, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
	return &pool{T: t, Pool: embedded, client: client, admin: admin}
}

func (p *pool) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// signUp registers a user without the client under test.
func (p *pool) signUp(email string) {
	p.Helper()
	in := &sdk.SignUpInput{ClientId: aws.String(p.ClientID()), Username: &email, Password: aws.String(goodPassword)}
	authenticate(in, p.ClientID(), p.ClientSecret())
	_, err := p.admin.SignUp(p.Context(), in)
	p.must(err)
}

// member registers and confirms a user.
func (p *pool) member(email string) {
	p.Helper()
	p.signUp(email)
	_, err := p.admin.AdminConfirmSignUp(p.Context(), &sdk.AdminConfirmSignUpInput{UserPoolId: aws.String(p.ID()), Username: &email})
	p.must(err)
}

// tokens signs a user in.
func (p *pool) tokens(email string) *AuthTokens {
	p.Helper()
	result, err := p.client.SignIn(p.Context(), SigninInput{Identifier: ByEmail(email), Password: goodPassword})
	p.must(err)
	return result.(*AuthTokens)
}

// lastMessage returns the kind of the latest message to an address.
func (p *pool) lastMessage(to string) string {
	p.Helper()
	recorder := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(p.Context(), http.MethodGet, "http://cognito.test/inbox?to="+url.QueryEscape(to), nil)
	p.ServeHTTP(recorder, request)
	var list []struct{ Kind string }
	p.must(json.Unmarshal(recorder.Body.Bytes(), &list))
	if len(list) == 0 {
		return ""
	}
	return list[0].Kind
}

// newFixed returns a constant in place of a random number.
func newFixed() *big.Int { return new(big.Int).SetBytes(bytes.Repeat([]byte{7}, 100)) }
