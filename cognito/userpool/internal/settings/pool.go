// Package settings has the settings of user pools and app clients: their form in Cognito's API, their defaults, and
// the checks that follow from them.
//
// Records use Cognito's own member names (API reference: UserPoolType, UserPoolClientType), so that what is stored is
// also what the Describe operations return.
package settings

import (
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/random"
)

// Pool is a user pool, Cognito's UserPoolType.
type Pool struct {
	ID                     string            `json:"Id"`
	Name                   string            `json:"Name"`
	Arn                    string            `json:"Arn"`
	CreationDate           epoch.Time        `json:"CreationDate"`
	LastModifiedDate       epoch.Time        `json:"LastModifiedDate"`
	Policies               Policies          `json:"Policies"`
	DeletionProtection     string            `json:"DeletionProtection"`
	SchemaAttributes       []SchemaAttribute `json:"SchemaAttributes"`
	AutoVerifiedAttributes []string          `json:"AutoVerifiedAttributes,omitempty"`
	AliasAttributes        []string          `json:"AliasAttributes,omitempty"`
	UsernameAttributes     []string          `json:"UsernameAttributes,omitempty"`
	UsernameConfiguration  *UsernameConfig   `json:"UsernameConfiguration,omitempty"`
	MfaConfiguration       string            `json:"MfaConfiguration"`
	UserAttributeUpdate    *attributeUpdate  `json:"UserAttributeUpdateSettings,omitempty"`
	AdminCreateUserConfig  adminCreateConfig `json:"AdminCreateUserConfig"`
	AccountRecoverySetting *recoverySetting  `json:"AccountRecoverySetting,omitempty"`
	EmailConfiguration     emailConfig       `json:"EmailConfiguration"`
	VerificationMessage    messageTemplate   `json:"VerificationMessageTemplate"`
	UserPoolTier           string            `json:"UserPoolTier"`
	UserPoolTags           map[string]string `json:"UserPoolTags,omitempty"`
	EstimatedNumberOfUsers int               `json:"EstimatedNumberOfUsers"`
	// Returned by GetUserPoolMfaConfig; the rest is not part of UserPoolType either.
	SoftwareTokenMfa         *SoftwareTokenMfa `json:"softwareTokenMfa,omitempty"`
	SMSMfa                   *smsMfa           `json:"smsMfa,omitempty"`
	EmailMfa                 *EmailMfa         `json:"emailMfa,omitempty"`
	WebAuthn                 *webAuthnConfig   `json:"webAuthn,omitempty"`
	DeviceConfiguration      *DeviceConfig     `json:"DeviceConfiguration,omitempty"`
	LambdaConfig             *lambdaConfig     `json:"LambdaConfig,omitempty"`
	KeyConfiguration         *keyConfig        `json:"KeyConfiguration,omitempty"`
	IssuerConfiguration      *issuerConfig     `json:"IssuerConfiguration,omitempty"`
	EmailVerificationMessage string            `json:"EmailVerificationMessage,omitempty"`
	EmailVerificationSubject string            `json:"EmailVerificationSubject,omitempty"`
	SmsVerificationMessage   string            `json:"SmsVerificationMessage,omitempty"`
	SmsAuthenticationMessage string            `json:"SmsAuthenticationMessage,omitempty"`
	UserPoolAddOns           *userPoolAddOns   `json:"UserPoolAddOns,omitempty"`
	SmsConfiguration         *smsConfig        `json:"SmsConfiguration,omitempty"`
	ResourceServers          []ResourceServer  `json:"resourceServers,omitempty"`
	Sessions                 *SessionConfig    `json:"sessions,omitempty"`
}

// Policies is Cognito's UserPoolPolicyType.
type Policies struct {
	PasswordPolicy passwordPolicy `json:"PasswordPolicy"`
	SignInPolicy   signInPolicy   `json:"SignInPolicy"`
}

type passwordPolicy struct {
	MinimumLength                 int  `json:"MinimumLength" is:"minimumLength"`
	RequireUppercase              bool `json:"RequireUppercase"`
	RequireLowercase              bool `json:"RequireLowercase"`
	RequireNumbers                bool `json:"RequireNumbers"`
	RequireSymbols                bool `json:"RequireSymbols"`
	PasswordHistorySize           int  `json:"PasswordHistorySize,omitempty" is:"historySize"`
	TemporaryPasswordValidityDays int  `json:"TemporaryPasswordValidityDays" is:"validityDays"`
}

type signInPolicy struct {
	AllowedFirstAuthFactors []string `json:"AllowedFirstAuthFactors" is:"firstFactor"`
}

