package cognito

import (
	"context"
	"crypto/sha256"
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
	"authgraph/internal/sealed"
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
	// Region is the pool's AWS Region, such as "eu-central-1". Required.
	Region string
	// UserPoolID is the pool's id. Signing in by SRP and feedback on sign-ins require it.
	UserPoolID string
	// ClientID is the app client's id. Required.
	ClientID string
	// ClientSecrets returns the app client's secrets, at least one: two while one replaces
	// the other. It is called for each operation, so it must be fast and safe for concurrent
	// use. Default: the app client has no secret.
	ClientSecrets func() []string
	// ClientSecretRefused is called when Cognito refuses a secret and accepts another one,
	// with the position of the refused one in ClientSecrets, from 1: once, until it is
	// accepted again. Default: none.
	ClientSecretRefused func(position int)
	// Endpoint is the URL of the user pools API. Default: that of AWS.
	Endpoint string
	// SignInWith has the kinds of names that users can sign in with: [SignInWithEmail],
	// [SignInWithPhoneNumber] or [SignInWithUsername]. Without user names, the first one
	// that a sign-up has becomes Cognito's user name. Default: e-mail addresses.
	SignInWith []string
	// UsernameAttribute is the attribute that holds the display name, in pools without user
	// names. Required.
	UsernameAttribute string
	// ModeAttribute is the attribute that holds the user's mode. Default: modes are rejected.
	ModeAttribute string
	// PasswordlessSignUp lets users sign up without a password, for pools that accept a
	// code or a passkey instead.
	PasswordlessSignUp bool
	// Timeout bounds one operation. Default: [DefaultTimeout].
	Timeout time.Duration
	// MaxConcurrentCalls bounds concurrent calls. Further ones wait. Default:
	// [DefaultMaxConcurrentCalls].
	MaxConcurrentCalls int
	// Quota takes a call out of the budget of its category, one of
	// [admission.Categories], and returns 0, or returns how long the budget is used up.
	// Default: no budgets.
	Quota func(ctx context.Context, category string) (wait time.Duration)
	// HideUserExistence makes results and timing independent of whether an account exists,
	// whatever the app client's own setting. The price: users are not told why they cannot
	// sign in, and most responses take a second.
	HideUserExistence bool
	// CaseSensitive is set if names that differ in case belong to different users. Default:
	// they are names of one user.
	CaseSensitive bool
	// MayNotify reports whether the owner of an account may be told that someone tried to
	// sign up with the address. It limits the messages to a mailbox. Default: always.
	MayNotify func(ctx context.Context, account string) bool
	// NoCodeSent is called when a new account needs confirmation but the pool sent no code.
	// Default: none.
	NoCodeSent func()
	// StateKeys protect the sessions of challenges, and make decoys with HideUserExistence.
	// Replicas must share them. Default: derived from the client secrets, or else random.
	StateKeys sealed.Keys
	// Panicked is called with the value of a panic in a background goroutine, from the
	// function that recovered it. Default: the value is dropped.
	Panicked func(cause any)
	// SendClientAddress sends the address of [WithRequest] to Cognito. The app client must
	// allow that and have a secret. Otherwise Cognito rejects the calls.
	SendClientAddress bool
	// Credentials sign look-ups of other users. Default: look-ups are disabled.
	Credentials *Credentials
	// ReplayRefreshes returns the same tokens again for a refresh token that was just
	// replaced, unless its session was revoked. Browser tabs share a cookie, so several can
	// send the old token. Default: the pool's grace period applies.
	ReplayRefreshes bool
	// Revoked is as in [token.VerifierOptions]. Refreshes of a revoked session fail.
	// ReplayRefreshes requires it. Default: no session is revoked.
	Revoked func(*token.AccessClaims) error
	// SignedIn is called for each new session, before its tokens are returned. Default:
	// none.
	SignedIn func(context.Context, SignIn)
	// Refreshed is called for each refresh of a session, before its tokens are returned.
	// Account, Began and Ended are not set. Default: none.
	Refreshed func(context.Context, SignIn)
	// KnownSessions has what is known here of the sessions that users list. Default:
	// sessions are shown as Cognito sees them, and their access tokens remain valid here.
	KnownSessions KnownSessions
	// Flags remember accounts that were signed up again before they were confirmed. Default:
	// no account is remembered.
	Flags Flags
	// PasswordChanged is called for each new password before the operation returns, which
	// fails with its error. For passwords that are set with a code, that takes another call
	// to Cognito. Default: none.
	PasswordChanged func(context.Context, PasswordChange) error
	// Observe is called after each operation with its name, its quota category, its
	// duration and its outcome: "OK", or the name of an exception, of a fault or of a
	// rejection. All names are from closed sets. Default: none.
	Observe func(operation, category, outcome string, took time.Duration)
	// Trace is called when an operation starts. The function that it returns is called
	// with the outcome. Default: none.
	Trace func(ctx context.Context, operation string) (context.Context, func(outcome string))
}

