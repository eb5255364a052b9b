package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"authgraph/cognito/admission"
	"authgraph/cognito/token"
)

const (
	// DefaultTimeout bounds one operation, including its second attempt. The SDK has no
	// such bound.
	DefaultTimeout = 4 * time.Second
	// DefaultMaxConcurrentCalls bounds concurrent calls to Cognito.
	DefaultMaxConcurrentCalls = 1024
)

// Options configures a [Client].
type Options struct {
	// Region is the pool's AWS Region, for instance "eu-central-1". Required.
	Region string
	// UserPoolID is the pool's id. It is needed for signing in by SRP and for
	// feedback on sign-ins; without it those fail.
	UserPoolID string
	// ClientID is the app client's id. Required.
	ClientID string
	// ClientSecret is the app client's secret; empty when it has none.
	ClientSecret string
	// Endpoint is the URL of the user pools API; empty for Amazon's own.
	Endpoint string
	// UsernameAttribute is the attribute that holds the shown name. Required.
	UsernameAttribute string
	// PasswordlessSignUp lets users sign up without a password, for pools in which
	// a code or a passkey is enough to sign in.
	PasswordlessSignUp bool
	// Timeout bounds one operation. Default: [DefaultTimeout].
	Timeout time.Duration
	// MaxConcurrentCalls bounds the calls that are out at once; further ones wait.
	// Default: [DefaultMaxConcurrentCalls].
	MaxConcurrentCalls int
	// Quota is asked before every call whether the budget of its category, one of
	// [admission.Categories], has room: 0 takes one call out of it, anything else is how long
	// it is used up for. Default: no budgets.
	Quota func(ctx context.Context, category string) (wait time.Duration)
	// HideUserExistence answers alike, and after the same time, whether a user exists
	// or not, also before an app client that tells. Users pay for it: what keeps them
	// from signing in is not told either, and most answers take a second.
	HideUserExistence bool
	// MayNotify is asked before the owner of an account is told that somebody tried
	// to sign up with the address, so that nobody can flood a mailbox that way.
	// Default: the owner is told each time.
	MayNotify func(ctx context.Context, email string) bool
	// HidingKey is what made-up challenges are derived from with HideUserExistence;
	// replicas need the same. Default: the client secret, or else a random one.
	HidingKey []byte
	// SendClientAddress sends the address of [WithRequest] to Cognito. The app
	// client must permit that, and needs a secret to: without, Cognito refuses every
	// call that has one.
	SendClientAddress bool
	// Credentials let users look up others. Default: nobody can.
	Credentials *Credentials
	// ReplayRefreshes gives whoever comes with a refresh token that was replaced a
	// moment ago what the first one got, as long as that was not revoked: of the tabs of
	// one browser, which share their cookie, each may come with the old one. Default:
	// the pool's own grace period decides.
	ReplayRefreshes bool
	// Revoked tells of sign-outs as in [token.VerifierOptions]. ReplayRefreshes needs it.
	Revoked func(*token.AccessClaims) error
	// SignedIn is called with every session that begins, before its tokens are
	// returned. Default: nobody is told.
	SignedIn func(context.Context, SignIn)
	// Observe is told of every operation: its name, its quota category, "OK" or the
	// name of an exception, of a fault, or of why the call was not made, and how long
	// it took. All names are from closed sets. Default: nobody is told.
	Observe func(operation, category, outcome string, took time.Duration)
	// Trace is told when an operation begins; what it returns is told its outcome.
	// Default: nobody is told.
	Trace func(ctx context.Context, operation string) (context.Context, func(outcome string))
}

// Client calls the public operations of one app client of one user pool. It is
// safe for concurrent use.
type Client struct {
	Accounts // chosen by HideUserExistence

	api     *sdk.Client
	options Options
	errors  errorTable
	calls   *admission.Controller

	// lacksTokenRefresh is set once the endpoint has said that it does not know
	// GetTokensFromRefreshToken.
	lacksTokenRefresh atomic.Bool
	// wantsSRP is set once the app client has said that it takes no password.
	wantsSRP atomic.Bool
	// refreshes merges refreshes of one token that run at the same time.
	refreshes singleflight.Group
	replaced  *lru.Cache[[sha256.Size]byte, replacement]
	directory *directory // nil without credentials
}

