package userpool

import (
	"slices"
	"strings"
)

// Pool and client settings carry Cognito's own member names (API reference: UserPoolType, UserPoolClientType), so that what
// is stored is also what the Describe operations answer.

type poolRecord struct {
	ID                     string            `json:"Id"`
	Name                   string            `json:"Name"`
	Arn                    string            `json:"Arn"`
	CreationDate           moment            `json:"CreationDate"`
	LastModifiedDate       moment            `json:"LastModifiedDate"`
	Policies               poolPolicies      `json:"Policies"`
	DeletionProtection     string            `json:"DeletionProtection"`
	SchemaAttributes       []schemaAttribute `json:"SchemaAttributes"`
	AutoVerifiedAttributes []string          `json:"AutoVerifiedAttributes,omitempty"`
	AliasAttributes        []string          `json:"AliasAttributes,omitempty"`
	UsernameAttributes     []string          `json:"UsernameAttributes,omitempty"`
	UsernameConfiguration  *usernameConfig   `json:"UsernameConfiguration,omitempty"`
	MfaConfiguration       string            `json:"MfaConfiguration"`
	UserAttributeUpdate    *attributeUpdate  `json:"UserAttributeUpdateSettings,omitempty"`
	AdminCreateUserConfig  adminCreateConfig `json:"AdminCreateUserConfig"`
	AccountRecoverySetting *recoverySetting  `json:"AccountRecoverySetting,omitempty"`
	EmailConfiguration     emailConfig       `json:"EmailConfiguration"`
	VerificationMessage    messageTemplate   `json:"VerificationMessageTemplate"`
	UserPoolTier           string            `json:"UserPoolTier"`
	UserPoolTags           map[string]string `json:"UserPoolTags,omitempty"`
	EstimatedNumberOfUsers int               `json:"EstimatedNumberOfUsers"`
	// Not part of UserPoolType but of what GetUserPoolMfaConfig answers.
	SoftwareTokenMfa         *softwareTokenMfa `json:"softwareTokenMfa,omitempty"`
	SMSMfa                   *smsMfa           `json:"smsMfa,omitempty"`
	EmailMfa                 *emailMfa         `json:"emailMfa,omitempty"`
	WebAuthn                 *webAuthnConfig   `json:"webAuthn,omitempty"`
	DeviceConfiguration      *deviceConfig     `json:"DeviceConfiguration,omitempty"`
	LambdaConfig             map[string]any    `json:"LambdaConfig,omitempty"`
	EmailVerificationMessage string            `json:"EmailVerificationMessage,omitempty"`
	EmailVerificationSubject string            `json:"EmailVerificationSubject,omitempty"`
	SmsVerificationMessage   string            `json:"SmsVerificationMessage,omitempty"`
	SmsAuthenticationMessage string            `json:"SmsAuthenticationMessage,omitempty"`
	UserPoolAddOns           *userPoolAddOns   `json:"UserPoolAddOns,omitempty"`
	SmsConfiguration         *smsConfig        `json:"SmsConfiguration,omitempty"`
}

type poolPolicies struct {
	PasswordPolicy passwordPolicy `json:"PasswordPolicy"`
	SignInPolicy   signInPolicy   `json:"SignInPolicy"`
}

type passwordPolicy struct {
	MinimumLength                 int  `json:"MinimumLength"`
	RequireUppercase              bool `json:"RequireUppercase"`
	RequireLowercase              bool `json:"RequireLowercase"`
	RequireNumbers                bool `json:"RequireNumbers"`
	RequireSymbols                bool `json:"RequireSymbols"`
	PasswordHistorySize           int  `json:"PasswordHistorySize,omitempty"`
	TemporaryPasswordValidityDays int  `json:"TemporaryPasswordValidityDays"`
}

type signInPolicy struct {
	AllowedFirstAuthFactors []string `json:"AllowedFirstAuthFactors" is:"firstFactor"`
}

type usernameConfig struct {
	CaseSensitive bool `json:"CaseSensitive"`
}

type attributeUpdate struct {
	AttributesRequireVerificationBeforeUpdate []string `json:"AttributesRequireVerificationBeforeUpdate" is:"address"`
}

type adminCreateConfig struct {
	AllowAdminCreateUserOnly  bool `json:"AllowAdminCreateUserOnly"`
	UnusedAccountValidityDays int  `json:"UnusedAccountValidityDays"`

	InviteMessageTemplate *inviteTemplate `json:"InviteMessageTemplate,omitempty"`
}

type inviteTemplate struct {
	SMSMessage   string `json:"SMSMessage,omitempty"`
	EmailMessage string `json:"EmailMessage,omitempty"`
	EmailSubject string `json:"EmailSubject,omitempty"`
}

type recoverySetting struct {
	RecoveryMechanisms []recoveryMechanism `json:"RecoveryMechanisms"`
}

type recoveryMechanism struct {
	Priority int    `json:"Priority"`
	Name     string `json:"Name" is:"required,recovery"`
}

type emailConfig struct {
	EmailSendingAccount string `json:"EmailSendingAccount" is:"sendingAccount"`
	SourceArn           string `json:"SourceArn,omitempty"`
	From                string `json:"From,omitempty"`
	ReplyToEmailAddress string `json:"ReplyToEmailAddress,omitempty"`
	ConfigurationSet    string `json:"ConfigurationSet,omitempty"`
}

type smsConfig struct {
	SnsCallerArn string `json:"SnsCallerArn,omitempty"`
	ExternalID   string `json:"ExternalId,omitempty"`
	SnsRegion    string `json:"SnsRegion,omitempty"`
}

