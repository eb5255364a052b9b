package cognito

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
	"authgraph/internal/sealed"
)

// Challenge is a step of a sign-in that the client must answer.
type Challenge interface {
	SigninResult
	// GetSession returns the opaque session, which the answer must include.
	GetSession() string
	isChallenge()
}

// challengeBase holds what all challenges have in common.
type challengeBase struct {
	Session string
}

// GetSession implements [Challenge].
func (b challengeBase) GetSession() string { return b.Session }
func (challengeBase) isSigninResult()      {}
func (challengeBase) isChallenge()         {}

// The challenges that an end user can get. The schema describes their fields.
type (
	// SMSMFAChallenge asks for the code of a text message, as second factor.
	SMSMFAChallenge struct {
		challengeBase
		CodeDelivery *CodeDelivery
	}
	// EmailOTPChallenge asks for the code sent by e-mail.
	EmailOTPChallenge struct {
		challengeBase
		CodeDelivery *CodeDelivery
	}
	// SMSOTPChallenge asks for the code of a text message, as first factor.
	SMSOTPChallenge struct {
		challengeBase
		CodeDelivery *CodeDelivery
	}
	// TOTPChallenge asks for the code of an authenticator app.
	TOTPChallenge struct {
		challengeBase
		DeviceName *string
	}
	// SelectMFAChallenge asks the user to choose a second factor.
	SelectMFAChallenge struct {
		challengeBase
		Options []string
	}
	// MFASetupChallenge asks the user to set up a second factor.
	MFASetupChallenge struct {
		challengeBase
		Options []string

		client *Client
		state  challengeState
	}
	// NewPasswordChallenge asks the user to choose a password.
	NewPasswordChallenge struct {
		challengeBase
		MissingAttributes []string
	}
	// SRPChallenge asks for the SRP proof of the password.
	SRPChallenge struct {
		challengeBase
		Salt         string
		SrpB         string
		SecretBlock  string
		UserIDForSrp string
	}
	// PasswordChallenge asks for the password, or for SRP_A.
	PasswordChallenge struct {
		challengeBase
		Srp bool
	}
	// SelectFactorChallenge asks the user to choose the first factor.
	SelectFactorChallenge struct {
		challengeBase
		Available []string
	}
	// PasskeyChallenge asks for a WebAuthn assertion. Options is JSON text.
	PasskeyChallenge struct {
		challengeBase
		Options string
	}
	// CustomChallenge is defined by the pool's triggers.
	CustomChallenge struct {
		challengeBase
		Parameters []ChallengeParameter
	}
	// DeviceSRPChallenge asks for SRP_A of the device.
	DeviceSRPChallenge struct{ challengeBase }
	// DeviceVerifierChallenge asks for the SRP proof of the device.
	DeviceVerifierChallenge struct {
		challengeBase
		Salt        string
		SrpB        string
		SecretBlock string
		DeviceKey   string
	}
	// UnknownChallenge is a challenge that this version does not know.
	UnknownChallenge struct {
		challengeBase
		Name       string
		Parameters []ChallengeParameter
	}
)

// ChallengeParameter is a named value of a challenge.
type ChallengeParameter struct {
	Name  string
	Value string
}

// challenge is a challenge as Cognito returned it.
type challenge struct {
	name       string
	session    string
	account    string // the name that the user entered
	username   string // of the call that was challenged
	deviceKey  string // of the call that was challenged; may be empty
	byPassword bool   // whether a password was proven
	parameters map[string]string
	available  []types.ChallengeNameType
}