// New returns a client. It makes no call.
func New(o Options) (*Client, error) {
	switch {
	case o.Region == "":
		return nil, errors.New("cognito: Options.Region is empty")
	case o.ClientID == "":
		return nil, errors.New("cognito: Options.ClientID is empty")
	case o.UsernameAttribute == "":
		return nil, errors.New("cognito: Options.UsernameAttribute is empty")
	case o.ReplayRefreshes && o.Revoked == nil:
		return nil, errors.New("cognito: Options.Revoked is nil beside ReplayRefreshes")
	case o.MaxConcurrentCalls < 0:
		return nil, errors.New("cognito: Options.MaxConcurrentCalls is negative")
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxConcurrentCalls == 0 {
		o.MaxConcurrentCalls = DefaultMaxConcurrentCalls
	}
	if o.SignedIn == nil {
		o.SignedIn = func(context.Context, SignIn) {}
	}
	if o.MayNotify == nil {
		o.MayNotify = func(context.Context, string) bool { return true }
	}
	if o.Trace == nil {
		o.Trace = func(ctx context.Context, _ string) (context.Context, func(string)) { return ctx, func(string) {} }
	}
	if o.Observe == nil {
		o.Observe = func(string, string, string, time.Duration) {}
	}
	return newClient(o, newHTTPClient(o.MaxConcurrentCalls)), nil
}

func newClient(o Options, http sdk.HTTPClient) *Client {
	c := &Client{
		// The operations of an end user are not signed; without this the SDK
		// would look for credentials on the machine and in the network.
		api: newAPI(o, http, aws.AnonymousCredentials{}), options: o,
		errors: newErrorTable(o.UsernameAttribute),
		calls:  admission.New(admission.Options{MaxCalls: o.MaxConcurrentCalls, Reserve: o.Timeout / 4, Budget: o.Quota}),
	}
	c.replaced, _ = lru.New[[sha256.Size]byte, replacement](keptReplacements) // fails for sizes below 1 only
	c.directory = newDirectory(c, o, http)
	c.Accounts = accounts{c}
	if o.HideUserExistence {
		c.Accounts = newAccountsHidingExistence(c.Accounts, o)
	}
	return c
}

func newAPI(o Options, client sdk.HTTPClient, credentials aws.CredentialsProvider) *sdk.Client {
	settings := sdk.Options{
		Region:      o.Region,
		HTTPClient:  client,
		Credentials: credentials,
		// invoke decides what is repeated. The SDK's own policy repeats SignUp,
		// and LimitExceededException, which burns the user's attempts.
		Retryer: aws.NopRetryer{},
	}
	if o.Endpoint != "" {
		settings.BaseEndpoint = aws.String(o.Endpoint)
	}
	return sdk.New(settings)
}

// invoke makes one call within the client's time-out and translates its error.
// Operations that only read get a second attempt when the first met a fault of
// the network or of the server; all others get one, since a call that failed
// may have been carried out.
func invoke[In, Out any](
	ctx context.Context, c *Client, op operation,
	call func(context.Context, *In, ...func(*sdk.Options)) (*Out, error), in *In,
) (*Out, error) {
	caller := ctx
	ctx, cancel := context.WithDeadline(ctx, c.deadline(ctx))
	defer cancel()

	start := time.Now()
	ctx, end := c.options.Trace(ctx, string(op))
	out, err := attempt(ctx, caller, c, op, call, in)
	if err != nil && op.onlyReads() && isTransient(err) && pause(ctx) {
		out, err = attempt(ctx, caller, c, op, call, in)
	}
	outcome := c.errors.outcome(err)
	c.options.Observe(string(op), op.category(), outcome, time.Since(start))
	end(outcome)
	if err != nil {
		return nil, c.errors.translate(op, err)
	}
	return out, nil
}

// attempt makes one call when the guard lets it through. caller is the context of
// who asked, without the time-out.
func attempt[In, Out any](
	ctx, caller context.Context, c *Client, op operation,
	call func(context.Context, *In, ...func(*sdk.Options)) (*Out, error), in *In,
) (*Out, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // what would be sent now might be carried out, and nobody be told
	}
	report, err := c.calls.Admit(ctx, op.category())
	if err != nil {
		return nil, err
	}
	outcome := admission.Inconclusive
	// Also when the SDK panics: a slot that is not given back is lost for ever.
	defer func() { report(outcome) }()
	out, err := callOnce(ctx, c, op, call, in)
	if err == nil && isIncomplete(out) {
		err = errIncomplete
	}
	if caller.Err() == nil {
		outcome = c.errors.admissionOutcome(err)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// callOnce makes one call. An operation that may be repeated gets less than half
// of the time for it, so that a hanging first attempt leaves room.
func callOnce[In, Out any](
	ctx context.Context, c *Client, op operation,
	call func(context.Context, *In, ...func(*sdk.Options)) (*Out, error), in *In,
) (*Out, error) {
	if op.onlyReads() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.Timeout*9/20)
		defer cancel()
	}
	return call(ctx, in)
}

