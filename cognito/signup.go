package cognito

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
)

// Attributes that sign-up sets.
const (
	emailAttribute = "email"
	modeAttribute  = "custom:mode"
)

// Attribute is an attribute of a user, with the name in the pool's schema.
type Attribute struct {
	Name  string
	Value string
}

// SignUpInput is a user to register. See the schema's SignupInput.
type SignUpInput struct {
	Username   string
	Email      string
	Password   *string // nil for a user without one
	Mode       string
	Attributes []Attribute
}

// SignUpResult is a registered user.
type SignUpResult struct {
	UserID       *string // nil with [Options.HideUserExistence]
	Confirmed    bool
	CodeDelivery *CodeDelivery // nil when no code was sent
}

// DeliveryMedium is how a code is sent.
type DeliveryMedium string

// Cognito's delivery media.
const (
	DeliveryMediumEmail DeliveryMedium = "EMAIL"
	DeliveryMediumSMS   DeliveryMedium = "SMS"
)

// CodeDelivery is where a code was sent. Destination is masked.
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

// deliveryMedium returns nil for a medium that is not in the schema, so that the rest of
// the response is kept.
func deliveryMedium(name string) *DeliveryMedium {
	switch m := DeliveryMedium(name); m {
	case DeliveryMediumEmail, DeliveryMediumSMS:
		return &m
	default:
		return nil
	}
}

// accounts are the operations as Cognito carries them out.
type accounts struct{ *Client }

// SignUp implements [Accounts]. The e-mail address becomes the user name. The display name
// goes into the configured attribute, since "username" is not an attribute.
func (a accounts) SignUp(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	if in.Password == nil && !a.options.PasswordlessSignUp {
		return nil, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.password", Message: "input.password is required.",
		}
	}
	for i, attribute := range in.Attributes {
		if err := a.checkAttribute("input.attributes", i, attribute); err != nil {
			return nil, err
		}
	}
	attributes, err := a.signUpAttributes(in)
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, a.Client, opSignUp, a.api.SignUp, &sdk.SignUpInput{
		ClientId:       &a.options.ClientID,
		SecretHash:     a.secretHash(in.Email),
		Username:       &in.Email,
		Password:       in.Password,
		UserAttributes: attributes,

		UserContextData: a.userContext(ctx),
	})
	if e := apierr.From(err); e != nil && e.Code == apierr.EmailAlreadyRegistered {
		if err := a.options.Flags.set(ctx, SignedUpAgain, in.Email, signedUpAgainFor); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	return &SignUpResult{
		UserID:       out.UserSub,
		Confirmed:    out.UserConfirmed,
		CodeDelivery: newCodeDelivery(out.CodeDeliveryDetails),
	}, nil
}

// signUpAttributes returns the attributes that sign-up sets and those of the input. A
// duplicate is an error, since Cognito does not document which value wins.
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
				Message: "An attribute is repeated, or is set by another field of the input.",
			}
		}
		seen[a.Name] = true
		list = append(list, types.AttributeType{Name: aws.String(a.Name), Value: aws.String(a.Value)})
	}
	return list, nil
}

// VerificationStatus is the outcome of a verification.
type VerificationStatus string

// The outcomes of a successful verification.
const (
	Verified        VerificationStatus = "VERIFIED"
	AlreadyVerified VerificationStatus = "ALREADY_VERIFIED"
)

// Verification is the result of confirming an account.
type Verification struct {
	Status VerificationStatus

	client  *Client
	email   string
	session string
	cause   error // of AlreadyVerified
}

// ConfirmSignUp implements [Accounts]. It is not an error if the account is confirmed
// already. If the account was signed up again before, no session starts, and the password
// becomes untrusted.
func (a accounts) ConfirmSignUp(ctx context.Context, email, code string) (*Verification, error) {
	signedUpAgain, err := a.options.Flags.has(ctx, Flagged{SignedUpAgain, email})
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, a.Client, opConfirmSignUp, a.api.ConfirmSignUp, &sdk.ConfirmSignUpInput{
		ClientId:         &a.options.ClientID,
		SecretHash:       a.secretHash(email),
		Username:         &email,
		ConfirmationCode: &code,
		UserContextData:  a.userContext(ctx),
	})
	if isAlreadyConfirmed(err) {
		return &Verification{Status: AlreadyVerified, cause: err}, nil
	}
	if err != nil {
		return nil, err
	}
	if signedUpAgain[0] {
		if err := a.distrustPassword(ctx, email); err != nil {
			return nil, err
		}
		return &Verification{Status: Verified}, nil
	}
	return &Verification{Status: Verified, client: a.Client, email: email, session: aws.ToString(out.Session)}, nil
}

// Signin signs in with the session that Cognito returned for the code. It returns nil if
// there was none.
func (v *Verification) Signin(ctx context.Context) (SigninResult, error) {
	if v.session == "" {
		return nil, nil
	}
	return v.client.initiateAuth(ctx, types.AuthFlowTypeUserAuth, v.email, map[string]string{}, &v.session)
}

// isAlreadyConfirmed reports whether NotAuthorizedException means that the account is
// confirmed. Its other meanings, a disabled user or a wrong client secret, are errors.
func isAlreadyConfirmed(err error) bool {
	var e *apierr.Error
	return errors.As(err, &e) && e.Code == apierr.UserAlreadyConfirmed
}

// ResendConfirmationCode implements [Accounts].
func (a accounts) ResendConfirmationCode(ctx context.Context, email string) (*CodeDelivery, error) {
	out, err := invoke(ctx, a.Client, opResendConfirmationCode, a.api.ResendConfirmationCode,
		&sdk.ResendConfirmationCodeInput{
			ClientId:        &a.options.ClientID,
			SecretHash:      a.secretHash(email),
			Username:        &email,
			UserContextData: a.userContext(ctx),
		})
	if err != nil {
		return nil, err
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}
