package cognito

import (
	"regexp"
	"strconv"
	"strings"

	"authgraph/internal/apierr"
)

// attributesParameter stands for the attributes of a request, whose names messages
// contain in place of the parameter's.
const attributesParameter = "attributes"

// accountPath is the path of the name of an account, which [Identifier.locate] replaces
// with that of the name that was entered.
const accountPath = "input.email"

// The paths of verifyTotp. An answer to MFA_SETUP calls the same operation: see
// [MFASetupAnswer.locate].
const (
	totpCodePath       = "input.code"
	totpDeviceNamePath = "input.deviceName"
)

// inputPaths maps the parameters of an operation, by their names in Cognito's messages, to
// the input that they come from.
func inputPaths(op operation) map[string]string {
	const (
		code        = "input.confirmationCode"
		newPassword = "input.newPassword"
		attributes  = "input.attributes"
		deviceKey   = "input.deviceKey"
	)
	switch op {
	case opSignUp:
		return map[string]string{"username": accountPath, "password": "input.password", attributesParameter: attributes}
	case opConfirmSignUp:
		return map[string]string{"username": accountPath, "confirmationCode": code}
	case opInitiateAuth:
		return map[string]string{"username": accountPath, "password": "input.password"}
	case opResendConfirmationCode, opForgotPassword:
		return map[string]string{"username": accountPath}
	case opConfirmForgotPassword:
		return map[string]string{"username": accountPath, "confirmationCode": code, "password": newPassword}
	case opRespondToAuthChallenge:
		return map[string]string{
			"session": "input.session", "challengeResponses": "input.answer",
			"password": "input.answer.newPassword.password", attributesParameter: "input.answer.newPassword.attributes",
		}
	case opChangePassword:
		return map[string]string{
			"previousPassword": "input.currentPassword", "proposedPassword": newPassword, "password": newPassword,
		}
	case opUpdateUserAttributes:
		return map[string]string{attributesParameter: attributes}
	case opDeleteUserAttributes:
		return map[string]string{"userAttributeNames": "input.names", attributesParameter: "input.names"}
	case opGetUserAttributeVerificationCode:
		return map[string]string{"attributeName": "input.attribute", attributesParameter: "input.attribute"}
	case opVerifyUserAttribute:
		return map[string]string{"attributeName": "input.attribute", "code": "input.code", attributesParameter: "input.attribute"}
	case opVerifySoftwareToken:
		return map[string]string{"userCode": totpCodePath, "friendlyDeviceName": totpDeviceNamePath}
	case opRefreshTokenAuth, opGetTokensFromRefreshToken:
		return map[string]string{"refreshToken": "input.refreshToken", "deviceKey": deviceKey}
	case opRevokeToken:
		return map[string]string{"token": "input.refreshToken"}
	case opCompleteWebAuthnRegistration:
		return map[string]string{"credential": "input.credential"}
	case opDeleteWebAuthnCredential:
		return map[string]string{"credentialId": "input.id"}
	case opConfirmDevice:
		return map[string]string{
			"deviceKey": deviceKey, "deviceName": "input.deviceName",
			"deviceSecretVerifierConfig.passwordVerifier": "input.passwordVerifier",
			"deviceSecretVerifierConfig.salt":             "input.salt",
		}
	case opRevokeUserSession:
		return map[string]string{"sessionId": "input.id"}
	case opUpdateDeviceStatus, opForgetDevice:
		return map[string]string{"deviceKey": deviceKey}
	case opUpdateAuthEventFeedback:
		return map[string]string{
			"username": "input.username", "eventId": "input.eventId", "feedbackToken": "input.feedbackToken",
		}
	default:
		return nil
	}
}

// atPath returns err with the path to in place of the path from, if the fault is there.
func atPath(err error, from, to string) error {
	e := apierr.From(err)
	if e == nil || e.Field != from {
		return err
	}
	located := *e
	located.Field = to
	located.Message = strings.Replace(e.Message, from, to, 1)
	return &located
}

// inputFaults maps the messages of Cognito about invalid input to fields of the input.
type inputFaults struct {
	signUp    map[string]string // paths of the attributes that sign-up sets from members of the input
	parameter *regexp.Regexp    // of a validation message
	attribute *regexp.Regexp    // of a message about the schema, with the reason
	missing   *regexp.Regexp    // of a message about a missing attribute
}

// Attributes are matched by the form of their names, since a host name can be in the same
// position.
const attributeName = `(custom:[A-Za-z0-9_.-]{1,20}|[a-z_]{1,32})`