// UsernameConfig is Cognito's UsernameConfigurationType.
type UsernameConfig struct {
	CaseSensitive bool `json:"CaseSensitive"`
}

type attributeUpdate struct {
	AttributesRequireVerificationBeforeUpdate []string `json:"AttributesRequireVerificationBeforeUpdate" is:"address"`
}

type adminCreateConfig struct {
	AllowAdminCreateUserOnly  bool `json:"AllowAdminCreateUserOnly"`
	UnusedAccountValidityDays int  `json:"UnusedAccountValidityDays" is:"validityDays"`

	InviteMessageTemplate *inviteTemplate `json:"InviteMessageTemplate,omitempty" at:"inviteMessage"`
}

type inviteTemplate struct {
	SMSMessage   string `json:"SMSMessage,omitempty" is:"smsWithCode" at:"smsMessage"`
	EmailMessage string `json:"EmailMessage,omitempty" is:"mailWithCode"`
	EmailSubject string `json:"EmailSubject,omitempty" is:"mailSubject"`
}

type recoverySetting struct {
	RecoveryMechanisms []RecoveryMechanism `json:"RecoveryMechanisms" is:"items2"`
}

// RecoveryMechanism is Cognito's RecoveryOptionType.
type RecoveryMechanism struct {
	Priority int    `json:"Priority" is:"required,recoveryPriority"`
	Name     string `json:"Name" is:"required,recovery"`
}

type emailConfig struct {
	EmailSendingAccount string `json:"EmailSendingAccount" is:"sendingAccount"`
	SourceArn           string `json:"SourceArn,omitempty" is:"arn"`
	From                string `json:"From,omitempty"`
	ReplyToEmailAddress string `json:"ReplyToEmailAddress,omitempty" is:"replyTo"`
	ConfigurationSet    string `json:"ConfigurationSet,omitempty"`
}

type smsConfig struct {
	SnsCallerArn string `json:"SnsCallerArn,omitempty" is:"required,arn"`
	ExternalID   string `json:"ExternalId,omitempty"`
	SnsRegion    string `json:"SnsRegion,omitempty"`
}

type messageTemplate struct {
	DefaultEmailOption string `json:"DefaultEmailOption" is:"emailOption"`
	SmsMessage         string `json:"SmsMessage,omitempty" is:"smsWithCode"`
	EmailMessage       string `json:"EmailMessage,omitempty" is:"mailWithCode"`
	EmailSubject       string `json:"EmailSubject,omitempty" is:"mailSubject"`
	EmailMessageByLink string `json:"EmailMessageByLink,omitempty" is:"mailWithLink"`
	EmailSubjectByLink string `json:"EmailSubjectByLink,omitempty" is:"mailSubject"`
}

// SoftwareTokenMfa is Cognito's SoftwareTokenMfaConfigType.
type SoftwareTokenMfa struct {
	Enabled bool `json:"Enabled"`
}

type smsMfa struct {
	SmsAuthenticationMessage string     `json:"SmsAuthenticationMessage,omitempty" is:"smsWithCode"`
	SmsConfiguration         *smsConfig `json:"SmsConfiguration,omitempty"`
}

// EmailMfa is Cognito's EmailMfaConfigType.
type EmailMfa struct {
	Message string `json:"Message,omitempty" is:"mailWithCode"`
	Subject string `json:"Subject,omitempty" is:"mailSubject"`
}

// DeviceConfig is Cognito's DeviceConfigurationType.
type DeviceConfig struct {
	ChallengeRequiredOnNewDevice     bool `json:"ChallengeRequiredOnNewDevice"`
	DeviceOnlyRememberedOnUserPrompt bool `json:"DeviceOnlyRememberedOnUserPrompt"`
}

type userPoolAddOns struct {
	AdvancedSecurityMode            string         `json:"AdvancedSecurityMode" is:"required,securityMode"`
	AdvancedSecurityAdditionalFlows *securityFlows `json:"AdvancedSecurityAdditionalFlows,omitempty"`
}

type securityFlows struct {
	CustomAuthMode string `json:"CustomAuthMode,omitempty" is:"userFlowMode"`
}

type keyConfig struct {
	KeyType   string `json:"KeyType,omitempty" is:"keyType"`
	KmsKeyArn string `json:"KmsKeyArn,omitempty" is:"arn"`
}

type issuerConfig struct {
	Type string `json:"Type,omitempty" is:"issuerType"`
}

// CaseSensitive reports whether user names that differ in case are different users, which is Cognito's default.
func (p *Pool) CaseSensitive() bool {
	return p.UsernameConfiguration == nil || p.UsernameConfiguration.CaseSensitive
}