// Client calls Cognito for one app client of one user pool. It is safe for concurrent use.
type Client struct {
	// Accounts depends on [Options.HideUserExistence].
	Accounts

	api     *sdk.Client
	options Options
	errors  errorTable
	states  *challengeStates
	calls   *admission.Controller
	secrets *clientSecrets

	// lacksTokenRefresh is set when the endpoint does not know GetTokensFromRefreshToken.
	lacksTokenRefresh atomic.Bool
	// passwordFlow is the index of the passwordFlows that the app client is known to allow.
	passwordFlow atomic.Int32
	// refreshes shares concurrent refreshes of one token.
	refreshes singleflight.Group
	// replaced caches the results of refreshes, see ReplayRefreshes.
	replaced  *lru.Cache[[sha256.Size]byte, replacement]
	directory *directory // nil without credentials
}

// New returns a Client. It makes no call.
func New(o Options) (*Client, error) {
	switch {
	case o.Region == "":
		return nil, errors.New("cognito: Options.Region is empty")
	case o.ClientID == "":
		return nil, errors.New("cognito: Options.ClientID is empty")
	case o.UsernameAttribute == "":
		return nil, errors.New("cognito: Options.UsernameAttribute is empty")
	case o.ReplayRefreshes && o.Revoked == nil:
		return nil, errors.New("cognito: Options.ReplayRefreshes requires Options.Revoked")
	case o.MaxConcurrentCalls < 0:
		return nil, errors.New("cognito: Options.MaxConcurrentCalls is negative")
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxConcurrentCalls == 0 {
		o.MaxConcurrentCalls = DefaultMaxConcurrentCalls
	}
	if o.Revoked == nil {
		o.Revoked = func(*token.AccessClaims) error { return nil }
	}
	if o.SignedIn == nil {
		o.SignedIn = func(context.Context, SignIn) {}
	}
	if o.Refreshed == nil {
		o.Refreshed = func(context.Context, SignIn) {}
	}
	if o.ClientSecretRefused == nil {
		o.ClientSecretRefused = func(int) {}
	}
	if o.MayNotify == nil {
		o.MayNotify = func(context.Context, string) bool { return true }
	}
	if o.NoCodeSent == nil {
		o.NoCodeSent = func() {}
	}
	if len(o.SignInWith) == 0 {
		o.SignInWith = []string{SignInWithEmail}
	}
	if o.Panicked == nil {
		o.Panicked = func(any) {}
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
	secrets := newClientSecrets(o)
	if o.StateKeys == nil {
		o.StateKeys = secrets.stateKeys()
	}
	c := &Client{
		secrets: secrets,
		// The operations of end users are not signed. Without this, the SDK would look for
		// credentials.
		api: newAPI(o, http, aws.AnonymousCredentials{}), options: o,
		errors: newErrorTable(o),
		states: newChallengeStates(o),
		calls:  admission.New(admission.Options{MaxCalls: o.MaxConcurrentCalls, Reserve: o.Timeout / 4, Budget: o.Quota}),
	}
	c.replaced, _ = lru.New[[sha256.Size]byte, replacement](maxReplacements) // the error is for sizes below 1
	c.directory = newDirectory(c, o, http)
	c.Accounts = accounts{c}
	if o.HideUserExistence {
		c.Accounts = newAccountsHidingExistence(c.Accounts, o, c.states)
	}
	return c
}

func newAPI(o Options, client sdk.HTTPClient, credentials aws.CredentialsProvider) *sdk.Client {
	settings := sdk.Options{
		Region:      o.Region,
		HTTPClient:  client,
		Credentials: credentials,
		// invoke decides what to retry. The SDK would retry SignUp, and
		// LimitExceededException, which uses up the user's attempts.
		Retryer: aws.NopRetryer{},
	}
	if o.Endpoint != "" {
		settings.BaseEndpoint = aws.String(o.Endpoint)
	}
	return sdk.New(settings)
}

// invoke calls an operation within the client's timeout and translates its error. It
// retries reads once after a network or server error. Other operations get one attempt,
// since a failed call may have taken effect.
func invoke[In, Out any](
	ctx context.Context, c *Client, op operation,
	call func(context.Context, *In, ...func(*sdk.Options)) (*Out, error), in *In,
) (*Out, error) {
	caller := ctx
	ctx, cancel := context.WithDeadline(ctx, c.deadline(ctx))
	defer cancel()

	start := time.Now()
	ctx, end := c.options.Trace(ctx, string(op))
	out, err := withClientSecret(c, in, func() (*Out, error) {
		out, err := attempt(ctx, caller, c, op, call, in)
		if err != nil && op.onlyReads() && isTransient(err) && pause(ctx) {
			out, err = attempt(ctx, caller, c, op, call, in)
		}
		return out, err
	})
	outcome := c.errors.outcome(err)
	c.options.Observe(string(op), op.category(), outcome, time.Since(start))
	end(outcome)
	if err != nil {
		return nil, c.errors.translate(op, err)
	}
	return out, nil
}

// attempt makes one call if admission control allows it. caller is the caller's context,
// without the timeout.
func attempt[In, Out any](
	ctx, caller context.Context, c *Client, op operation,
	call func(context.Context, *In, ...func(*sdk.Options)) (*Out, error), in *In,
) (*Out, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // the call could take effect with no one to see its result
	}
	report, err := c.calls.Admit(ctx, op.category(), requestOf(ctx).caller())
	if err != nil {
		return nil, err
	}
	outcome := admission.Inconclusive
	// Deferred, so that a panic in the SDK does not leak a slot.
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

// callOnce makes one call. A read gets less than half of the timeout, so that there is
// time for a second attempt.
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

// pause waits before a retry, with jitter. It returns false if ctx ends first.
func pause(ctx context.Context) bool {
	return sleep(ctx, 20*time.Millisecond+rand.N(60*time.Millisecond))
}

// authParameters adds USERNAME.
func (c *Client) authParameters(username string, parameters map[string]string) map[string]string {
	parameters["USERNAME"] = username
	return parameters
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

// Request holds what the operations of one HTTP request share. Cognito's threat
// protection needs the user's address: otherwise all users seem to share this server's.
type Request struct {
	// IPAddress is the user's. It is sent only with [Options.SendClientAddress].
	IPAddress netip.Addr
	// EncodedData is the device fingerprint that Amazon's script collected in the browser.
	EncodedData string
	// Caller returns the user id, or the client's address without one. Throttling of one
	// caller does not pause others. Default: all requests have the same caller.
	Caller func() string
	// Deadline applies to all operations of the request together. Default: only the timeout
	// of each operation.
	Deadline time.Time
}

type requestKey struct{}

// WithRequest returns a context for operations of the request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

func (r Request) caller() string {
	if r.Caller == nil {
		return ""
	}
	return r.Caller()
}

// deadline returns the deadline of an operation that starts now.
func (c *Client) deadline(ctx context.Context) time.Time {
	own, all := time.Now().Add(c.options.Timeout), requestOf(ctx).Deadline
	if all.IsZero() || own.Before(all) {
		return own
	}
	return all
}

// userContext returns the user's context data for Cognito, or nil if there is none.
func (c *Client) userContext(ctx context.Context) *types.UserContextDataType {
	r := requestOf(ctx)
	sendsAddress := c.options.SendClientAddress && r.IPAddress.IsValid()
	if r.EncodedData == "" && !sendsAddress {
		return nil
	}
	data := &types.UserContextDataType{EncodedData: optional(r.EncodedData)}
	if sendsAddress {
		// Zones are local to this machine.
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
