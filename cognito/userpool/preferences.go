package userpool

import "slices"

// mfaSetting is one member of SetUserMFAPreference. SDKs leave false out, so what is missing is false.
type mfaSetting struct {
	Enabled      bool `json:"Enabled"`
	PreferredMfa bool `json:"PreferredMfa"`
}

type mfaSettings struct {
	SMS           *mfaSetting `json:"SMSMfaSettings"`
	SoftwareToken *mfaSetting `json:"SoftwareTokenMfaSettings"`
	Email         *mfaSetting `json:"EmailMfaSettings"`
	WebAuthn      *mfaSetting `json:"WebAuthnMfaSettings"`
}

type setPreferenceInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
	mfaSettings
}

func (p *Pool) setUserMFAPreference(c *call, in *setPreferenceInput) (*empty, error) {
	claims, poolID, err := p.verifyAccess(in.AccessToken, c.now)
	if err != nil {
		return nil, err
	}
	err = p.update(poolID, c.now, func(t *poolTx) error {
		u, err := t.holderOf(claims)
		if err != nil {
			return err
		}
		return t.prefer(u.Sub, in.mfaSettings, false)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

// prefer changes the factors that are named and leaves the others. Only one can be preferred; naming another replaces it.
func (t *poolTx) prefer(sub string, given mfaSettings, ahead bool) error {
	preferred := 0
	for _, s := range []*mfaSetting{given.SMS, given.SoftwareToken, given.Email} {
		if s != nil && s.PreferredMfa {
			preferred++
		}
	}
	if preferred > 1 {
		return invalidParameter("Only one MFA method can be set as preferred.")
	}
	_, err := t.change(sub, func(u *userRecord) error {
		for factor, s := range map[string]*mfaSetting{factorSMS: given.SMS, factorTOTP: given.SoftwareToken, factorEmail: given.Email} {
			if err := t.preferOne(u, factor, s, ahead && factor == factorTOTP); err != nil {
				return err
			}
		}
		return preferPasskey(u, given.WebAuthn)
	})
	return err
}

// preferOne changes one factor; ahead lets one be switched on that is not set up.
func (t *poolTx) preferOne(u *userRecord, factor string, s *mfaSetting, ahead bool) error {
	switch {
	case s == nil:
		return nil
	case s.PreferredMfa && !s.Enabled:
		return invalidParameter("%s must be enabled to be preferred.", factor)
	case s.Enabled && !ahead:
		if err := t.checkSetUp(u, factor); err != nil {
			return err
		}
	}
	u.MFA.enable(factor, s.Enabled)
	switch {
	case s.PreferredMfa:
		u.MFA.Preferred = factor
	case u.MFA.Preferred == factor:
		u.MFA.Preferred = ""
	}
	return nil
}

// checkSetUp refuses to switch on a factor that the user could not answer with.
func (t *poolTx) checkSetUp(u *userRecord, factor string) error {
	switch {
	case u.has(t.pool, factor):
		return nil
	case factor != factorTOTP:
		return invalidParameter("User does not have delivery config set to turn on %s", factor)
	case len(u.TOTP.Pending) > 0:
		return invalidParameter("User has not verified software token mfa")
	}
	return invalidParameter("User has not set up software token mfa")
}

// preferPasskey lets passkeys count as both factors. So that losing one does not lock the user out, another factor has to be
// on.
func preferPasskey(u *userRecord, s *mfaSetting) error {
	if s != nil {
		u.MFA.Passkey = s.Enabled
	}
	if s != nil && s.Enabled && len(u.MFA.Enabled) == 0 {
		return invalidParameter("User must have another MFA method enabled to turn on passkeys for MFA")
	}
	return nil
}

type mfaOption struct {
	DeliveryMedium string `json:"DeliveryMedium,omitempty" is:"medium"`
	AttributeName  string `json:"AttributeName,omitempty" is:"attributeName"`
}

type setSettingsInput struct {
	AccessToken string      `json:"AccessToken" is:"required,token"`
	MFAOptions  []mfaOption `json:"MFAOptions" is:"required"`
}

// setUserSettings is the older form of SetUserMFAPreference and knows text messages only. An empty list switches them off.
func (p *Pool) setUserSettings(c *call, in *setSettingsInput) (*empty, error) {
	for _, o := range in.MFAOptions {
		if o.DeliveryMedium != "SMS" || o.AttributeName != "phone_number" {
			return nil, invalidParameter("Only SMS to phone_number can be set.")
		}
	}
	sms := mfaSettings{SMS: &mfaSetting{Enabled: len(in.MFAOptions) > 0}}
	return p.setUserMFAPreference(c, &setPreferenceInput{AccessToken: in.AccessToken, mfaSettings: sms})
}

// mfaOptions is what GetUser tells those who still use the older form.
func (u *userRecord) mfaOptions() []mfaOption {
	if !slices.Contains(u.MFA.Enabled, factorSMS) {
		return nil
	}
	return []mfaOption{{DeliveryMedium: "SMS", AttributeName: "phone_number"}}
}
