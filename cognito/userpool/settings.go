package userpool

import (
	"slices"
	"time"
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

type clientRecord struct {
	ClientID         string `json:"ClientId"`
	UserPoolID       string `json:"UserPoolId"`
	ClientSecret     string `json:"ClientSecret,omitempty"`
	CreationDate     moment `json:"CreationDate"`
	LastModifiedDate moment `json:"LastModifiedDate"`
	clientSettings
}

// clientSettings are the members that CreateUserPoolClient and UpdateUserPoolClient take and DescribeUserPoolClient answers.
type clientSettings struct {
	ClientName                 string           `json:"ClientName,omitempty" is:"clientName"`
	RefreshTokenValidity       int              `json:"RefreshTokenValidity,omitempty"`
	AccessTokenValidity        int              `json:"AccessTokenValidity,omitempty"`
	IDTokenValidity            int              `json:"IdTokenValidity,omitempty"`
	TokenValidityUnits         *validityUnits   `json:"TokenValidityUnits,omitempty"`
	ReadAttributes             []string         `json:"ReadAttributes,omitempty"`
	WriteAttributes            []string         `json:"WriteAttributes,omitempty"`
	ExplicitAuthFlows          []string         `json:"ExplicitAuthFlows,omitempty"`
	PreventUserExistenceErrors string           `json:"PreventUserExistenceErrors,omitempty" is:"existenceErrors"`
	EnableTokenRevocation      *bool            `json:"EnableTokenRevocation,omitempty"`
	EnableContextPropagation   *bool            `json:"EnablePropagateAdditionalUserContextData,omitempty"`
	AuthSessionValidity        int              `json:"AuthSessionValidity,omitempty"` // minutes
	RefreshTokenRotation       *refreshRotation `json:"RefreshTokenRotation,omitempty"`
	SupportedIdentityProviders []string         `json:"SupportedIdentityProviders,omitempty"`
	CallbackURLs               []string         `json:"CallbackURLs,omitempty"`
	LogoutURLs                 []string         `json:"LogoutURLs,omitempty"`
	DefaultRedirectURI         string           `json:"DefaultRedirectURI,omitempty"`
	AllowedOAuthFlows          []string         `json:"AllowedOAuthFlows,omitempty"`
	AllowedOAuthScopes         []string         `json:"AllowedOAuthScopes,omitempty"`
	OAuthFlowsAllowed          bool             `json:"AllowedOAuthFlowsUserPoolClient,omitempty"`
}

type validityUnits struct {
	AccessToken  string `json:"AccessToken,omitempty" is:"timeUnit"`
	IDToken      string `json:"IdToken,omitempty" is:"timeUnit"`
	RefreshToken string `json:"RefreshToken,omitempty" is:"timeUnit"`
}

type refreshRotation struct {
	Feature                 string `json:"Feature" is:"feature"`
	RetryGracePeriodSeconds int    `json:"RetryGracePeriodSeconds,omitempty"`
}

func (c *clientRecord) hidesExistence() bool { return c.PreventUserExistenceErrors == "ENABLED" }

func (c *clientRecord) revocable() bool {
	return c.EnableTokenRevocation == nil || *c.EnableTokenRevocation
}

func (c *clientRecord) rotates() bool {
	return c.RefreshTokenRotation != nil && c.RefreshTokenRotation.Feature == "ENABLED"
}

func (c *clientRecord) rotationGrace() time.Duration {
	if c.RefreshTokenRotation == nil {
		return 0
	}
	return time.Duration(c.RefreshTokenRotation.RetryGracePeriodSeconds) * time.Second
}

// allows tells whether a flow is switched on, by its ALLOW_ name or by its older name without the prefix. A client that
// names none has SRP, custom and refresh.
func (c *clientRecord) allows(flow string) bool {
	if len(c.ExplicitAuthFlows) == 0 {
		return slices.Contains([]string{"USER_SRP_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"}, flow)
	}
	if slices.Contains(c.ExplicitAuthFlows, "ALLOW_"+flow) {
		return true
	}
	return legacyFlows(c.ExplicitAuthFlows) && legacyAllows(c.ExplicitAuthFlows, flow)
}

// legacyFlows tells whether a list uses the names from before ALLOW_; the two cannot be mixed.
func legacyFlows(flows []string) bool {
	return slices.ContainsFunc(flows, func(f string) bool {
		return f == "ADMIN_NO_SRP_AUTH" || f == "CUSTOM_AUTH_FLOW_ONLY" || f == "USER_PASSWORD_AUTH"
	})
}

// legacyAllows: with the older names SRP, custom and refresh are always on, unless only custom is.
func legacyAllows(flows []string, flow string) bool {
	customOnly := slices.Contains(flows, "CUSTOM_AUTH_FLOW_ONLY")
	switch flow {
	case "REFRESH_TOKEN_AUTH", "CUSTOM_AUTH":
		return true
	case "USER_SRP_AUTH":
		return !customOnly
	case "USER_PASSWORD_AUTH":
		return slices.Contains(flows, "USER_PASSWORD_AUTH")
	case "ADMIN_USER_PASSWORD_AUTH":
		return slices.Contains(flows, "ADMIN_NO_SRP_AUTH")
	}
	return false
}

func (c *clientRecord) accessLife() time.Duration {
	return lifetime(c.AccessTokenValidity, c.units().AccessToken, "hours", time.Hour)
}

func (c *clientRecord) idLife() time.Duration {
	return lifetime(c.IDTokenValidity, c.units().IDToken, "hours", time.Hour)
}

func (c *clientRecord) refreshLife() time.Duration {
	return lifetime(c.RefreshTokenValidity, c.units().RefreshToken, "days", 30*24*time.Hour)
}

func (c *clientRecord) sessionLife() time.Duration {
	if c.AuthSessionValidity == 0 {
		return 3 * time.Minute
	}
	return time.Duration(c.AuthSessionValidity) * time.Minute
}

func (c *clientRecord) units() validityUnits {
	if c.TokenValidityUnits == nil {
		return validityUnits{}
	}
	return *c.TokenValidityUnits
}

func lifetime(n int, unit, fallbackUnit string, fallback time.Duration) time.Duration {
	if n == 0 {
		return fallback
	}
	if unit == "" {
		unit = fallbackUnit
	}
	switch unit {
	case "seconds":
		return time.Duration(n) * time.Second
	case "minutes":
		return time.Duration(n) * time.Minute
	case "hours":
		return time.Duration(n) * time.Hour
	}
	return time.Duration(n) * 24 * time.Hour
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

// embeddedClient is the app client that a new file starts with: every flow, no secret, user existence hidden.
func embeddedClient() clientSettings {
	yes := true
	return clientSettings{
		ClientName: "authgraph",
		ExplicitAuthFlows: []string{
			"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH",
		},
		RefreshTokenValidity:       30,
		AuthSessionValidity:        3,
		PreventUserExistenceErrors: "ENABLED",
		EnableTokenRevocation:      &yes,
	}
}