func newInputFaults(o Options) inputFaults {
	signUp := map[string]string{emailAttribute: "input.email", phoneNumberAttribute: "input.phoneNumber"}
	if !o.hasUserNames() {
		signUp[o.UsernameAttribute] = "input.username"
	}
	if o.ModeAttribute != "" {
		signUp[o.ModeAttribute] = "input.mode"
	}
	return inputFaults{
		signUp:    signUp,
		parameter: regexp.MustCompile(`at '([A-Za-z.]{1,64})[^']{0,64}'(?: failed to satisfy constraint: (.*))?`),
		attribute: regexp.MustCompile(`(?m)(?:^|[ :])(?:user\.)?` + attributeName + `: ((?:Attribute|The attribute).*)`),
		missing:   regexp.MustCompile(`^Invalid attributes given, ` + attributeName + ` is missing`),
	}
}

// describe adds the field and the reason to a BAD_USER_INPUT. No message quotes Cognito,
// which may quote the user's input.
func (f inputFaults) describe(e *apierr.Error, fault *Fault, text string) *apierr.Error {
	op := operation(fault.Operation)
	paths := inputPaths(op)
	if m := f.attribute.FindStringSubmatch(text); m != nil {
		return f.describeAttribute(e, fault, m[1], m[2])
	}
	if m := f.missing.FindStringSubmatch(text); m != nil {
		return f.describeAttribute(e, fault, m[1], "required")
	}
	if m := f.parameter.FindStringSubmatch(text); m != nil {
		parameter := m[1]
		if strings.HasPrefix(parameter, "userAttributes") && paths[parameter] == "" {
			parameter = attributesParameter
		}
		e.Field = paths[parameter]
		if rule := violatedRule(m[2]); e.Field != "" && rule != "" {
			e.Message = e.Field + " " + rule + "."
		}
		return e
	}
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "email address format"):
		e.Field = f.pathOf(op, emailAttribute)
		e.Message = "The user pool does not accept the e-mail address."
	case strings.Contains(lower, "should be an email"):
		e.Field = paths["username"]
		e.Message = "The user pool does not accept the e-mail address."
	case strings.Contains(lower, "phone number format"):
		e.Field = f.pathOf(op, phoneNumberAttribute)
		e.Message = "Phone numbers need a plus sign, the country code and the number, for example +14325551212."
	case strings.Contains(lower, "unauthorized attribute"):
		e.Field = paths[attributesParameter]
	}
	return e
}

// pathOf returns the path of an attribute in the input of the operation.
func (f inputFaults) pathOf(op operation, attribute string) string {
	paths := inputPaths(op)
	if path := f.signUp[attribute]; op == opSignUp && path != "" {
		return path
	}
	if op == opRespondToAuthChallenge && attribute == emailAttribute {
		// It may also be that of a second factor.
		return paths["challengeResponses"]
	}
	return paths[attributesParameter]
}

// describeAttribute adds what a message says about one attribute.
func (f inputFaults) describeAttribute(e *apierr.Error, fault *Fault, attribute, reason string) *apierr.Error {
	op := operation(fault.Operation)
	e.Field = f.pathOf(op, attribute)
	reason = strings.ToLower(reason)
	switch {
	case strings.Contains(reason, "required"):
		e.Message = "The user pool requires the attribute " + attribute + "."
	case strings.Contains(reason, "does not exist"):
		if path := f.signUp[attribute]; op == opSignUp && (path == "input.mode" || path == "input.username") {
			fault.Detail = "the pool lacks " + attribute
			// The server sets this attribute, so the user cannot fix it.
			return &apierr.Error{
				Code:    apierr.ServiceMisconfigured,
				Message: "The pool's schema lacks an attribute that this server sets: " + attribute + ".",
				Cause:   fault,
			}
		}
		e.Message = "The user pool has no attribute " + attribute + "."
	case strings.Contains(reason, "cannot be updated"), strings.Contains(reason, "mutable"):
		e.Message = "The user pool does not allow changing the attribute " + attribute + "."
	default:
		e.Message = "The user pool does not accept this value of the attribute " + attribute + "."
	}
	return e
}

// violatedRule returns the rule of a validation message, such as "must have at least 6
// characters", or "".
func violatedRule(constraint string) string {
	bound := func(marker string) string {
		_, after, found := strings.Cut(constraint, marker)
		digits, _, _ := strings.Cut(after, ";")
		if n, err := strconv.Atoi(strings.TrimSpace(digits)); found && err == nil {
			return strconv.Itoa(n)
		}
		return ""
	}
	if n := bound("length greater than or equal to "); n != "" {
		return "must have at least " + n + " characters"
	}
	if n := bound("length less than or equal to "); n != "" {
		return "must have at most " + n + " characters"
	}
	switch {
	// Cognito's pattern for passwords.
	case strings.Contains(constraint, `^[\S]+.*[\S]+$`):
		return "must not begin or end with a space"
	case strings.Contains(constraint, "regular expression pattern"):
		return "has characters that the user pool does not accept"
	case strings.Contains(constraint, "must not be null"):
		return "is required"
	}
	return ""
}
