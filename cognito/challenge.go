package cognito

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
)

// Challenge is a step of a sign-in that the user has to answer.
type Challenge interface {
	SigninResult
	// GetSession returns all that an answer needs, as one opaque string.
	GetSession() string
	isChallenge()
}

// challengeBase is what all challenges share.
type challengeBase struct {
	Session string
}

// GetSession implements [Challenge].
func (b challengeBase) GetSession() string { return b.Session }
func (challengeBase) isSigninResult()      {}
func (challengeBase) isChallenge()         {}

// The challenges: one type for each of Cognito's that an end user can meet.
// Their fields are described in the schema.
type (
	// SMSMFAChallenge asks for the code sent by text message as second factor.
	SMSMFAChallenge struct {
		challengeBase
		CodeDelivery *CodeDelivery
	}
	// EmailOTPChallenge asks for the code sent by e-mail.
	EmailOTPChallenge struct {
		challengeBase
		CodeDelivery *CodeDelivery
	}
	// SMSOTPChallenge asks for the code sent by text message as first factor.
	SMSOTPChallenge struct {
		challengeBase
		CodeDelivery *CodeDelivery
	}
	// TOTPChallenge asks for the code of an authenticator app.
	TOTPChallenge struct {
		challengeBase
		DeviceName *string
	}
	// SelectMFAChallenge asks to choose a second factor.
	SelectMFAChallenge struct {
		challengeBase
		Options []string
	}
	// MFASetupChallenge asks to set up a second factor.
	MFASetupChallenge struct {
		challengeBase
		Options []string

		client *Client
		state  challengeState
		// account is what the user signs in with, as far as it is known.
		account string
	}
	// NewPasswordChallenge asks for a password of the user's own.
	NewPasswordChallenge struct {
		challengeBase
		MissingAttributes []string
	}
	// SRPChallenge asks for a proof of the password.
	SRPChallenge struct {
		challengeBase
		Salt         string
		SrpB         string
		SecretBlock  string
		UserIDForSrp string
	}
	// PasswordChallenge asks for the password, or for the first message of a proof
	// of it.
	PasswordChallenge struct {
		challengeBase
		Srp bool
	}
	// SelectFactorChallenge asks to choose the first factor.
	SelectFactorChallenge struct {
		challengeBase
		Available []string
	}
	// PasskeyChallenge asks for a WebAuthn assertion. Options is JSON text.
	PasskeyChallenge struct {
		challengeBase
		Options string
	}
	// CustomChallenge is of the pool's own making.
	CustomChallenge struct {
		challengeBase
		Parameters []ChallengeParameter
	}
	// DeviceSRPChallenge asks for the first message of the device's SRP.
	DeviceSRPChallenge struct{ challengeBase }
	// DeviceVerifierChallenge asks for the second message of the device's SRP.
	DeviceVerifierChallenge struct {
		challengeBase
		Salt        string
		SrpB        string
		SecretBlock string
		DeviceKey   string
	}
	// UnknownChallenge is one that this version does not know.
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

// challenge is one of Cognito's challenges as it came.
type challenge struct {
	name       string
	session    string
	username   string // as sent with the call that was challenged
	deviceKey  string // as sent with the call that was challenged; may be empty
	parameters map[string]string
	available  []types.ChallengeNameType
}

// newChallenge translates one of Cognito's challenges. The names are those of
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
func (c *Client) newChallenge(asked challenge) SigninResult {
	state := asked.challengeState()
	base := challengeBase{Session: state.String()}
	p := asked.parameters
	switch asked.name {
	case "SMS_MFA":
		return &SMSMFAChallenge{base, asked.codeDelivery()}
	case "EMAIL_OTP":
		return &EmailOTPChallenge{base, asked.codeDelivery()}
	case "SMS_OTP":
		return &SMSOTPChallenge{base, asked.codeDelivery()}
	case "SOFTWARE_TOKEN_MFA":
		return &TOTPChallenge{base, optional(p["FRIENDLY_DEVICE_NAME"])}
	case "SELECT_MFA_TYPE":
		return &SelectMFAChallenge{base, jsonList(p["MFAS_CAN_CHOOSE"])}
	case "MFA_SETUP":
		return &MFASetupChallenge{base, jsonList(p["MFAS_CAN_SETUP"]), c, state, asked.username}
	case "NEW_PASSWORD_REQUIRED":
		return &NewPasswordChallenge{base, missingAttributes(p["requiredAttributes"])}
	case "PASSWORD_VERIFIER":
		return &SRPChallenge{base, p["SALT"], p["SRP_B"], p["SECRET_BLOCK"], p["USER_ID_FOR_SRP"]}
	case "PASSWORD", "PASSWORD_SRP":
		return &PasswordChallenge{base, asked.name == "PASSWORD_SRP"}
	case "SELECT_CHALLENGE":
		return &SelectFactorChallenge{base, challengeNames(asked.available)}
	case "WEB_AUTHN":
		return &PasskeyChallenge{base, p["CREDENTIAL_REQUEST_OPTIONS"]}
	case "CUSTOM_CHALLENGE":
		return &CustomChallenge{base, parameterList(p)}
	case "DEVICE_SRP_AUTH":
		return &DeviceSRPChallenge{base}
	case "DEVICE_PASSWORD_VERIFIER":
		return &DeviceVerifierChallenge{base, p["SALT"], p["SRP_B"], p["SECRET_BLOCK"], p["DEVICE_KEY"]}
	default:
		return &UnknownChallenge{base, asked.name, parameterList(p)}
	}
}

// challengeState is what the opaque session of a challenge holds: all that the
// answer needs, so that any process can take it.
type challengeState struct {
	Challenge string `json:"c"`
	Username  string `json:"u"`
	Session   string `json:"s,omitempty"`
	DeviceKey string `json:"d,omitempty"`
}

// String packs the session. Its parts are known to the client anyway and Cognito
// checks them at the answer, so it needs no key that processes would have to
// share.
func (s challengeState) String() string {
	// Strings cannot fail to marshal.
	text, _ := json.Marshal(s)
	return base64.RawURLEncoding.EncodeToString(text)
}

func (c challenge) challengeState() challengeState {
	username := c.username
	for _, name := range []string{"USERNAME", "USER_ID_FOR_SRP"} {
		// Cognito asks for the name that it gives here, not the one typed in.
		if v := c.parameters[name]; v != "" {
			username = v
		}
	}
	return challengeState{Challenge: c.name, Username: username, Session: c.session, DeviceKey: c.deviceKey}
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

// missingAttributes reads the names that NEW_PASSWORD_REQUIRED lists, each with
// a prefix that belongs to the wire and not to the attribute.
func missingAttributes(text string) []string {
	names := jsonList(text)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "userAttributes.")
	}
	return names
}

