package cognito

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// SigninResult is either *[AuthTokens] or one of the challenges.
type SigninResult interface{ isSigninResult() }

// AuthTokens are the tokens of a session.
type AuthTokens struct {
	AccessToken  string
	IDToken      *string
	RefreshToken *string // nil if the current one stays valid
	ExpiresIn    int32   // lifetime of the access token in seconds
	TokenType    string
	NewDevice    *NewDevice

	client *Client
}

func (*AuthTokens) isSigninResult() {}

// NewDevice is a device that is new to the pool.
type NewDevice struct {
	DeviceKey      string
	DeviceGroupKey string
}

// SigninInput is a sign-in with a password. See the schema.
type SigninInput struct {
	Identifier
	Password       string
	DeviceKey      *string // nil if the pool does not track devices or the device is new
	ClientMetadata []*MetadataEntry
}

func withDeviceKey(parameters map[string]string, deviceKey *string) map[string]string {
	if deviceKey != nil {
		parameters["DEVICE_KEY"] = *deviceKey
	}
	return parameters
}

// FirstFactor is Cognito's name of a factor that a sign-in can start with.
type FirstFactor string

// UnmarshalGQL implements gqlgen's Unmarshaler. Names are case-sensitive.
func (f *FirstFactor) UnmarshalGQL(value any) error {
	name, _ := value.(string)
	switch name {
	case "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN":
		*f = FirstFactor(name)
		return nil
	default:
		return errors.New("not a value of the enum FirstFactor")
	}
}

// MarshalGQL implements gqlgen's Marshaler.
func (f FirstFactor) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, strconv.Quote(string(f)))
}

// StartSigninInput starts a sign-in that consists of challenges. See the schema.
type StartSigninInput struct {
	Identifier
	SrpA            *string
	PreferredFactor *FirstFactor
	Custom          *bool
	DeviceKey       *string
	ClientMetadata  []*MetadataEntry
}

// StartSignIn implements [Accounts].
func (a accounts) StartSignIn(ctx context.Context, in StartSigninInput) (SigninResult, error) {
	account, triggers, err := a.resolve(in.Identifier, in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	parameters := withDeviceKey(map[string]string{}, in.DeviceKey)
	if in.SrpA != nil {
		parameters["SRP_A"] = *in.SrpA
	}
	custom := in.Custom != nil && *in.Custom
	flow := types.AuthFlowTypeUserAuth
	switch {
	case custom && in.PreferredFactor != nil:
		return nil, badInput("input.custom", "input.custom and input.preferredFactor are mutually exclusive.")
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
	result, err := a.initiateAuth(ctx, signinStart{flow: flow, account: account, parameters: parameters, metadata: triggers})
	return result, in.Identifier.locate(err)
}

// signinStart is the first step of a sign-in.
type signinStart struct {
	flow       types.AuthFlowType
	account    string            // the name that was entered
	parameters map[string]string // without those that all flows have
	session    *string           // that of ConfirmSignUp, or nil
	metadata   map[string]string // for the pool's triggers
}

// initiateAuth starts a sign-in.
func (c *Client) initiateAuth(ctx context.Context, start signinStart) (SigninResult, error) {
	began := time.Now()
	out, err := invoke(ctx, c, opInitiateAuth, c.api.InitiateAuth, &sdk.InitiateAuthInput{
		AuthFlow:        start.flow,
		ClientId:        &c.options.ClientID,
		AuthParameters:  c.authParameters(start.account, start.parameters),
		Session:         start.session,
		ClientMetadata:  start.metadata,
		UserContextData: c.userContext(ctx),
	})
	byPassword := start.parameters["PASSWORD"] != "" && (err != nil || !comesBeforePassword(out.ChallengeName))
	if byPassword {
		step := passwordStep{account: start.account}
		if out != nil {
			step.challenge, step.parameters, step.result = out.ChallengeName, out.ChallengeParameters, out.AuthenticationResult
		}
		err = c.checkPassword(ctx, step, err)
	}
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult != nil {
		return c.begin(ctx, opInitiateAuth, out.AuthenticationResult, start.account, began)
	}
	return c.newChallenge(ctx, challenge{
		name:       string(out.ChallengeName),
		session:    aws.ToString(out.Session),
		account:    start.account,
		username:   start.account,
		deviceKey:  start.parameters["DEVICE_KEY"],
		byPassword: byPassword && out.ChallengeName != types.ChallengeNameTypeNewPasswordRequired,
		parameters: out.ChallengeParameters,
		available:  out.AvailableChallenges,
	}), nil
}

// SignIn is a new session, as described by its tokens.
type SignIn struct {
	Subject   string
	Username  string // Cognito's name of the user
	Account   string // the name that the user entered
	OriginJTI string // empty if token revocation is turned off
	ClientID  string // the claim client_id
	// AuthenticatedAt, IssuedAt and ExpiresAt are those of the access token.
	AuthenticatedAt, IssuedAt, ExpiresAt time.Time
	// Began and Ended are the times before and after the call that returned the tokens.
	Began, Ended time.Time
}

// begin returns the tokens of a new session and reports it to SignedIn. account is the name
// that the user entered.
func (c *Client) begin(
	ctx context.Context, op operation, r *types.AuthenticationResultType, account string, began time.Time,
) (*AuthTokens, error) {
	tokens, err := c.newAuthTokens(op, r)
	if err != nil {
		return nil, err
	}
	in := newSignIn(tokens)
	in.Account, in.Began, in.Ended = account, began, time.Now()
	c.options.SignedIn(ctx, in)
	return tokens, nil
}

// newSignIn describes the session of the tokens.
func newSignIn(tokens *AuthTokens) SignIn {
	access := accessClaimsOf(tokens)
	return SignIn{
		Subject:         access.Subject,
		Username:        access.Username,
		OriginJTI:       access.OriginJTI,
		ClientID:        text(unverifiedClaims(tokens.AccessToken)["client_id"]),
		AuthenticatedAt: access.AuthenticatedAt,
		IssuedAt:        access.IssuedAt,
		ExpiresAt:       access.ExpiresAt,
	}
}

// newAuthTokens translates Cognito's result. A result without a token is an error.
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
	// Some emulators leave out both.
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

// secondsLeft returns the remaining lifetime of the token, 0 if unknown.
func secondsLeft(token string) int32 {
	claims := unverifiedClaims(token)
	expiry, ok := claims["exp"].(float64)
	if !ok {
		return 0
	}
	return int32(max(0, time.Until(time.Unix(int64(expiry), 0)).Seconds()))
}

// User returns the user who signed in, as described by the tokens.
func (t *AuthTokens) User() *User {
	return newUserFromTokens(t)
}
