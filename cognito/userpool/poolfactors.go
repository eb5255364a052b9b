package userpool

import "slices"

// webAuthnConfig is Cognito's WebAuthnConfigurationType.
type webAuthnConfig struct {
	RelyingPartyID      string `json:"RelyingPartyId,omitempty" is:"relyingParty"`
	UserVerification    string `json:"UserVerification,omitempty" is:"userVerification"`
	FactorConfiguration string `json:"FactorConfiguration,omitempty" is:"passkeyFactor"`
}

// passkeys tells whether the pool lets users sign in with one.
func (p *poolRecord) passkeys() bool {
	return slices.Contains(p.Policies.SignInPolicy.AllowedFirstAuthFactors, "WEB_AUTHN")
}

// relyingParty is who the pool's passkeys belong to; its ID is empty if the pool has none.
func (p *poolRecord) relyingParty() relyingParty {
	if p.WebAuthn == nil {
		return relyingParty{}
	}
	return relyingParty{ID: p.WebAuthn.RelyingPartyID, VerifyUser: p.WebAuthn.UserVerification == "required"}
}

// checkPasskeys refuses where passkeys are not in use.
func (p *poolRecord) checkPasskeys() error {
	switch {
	case !p.passkeys():
		return fault("WebAuthnNotEnabledException", "WebAuthn is not enabled for the user pool.")
	case p.relyingParty().ID == "":
		return fault("WebAuthnConfigurationMissingException", "The user pool has no relying party id.")
	}
	return nil
}

// passkeyAsMFA tells whether a passkey that verified its user is as good as two factors.
func (p *poolRecord) passkeyAsMFA() bool {
	return p.WebAuthn != nil && p.WebAuthn.FactorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
}

// The second factors, by the names that challenges and preferences share.
const (
	factorSMS   = "SMS_MFA"
	factorTOTP  = "SOFTWARE_TOKEN_MFA"
	factorEmail = "EMAIL_OTP"

	mfaDigits = 6
)

// addressOf is the attribute that the code of a second factor goes to; "" for TOTP.
func addressOf(factor string) string {
	return map[string]string{factorSMS: "phone_number", factorEmail: "email"}[factor]
}

// supports tells whether the pool has a second factor switched on.
func (p *poolRecord) supports(factor string) bool {
	switch factor {
	case factorSMS:
		return p.SMSMfa != nil || p.SmsConfiguration != nil
	case factorTOTP:
		return p.SoftwareTokenMfa != nil && p.SoftwareTokenMfa.Enabled
	case factorEmail:
		return p.EmailMfa != nil
	}
	return false
}

func (p *poolRecord) allowsFirst(factor string) bool {
	return slices.Contains(p.Policies.SignInPolicy.AllowedFirstAuthFactors, factor)
}

// passwordless tells whether a user with these attributes can do without a password: the pool takes one-time codes as first
// factor, and there is an address to send them to.
func (p *poolRecord) passwordless(attributes map[string]string) bool {
	if p.MfaConfiguration == "ON" {
		return false
	}
	return p.allowsFirst("EMAIL_OTP") && attributes["email"] != "" || p.allowsFirst("SMS_OTP") && attributes["phone_number"] != ""
}

func (p *poolRecord) tracksDevices() bool { return p.DeviceConfiguration != nil }

type mfaConfig struct {
	SMS              *smsMfa           `json:"SmsMfaConfiguration,omitempty"`
	SoftwareToken    *softwareTokenMfa `json:"SoftwareTokenMfaConfiguration,omitempty"`
	Email            *emailMfa         `json:"EmailMfaConfiguration,omitempty"`
	MfaConfiguration string            `json:"MfaConfiguration,omitempty" is:"mfa"`
	WebAuthn         *webAuthnConfig   `json:"WebAuthnConfiguration,omitempty"`
}

// mfaConfig is what GetUserPoolMfaConfig answers.
func (p *poolRecord) mfaConfig() *mfaConfig {
	out := &mfaConfig{SoftwareToken: p.SoftwareTokenMfa, Email: p.EmailMfa, MfaConfiguration: p.MfaConfiguration, WebAuthn: p.WebAuthn}
	if p.supports(factorSMS) {
		out.SMS = &smsMfa{SmsAuthenticationMessage: p.SmsAuthenticationMessage, SmsConfiguration: p.SmsConfiguration}
	}
	return out
}

// into changes what is given. Switching MFA off switches its factors off too, but for mail, which first factors use as well.
func (in *mfaConfig) into(rec *poolRecord) error {
	if in.MfaConfiguration != "" {
		rec.MfaConfiguration = in.MfaConfiguration
	}
	if in.MfaConfiguration == "OFF" {
		if in.SMS != nil || in.SoftwareToken != nil && in.SoftwareToken.Enabled {
			return invalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
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
	if rec.MfaConfiguration != "OFF" && !rec.supports(factorSMS) && !rec.supports(factorTOTP) && !rec.supports(factorEmail) {
		return invalidParameter("Invalid MFA configuration given, can't turn on MFA without configuring an MFA.")
	}
	return nil
}
