package validation

import "regexp"

// shape is a type of the service model with its constraints. Inputs name their shapes in the tag "is", after
// "required" where the member must be present: `is:"required,username"`.
type shape struct {
	min, max  int // length of text, value of numbers; max 0 means no limit
	pattern   *regexp.Regexp
	source    string // pattern as it appears in messages
	enum      []string
	sensitive bool // the value must not appear in a message
}

// Model is the part of a service model that inputs are checked against: shapes by the names that are used in tags.
type Model map[string]shape

// NewModel returns the constraints of Cognito's service model.
func NewModel() Model {
	name := `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`
	mailWithCode := `[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*`
	mailWithLink := `[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*`
	return Model{
		"username":           text(1, 128, name).secret(),
		"password":           text(0, 256, `^[\S]+.*[\S]+$`).secret(),
		"clientId":           text(1, 128, `[\w+]+`).secret(),
		"secret":             text(1, 256, `[\w+=/]+`).secret(),
		"code":               text(1, 2048, `[\S]+`).secret(),
		"token":              text(0, 0, `[A-Za-z0-9-_=.]+`).secret(),
		"session":            text(20, 2048, "").secret(),
		"attributeName":      text(1, 32, name),
		"attributeValue":     text(0, 2048, "").secret(),
		"customName":         text(1, 20, name),
		"poolId":             text(1, 55, `[\w-]+_[0-9a-zA-Z]+`),
		"poolName":           text(1, 128, `[\w\s+=,.@-]+`),
		"clientName":         text(1, 128, `[\w\s+=,.@-]+`),
		"groupName":          text(1, 128, name),
		"description":        text(0, 2048, ""),
		"arn":                text(20, 2048, `arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?`),
		"filter":             text(0, 256, ""),
		"page":               text(1, 131072, `[\S]+`).secret(),
		"limit60":            {max: 60},
		"limit60from1":       {min: 1, max: 60},
		"precedence":         {},
		"userCode":           text(6, 6, `[0-9]+`).secret(),
		"dataType":           oneOf("String", "Number", "DateTime", "Boolean"),
		"timeUnit":           oneOf("seconds", "minutes", "hours", "days"),
		"deviceName":         text(1, 131072, ""),
		"relyingParty":       text(1, 127, ""),
		"userVerification":   oneOf("required", "preferred"),
		"passkeyFactor":      oneOf("SINGLE_FACTOR", "MULTI_FACTOR_WITH_USER_VERIFICATION"),
		"limit20":            {max: 20},
		"credentialId":       text(1, 131072, ""),
		"deviceKey":          text(1, 55, `[\w-]+_[0-9a-f-]+`),
		"deviceStatus":       oneOf("remembered", "not_remembered"),
		"feature":            oneOf("ENABLED", "DISABLED"),
		"existenceErrors":    oneOf("LEGACY", "ENABLED"),
		"messageAction":      oneOf("RESEND", "SUPPRESS"),
		"medium":             oneOf("SMS", "EMAIL"),
		"address":            oneOf("phone_number", "email"),
		"alias":              oneOf("phone_number", "email", "preferred_username"),
		"mfa":                oneOf("OFF", "ON", "OPTIONAL"),
		"firstFactor":        oneOf("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"),
		"deletionProtection": oneOf("ACTIVE", "INACTIVE"),
		"recovery":           oneOf("verified_email", "verified_phone_number", "admin_only"),
		"sendingAccount":     oneOf("COGNITO_DEFAULT", "DEVELOPER"),
		"emailOption":        oneOf("CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"),
		"securityMode":       oneOf("OFF", "AUDIT", "ENFORCED"),
		"mailWithCode":       text(6, 20000, mailWithCode),
		"mailWithLink":       text(6, 20000, mailWithLink),
		"mailSubject":        text(1, 140, `[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+`),
		"smsWithCode":        text(6, 140, `(?s).*\{####\}(?s).*`),
		"replyTo":            text(0, 0, name+"@"+name),
		"minimumLength":      {min: 6, max: 99},
		"historySize":        {max: 24},
		"validityDays":       {max: 365},
		"recoveryPriority":   {min: 1, max: 2},
		"userFlowMode":       oneOf("AUDIT", "ENFORCED"),
		"senderVersion":      oneOf("V1_0"),
		"tokenVersion":       oneOf("V1_0", "V2_0", "V3_0"),
		"issuerType":         oneOf("ORIGINAL", "UPDATED"),
		"keyType":            oneOf("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KEY"),
		"oauthFlow":          oneOf("code", "implicit", "client_credentials"),
		"scope":              text(1, 256, `[\x21\x23-\x5B\x5D-\x7E]+`),
		"scopeName":          text(1, 256, `[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+`),
		"scopeDescription":   text(1, 256, ""),
		"resourceServerName": text(1, 256, `[\w\s+=,.@-]+`),
		"limit50from1":       {min: 1, max: 50},
		"clientSecretId":     text(1, 200, `[\w+-]+`),
		"redirect":           text(1, 1024, name),
		"provider":           text(1, 32, `[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+`),
		"validity":           {max: 86400},
		"refreshLife":        {max: 315360000},
		"authSession":        {min: 3, max: 15},
		"graceSeconds":       {max: 60},
		"applicationId":      text(0, 0, `[0-9a-fA-F]+`),
		"clientSecret":       text(24, 64, `[\w+]+`).secret(),
		"eventId":            text(1, 50, `[\w+-]+`),
		"feedback":           oneOf("Valid", "Invalid"),
		"tier":               oneOf("LITE", "ESSENTIALS", "PLUS"),
		"sessionId":          text(28, 28, `(tkn|sso)[a-z0-9]+`),
		"sessionsPerUser":    {min: 1, max: 100},
		"associatedSessions": oneOf("NONE", "LINKED"),
		"authFlow": oneOf("USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH",
			"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH"),
		"challenge": oneOf("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP", "PASSWORD_VERIFIER",
			"CUSTOM_CHALLENGE", "SELECT_CHALLENGE", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER", "ADMIN_NO_SRP_AUTH",
			"NEW_PASSWORD_REQUIRED", "SMS_OTP", "PASSWORD", "WEB_AUTHN", "PASSWORD_SRP"),
	}
}

func text(shortest, longest int, pattern string) shape {
	s := shape{min: shortest, max: longest, source: pattern}
	if pattern != "" {
		s.pattern = regexp.MustCompile("^(?:" + pattern + ")$")
	}
	return s
}

func (s shape) secret() shape {
	s.sensitive = true
	return s
}

func oneOf(values ...string) shape { return shape{enum: values} }