// newChallenge translates a challenge of Cognito. The names are those of
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
func (c *Client) newChallenge(ctx context.Context, in challenge) SigninResult {
	state := in.state()
	base := challengeBase{Session: c.states.seal(ctx, state)}
	p := in.parameters
	switch in.name {
	case "SMS_MFA":
		return &SMSMFAChallenge{base, in.codeDelivery()}
	case "EMAIL_OTP":
		return &EmailOTPChallenge{base, in.codeDelivery()}
	case "SMS_OTP":
		return &SMSOTPChallenge{base, in.codeDelivery()}
	case "SOFTWARE_TOKEN_MFA":
		return &TOTPChallenge{base, optional(p["FRIENDLY_DEVICE_NAME"])}
	case "SELECT_MFA_TYPE":
		return &SelectMFAChallenge{base, jsonList(p["MFAS_CAN_CHOOSE"])}
	case "MFA_SETUP":
		return &MFASetupChallenge{base, jsonList(p["MFAS_CAN_SETUP"]), c, state}
	case "NEW_PASSWORD_REQUIRED":
		return &NewPasswordChallenge{base, missingAttributes(p["requiredAttributes"])}
	case "PASSWORD_VERIFIER":
		return &SRPChallenge{base, p["SALT"], p["SRP_B"], p["SECRET_BLOCK"], p["USER_ID_FOR_SRP"]}
	case "PASSWORD", "PASSWORD_SRP":
		return &PasswordChallenge{base, in.name == "PASSWORD_SRP"}
	case "SELECT_CHALLENGE":
		return &SelectFactorChallenge{base, challengeNames(in.available)}
	case "WEB_AUTHN":
		return &PasskeyChallenge{base, p["CREDENTIAL_REQUEST_OPTIONS"]}
	case "CUSTOM_CHALLENGE":
		return &CustomChallenge{base, parameterList(p)}
	case "DEVICE_SRP_AUTH":
		return &DeviceSRPChallenge{base}
	case "DEVICE_PASSWORD_VERIFIER":
		return &DeviceVerifierChallenge{base, p["SALT"], p["SRP_B"], p["SECRET_BLOCK"], p["DEVICE_KEY"]}
	default:
		return &UnknownChallenge{base, in.name, parameterList(p)}
	}
}

// challengeState is the content of a challenge's session. It holds all that the response
// needs, so that any replica can handle it.
type challengeState struct {
	Challenge string `json:"c"`
	// Account is the name that the user entered, and Username the one that Cognito
	// requires. They are rate-limit keys, so clients must not control them.
	Account   string `json:"a"`
	Username  string `json:"u"`
	Session   string `json:"s,omitempty"`
	DeviceKey string `json:"d,omitempty"`
	// ByPassword is set once a password was proven.
	ByPassword bool `json:"p,omitempty"`
}

// maxChallengeLifetime is Cognito's maximum of the app client's AuthSessionValidity.
const maxChallengeLifetime = 15 * time.Minute

// challengeStates encrypts and decrypts challenge sessions.
type challengeStates struct{ box *sealed.Box }

func newChallengeStates(o Options) *challengeStates {
	return &challengeStates{sealed.NewBox(o.StateKeys, "challenge of "+o.ClientID)}
}

// seal returns the session for a state.
func (c *challengeStates) seal(ctx context.Context, s challengeState) string {
	text, _ := json.Marshal(s) // strings only
	return c.box.Seal(ctx, text, maxChallengeLifetime)
}

// open returns the state in a session. It fails with BAD_USER_INPUT for a text that is not
// a session, and with SESSION_EXPIRED for one that has expired or was not issued here.
func (c *challengeStates) open(ctx context.Context, session string) (challengeState, error) {
	var s challengeState
	text, err := c.box.Open(ctx, session)
	switch {
	case errors.Is(err, sealed.ErrMalformed):
		return s, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.session", Message: "input.session is not a challenge session.",
		}
	case err != nil || json.Unmarshal(text, &s) != nil:
		return challengeState{}, apierr.New(apierr.SessionExpired, sessionExpired).WithCause(err)
	}
	return s, nil
}

func (c challenge) state() challengeState {
	// Cognito requires the name that it returned, not the one that the user entered.
	username := cmp.Or(usernameIn(c.parameters), c.username)
	return challengeState{Challenge: c.name, Account: c.account, Username: username, Session: c.session, DeviceKey: c.deviceKey, ByPassword: c.byPassword}
}

