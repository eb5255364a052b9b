package settings

import (
	"strings"

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
	LambdaConfig             *lambdaConfig      `json:"LambdaConfig"` // stored and returned, but never invoked
	KeyConfiguration         *keyConfig         `json:"KeyConfiguration"`
	IssuerConfiguration      *issuerConfig      `json:"IssuerConfiguration"`
	SmsConfiguration         *smsConfig         `json:"SmsConfiguration"`
	EmailVerificationMessage string             `json:"EmailVerificationMessage" is:"mailWithCode"`
	EmailVerificationSubject string             `json:"EmailVerificationSubject" is:"mailSubject"`
	SmsVerificationMessage   string             `json:"SmsVerificationMessage" is:"smsWithCode"`
	SmsAuthenticationMessage string             `json:"SmsAuthenticationMessage" is:"smsWithCode"`
}

type policiesInput struct {
	PasswordPolicy *passwordPolicy `json:"PasswordPolicy"`
	SignInPolicy   *signInPolicy   `json:"SignInPolicy"`
}

// Reset returns the pool that an update starts from. The API reference says that a setting that is not given returns
// to its default; measurements show that the service keeps some. Besides what a pool is created with, and what only
// SetUserPoolMfaConfig changes, these are MfaConfiguration, both policies, UserAttributeUpdateSettings and
// UserPoolTags.
func (p *Pool) Reset() Pool {
	rec, defaults := *p, StandardPool()
	rec.DeletionProtection, rec.UserPoolTier = defaults.DeletionProtection, defaults.UserPoolTier
	rec.AdminCreateUserConfig, rec.EmailConfiguration = defaults.AdminCreateUserConfig, defaults.EmailConfiguration
	rec.VerificationMessage = defaults.VerificationMessage
	rec.AutoVerifiedAttributes, rec.AccountRecoverySetting, rec.DeviceConfiguration = nil, nil, nil
	rec.UserPoolAddOns, rec.LambdaConfig, rec.SmsConfiguration = nil, nil, nil
	rec.KeyConfiguration, rec.IssuerConfiguration = nil, nil
	rec.EmailVerificationMessage, rec.EmailVerificationSubject = "", ""
	rec.SmsVerificationMessage, rec.SmsAuthenticationMessage = "", ""
	return rec
}

// ApplyTo changes the settings that are given and checks the result.
func (in *PoolSettings) ApplyTo(rec *Pool, by Delivery) error {
	replace(&rec.DeletionProtection, in.DeletionProtection)
	replace(&rec.UserPoolTier, in.UserPoolTier)
	replace(&rec.MfaConfiguration, in.MfaConfiguration)
	if in.AutoVerifiedAttributes != nil {
		rec.AutoVerifiedAttributes = in.AutoVerifiedAttributes
	}
	if in.UserPoolTags != nil {
		rec.UserPoolTags = in.UserPoolTags
	}
	replacePointer(&rec.UserAttributeUpdate, in.UserAttributeUpdate)
	replacePointer(&rec.AccountRecoverySetting, in.AccountRecoverySetting)
	replacePointer(&rec.DeviceConfiguration, in.DeviceConfiguration)
	replacePointer(&rec.UserPoolAddOns, in.UserPoolAddOns)
	replacePointer(&rec.KeyConfiguration, in.KeyConfiguration)
	replacePointer(&rec.IssuerConfiguration, in.IssuerConfiguration)
	replacePointer(&rec.SmsConfiguration, in.SmsConfiguration)
	if in.LambdaConfig != nil {
		rec.LambdaConfig = in.LambdaConfig.mirrored()
	}
	if in.EmailConfiguration != nil {
		rec.EmailConfiguration = *in.EmailConfiguration
		defaultTo(&rec.EmailConfiguration.EmailSendingAccount, "COGNITO_DEFAULT")
	}
	if err := in.applyPolicies(rec); err != nil {
		return err
	}
	if err := in.applyMessages(rec); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	return rec.check(by)
}

// applyPolicies changes the policies. The validity of temporary passwords has two members: the newer one is in the
// password policy.
func (in *PoolSettings) applyPolicies(rec *Pool) error {
	policies := policiesInput{}
	if in.Policies != nil {
		policies = *in.Policies
	}
	given := 0
	if in.AdminCreateUserConfig != nil {
		given = in.AdminCreateUserConfig.UnusedAccountValidityDays
	}
	if p := policies.PasswordPolicy; p != nil {
		if p.TemporaryPasswordValidityDays != 0 && given != 0 {
			return exception.InvalidParameter("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
		}
		rec.Policies.PasswordPolicy = *p
	}
	if p := policies.SignInPolicy; p != nil && len(p.AllowedFirstAuthFactors) > 0 {
		rec.Policies.SignInPolicy = *p
	}
	policy := &rec.Policies.PasswordPolicy
	if policy.MinimumLength == 0 {
		policy.MinimumLength = 8
	}
	if given != 0 {
		policy.TemporaryPasswordValidityDays = given
	}
	if policy.TemporaryPasswordValidityDays == 0 {
		policy.TemporaryPasswordValidityDays = 7
	}
	if in.AdminCreateUserConfig != nil {
		rec.AdminCreateUserConfig = *in.AdminCreateUserConfig
	}
	rec.AdminCreateUserConfig.UnusedAccountValidityDays = policy.TemporaryPasswordValidityDays
	return nil
}

// applyMessages changes the messages. Those for verification have two members each, which always show the same.
func (in *PoolSettings) applyMessages(rec *Pool) error {
	if in.VerificationMessage != nil {
		rec.VerificationMessage = *in.VerificationMessage
		defaultTo(&rec.VerificationMessage.DefaultEmailOption, "CONFIRM_WITH_CODE")
	}
	template := &rec.VerificationMessage
	replace(&rec.EmailVerificationMessage, in.EmailVerificationMessage)
	replace(&rec.EmailVerificationSubject, in.EmailVerificationSubject)
	replace(&rec.SmsVerificationMessage, in.SmsVerificationMessage)
	replace(&rec.SmsAuthenticationMessage, in.SmsAuthenticationMessage)
	for name, pair := range map[string][2]*string{
		"EmailVerificationMessage": {&rec.EmailVerificationMessage, &template.EmailMessage},
		"EmailVerificationSubject": {&rec.EmailVerificationSubject, &template.EmailSubject},
		"SmsVerificationMessage":   {&rec.SmsVerificationMessage, &template.SmsMessage},
	} {
		defaultTo(pair[0], *pair[1])
		defaultTo(pair[1], *pair[0])
		if *pair[0] != *pair[1] {
			member := strings.Replace(name, "Verification", "", 1)
			return exception.InvalidParameter("%s and VerificationMessageTemplate.%s must be the same.", name, member)
		}
	}
	return nil
}

func replace(setting *string, given string) {
	if given != "" {
		*setting = given
	}
}

func replacePointer[T any](setting **T, given *T) {
	if given != nil {
		*setting = given
	}
}

func defaultTo(setting *string, value string) {
	if *setting == "" {
		*setting = value
	}
}