// jsonList reads a JSON list that Cognito wraps into a string. A parameter that
// is absent, or is no list, is an empty list: the challenge can still be shown.
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

// Answer is the answer to a challenge: exactly one member is not nil, the one
// that the challenge asks for. See the schema's ChallengeAnswer.
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
	// MFASetupAnswer ends the set-up of a second factor: of an authenticator app
	// by a code of it, of e-mail by the address.
	MFASetupAnswer struct {
		TotpCode   *string
		DeviceName *string
		Email      *string
	}
	// NewPasswordAnswer is a password of the user's own and what was missing.
	NewPasswordAnswer struct {
		Password   string
		Attributes []Attribute
	}
	// SRPAnswer is a proof of the user's or the device's password.
	SRPAnswer struct {
		Signature   string
		SecretBlock string
		Timestamp   string
	}
	// FactorAnswer chooses the first factor and may already present it.
	FactorAnswer struct {
		Factor   string
		Password *string
		SrpA     *string
		Passkey  *string
	}
	// DeviceSRPAnswer is the first message of a device's SRP.
	DeviceSRPAnswer struct {
		DeviceKey string
		SrpA      string
	}
)

// Respond implements [Accounts].
func (a accounts) Respond(ctx context.Context, session string, answer Answer) (SigninResult, error) {
	state, err := parseChallengeState(session)
	if err != nil {
		return nil, err
	}
	if answer.members() != 1 {
		return nil, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.answer", Message: "input.answer must have exactly one member.",
		}
	}
	if state.Challenge == "MFA_SETUP" && answer.MFASetup != nil && answer.MFASetup.TotpCode != nil {
		state.Session, err = a.verifySoftwareToken(ctx, &sdk.VerifySoftwareTokenInput{
			Session:            &state.Session,
			UserCode:           answer.MFASetup.TotpCode,
			FriendlyDeviceName: answer.MFASetup.DeviceName,
		})
		if err != nil {
			return nil, err
		}
	}
	responses, fits := answer.responses(state.Challenge)
	if !fits {
		return nil, &apierr.Error{
			Code:    apierr.BadUserInput,
			Field:   "input.answer",
			Message: fmt.Sprintf("This challenge is answered by input.answer.%s.", answerTo(state.Challenge)),
		}
	}
	return a.respond(ctx, state, responses)
}