type messageTemplate struct {
	DefaultEmailOption string `json:"DefaultEmailOption" is:"emailOption"`
	SmsMessage         string `json:"SmsMessage,omitempty"`
	EmailMessage       string `json:"EmailMessage,omitempty"`
	EmailSubject       string `json:"EmailSubject,omitempty"`
	EmailMessageByLink string `json:"EmailMessageByLink,omitempty"`
	EmailSubjectByLink string `json:"EmailSubjectByLink,omitempty"`
}

type softwareTokenMfa struct {
	Enabled bool `json:"Enabled"`
}

type smsMfa struct {
	SmsAuthenticationMessage string     `json:"SmsAuthenticationMessage,omitempty"`
	SmsConfiguration         *smsConfig `json:"SmsConfiguration,omitempty"`
}

type emailMfa struct {
	Message string `json:"Message,omitempty"`
	Subject string `json:"Subject,omitempty"`
}

type deviceConfig struct {
	ChallengeRequiredOnNewDevice     bool `json:"ChallengeRequiredOnNewDevice"`
	DeviceOnlyRememberedOnUserPrompt bool `json:"DeviceOnlyRememberedOnUserPrompt"`
}

type userPoolAddOns struct {
	AdvancedSecurityMode string `json:"AdvancedSecurityMode" is:"required,securityMode"`
}

// caseSensitive tells whether user names that differ in case are different users: so it is unless the pool says no.
func (p *poolRecord) caseSensitive() bool {
	return p.UsernameConfiguration == nil || p.UsernameConfiguration.CaseSensitive
}

// namedByAttribute tells whether users sign up with an address, and the stored user name is their sub.
func (p *poolRecord) namedByAttribute() bool { return len(p.UsernameAttributes) > 0 }

func (p *poolRecord) attribute(name string) *schemaAttribute {
	for i := range p.SchemaAttributes {
		if p.SchemaAttributes[i].Name == name {
			return &p.SchemaAttributes[i]
		}
	}
	return nil
}

// standardPool is what CreateUserPool makes when it is told nothing but a name.
func standardPool() poolRecord {
	return poolRecord{
		Policies: poolPolicies{
			PasswordPolicy: passwordPolicy{
				MinimumLength: 8, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
				TemporaryPasswordValidityDays: 7,
			},
			SignInPolicy: signInPolicy{AllowedFirstAuthFactors: []string{"PASSWORD"}},
		},
		DeletionProtection:    "INACTIVE",
		SchemaAttributes:      standardAttributes(),
		MfaConfiguration:      "OFF",
		AdminCreateUserConfig: adminCreateConfig{UnusedAccountValidityDays: 7},
		EmailConfiguration:    emailConfig{EmailSendingAccount: "COGNITO_DEFAULT"},
		VerificationMessage:   messageTemplate{DefaultEmailOption: "CONFIRM_WITH_CODE"},
		UserPoolTier:          "ESSENTIALS",
	}
}

// embeddedPool is the pool that a new file starts with: e-mail as user name in any case, codes by e-mail, custom:mode in the
// schema, MFA optional with every second factor, every first factor.
func embeddedPool() poolRecord {
	p := standardPool()
	p.Name = "authgraph"
	p.UsernameAttributes = []string{"email"}
	p.UsernameConfiguration = &usernameConfig{CaseSensitive: false}
	p.AutoVerifiedAttributes = []string{"email"}
	// An address that was mistyped must not lock its owner out.
	p.UserAttributeUpdate = &attributeUpdate{AttributesRequireVerificationBeforeUpdate: []string{"email"}}
	p.MfaConfiguration = "OPTIONAL"
	p.SoftwareTokenMfa, p.SMSMfa, p.EmailMfa = &softwareTokenMfa{Enabled: true}, &smsMfa{}, &emailMfa{}
	p.Policies.SignInPolicy.AllowedFirstAuthFactors = []string{"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}
	p.WebAuthn = &webAuthnConfig{RelyingPartyID: "localhost", UserVerification: "preferred"}
	p.AccountRecoverySetting = &recoverySetting{RecoveryMechanisms: []recoveryMechanism{{Priority: 1, Name: "verified_email"}}}
	p.SchemaAttributes = append(p.SchemaAttributes, customAttribute("mode", "String"))
	return p
}

// accountID stands for an AWS account in ARNs.
const accountID = "000000000000"

// newPoolID makes an id of the form that clients check for: region, underscore, nine alphanumerics.
func newPoolID(region string) (string, error) {
	suffix, err := randomText(9, alphanumeric)
	return region + "_" + suffix, err
}

func regionOf(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return region
}

// poolName is the part of a pool id that SRP hashes: what follows the underscore.
func poolName(poolID string) string {
	_, name, _ := strings.Cut(poolID, "_")
	return name
}

// verifiedFirst tells whether a changed address takes effect only once it is verified.
func (p *poolRecord) verifiedFirst(name string) bool {
	s := p.UserAttributeUpdate
	return s != nil && slices.Contains(s.AttributesRequireVerificationBeforeUpdate, name)
}

// verificationTarget is the attribute that a sign-up code goes to: one that the pool verifies by itself and the user has,
// the phone before the e-mail. "" if there is none.
func verificationTarget(pool *poolRecord, attributes map[string]string) string {
	for _, a := range []string{"phone_number", "email"} {
		if slices.Contains(pool.AutoVerifiedAttributes, a) && attributes[a] != "" {
			return a
		}
	}
	return ""
}
