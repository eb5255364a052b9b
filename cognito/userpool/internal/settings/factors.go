package settings

import (
	"slices"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/webauthn"
)

// webAuthnConfig is Cognito's WebAuthnConfigurationType.
type webAuthnConfig struct {
	RelyingPartyID      string `json:"RelyingPartyId,omitempty" is:"relyingParty"`
	UserVerification    string `json:"UserVerification,omitempty" is:"userVerification"`
	FactorConfiguration string `json:"FactorConfiguration,omitempty" is:"passkeyFactor"`
}

// AllowsPasskeys reports whether users may sign in with a passkey.
func (p *Pool) AllowsPasskeys() bool {
	return slices.Contains(p.Policies.SignInPolicy.AllowedFirstAuthFactors, "WEB_AUTHN")
}

// RelyingParty returns the relying party of the pool's passkeys. Its ID is empty if none is configured.
func (p *Pool) RelyingParty() webauthn.RelyingParty {
	if p.WebAuthn == nil {
		return webauthn.RelyingParty{}
	}
	return webauthn.RelyingParty{ID: p.WebAuthn.RelyingPartyID, VerifyUser: p.WebAuthn.UserVerification == "required"}
}

// CheckPasskeys rejects pools that do not use passkeys.
func (p *Pool) CheckPasskeys() error {
	switch {
	case !p.AllowsPasskeys():
		return exception.New("WebAuthnNotEnabledException", "WebAuthn is not enabled for the user pool.")
	case p.RelyingParty().ID == "":
		return exception.New("WebAuthnConfigurationMissingException", "The user pool has no relying party id.")
	}
	return nil
}

const bothFactors = "MULTI_FACTOR_WITH_USER_VERIFICATION"

// PasskeyAsMFA reports whether a passkey that has verified its user counts as two factors.
func (p *Pool) PasskeyAsMFA() bool {
	return p.WebAuthn != nil && p.WebAuthn.FactorConfiguration == bothFactors
}

// Second factors, by the names that challenges and preferences share.
const (
	FactorSMS   = "SMS_MFA"
	FactorTOTP  = "SOFTWARE_TOKEN_MFA"
	FactorEmail = "EMAIL_OTP"

	// MFADigits is the length of a code for a second factor.
	MFADigits = 6
)

// CodeAttribute returns the attribute that the code of a factor is sent to, or "" for TOTP.
func CodeAttribute(factor string) string {
	return map[string]string{FactorSMS: "phone_number", "SMS_OTP": "phone_number", FactorEmail: "email"}[factor]
}

// Supports reports whether the pool has a second factor enabled.
func (p *Pool) Supports(factor string) bool {
	switch factor {
	case FactorSMS:
		return p.SMSMfa != nil || p.SmsConfiguration != nil
	case FactorTOTP:
		return p.SoftwareTokenMfa != nil && p.SoftwareTokenMfa.Enabled
	case FactorEmail:
		return p.EmailMfa != nil
	}
	return false
}

// AllowsFirstFactor reports whether users may begin a sign-in with a factor.
func (p *Pool) AllowsFirstFactor(factor string) bool {
	return slices.Contains(p.Policies.SignInPolicy.AllowedFirstAuthFactors, factor)
}

// Passwordless reports whether a user with these attributes can do without a password: the pool accepts one-time
// codes as a first factor, and there is an address to send them to.
func (p *Pool) Passwordless(attributes map[string]string) bool {
	if p.MfaConfiguration == "ON" {
		return false
	}
	return p.AllowsFirstFactor("EMAIL_OTP") && attributes["email"] != "" || p.AllowsFirstFactor("SMS_OTP") && attributes["phone_number"] != ""
}

// TracksDevices reports whether the pool remembers devices.
func (p *Pool) TracksDevices() bool { return p.DeviceConfiguration != nil }

// MFAConfig has the settings of GetUserPoolMfaConfig and SetUserPoolMfaConfig.
type MFAConfig struct {
	SMS              *smsMfa           `json:"SmsMfaConfiguration,omitempty"`
	SoftwareToken    *SoftwareTokenMfa `json:"SoftwareTokenMfaConfiguration,omitempty"`
	Email            *EmailMfa         `json:"EmailMfaConfiguration,omitempty"`
	MfaConfiguration string            `json:"MfaConfiguration,omitempty" is:"mfa"`
	WebAuthn         *webAuthnConfig   `json:"WebAuthnConfiguration,omitempty"`
}

// MFAConfig returns the output of GetUserPoolMfaConfig.
func (p *Pool) MFAConfig() *MFAConfig {
	out := &MFAConfig{SoftwareToken: p.SoftwareTokenMfa, Email: p.EmailMfa, MfaConfiguration: p.MfaConfiguration, WebAuthn: p.WebAuthn}
	if p.Supports(FactorSMS) {
		out.SMS = &smsMfa{SmsAuthenticationMessage: p.SmsAuthenticationMessage, SmsConfiguration: p.SmsConfiguration}
	}
	return out
}

// RequireMFA sets whether users of the default pool need a second factor: OFF, OPTIONAL or ON. Unless it is OFF, the
// pool has authenticator apps and codes by e-mail. If it is ON, first factors that Cognito does not accept beside it
// go: codes, and passkeys as a single factor.
func (p *Pool) RequireMFA(mode string) error {
	config := MFAConfig{MfaConfiguration: mode}
	if mode != "OFF" {
		config.SoftwareToken, config.Email, config.SMS = &SoftwareTokenMfa{Enabled: true}, &EmailMfa{}, p.SMSMfa
	}
	if mode == "ON" {
		p.Policies.SignInPolicy.AllowedFirstAuthFactors = slices.DeleteFunc(slices.Clone(p.Policies.SignInPolicy.AllowedFirstAuthFactors),
			func(factor string) bool { return factor == "EMAIL_OTP" || factor == "SMS_OTP" })
		if p.WebAuthn != nil {
			passkeys := *p.WebAuthn
			passkeys.FactorConfiguration = bothFactors
			config.WebAuthn = &passkeys
		}
	}
	return config.ApplyTo(p, ToInbox)
}

// ApplyTo replaces the pool's second factors and whether MFA is required; without MfaConfiguration, MFA is off. The
// settings of passkeys stay unless they are given.
func (in *MFAConfig) ApplyTo(rec *Pool, by Delivery) error {
	mode := in.MfaConfiguration
	defaultTo(&mode, "OFF")
	given := in.SMS != nil || in.SoftwareToken != nil || in.Email != nil
	switch enabled := in.SMS != nil || in.Email != nil || in.SoftwareToken != nil && in.SoftwareToken.Enabled; {
	case mode == "OFF" && given:
		return exception.InvalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
	case mode != "OFF" && !given:
		return exception.InvalidParameter("Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.")
	case mode != "OFF" && !enabled:
		return exception.InvalidParameter("Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.")
	case mode != "OFF" && in.SMS == nil && rec.SmsConfiguration != nil:
		return exception.InvalidParameter("Can't turn off SMS_MFA when SMS configuration is set for the user pool")
	}
	rec.MfaConfiguration = mode
	rec.SMSMfa, rec.SoftwareTokenMfa, rec.EmailMfa = in.SMS, in.SoftwareToken, in.Email
	if in.SMS != nil {
		replace(&rec.SmsAuthenticationMessage, in.SMS.SmsAuthenticationMessage)
		replacePointer(&rec.SmsConfiguration, in.SMS.SmsConfiguration)
	}
	replacePointer(&rec.WebAuthn, in.WebAuthn)
	return rec.check(by)
}