// NamedByAttribute reports whether users sign up with an address and have their sub as user name.
func (p *Pool) NamedByAttribute() bool { return len(p.UsernameAttributes) > 0 }

// Attribute returns an attribute of the schema, or nil.
func (p *Pool) Attribute(name string) *SchemaAttribute {
	for i := range p.SchemaAttributes {
		if p.SchemaAttributes[i].Name == name {
			return &p.SchemaAttributes[i]
		}
	}
	return nil
}

// StandardPool returns Cognito's defaults for a new pool.
func StandardPool() Pool {
	return Pool{
		Policies: Policies{
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

// EmbeddedPool returns the pool that a new file starts with: sign-in by e-mail in any case, codes by e-mail,
// custom:mode in the schema, optional MFA with every second factor, and every first factor.
func EmbeddedPool() Pool {
	p := StandardPool()
	p.Name = "authgraph"
	p.UsernameAttributes = []string{"email"}
	p.UsernameConfiguration = &UsernameConfig{CaseSensitive: false}
	// A mistyped address must not lock its owner out, so a new one has to be verified first.
	p.AutoVerify([]string{"email"})
	p.MfaConfiguration = "OPTIONAL"
	p.SoftwareTokenMfa, p.SMSMfa, p.EmailMfa = &SoftwareTokenMfa{Enabled: true}, &smsMfa{}, &EmailMfa{}
	p.Policies.SignInPolicy.AllowedFirstAuthFactors = []string{"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}
	p.WebAuthn = &webAuthnConfig{RelyingPartyID: "localhost", UserVerification: "preferred"}
	p.SchemaAttributes = append(p.SchemaAttributes, CustomAttribute("mode", "String"))
	p.Sessions = EmbeddedSessions()
	return p
}

// AutoVerify sets the addresses that the default pool confirms accounts with: email, phone_number, both or none. Forgotten
// passwords are reset through the same addresses, and a changed one takes effect once it is verified. Without any, e-mail
// remains the way to reset a password.
func (p *Pool) AutoVerify(addresses []string) {
	p.AutoVerifiedAttributes = addresses
	p.UserAttributeUpdate = nil
	if len(addresses) > 0 {
		p.UserAttributeUpdate = &attributeUpdate{AttributesRequireVerificationBeforeUpdate: addresses}
	}
	recovery := &recoverySetting{}
	for _, name := range []string{"email", "phone_number"} {
		if slices.Contains(addresses, name) || name == "email" && len(addresses) == 0 {
			recovery.RecoveryMechanisms = append(recovery.RecoveryMechanisms, RecoveryMechanism{Priority: len(recovery.RecoveryMechanisms) + 1, Name: "verified_" + name})
		}
	}
	p.AccountRecoverySetting = recovery
}

// PlaceholderAccountID takes the place of an AWS account in ARNs.
const PlaceholderAccountID = "000000000000"

// NewPoolID returns an id of the form that clients expect: region, underscore, nine letters or digits.
func NewPoolID(region string) (string, error) {
	suffix, err := random.Text(9, random.Alphanumeric)
	return region + "_" + suffix, err
}

// PoolARN returns the ARN of a pool.
func PoolARN(id string) string {
	return "arn:aws:cognito-idp:" + RegionOf(id) + ":" + PlaceholderAccountID + ":userpool/" + id
}

// RegionOf returns the part of a pool id before the underscore.
func RegionOf(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return region
}

// PoolName returns the part of a pool id after the underscore, which SRP hashes.
func PoolName(poolID string) string {
	_, name, _ := strings.Cut(poolID, "_")
	return name
}

// VerifiesBeforeUpdate reports whether a changed address takes effect only once it is verified. This needs a code to
// verify it with, so it only applies to addresses that the pool verifies.
func (p *Pool) VerifiesBeforeUpdate(name string) bool {
	s := p.UserAttributeUpdate
	return s != nil && slices.Contains(s.AttributesRequireVerificationBeforeUpdate, name) && slices.Contains(p.AutoVerifiedAttributes, name)
}

// VerificationTarget returns the attribute that a sign-up code goes to: one that the pool verifies automatically and
// that has a value, phone number before e-mail. It returns "" if there is none.
func VerificationTarget(pool *Pool, attributes map[string]string) string {
	for _, a := range []string{"phone_number", "email"} {
		if slices.Contains(pool.AutoVerifiedAttributes, a) && attributes[a] != "" {
			return a
		}
	}
	return ""
}