// members counts what the answer has: the schema's @oneOf is enforced here, since
// it is not where the answer comes as a variable.
func (a Answer) members() int {
	n := 0
	for _, given := range []bool{
		a.Code != nil, a.MFAType != nil, a.MFASetup != nil, a.NewPassword != nil, a.Password != nil, a.SrpA != nil,
		a.Srp != nil, a.Factor != nil, a.Passkey != nil, a.Custom != nil, a.DeviceSrp != nil, a.Parameters != nil,
	} {
		if given {
			n++
		}
	}
	return n
}

// respond sends the answer with what every answer needs.
func (c *Client) respond(ctx context.Context, s challengeState, responses map[string]string) (SigninResult, error) {
	if s.DeviceKey != "" && responses["DEVICE_KEY"] == "" {
		responses["DEVICE_KEY"] = s.DeviceKey
	}
	in := &sdk.RespondToAuthChallengeInput{
		ClientId:           &c.options.ClientID,
		ChallengeName:      types.ChallengeNameType(s.Challenge),
		ChallengeResponses: c.authParameters(s.Username, responses),
		Session:            optional(s.Session),
		UserContextData:    c.userContext(ctx),
	}
	began := time.Now()
	out, err := invoke(ctx, c, opRespondToAuthChallenge, c.api.RespondToAuthChallenge, in)
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult != nil {
		return c.begin(ctx, opRespondToAuthChallenge, out.AuthenticationResult, began)
	}
	return c.newChallenge(challenge{
		name:       string(out.ChallengeName),
		session:    aws.ToString(out.Session),
		username:   s.Username,
		deviceKey:  s.DeviceKey,
		parameters: out.ChallengeParameters,
	}), nil
}

// parseChallengeState decodes the session of a challenge.
func parseChallengeState(session string) (challengeState, error) {
	var s challengeState
	raw, err := base64.RawURLEncoding.DecodeString(session)
	if err != nil || json.Unmarshal(raw, &s) != nil || s.Challenge == "" || s.Username == "" {
		return s, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.session", Message: "input.session is not the session of a challenge.",
		}
	}
	return s, nil
}

// SessionUsername returns the user whose challenge a session belongs to, as it
// was told to the client: whoever answers can claim another, and Cognito refuses
// it. It is empty for what is no session.
func SessionUsername(session string) string {
	state, err := parseChallengeState(session)
	if err != nil {
		return ""
	}
	return state.Username
}

// answerTo names the member of the answer that a challenge asks for.
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

// responses writes the answer with Cognito's names; false when it is not the
// kind that the challenge asks for.
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
	// The code went to VerifySoftwareToken, whose session is the answer.
	return map[string]string{}, true
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
