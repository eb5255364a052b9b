package account

import (
	"slices"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// mfaSetting is one member of SetUserMFAPreference. SDKs omit false, so a missing value is false.
type mfaSetting struct {
	Enabled      bool `json:"Enabled"`
	PreferredMfa bool `json:"PreferredMfa"`
}

// MFASettings are the members that SetUserMFAPreference and AdminSetUserMFAPreference share.
type MFASettings struct {
	SMS           *mfaSetting `json:"SMSMfaSettings"`
	SoftwareToken *mfaSetting `json:"SoftwareTokenMfaSettings"`
	Email         *mfaSetting `json:"EmailMfaSettings"`
	WebAuthn      *mfaSetting `json:"WebAuthnMfaSettings"`
}

type setPreferenceInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
	MFASettings
}

// SetUserMFAPreference enables and prefers second factors of the caller.
func (o *Operations) SetUserMFAPreference(c *service.Call, in *setPreferenceInput) (*service.Empty, error) {
	caller, err := o.VerifyAccess(in.AccessToken, c.Now)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		return setPreferences(t, u.Sub, in.MFASettings, checkSetUp)
	})
}

// SetPreferences changes the given factors of a user, for an administrator.
func SetPreferences(t *store.Tx, sub string, given MFASettings) error {
	return setPreferences(t, sub, given, checkDeliverable)
}

// setPreferences changes the given factors and leaves the others. Only one factor can be preferred; a new one replaces
// it. check rejects a factor that the user could not answer with.
func setPreferences(t *store.Tx, sub string, given MFASettings, check factorCheck) error {
	preferred := 0
	for _, s := range []*mfaSetting{given.SMS, given.SoftwareToken, given.Email} {
		if s != nil && s.PreferredMfa {
			preferred++
		}
	}
	if preferred > 1 {
		return exception.InvalidParameter("Only one MFA method can be set as preferred.")
	}
	_, err := t.EditUser(sub, func(u *store.User) error {
		for factor, s := range map[string]*mfaSetting{settings.FactorSMS: given.SMS, settings.FactorTOTP: given.SoftwareToken, settings.FactorEmail: given.Email} {
			if err := setPreference(t, u, factor, s, check); err != nil {
				return err
			}
		}
		return setPasskeyPreference(u, given.WebAuthn)
	})
	return err
}

type factorCheck func(t *store.Tx, u *store.User, factor string) error

// setPreference changes one factor.
func setPreference(t *store.Tx, u *store.User, factor string, s *mfaSetting, check factorCheck) error {
	switch {
	case s == nil:
		return nil
	case s.PreferredMfa && !s.Enabled:
		return exception.InvalidParameter("%s must be enabled to be preferred.", factor)
	case s.Enabled:
		if err := check(t, u, factor); err != nil {
			return err
		}
	}
	u.MFA.Enable(factor, s.Enabled)
	switch {
	case s.PreferredMfa:
		u.MFA.Preferred = factor
	case u.MFA.Preferred == factor:
		u.MFA.Preferred = ""
	}
	return nil
}

// checkDeliverable rejects a factor in the words that administrators get.
func checkDeliverable(t *store.Tx, u *store.User, factor string) error {
	if u.HasFactor(t.Pool, factor) {
		return nil
	}
	return exception.InvalidParameter("User does not have delivery config set to turn on %s", factor)
}

// checkSetUp rejects a factor in the words that users get.
func checkSetUp(t *store.Tx, u *store.User, factor string) error {
	switch {
	case u.HasFactor(t.Pool, factor):
		return nil
	case factor != settings.FactorTOTP:
		return checkDeliverable(t, u, factor)
	case len(u.TOTP.Pending) > 0:
		return exception.InvalidParameter("User has not verified software token mfa")
	}
	return exception.InvalidParameter("User has not set up software token mfa")
}

// setPasskeyPreference makes passkeys count as both factors. Another factor must be enabled, so that losing the
// passkey does not lock the user out.
func setPasskeyPreference(u *store.User, s *mfaSetting) error {
	if s != nil {
		u.MFA.Passkey = s.Enabled
	}
	if s != nil && s.Enabled && len(u.MFA.Enabled) == 0 {
		return exception.InvalidParameter("User must have another MFA method enabled to turn on passkeys for MFA")
	}
	return nil
}

// MFAOption is Cognito's MFAOptionType.
type MFAOption struct {
	DeliveryMedium string `json:"DeliveryMedium,omitempty" is:"medium"`
	AttributeName  string `json:"AttributeName,omitempty" is:"attributeName"`
}

type setSettingsInput struct {
	AccessToken string      `json:"AccessToken" is:"required,token"`
	MFAOptions  []MFAOption `json:"MFAOptions" is:"required"`
}

// SetUserSettings is the older form of SetUserMFAPreference. It supports text messages only; an empty list disables
// them.
func (o *Operations) SetUserSettings(c *service.Call, in *setSettingsInput) (*service.Empty, error) {
	for _, o := range in.MFAOptions {
		if o.DeliveryMedium != "SMS" || o.AttributeName != "phone_number" {
			return nil, exception.InvalidParameter("Only SMS to phone_number can be set.")
		}
	}
	sms := MFASettings{SMS: &mfaSetting{Enabled: len(in.MFAOptions) > 0}}
	return o.SetUserMFAPreference(c, &setPreferenceInput{AccessToken: in.AccessToken, MFASettings: sms})
}

// MFAOptions returns second factors in the older form of GetUser.
func MFAOptions(factors []string) []MFAOption {
	if !slices.Contains(factors, settings.FactorSMS) {
		return nil
	}
	return []MFAOption{{DeliveryMedium: "SMS", AttributeName: "phone_number"}}
}
