package store

import (
	"slices"

	"authgraph/cognito/userpool/internal/settings"
)

// MFAPreference is which second factors a user has switched on.
type MFAPreference struct {
	Enabled   []string `json:"enabled,omitempty"`
	Preferred string   `json:"preferred,omitempty"`
	Passkey   bool     `json:"passkey,omitempty"` // WebAuthnMfaSettings: a passkey with user verification may count as both factors
}

// Enable switches a factor on or off. A preferred factor that is switched off is no longer preferred.
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

// HasFactor tells whether a user can use a second factor: a verified authenticator, or a verified address in a pool that sends to
// such. Authenticators go on working when the pool switches TOTP off.
func (u *User) HasFactor(p *settings.Pool, factor string) bool {
	if factor == settings.FactorTOTP {
		return u.TOTP.Verified()
	}
	return p.Supports(factor) && u.Attributes[settings.CodeAttribute(factor)] != "" && u.Verified(settings.CodeAttribute(factor))
}

// SecondFactors lists the second factors that a sign-in of the user may be asked for. Where MFA is optional these are what
// the user has switched on; where it is required, all that the user has.
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

// MFASettings is what GetUser tells of a user's second factors: what is switched on or, where the pool requires MFA, what a
// sign-in will ask for.
func (u *User) MFASettings(p *settings.Pool) (list []string, preferred string) {
	if p.MfaConfiguration == "ON" {
		return u.SecondFactors(p), u.MFA.Preferred
	}
	return u.MFA.Enabled, u.MFA.Preferred
}

// PasskeyCountsAsMFA tells whether a user's passkeys count as both factors, and so must verify the user.
func (u *User) PasskeyCountsAsMFA(p *settings.Pool) bool { return p.PasskeyAsMFA() && u.MFA.Passkey }
