package userpool

// poolSettings are the members that CreateUserPool and UpdateUserPool take alike.
type poolSettings struct {
	Policies                 *policiesInput     `json:"Policies"`
	DeletionProtection       string             `json:"DeletionProtection" is:"deletionProtection"`
	AutoVerifiedAttributes   []string           `json:"AutoVerifiedAttributes" is:"address"`
	MfaConfiguration         string             `json:"MfaConfiguration" is:"mfa"`
	UserAttributeUpdate      *attributeUpdate   `json:"UserAttributeUpdateSettings"`
	AdminCreateUserConfig    *adminCreateConfig `json:"AdminCreateUserConfig"`
	AccountRecoverySetting   *recoverySetting   `json:"AccountRecoverySetting"`
	DeviceConfiguration      *deviceConfig      `json:"DeviceConfiguration"`
	EmailConfiguration       *emailConfig       `json:"EmailConfiguration"`
	VerificationMessage      *messageTemplate   `json:"VerificationMessageTemplate"`
	UserPoolTier             string             `json:"UserPoolTier" is:"tier"`
	UserPoolTags             map[string]string  `json:"UserPoolTags"`
	UserPoolAddOns           *userPoolAddOns    `json:"UserPoolAddOns"`
	LambdaConfig             map[string]any     `json:"LambdaConfig"` // kept and shown; there are no triggers here
	SmsConfiguration         *smsConfig         `json:"SmsConfiguration"`
	EmailVerificationMessage string             `json:"EmailVerificationMessage"`
	EmailVerificationSubject string             `json:"EmailVerificationSubject"`
	SmsVerificationMessage   string             `json:"SmsVerificationMessage"`
	SmsAuthenticationMessage string             `json:"SmsAuthenticationMessage"`
}

type policiesInput struct {
	PasswordPolicy *passwordPolicy `json:"PasswordPolicy"`
	SignInPolicy   *signInPolicy   `json:"SignInPolicy"`
}

// into puts the settings into a pool that has Cognito's defaults.
func (in *poolSettings) into(rec *poolRecord) error {
	rec.AutoVerifiedAttributes, rec.UserAttributeUpdate = in.AutoVerifiedAttributes, in.UserAttributeUpdate
	rec.AccountRecoverySetting, rec.DeviceConfiguration = in.AccountRecoverySetting, in.DeviceConfiguration
	rec.UserPoolTags, rec.UserPoolAddOns, rec.LambdaConfig = in.UserPoolTags, in.UserPoolAddOns, in.LambdaConfig
	rec.SmsConfiguration, rec.SmsAuthenticationMessage = in.SmsConfiguration, in.SmsAuthenticationMessage
	rec.EmailVerificationMessage, rec.EmailVerificationSubject = in.EmailVerificationMessage, in.EmailVerificationSubject
	rec.SmsVerificationMessage = in.SmsVerificationMessage
	if in.MfaConfiguration != "" {
		rec.MfaConfiguration = in.MfaConfiguration
	}
	if in.UserPoolTier != "" {
		rec.UserPoolTier = in.UserPoolTier
	}
	if in.DeletionProtection != "" {
		rec.DeletionProtection = in.DeletionProtection
	}
	in.messagesInto(rec)
	return in.policiesInto(rec)
}

func (in *poolSettings) messagesInto(rec *poolRecord) {
	if in.AdminCreateUserConfig != nil {
		rec.AdminCreateUserConfig = *in.AdminCreateUserConfig
	}
	if in.EmailConfiguration != nil {
		rec.EmailConfiguration = *in.EmailConfiguration
	}
	if rec.EmailConfiguration.EmailSendingAccount == "" {
		rec.EmailConfiguration.EmailSendingAccount = "COGNITO_DEFAULT"
	}
	if in.VerificationMessage != nil {
		rec.VerificationMessage = *in.VerificationMessage
	}
	if rec.VerificationMessage.DefaultEmailOption == "" {
		rec.VerificationMessage.DefaultEmailOption = "CONFIRM_WITH_CODE"
	}
}

func (in *poolSettings) policiesInto(rec *poolRecord) error {
	if in.Policies == nil {
		return nil
	}
	if given := in.Policies.PasswordPolicy; given != nil {
		if given.MinimumLength != 0 && (given.MinimumLength < 6 || given.MinimumLength > 99) {
			return invalidParameter("The minimum length of passwords must be between 6 and 99.")
		}
		if given.PasswordHistorySize < 0 || given.PasswordHistorySize > 24 {
			return invalidParameter("The size of the password history must be between 0 and 24.")
		}
		policy := *given
		if policy.MinimumLength == 0 {
			policy.MinimumLength = 8
		}
		if policy.TemporaryPasswordValidityDays == 0 {
			policy.TemporaryPasswordValidityDays = 7
		}
		rec.Policies.PasswordPolicy = policy
	}
	if given := in.Policies.SignInPolicy; given != nil && len(given.AllowedFirstAuthFactors) > 0 {
		rec.Policies.SignInPolicy = *given
	}
	return nil
}

type updatePoolInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	PoolName   string `json:"PoolName" is:"poolName"`
	poolSettings
}

// updateUserPool replaces all settings: what is not given goes back to its default, as it does in Cognito. What a pool is
// made with stays (name, schema, how users are named), and so does what SetUserPoolMfaConfig alone can set.
func (p *Pool) updateUserPool(c *call, in *updatePoolInput) (*empty, error) {
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		former, rec := t.pool, standardPool()
		rec.ID, rec.Arn, rec.Name, rec.CreationDate, rec.LastModifiedDate = former.ID, former.Arn, former.Name, former.CreationDate, t.now
		rec.SchemaAttributes, rec.AliasAttributes = former.SchemaAttributes, former.AliasAttributes
		rec.UsernameAttributes, rec.UsernameConfiguration = former.UsernameAttributes, former.UsernameConfiguration
		rec.SoftwareTokenMfa, rec.SMSMfa, rec.EmailMfa, rec.WebAuthn = former.SoftwareTokenMfa, former.SMSMfa, former.EmailMfa, former.WebAuthn
		if in.PoolName != "" {
			rec.Name = in.PoolName
		}
		if err := in.into(&rec); err != nil {
			return err
		}
		return t.putPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

func (t *poolTx) putPool(rec poolRecord) error { return save(t.root, []byte(recordKey), rec) }

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

func (p *Pool) getUserPoolMfaConfig(c *call, in *poolInput) (*mfaConfig, error) {
	var out *mfaConfig
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		out = t.pool.mfaConfig()
		return nil
	})
	return out, err
}

type setMfaConfigInput struct {
	poolInput
	mfaConfig
}

func (p *Pool) setUserPoolMfaConfig(c *call, in *setMfaConfigInput) (*mfaConfig, error) {
	var out *mfaConfig
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		rec := *t.pool
		if err := in.into(&rec); err != nil {
			return err
		}
		rec.LastModifiedDate = t.now
		out = rec.mfaConfig()
		return t.putPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
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
