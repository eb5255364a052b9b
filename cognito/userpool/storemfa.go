package userpool

import "slices"

// mfaPreference is which second factors a user has switched on.
type mfaPreference struct {
	Enabled   []string `json:"enabled,omitempty"`
	Preferred string   `json:"preferred,omitempty"`
	Passkey   bool     `json:"passkey,omitempty"` // WebAuthnMfaSettings: a passkey with user verification may count as both factors
}

// enable switches a factor on or off. A preferred factor that is switched off is no longer preferred.
func (m *mfaPreference) enable(factor string, on bool) {
	var enabled []string
	for _, f := range []string{factorSMS, factorTOTP, factorEmail} {
		if f == factor && on || f != factor && slices.Contains(m.Enabled, f) {
			enabled = append(enabled, f)
		}
	}
	m.Enabled = enabled
	if !on && m.Preferred == factor {
		m.Preferred = ""
	}
}

// has tells whether a user can use a second factor: a verified authenticator, or a verified address in a pool that sends to
// such. Authenticators go on working when the pool switches TOTP off.
func (u *userRecord) has(p *poolRecord, factor string) bool {
	if factor == factorTOTP {
		return u.TOTP.verified()
	}
	return p.supports(factor) && u.Attributes[addressOf(factor)] != "" && u.verified(addressOf(factor))
}

// factorsAsked lists the second factors that a sign-in of the user may be asked for. Where MFA is optional these are what
// the user has switched on; where it is required, all that the user has.
func (u *userRecord) factorsAsked(p *poolRecord) []string {
	var factors []string
	for _, f := range []string{factorSMS, factorTOTP, factorEmail} {
		on := p.MfaConfiguration == "ON" || p.MfaConfiguration == "OPTIONAL" && slices.Contains(u.MFA.Enabled, f)
		if on && u.has(p, f) {
			factors = append(factors, f)
		}
	}
	return factors
}

// mfaSettings is what GetUser tells of a user's second factors: what is switched on or, where the pool requires MFA, what a
// sign-in will ask for.
func (u *userRecord) mfaSettings(p *poolRecord) (list []string, preferred string) {
	if p.MfaConfiguration == "ON" {
		return u.factorsAsked(p), u.MFA.Preferred
	}
	return u.MFA.Enabled, u.MFA.Preferred
}

// doubles tells whether a user's passkeys count as both factors, and so must verify the user.
func (u *userRecord) doubles(p *poolRecord) bool { return p.passkeyAsMFA() && u.MFA.Passkey }
