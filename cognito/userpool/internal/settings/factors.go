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

// PasskeyAsMFA reports whether a passkey that has verified its user counts as two factors.
func (p *Pool) PasskeyAsMFA() bool {
	return p.WebAuthn != nil && p.WebAuthn.FactorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
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

// ApplyTo changes the settings that are given. Disabling MFA also disables its factors, except e-mail, which is a
// first factor too.
func (in *MFAConfig) ApplyTo(rec *Pool) error {
	if in.MfaConfiguration != "" {
		rec.MfaConfiguration = in.MfaConfiguration
	}
	if in.MfaConfiguration == "OFF" {
		if in.SMS != nil || in.SoftwareToken != nil && in.SoftwareToken.Enabled {
			return exception.InvalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
		}
		rec.SMSMfa, rec.SoftwareTokenMfa = nil, nil
	}
	if in.SMS != nil {
		rec.SMSMfa = in.SMS
		rec.SmsAuthenticationMessage = in.SMS.SmsAuthenticationMessage
		if in.SMS.SmsConfiguration != nil {
			rec.SmsConfiguration = in.SMS.SmsConfiguration
		}
	}
	if in.SoftwareToken != nil {
		rec.SoftwareTokenMfa = in.SoftwareToken
	}
	if in.Email != nil {
		rec.EmailMfa = in.Email
	}
	if in.WebAuthn != nil {
		rec.WebAuthn = in.WebAuthn
	}
	if rec.MfaConfiguration != "OFF" && !rec.Supports(FactorSMS) && !rec.Supports(FactorTOTP) && !rec.Supports(FactorEmail) {
		return exception.InvalidParameter("Invalid MFA configuration given, can't turn on MFA without configuring an MFA.")
	}
	return nil
}
