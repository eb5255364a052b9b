package cognito

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
)

// Attributes that are addresses.
const (
	emailAttribute       = "email"
	phoneNumberAttribute = "phone_number"
)

// Attribute is an attribute of a user, with the name in the pool's schema.
type Attribute struct {
	Name  string
	Value string
}

// SignUpInput is a user to register. See the schema's SignupInput.
type SignUpInput struct {
	Identifier             // all members may be set
	Password       *string // nil for a user without one
	Mode           *string
	Attributes     []Attribute
	ValidationData []*MetadataEntry
	ClientMetadata []*MetadataEntry
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

// attributeList returns values in the form of attributes, sorted by name.
func attributeList(values map[string]string) []types.AttributeType {
	var list []types.AttributeType
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, types.AttributeType{Name: aws.String(name), Value: aws.String(values[name])})
	}
	return list
}

// accounts are the operations as Cognito carries them out.
type accounts struct{ *Client }

// SignUp implements [Accounts]. In pools without user names, an address becomes the user
// name, and the display name goes into the configured attribute.
func (a accounts) SignUp(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	name := a.options.signUpName(in.Identifier)
	if name == nil && a.options.hasUserNames() {
		return nil, missingName([]string{SignInWithUsername})
	}
	if name == nil {
		return nil, missingName(a.options.SignInWith)
	}
	if in.Password == nil && !a.options.PasswordlessSignUp {
		return nil, badInput("input.password", "input.password is required.")
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
	validation, err := metadata("validationData", in.ValidationData)
	if err != nil {
		return nil, err
	}
	triggers, err := metadata("clientMetadata", in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, a.Client, opSignUp, a.api.SignUp, &sdk.SignUpInput{
		ClientId:        &a.options.ClientID,
		Username:        name.value,
		Password:        in.Password,
		UserAttributes:  attributes,
		ValidationData:  attributeList(validation),
		ClientMetadata:  triggers,
		UserContextData: a.userContext(ctx),
	})
	if e := apierr.From(err); e != nil && e.Code == apierr.EmailAlreadyRegistered {
		if err := a.options.Flags.set(ctx, SignedUpAgain, *name.value, signedUpAgainFor); err != nil {
			return nil, err
		}
		return nil, name.taken(err)
	}
	if err != nil {
		return nil, in.locateAttribute(name.identifier().locate(err))
	}
	if !out.UserConfirmed && out.CodeDeliveryDetails == nil {
		a.options.NoCodeSent()
	}
	return &SignUpResult{
		UserID:       out.UserSub,
		Confirmed:    out.UserConfirmed,
		CodeDelivery: newCodeDelivery(out.CodeDeliveryDetails),
	}, nil
}

// locateAttribute returns err with the path of the value at fault, which may have been given
// as an attribute.
func (in SignUpInput) locateAttribute(err error) error {
	e := apierr.From(err)
	for _, m := range []struct {
		field, attribute string
		value            *string
	}{
		{"input.email", emailAttribute, in.Email},
		{"input.phoneNumber", phoneNumberAttribute, in.PhoneNumber},
	} {
		isAttribute := slices.ContainsFunc(in.Attributes, func(a Attribute) bool { return a.Name == m.attribute })
		if e.Field == m.field && m.value == nil && isAttribute {
			located := *e
			located.Field = "input.attributes"
			return &located
		}
	}
	return err
}

// signUpAttributes returns the attributes that sign-up sets and those of the input. A
// duplicate is an error, since Cognito does not document which value wins.
func (c *Client) signUpAttributes(in SignUpInput) ([]types.AttributeType, error) {
	var all []Attribute
	set := func(name string, value *string) {
		if value != nil {
			all = append(all, Attribute{name, *value})
		}
	}
	set(emailAttribute, in.Email)
	set(phoneNumberAttribute, in.PhoneNumber)
	if !c.options.hasUserNames() {
		set(c.options.UsernameAttribute, in.Username)
	}
	if in.Mode != nil && c.options.ModeAttribute == "" {
		return nil, badInput("input.mode", "This pool has no attribute for input.mode. Leave it out.")
	}
	set(c.options.ModeAttribute, in.Mode)
	seen := map[string]bool{}
	list := make([]types.AttributeType, 0, len(all)+len(in.Attributes))
	for _, a := range append(all, in.Attributes...) {
		if seen[a.Name] {
			return nil, badInput("input.attributes", "An attribute is repeated, or is set by another field of the input.")
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

	client   *Client
	account  string
	session  string
	metadata map[string]string
	cause    error // of AlreadyVerified
}

// VerifyAccountInput is a code that confirms an account. See the schema.
type VerifyAccountInput struct {
	Identifier
	ConfirmationCode string
	ClientMetadata   []*MetadataEntry
}

// ConfirmSignUp implements [Accounts]. It is not an error if the account is confirmed
// already. If the account was signed up again before, no session starts, and the password
// becomes untrusted.
func (a accounts) ConfirmSignUp(ctx context.Context, in VerifyAccountInput) (*Verification, error) {
	account, triggers, err := a.resolve(in.Identifier, in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	signedUpAgain, err := a.options.Flags.has(ctx, Flagged{SignedUpAgain, account})
	if err == nil && signedUpAgain[0] {
		// An error here leaves the code unused.
		err = a.options.Flags.set(ctx, AnyUntrusted, "", decidedFor)
	}
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, a.Client, opConfirmSignUp, a.api.ConfirmSignUp, &sdk.ConfirmSignUpInput{
		ClientId:         &a.options.ClientID,
		Username:         &account,
		ConfirmationCode: &in.ConfirmationCode,
		ClientMetadata:   triggers,
		UserContextData:  a.userContext(ctx),
	})
	if isAlreadyConfirmed(err) {
		return &Verification{Status: AlreadyVerified, cause: err}, nil
	}
	if err != nil {
		return nil, in.Identifier.locate(err)
	}
	if signedUpAgain[0] {
		if err := a.distrustPassword(ctx, account); err != nil {
			return nil, err
		}
		return &Verification{Status: Verified}, nil
	}
	return &Verification{
		Status: Verified, client: a.Client, account: account, session: aws.ToString(out.Session), metadata: triggers,
	}, nil
}

// Signin signs in with the session that Cognito returned for the code. It returns nil if
// there was none.
func (v *Verification) Signin(ctx context.Context) (SigninResult, error) {
	if v.session == "" {
		return nil, nil
	}
	return v.client.initiateAuth(ctx, signinStart{
		flow: types.AuthFlowTypeUserAuth, account: v.account, parameters: map[string]string{}, session: &v.session, metadata: v.metadata,
	})
}

// isAlreadyConfirmed reports whether NotAuthorizedException means that the account is
// confirmed. Its other meanings, a disabled user or a wrong client secret, are errors.
func isAlreadyConfirmed(err error) bool {
	var e *apierr.Error
	return errors.As(err, &e) && e.Code == apierr.UserAlreadyConfirmed
}

// SendCodeInput is an account to send a code to. See the schema's
// ResendConfirmationCodeInput and ForgotPasswordInput.
type SendCodeInput struct {
	Identifier
	ClientMetadata []*MetadataEntry
}

// ResendConfirmationCode implements [Accounts].
func (a accounts) ResendConfirmationCode(ctx context.Context, in SendCodeInput) (*CodeDelivery, error) {
	account, triggers, err := a.resolve(in.Identifier, in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, a.Client, opResendConfirmationCode, a.api.ResendConfirmationCode,
		&sdk.ResendConfirmationCodeInput{
			ClientId:        &a.options.ClientID,
			Username:        &account,
			ClientMetadata:  triggers,
			UserContextData: a.userContext(ctx),
		})
	if err != nil {
		return nil, in.Identifier.locate(err)
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}
