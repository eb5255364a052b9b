package store

import (
	"slices"

	"authgraph/cognito/userpool/internal/settings"
)

// MFAPreference has the second factors that a user has enabled.
type MFAPreference struct {
	Enabled   []string `json:"enabled,omitempty"`
	Preferred string   `json:"preferred,omitempty"`
	Passkey   bool     `json:"passkey,omitempty"` // WebAuthnMfaSettings: a passkey with user verification counts as both factors
}

// Enable enables or disables a factor. A disabled factor is no longer preferred.
func (m *MFAPreference) Enable(factor string, on bool) {
	var enabled []string
	for _, f := range []string{settings.FactorSMS, settings.FactorTOTP, settings.FactorEmail} {
		if f == factor && on || f != factor && slices.Contains(m.Enabled, f) {
			enabled = append(enabled, f)
		}
	}
	m.Enabled = enabled
	if !on && m.Preferred == factor {
		m.Preferred = ""
	}
}

// HasFactor reports whether the user can use a second factor: a verified authenticator app, or a verified address if
// the pool sends codes to it. Authenticator apps keep working when the pool disables TOTP.
func (u *User) HasFactor(p *settings.Pool, factor string) bool {
	if factor == settings.FactorTOTP {
		return u.TOTP.Verified()
	}
	return p.Supports(factor) && u.Attributes[settings.CodeAttribute(factor)] != "" && u.Verified(settings.CodeAttribute(factor))
}

// SecondFactors returns the second factors that a sign-in may ask for: those that the user has enabled or, if the
// pool requires MFA, all that the user has.
func (u *User) SecondFactors(p *settings.Pool) []string {
	var factors []string
	for _, f := range []string{settings.FactorSMS, settings.FactorTOTP, settings.FactorEmail} {
		on := p.MfaConfiguration == "ON" || p.MfaConfiguration == "OPTIONAL" && slices.Contains(u.MFA.Enabled, f)
		if on && u.HasFactor(p, f) {
			factors = append(factors, f)
		}
	}
	return factors
}

// MFASettings returns the second factors as GetUser shows them: the enabled ones or, if the pool requires MFA, those
// that a sign-in may ask for.
func (u *User) MFASettings(p *settings.Pool) (list []string, preferred string) {
	if p.MfaConfiguration == "ON" {
		return u.SecondFactors(p), u.MFA.Preferred
	}
	return u.MFA.Enabled, u.MFA.Preferred
}

// PasskeyCountsAsMFA reports whether the user's passkeys count as both factors, and so must verify the user.
func (u *User) PasskeyCountsAsMFA(p *settings.Pool) bool { return p.PasskeyAsMFA() && u.MFA.Passkey }
