package cognito

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
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
		sealed sealedSession
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
	sealed := asked.sealedSession()
	base := challengeBase{Session: sealed.String()}
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
		return &MFASetupChallenge{base, jsonList(p["MFAS_CAN_SETUP"]), c, sealed, asked.username}
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

// sealedSession is what the opaque session of a challenge holds: all that the
// answer needs, so that any process can take it.
type sealedSession struct {
	Challenge string `json:"c"`
	Username  string `json:"u"`
	Session   string `json:"s,omitempty"`
	DeviceKey string `json:"d,omitempty"`
}

// String packs the session. Its parts are known to the client anyway and Cognito
// checks them at the answer, so it needs no key that processes would have to
// share.
func (s sealedSession) String() string {
	// Strings cannot fail to marshal.
	text, _ := json.Marshal(s)
	return base64.RawURLEncoding.EncodeToString(text)
}

func (c challenge) sealedSession() sealedSession {
	username := c.username
	for _, name := range []string{"USERNAME", "USER_ID_FOR_SRP"} {
		// Cognito asks for the name that it gives here, not the one typed in.
		if v := c.parameters[name]; v != "" {
			username = v
		}
	}
	return sealedSession{Challenge: c.name, Username: username, Session: c.session, DeviceKey: c.deviceKey}
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
