package cognito

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/cognito/srp"
	"authgraph/internal/apierr"
)

// SigninResult is either *[AuthTokens] or one of the challenges.
type SigninResult interface{ isSigninResult() }

// AuthTokens are the tokens of a session.
type AuthTokens struct {
	AccessToken  string
	IDToken      *string
	RefreshToken *string // nil when the one in use stays good
	ExpiresIn    int32   // seconds, of the access token
	TokenType    string
	NewDevice    *NewDevice

	client *Client
}

func (*AuthTokens) isSigninResult() {}

// NewDevice is a device that the pool has not seen before.
type NewDevice struct {
	DeviceKey      string
	DeviceGroupKey string
}

// SignIn signs in with e-mail address and password: USER_PASSWORD_AUTH, or SRP
// done here where the app client permits no other way. deviceKey is nil where the
// pool does not track devices, or has not seen this one.
func (c *Client) SignIn(ctx context.Context, email, password string, deviceKey *string) (SigninResult, error) {
	began := time.Now()
	result, err := c.signIn(ctx, email, password, deviceKey)
	if c.options.HideUserExistence {
		return result, hideInCredentials(ctx, began, err)
	}
	return result, err
}

func (c *Client) signIn(ctx context.Context, email, password string, deviceKey *string) (SigninResult, error) {
	if !c.wantsSRP.Load() {
		parameters := withDeviceKey(map[string]string{"PASSWORD": password}, deviceKey)
		result, err := c.initiateAuth(ctx, types.AuthFlowTypeUserPasswordAuth, email, parameters, nil)
		if !isFlowOff(err) {
			return result, err
		}
	}
	result, err := c.signInBySRP(ctx, email, password, deviceKey)
	if err == nil {
		c.wantsSRP.Store(true)
	}
	return result, err
}

// signInBySRP proves the password without sending it on to Cognito.
func (c *Client) signInBySRP(ctx context.Context, email, password string, deviceKey *string) (SigninResult, error) {
	run, err := srp.New()
	if err != nil {
		return nil, err
	}
	parameters := withDeviceKey(map[string]string{"SRP_A": run.A()}, deviceKey)
	result, err := c.initiateAuth(ctx, types.AuthFlowTypeUserSrpAuth, email, parameters, nil)
	if err != nil {
		return nil, err
	}
	question, ok := result.(*SRPChallenge)
	if !ok {
		return result, nil
	}
	_, poolName, _ := strings.Cut(c.options.UserPoolID, "_")
	signature, timestamp, err := run.Proof(question.srp(poolName), password, time.Now())
	if err != nil {
		return nil, c.errors.translate(opInitiateAuth, err)
	}
	return c.answer(ctx, question.Session, Answer{Srp: &SRPAnswer{
		Signature: signature, SecretBlock: question.SecretBlock, Timestamp: timestamp,
	}})
}

// srp returns the challenge as the SRP client takes it.
func (c *SRPChallenge) srp(poolName string) srp.Challenge {
	return srp.Challenge{
		PoolName: poolName, UserID: c.UserIDForSrp, Salt: c.Salt, B: c.SrpB, SecretBlock: c.SecretBlock,
	}
}

// isFlowOff tells whether the app client does not permit the flow.
func isFlowOff(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) && (fault.Detail == textFlowOff || fault.Detail == textFlowOffForClient)
}

func withDeviceKey(parameters map[string]string, deviceKey *string) map[string]string {
	if deviceKey != nil {
		parameters["DEVICE_KEY"] = *deviceKey
	}
	return parameters
}

// FirstFactor is a factor that a sign-in can begin with, by Cognito's name.
type FirstFactor string

// UnmarshalGQL implements gqlgen's Unmarshaler. Names are taken as the schema
// writes them and in no other case.
func (f *FirstFactor) UnmarshalGQL(value any) error {
	name, _ := value.(string)
	switch name {
	case "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN":
		*f = FirstFactor(name)
		return nil
	default:
		return errors.New("it is not a value of the enum FirstFactor")
	}
}

// MarshalGQL implements gqlgen's Marshaler.
func (f FirstFactor) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, strconv.Quote(string(f)))
}

// StartSigninInput begins a sign-in in which the client proves who it is step by
// step. See the schema.
type StartSigninInput struct {
	Email           string
	SrpA            *string
	PreferredFactor *FirstFactor
	Custom          *bool
	DeviceKey       *string
}

// StartSignIn begins a sign-in by SRP (SrpA alone), by custom authentication
// (Custom), or by a first factor that is preferred or yet to be chosen.
func (c *Client) StartSignIn(ctx context.Context, in StartSigninInput) (SigninResult, error) {
	if c.options.HideUserExistence {
		return c.startInSilence(ctx, in)
	}
	return c.startSignIn(ctx, in)
}

