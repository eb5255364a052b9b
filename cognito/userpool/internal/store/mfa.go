package store

import (
	"slices"

	"authgraph/cognito/userpool/internal/exception"
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

// HasFactor reports whether the user can turn on a second factor: a verified authenticator app, or a verified address
// if the pool sends codes to it. Authenticator apps keep working when the pool disables TOTP.
func (u *User) HasFactor(p *settings.Pool, factor string) bool {
	address := settings.CodeAttribute(factor)
	return u.CanAnswer(p, factor) && (address == "" || u.Verified(address))
}

// CanAnswer reports whether the user can complete a second factor. Its address may be unverified: a new address must
// not turn off a factor that is on.
func (u *User) CanAnswer(p *settings.Pool, factor string) bool {
	if factor == settings.FactorTOTP {
		return u.TOTP.Verified()
	}
	return p.Supports(factor) && u.Attributes[settings.CodeAttribute(factor)] != ""
}

// SecondFactors returns the second factors that protect sign-ins: those that the user has enabled or, if the pool
// requires MFA, all that the user has. Those that the pool has turned off are not among them, but an enabled factor
// whose address is missing is: no sign-in may do without it.
func (u *User) SecondFactors(p *settings.Pool) []string {
	var factors []string
	for _, f := range []string{settings.FactorSMS, settings.FactorTOTP, settings.FactorEmail} {
		enabled := slices.Contains(u.MFA.Enabled, f) && (p.Supports(f) || u.CanAnswer(p, f))
		if p.MfaConfiguration != "OFF" && enabled || p.MfaConfiguration == "ON" && u.HasFactor(p, f) {
			factors = append(factors, f)
		}
	}
	return factors
}

// MFASettings returns the second factors as GetUser shows them, which are those that protect sign-ins.
func (u *User) MFASettings(p *settings.Pool) (list []string, preferred string) {
	list = u.SecondFactors(p)
	if slices.Contains(list, u.MFA.Preferred) {
		preferred = u.MFA.Preferred
	}
	return list, preferred
}

// keepFactors makes second factors outlast a change of the user's addresses: a factor stays on when its address
// changes, and the address of a factor cannot be removed.
func (u *User) keepFactors(p *settings.Pool, former *User) error {
	for _, f := range former.SecondFactors(p) {
		name := settings.CodeAttribute(f)
		before, after := former.Attributes[name], u.Attributes[name]
		if name == "" || before == "" || before == after {
			continue
		}
		if after != "" {
			u.MFA.Enable(f, true)
		} else if slices.Contains(u.MFA.Enabled, f) || len(u.SecondFactors(p)) == 0 {
			return exception.InvalidParameter("The MFA method %s needs the attribute %s. Turn it off before you remove the attribute.", f, name)
		}
	}
	return nil
}

// PasskeyCountsAsMFA reports whether the user's passkeys count as both factors, and so must verify the user.
func (u *User) PasskeyCountsAsMFA(p *settings.Pool) bool { return p.PasskeyAsMFA() && u.MFA.Passkey }