// pause waits a short, random time, so that callers who failed together do not
// come back together. It returns false when ctx ends first.
func pause(ctx context.Context) bool {
	return sleep(ctx, 20*time.Millisecond+rand.N(60*time.Millisecond))
}

// secretHash returns SECRET_HASH for a call that sends the user name, or nil
// for an app client without a secret.
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (c *Client) secretHash(username string) *string {
	if c.options.ClientSecret == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(c.options.ClientSecret))
	mac.Write([]byte(username + c.options.ClientID))
	return aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// authParameters returns the parameters of a sign-in with SECRET_HASH added
// where the app client needs it.
func (c *Client) authParameters(username string, parameters map[string]string) map[string]string {
	parameters["USERNAME"] = username
	if hash := c.secretHash(username); hash != nil {
		parameters["SECRET_HASH"] = *hash
	}
	return parameters
}

// clientSecret returns the secret itself, for the operations that take it
// instead of a hash, or nil without one.
func (c *Client) clientSecret() *string {
	if c.options.ClientSecret == "" {
		return nil
	}
	return aws.String(c.options.ClientSecret)
}

// Circuit returns the state of the circuit breaker: "closed", "open" or "half-open".
func (c *Client) Circuit() string { return c.calls.Circuit() }

// CallsInFlight returns the number of calls to Cognito under way.
func (c *Client) CallsInFlight() int { return c.calls.InFlight() }

// sleep waits for d. It returns false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Request is what all operations that one request asks for have in common. Cognito's
// threat protection weighs from where they come: without that, every user seems to sit
// where this server does.
type Request struct {
	// IPAddress is the user's. It is sent only with [Options.SendClientAddress].
	IPAddress netip.Addr
	// EncodedData is what Amazon's script in the client collected; it is passed on
	// as it is.
	EncodedData string
	// Deadline is when the operations together are out of time, however many they are.
	// Default: each has its own time-out alone.
	Deadline time.Time
}

type requestKey struct{}

// WithRequest returns a context whose operations are part of the request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// deadline returns when an operation that begins now is out of time.
func (c *Client) deadline(ctx context.Context) time.Time {
	own, all := time.Now().Add(c.options.Timeout), requestOf(ctx).Deadline
	if all.IsZero() || own.Before(all) {
		return own
	}
	return all
}

// userContext returns what Cognito is told of the user, nil when there is nothing.
func (c *Client) userContext(ctx context.Context) *types.UserContextDataType {
	r := requestOf(ctx)
	sendsAddress := c.options.SendClientAddress && r.IPAddress.IsValid()
	if r.EncodedData == "" && !sendsAddress {
		return nil
	}
	data := &types.UserContextDataType{EncodedData: optional(r.EncodedData)}
	if sendsAddress {
		// A zone means something on this machine only.
		data.IpAddress = aws.String(r.IPAddress.Unmap().WithZone("").String())
	}
	return data
}

// share runs call, or waits for the call with the same key that is already running, and
// returns its result. The call needs a timeout of its own: it goes on when the caller that
// started it goes away, since others may be waiting for it.
func share[T any](
	ctx context.Context, calls *singleflight.Group, key string, call func(context.Context) (T, error),
) (T, error) {
	result, err, _ := calls.Do(key, func() (value any, err error) {
		// singleflight would repeat a panic in every waiting caller.
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("cognito: panic in a shared call: %T", p)
			}
		}()
		return call(context.WithoutCancel(ctx))
	})
	if err != nil {
		var none T
		return none, err
	}
	return result.(T), nil
}
