package cognito

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
)

// The attributes that sign-up fills in by itself.
const (
	emailAttribute = "email"
	modeAttribute  = "custom:mode"
)

// Attribute is one attribute of a user, as the pool's schema names it.
type Attribute struct {
	Name  string
	Value string
}

// SignUpInput is who is to be registered. See the schema's SignupInput.
type SignUpInput struct {
	Username   string
	Email      string
	Password   *string // nil for a user without one
	Mode       string
	Attributes []Attribute
}

// SignUpResult is a registered user.
type SignUpResult struct {
	UserID       *string // nil with Options.HideUserExistence
	Confirmed    bool
	CodeDelivery *CodeDelivery // nil when no code was sent
}

// DeliveryMedium is by what a code is sent.
type DeliveryMedium string

// The media that Cognito has.
const (
	DeliveryMediumEmail DeliveryMedium = "EMAIL"
	DeliveryMediumSMS   DeliveryMedium = "SMS"
)

// CodeDelivery is where a code went. Destination is masked by Cognito.
type CodeDelivery struct {
	Destination string
	Medium      *DeliveryMedium
	Attribute   *string
}

func newCodeDelivery(d *types.CodeDeliveryDetailsType) *CodeDelivery {
	if d == nil {
		return nil
	}
	return &CodeDelivery{
		Destination: aws.ToString(d.Destination),
		Medium:      deliveryMedium(string(d.DeliveryMedium)),
		Attribute:   d.AttributeName,
	}
}

// deliveryMedium returns nil for a medium that the schema does not know: the
// answer is worth more than the field.
func deliveryMedium(name string) *DeliveryMedium {
	switch m := DeliveryMedium(name); m {
	case DeliveryMediumEmail, DeliveryMediumSMS:
		return &m
	default:
		return nil
	}
}

// SignUp registers a user. The e-mail address is the user name; the shown name
// goes into the configured attribute, since "username" is not an attribute and
// pools refuse it.
func (c *Client) SignUp(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	if c.options.HideUserExistence {
		return c.signUpInSilence(ctx, in)
	}
	return c.signUp(ctx, in)
}

func (c *Client) signUp(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	if in.Password == nil && !c.options.PasswordlessSignUp {
		return nil, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.password", Message: "input.password is required.",
		}
	}
	attributes, err := c.signUpAttributes(in)
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, c, opSignUp, c.api.SignUp, &sdk.SignUpInput{
		ClientId:       &c.options.ClientID,
		SecretHash:     c.secretHash(in.Email),
		Username:       &in.Email,
		Password:       in.Password,
		UserAttributes: attributes,

		UserContextData: c.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &SignUpResult{
		UserID:       out.UserSub,
		Confirmed:    out.UserConfirmed,
		CodeDelivery: newCodeDelivery(out.CodeDeliveryDetails),
	}, nil
}

// signUpAttributes joins what sign-up fills in and what the caller adds. Naming
// an attribute twice is refused: which one would hold is Cognito's secret.
func (c *Client) signUpAttributes(in SignUpInput) ([]types.AttributeType, error) {
	all := []Attribute{
		{emailAttribute, in.Email},
		{c.options.UsernameAttribute, in.Username},
		{modeAttribute, in.Mode},
	}
	seen := map[string]bool{}
	list := make([]types.AttributeType, 0, len(all)+len(in.Attributes))
	for _, a := range append(all, in.Attributes...) {
		if seen[a.Name] {
			return nil, &apierr.Error{
				Code:    apierr.BadUserInput,
				Field:   "input.attributes",
				Message: "An attribute is given twice, or is filled in by another field of the input.",
			}
		}
		seen[a.Name] = true
		list = append(list, types.AttributeType{Name: aws.String(a.Name), Value: aws.String(a.Value)})
	}
	return list, nil
}

// VerificationStatus is how a verification ended.
type VerificationStatus string

// The ways in which a verification ends well.
const (
	Verified        VerificationStatus = "VERIFIED"
	AlreadyVerified VerificationStatus = "ALREADY_VERIFIED"
)

// Verification is an account that is confirmed.
type Verification struct {
	Status VerificationStatus

	client  *Client
	email   string
	session string
}

// ConfirmSignUp confirms an account by its code. An account that was confirmed
// before is no error: its status says so, unless the client hides who exists.
func (c *Client) ConfirmSignUp(ctx context.Context, email, code string) (*Verification, error) {
	if c.options.HideUserExistence {
		return atSafeTime(ctx, func() (*Verification, error) {
			verification, err := c.confirmSignUp(ctx, email, code)
			return verification, hideInCode(err)
		})
	}
	verification, err := c.confirmSignUp(ctx, email, code)
	if isAlreadyConfirmed(err) {
		return &Verification{Status: AlreadyVerified}, nil
	}
	return verification, err
}

func (c *Client) confirmSignUp(ctx context.Context, email, code string) (*Verification, error) {
	out, err := invoke(ctx, c, opConfirmSignUp, c.api.ConfirmSignUp, &sdk.ConfirmSignUpInput{
		ClientId:         &c.options.ClientID,
		SecretHash:       c.secretHash(email),
		Username:         &email,
		ConfirmationCode: &code,
		UserContextData:  c.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &Verification{Status: Verified, client: c, email: email, session: aws.ToString(out.Session)}, nil
}

// Signin continues from the code to a sign-in, where Cognito gave a session for
// that; elsewhere it returns nil.
func (v *Verification) Signin(ctx context.Context) (SigninResult, error) {
	if v.session == "" {
		return nil, nil
	}
	return v.client.initiateAuth(ctx, types.AuthFlowTypeUserAuth, v.email, map[string]string{}, &v.session)
}

// isAlreadyConfirmed reads the one meaning of NotAuthorizedException that is
// not a refusal. Matching any more of them would call a disabled user, or a
// wrong client secret, verified.
func isAlreadyConfirmed(err error) bool {
	var e *apierr.Error
	return errors.As(err, &e) && e.Code == apierr.UserAlreadyConfirmed
}

// ResendConfirmationCode sends a new code for an account that is not confirmed.
func (c *Client) ResendConfirmationCode(ctx context.Context, email string) (*CodeDelivery, error) {
	if c.options.HideUserExistence {
		return c.sendInSilence(ctx, email, c.resendConfirmationCode)
	}
	return c.resendConfirmationCode(ctx, email)
}

func (c *Client) resendConfirmationCode(ctx context.Context, email string) (*CodeDelivery, error) {
	out, err := invoke(ctx, c, opResendConfirmationCode, c.api.ResendConfirmationCode,
		&sdk.ResendConfirmationCodeInput{
			ClientId:        &c.options.ClientID,
			SecretHash:      c.secretHash(email),
			Username:        &email,
			UserContextData: c.userContext(ctx),
		})
	if err != nil {
		return nil, err
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}