func (c *Client) startSignIn(ctx context.Context, in StartSigninInput) (SigninResult, error) {
	parameters := withDeviceKey(map[string]string{}, in.DeviceKey)
	if in.SrpA != nil {
		parameters["SRP_A"] = *in.SrpA
	}
	custom := in.Custom != nil && *in.Custom
	flow := types.AuthFlowTypeUserAuth
	switch {
	case custom && in.PreferredFactor != nil:
		return nil, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.custom",
			Message: "input.custom and input.preferredFactor exclude each other.",
		}
	case custom:
		flow = types.AuthFlowTypeCustomAuth
		if in.SrpA != nil {
			parameters["CHALLENGE_NAME"] = "SRP_A"
		}
	case in.PreferredFactor != nil:
		parameters["PREFERRED_CHALLENGE"] = string(*in.PreferredFactor)
	case in.SrpA != nil:
		flow = types.AuthFlowTypeUserSrpAuth
	}
	return c.initiateAuth(ctx, flow, in.Email, parameters, nil)
}

// initiateAuth begins a sign-in. session is of a code that was confirmed before,
// or nil.
func (c *Client) initiateAuth(
	ctx context.Context, flow types.AuthFlowType, email string, parameters map[string]string, session *string,
) (SigninResult, error) {
	began := time.Now()
	out, err := invoke(ctx, c, opInitiateAuth, c.api.InitiateAuth, &sdk.InitiateAuthInput{
		AuthFlow:        flow,
		ClientId:        &c.options.ClientID,
		AuthParameters:  c.authParameters(email, parameters),
		Session:         session,
		UserContextData: c.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult != nil {
		return c.begin(ctx, opInitiateAuth, out.AuthenticationResult, began)
	}
	return c.newChallenge(challenge{
		name:       string(out.ChallengeName),
		session:    aws.ToString(out.Session),
		username:   email,
		deviceKey:  parameters["DEVICE_KEY"],
		parameters: out.ChallengeParameters,
		available:  out.AvailableChallenges,
	}), nil
}

// SignIn is a session that has begun, as its tokens tell.
type SignIn struct {
	Subject   string
	Email     string // empty without an ID token, or where the app client may not read it
	OriginJTI string // empty where the app client does not put it into tokens
	// IssuedAt and ExpiresAt are the access token's.
	IssuedAt, ExpiresAt time.Time
	// Began is when the call that gave the tokens was made.
	Began time.Time
}

// begin is newAuthTokens for the tokens of a new session.
func (c *Client) begin(
	ctx context.Context, op operation, r *types.AuthenticationResultType, began time.Time,
) (*AuthTokens, error) {
	tokens, err := c.newAuthTokens(op, r)
	if err != nil {
		return nil, err
	}
	c.options.SignedIn(ctx, newSignIn(tokens, began))
	return tokens, nil
}

// newSignIn returns what the tokens say about a session that began at that time.
func newSignIn(tokens *AuthTokens, began time.Time) SignIn {
	access, id := unverifiedClaims(tokens.AccessToken), unverifiedClaims(aws.ToString(tokens.IDToken))
	return SignIn{
		Subject:   text(access["sub"]),
		Email:     text(id[emailAttribute]),
		OriginJTI: text(access["origin_jti"]),
		IssuedAt:  timeOf(access["iat"]),
		ExpiresAt: timeOf(access["exp"]),
		Began:     began,
	}
}

// newAuthTokens translates Cognito's result. An empty one is never a session.
func (c *Client) newAuthTokens(op operation, r *types.AuthenticationResultType) (*AuthTokens, error) {
	if lacksToken(r) {
		return nil, c.errors.translate(op, errIncomplete)
	}
	tokens := &AuthTokens{
		AccessToken:  *r.AccessToken,
		IDToken:      r.IdToken,
		RefreshToken: r.RefreshToken,
		ExpiresIn:    r.ExpiresIn,
		TokenType:    aws.ToString(r.TokenType),
		client:       c,
	}
	// Both are missing from the answers of some emulators.
	if tokens.TokenType == "" {
		tokens.TokenType = "Bearer"
	}
	if tokens.ExpiresIn == 0 {
		tokens.ExpiresIn = secondsLeft(tokens.AccessToken)
	}
	if d := r.NewDeviceMetadata; d != nil {
		tokens.NewDevice = &NewDevice{
			DeviceKey:      aws.ToString(d.DeviceKey),
			DeviceGroupKey: aws.ToString(d.DeviceGroupKey),
		}
	}
	return tokens, nil
}

// secondsLeft returns how long the token still lives, 0 when it does not say.
func secondsLeft(token string) int32 {
	claims := unverifiedClaims(token)
	expiry, ok := claims["exp"].(float64)
	if !ok {
		return 0
	}
	return int32(max(0, time.Until(time.Unix(int64(expiry), 0)).Seconds()))
}

// User returns who signed in, as the tokens themselves tell.
func (t *AuthTokens) User() *User {
	return newUserFromTokens(t)
}
