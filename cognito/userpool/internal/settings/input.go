package settings

import (
	"authgraph/cognito/userpool/internal/exception"
)

// PoolSettings are the members that CreateUserPool and UpdateUserPool share.
type PoolSettings struct {
	Policies                 *policiesInput     `json:"Policies"`
	DeletionProtection       string             `json:"DeletionProtection" is:"deletionProtection"`
	AutoVerifiedAttributes   []string           `json:"AutoVerifiedAttributes" is:"address"`
	MfaConfiguration         string             `json:"MfaConfiguration" is:"mfa"`
	UserAttributeUpdate      *attributeUpdate   `json:"UserAttributeUpdateSettings"`
	AdminCreateUserConfig    *adminCreateConfig `json:"AdminCreateUserConfig"`
	AccountRecoverySetting   *recoverySetting   `json:"AccountRecoverySetting"`
	DeviceConfiguration      *DeviceConfig      `json:"DeviceConfiguration"`
	EmailConfiguration       *emailConfig       `json:"EmailConfiguration"`
	VerificationMessage      *messageTemplate   `json:"VerificationMessageTemplate"`
	UserPoolTier             string             `json:"UserPoolTier" is:"tier"`
	UserPoolTags             map[string]string  `json:"UserPoolTags"`
	UserPoolAddOns           *userPoolAddOns    `json:"UserPoolAddOns"`
	LambdaConfig             map[string]any     `json:"LambdaConfig"` // stored and returned, but never invoked
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

// ApplyTo changes a pool with default settings.
func (in *PoolSettings) ApplyTo(rec *Pool) error {
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
	in.applyMessages(rec)
	return in.applyPolicies(rec)
}

func (in *PoolSettings) applyMessages(rec *Pool) {
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

func (in *PoolSettings) applyPolicies(rec *Pool) error {
	if in.Policies == nil {
		return nil
	}
	if given := in.Policies.PasswordPolicy; given != nil {
		if given.MinimumLength != 0 && (given.MinimumLength < 6 || given.MinimumLength > 99) {
			return exception.InvalidParameter("The minimum length of passwords must be between 6 and 99.")
		}
		if given.PasswordHistorySize < 0 || given.PasswordHistorySize > 24 {
			return exception.InvalidParameter("The size of the password history must be between 0 and 24.")
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