// usernameIn returns Cognito's name of the user in the parameters of a challenge. It is
// empty if the challenge does not have it.
func usernameIn(parameters map[string]string) string {
	return cmp.Or(parameters["USER_ID_FOR_SRP"], parameters["USERNAME"])
}

func (c challenge) codeDelivery() *CodeDelivery {
	destination, ok := c.parameters["CODE_DELIVERY_DESTINATION"]
	if !ok {
		return nil
	}
	return &CodeDelivery{
		Destination: destination,
		Medium:      deliveryMedium(c.parameters["CODE_DELIVERY_DELIVERY_MEDIUM"]),
	}
}

// missingAttributes returns the names that NEW_PASSWORD_REQUIRED lists, without their
// prefix.
func missingAttributes(text string) []string {
	names := jsonList(text)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "userAttributes.")
	}
	return names
}

// jsonList parses a JSON list in a string. A malformed or absent one is an empty list, so
// that the client still gets the challenge.
func jsonList(text string) []string {
	list := []string{}
	if json.Unmarshal([]byte(text), &list) != nil {
		return []string{}
	}
	return list
}

func challengeNames(available []types.ChallengeNameType) []string {
	names := make([]string, len(available))
	for i, name := range available {
		names[i] = string(name)
	}
	return names
}

func parameterList(parameters map[string]string) []ChallengeParameter {
	list := make([]ChallengeParameter, 0, len(parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		list = append(list, ChallengeParameter{name, parameters[name]})
	}
	return list
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Answer is the answer to a challenge. Exactly one member must be set, the one that fits the
// challenge. See the schema's ChallengeAnswer.
type Answer struct {
	Code        *string
	MFAType     *string
	MFASetup    *MFASetupAnswer
	NewPassword *NewPasswordAnswer
	Password    *string
	SrpA        *string
	Srp         *SRPAnswer
	Factor      *FactorAnswer
	Passkey     *string
	Custom      *string
	DeviceSrp   *DeviceSRPAnswer
	Parameters  []ChallengeParameter
}

type (
	// MFASetupAnswer completes the setup of a second factor, with a code of the
	// authenticator app or with the e-mail address.
	MFASetupAnswer struct {
		TotpCode   *string
		DeviceName *string
		Email      *string
	}
	// NewPasswordAnswer is the new password and the missing attributes.
	NewPasswordAnswer struct {
		Password   string
		Attributes []Attribute
	}
	// SRPAnswer is the SRP proof of a user's or device's password.
	SRPAnswer struct {
		Signature   string
		SecretBlock string
		Timestamp   string
	}
	// FactorAnswer chooses the first factor, and may include its proof.
	FactorAnswer struct {
		Factor   string
		Password *string
		SrpA     *string
		Passkey  *string
	}
	// DeviceSRPAnswer is SRP_A of a device.
	DeviceSRPAnswer struct {
		DeviceKey string
		SrpA      string
	}
)

// RespondToChallengeInput is the answer to a challenge. See the schema.
type RespondToChallengeInput struct {
	Session        string
	Answer         Answer
	ClientMetadata []*MetadataEntry
}

// Respond implements [Accounts].
func (a accounts) Respond(ctx context.Context, in RespondToChallengeInput) (SigninResult, error) {
	triggers, err := metadata("clientMetadata", in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	state, err := a.states.open(ctx, in.Session)
	if err != nil {
		return nil, err
	}
	answer := in.Answer
	if answer.members() != 1 {
		return nil, badInput("input.answer", "input.answer must have exactly one member.")
	}
	if state.Challenge == "MFA_SETUP" && answer.MFASetup != nil && answer.MFASetup.TotpCode != nil {
		state.Session, err = a.verifySoftwareToken(ctx, &sdk.VerifySoftwareTokenInput{
			Session:            &state.Session,
			UserCode:           answer.MFASetup.TotpCode,
			FriendlyDeviceName: answer.MFASetup.DeviceName,
		})
		if err != nil {
			return nil, answer.MFASetup.locate(err)
		}
	}
	if answer.NewPassword != nil {
		for i, attribute := range answer.NewPassword.Attributes {
			if err := a.checkAttribute("input.answer.newPassword.attributes", i, attribute); err != nil {
				return nil, err
			}
		}
	}
	responses, fits := answer.responses(state.Challenge)
	if !fits {
		return nil, &apierr.Error{
			Code:    apierr.BadUserInput,
			Field:   "input.answer",
			Message: fmt.Sprintf("The answer to this challenge must be input.answer.%s.", answerTo(state.Challenge)),
		}
	}
	result, err := a.respond(ctx, state, responses, triggers)
	if err == nil && answer.NewPassword != nil {
		err = a.newPasswordSet(ctx, state, result)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// members returns the number of members that are set. The executor does not enforce @oneOf
// for variables.
func (a Answer) members() int {
	n := 0
	for _, isSet := range []bool{
		a.Code != nil, a.MFAType != nil, a.MFASetup != nil, a.NewPassword != nil, a.Password != nil, a.SrpA != nil,
		a.Srp != nil, a.Factor != nil, a.Passkey != nil, a.Custom != nil, a.DeviceSrp != nil, a.Parameters != nil,
	} {
		if isSet {
			n++
		}
	}
	return n
}

// respond sends the responses to a challenge, with the parameters that all need.
func (c *Client) respond(ctx context.Context, s challengeState, responses, triggers map[string]string) (SigninResult, error) {
	if s.DeviceKey != "" && responses["DEVICE_KEY"] == "" {
		responses["DEVICE_KEY"] = s.DeviceKey
	}
	in := &sdk.RespondToAuthChallengeInput{
		ClientId:           &c.options.ClientID,
		ChallengeName:      types.ChallengeNameType(s.Challenge),
		ChallengeResponses: c.authParameters(s.Username, responses),
		Session:            optional(s.Session),
		ClientMetadata:     triggers,
		UserContextData:    c.userContext(ctx),
	}
	began := time.Now()
	var available []types.ChallengeNameType
	out, err := invoke(ctx, c, opRespondToAuthChallenge, func(
		ctx context.Context, in *sdk.RespondToAuthChallengeInput, options ...func(*sdk.Options),
	) (*sdk.RespondToAuthChallengeOutput, error) {
		return c.api.RespondToAuthChallenge(ctx, in, append(options, withAvailableChallenges(&available))...)
	}, in)
	byPassword := s.ByPassword || provesPassword(s.Challenge, responses) && (err != nil || !comesBeforePassword(out.ChallengeName))
	if byPassword {
		step := passwordStep{account: s.Account, username: s.Username}
		if out != nil {
			step.challenge, step.parameters, step.result = out.ChallengeName, out.ChallengeParameters, out.AuthenticationResult
		}
		err = c.checkPassword(ctx, step, err)
	}
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult != nil {
		return c.begin(ctx, opRespondToAuthChallenge, out.AuthenticationResult, s.Account, began)
	}
	return c.newChallenge(ctx, challenge{
		name:       string(out.ChallengeName),
		session:    aws.ToString(out.Session),
		account:    s.Account,
		username:   s.Username,
		deviceKey:  s.DeviceKey,
		byPassword: byPassword && out.ChallengeName != types.ChallengeNameTypeNewPasswordRequired,
		parameters: out.ChallengeParameters,
		available:  available,
	}), nil
}

// provesPassword reports whether responses to a challenge prove a password.
func provesPassword(challenge string, responses map[string]string) bool {
	return challenge == "PASSWORD_VERIFIER" || responses["PASSWORD"] != ""
}

// answerTo returns the name of the member of Answer that fits a challenge.
func answerTo(challenge string) string {
	switch challenge {
	case "SMS_MFA", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN_MFA":
		return "code"
	case "SELECT_MFA_TYPE":
		return "mfaType"
	case "MFA_SETUP":
		return "mfaSetup"
	case "NEW_PASSWORD_REQUIRED":
		return "newPassword"
	case "PASSWORD":
		return "password"
	case "PASSWORD_SRP":
		return "srpA"
	case "PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER":
		return "srp"
	case "SELECT_CHALLENGE":
		return "factor"
	case "WEB_AUTHN":
		return "passkey"
	case "CUSTOM_CHALLENGE":
		return "custom"
	case "DEVICE_SRP_AUTH":
		return "deviceSrp"
	default:
		return "parameters"
	}
}

// responses returns the challenge responses with Cognito's names. fits is false if the
// answer is for another kind of challenge.
func (a Answer) responses(challenge string) (r map[string]string, fits bool) {
	switch answerTo(challenge) {
	case "code":
		name := map[string]string{
			"SMS_MFA": "SMS_MFA_CODE", "EMAIL_OTP": "EMAIL_OTP_CODE",
			"SMS_OTP": "SMS_OTP_CODE", "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
		}[challenge]
		return single(name, a.Code)
	case "mfaType":
		return single("ANSWER", a.MFAType)
	case "mfaSetup":
		return a.MFASetup.responses()
	case "newPassword":
		return a.NewPassword.responses()
	case "password":
		return single("PASSWORD", a.Password)
	case "srpA":
		return single("SRP_A", a.SrpA)
	case "srp":
		return a.Srp.responses()
	case "factor":
		return a.Factor.responses()
	case "passkey":
		return single("CREDENTIAL", a.Passkey)
	case "custom":
		return single("ANSWER", a.Custom)
	case "deviceSrp":
		if a.DeviceSrp == nil {
			return nil, false
		}
		return map[string]string{"DEVICE_KEY": a.DeviceSrp.DeviceKey, "SRP_A": a.DeviceSrp.SrpA}, true
	default:
		r = map[string]string{}
		for _, p := range a.Parameters {
			r[p.Name] = p.Value
		}
		return r, a.Parameters != nil
	}
}

func single(name string, value *string) (map[string]string, bool) {
	if value == nil {
		return nil, false
	}
	return map[string]string{name: *value}, true
}

func (a *MFASetupAnswer) responses() (map[string]string, bool) {
	if a == nil || (a.TotpCode == nil) == (a.Email == nil) {
		return nil, false
	}
	if a.Email != nil {
		return map[string]string{"EMAIL": *a.Email}, true
	}
	// VerifySoftwareToken checked the code. Its session is the response.
	return map[string]string{}, true
}

// locate returns err with the path of the answer's member that Cognito rejected.
func (a *MFASetupAnswer) locate(err error) error {
	const path = "input.answer.mfaSetup"
	return atPath(atPath(err, totpCodePath, path+".totpCode"), totpDeviceNamePath, path+".deviceName")
}

func (a *NewPasswordAnswer) responses() (map[string]string, bool) {
	if a == nil {
		return nil, false
	}
	r := map[string]string{"NEW_PASSWORD": a.Password}
	for _, attribute := range a.Attributes {
		r["userAttributes."+attribute.Name] = attribute.Value
	}
	return r, true
}

func (a *SRPAnswer) responses() (map[string]string, bool) {
	if a == nil {
		return nil, false
	}
	return map[string]string{
		"PASSWORD_CLAIM_SIGNATURE":    a.Signature,
		"PASSWORD_CLAIM_SECRET_BLOCK": a.SecretBlock,
		"TIMESTAMP":                   a.Timestamp,
	}, true
}

func (a *FactorAnswer) responses() (map[string]string, bool) {
	if a == nil {
		return nil, false
	}
	r := map[string]string{"ANSWER": a.Factor}
	for name, value := range map[string]*string{"PASSWORD": a.Password, "SRP_A": a.SrpA, "CREDENTIAL": a.Passkey} {
		if value != nil {
			r[name] = *value
		}
	}
	return r, true
}
