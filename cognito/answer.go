package cognito

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/aws/aws-sdk-go-v2/aws"

	"authgraph/internal/apierr"
)

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

// Respond answers a challenge. The result is tokens or the next challenge.
func (c *Client) Respond(ctx context.Context, session string, answer Answer) (SigninResult, error) {
	if c.options.HideUserExistence {
		return c.answerInSilence(ctx, session, answer)
	}
	return c.answer(ctx, session, answer)
}

func (c *Client) answer(ctx context.Context, session string, answer Answer) (SigninResult, error) {
	sealed, err := openSession(session)
	if err != nil {
		return nil, err
	}
	if answer.members() != 1 {
		return nil, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.answer", Message: "input.answer must have exactly one member.",
		}
	}
	if sealed.Challenge == "MFA_SETUP" && answer.MFASetup != nil && answer.MFASetup.TotpCode != nil {
		sealed.Session, err = c.verifySoftwareToken(ctx, &sdk.VerifySoftwareTokenInput{
			Session:            &sealed.Session,
			UserCode:           answer.MFASetup.TotpCode,
			FriendlyDeviceName: answer.MFASetup.DeviceName,
		})
		if err != nil {
			return nil, err
		}
	}
	responses, fits := answer.responses(sealed.Challenge)
	if !fits {
		return nil, &apierr.Error{
			Code:    apierr.BadUserInput,
			Field:   "input.answer",
			Message: fmt.Sprintf("This challenge is answered by input.answer.%s.", answerTo(sealed.Challenge)),
		}
	}
	return c.respond(ctx, sealed, responses)
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
func (c *Client) respond(ctx context.Context, s sealedSession, responses map[string]string) (SigninResult, error) {
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

// openSession unpacks the session of a challenge.
func openSession(text string) (sealedSession, error) {
	var s sealedSession
	raw, err := base64.RawURLEncoding.DecodeString(text)
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
	sealed, err := openSession(session)
	if err != nil {
		return ""
	}
	return sealed.Username
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
