package settings

import (
	"net/mail"
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
)

// Delivery is how messages leave a pool.
type Delivery int

// ThroughAWS needs the settings that Cognito needs for SES and SNS. ToInbox needs none: the default pool has codes by
// e-mail and SMS without an AWS account.
const (
	ThroughAWS Delivery = iota
	ToInbox
)

// check checks what depends on the request alone.
func (in *PoolSettings) check() error {
	if s := in.UserAttributeUpdate; s != nil {
		for _, name := range s.AttributesRequireVerificationBeforeUpdate {
			if !slices.Contains(in.AutoVerifiedAttributes, name) {
				return exception.InvalidParameter("All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes")
			}
		}
	}
	return CheckTags(in.UserPoolTags)
}

// check checks that settings fit together.
func (p *Pool) check(by Delivery) error {
	for _, check := range []func() error{
		p.checkRecovery, p.checkEmail, p.checkFirstFactors, p.checkTier,
		func() error { return p.LambdaConfig.check(RegionOf(p.ID)) },
		func() error { return p.checkDelivery(by) },
		p.checkMFA,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pool) checkRecovery() error {
	if p.AccountRecoverySetting == nil {
		return nil
	}
	list := p.AccountRecoverySetting.RecoveryMechanisms
	names, priorities := map[string]bool{}, map[int]bool{}
	for _, m := range list {
		names[m.Name], priorities[m.Priority] = true, true
	}
	const invalid = "Invalid account recovery setting parameter. Account Recovery Setting cannot "
	switch {
	case len(names) < len(list) || len(priorities) < len(list):
		return exception.InvalidParameter(invalid + "have duplicate priorities or recovery mechanisms.")
	case names["admin_only"] && len(list) > 1:
		return exception.InvalidParameter(invalid + "use admin_only setting with any other recovery mechanisms.")
	}
	return nil
}

func (p *Pool) checkEmail() error {
	c := p.EmailConfiguration
	if c.EmailSendingAccount == "DEVELOPER" && c.SourceArn == "" {
		return exception.InvalidParameter("Source ARN is required to use DEVELOPER email sending owner")
	}
	if _, err := mail.ParseAddress(c.From); c.From != "" && err != nil {
		return exception.InvalidParameter("Provided From email address is invalid")
	}
	return nil
}

func (p *Pool) checkFirstFactors() error {
	if !p.AllowsFirstFactor("PASSWORD") {
		return exception.InvalidParameter("Password should be configured as one of the allowed first auth factors.")
	}
	return nil
}

// checkTier rejects features of a higher tier.
func (p *Pool) checkTier() error {
	feature := ""
	switch c := p.LambdaConfig; {
	case p.UserPoolTier != "PLUS" && p.UserPoolAddOns != nil && p.UserPoolAddOns.AdvancedSecurityMode != "OFF":
		feature = "Threat Protection"
	case p.UserPoolTier != "LITE":
	case len(p.Policies.SignInPolicy.AllowedFirstAuthFactors) > 1:
		feature = "Passwordless Sign-In"
	case c != nil && c.PreTokenGenerationConfig != nil && c.PreTokenGenerationConfig.LambdaVersion != "V1_0":
		feature = "Token Customization with Pre-Token Generation Lambda " + c.PreTokenGenerationConfig.LambdaVersion
	}
	if feature == "" {
		return nil
	}
	return exception.New("FeatureUnavailableInTierException", "The following features need to be disabled for the %s pricing tier configured: %s", p.UserPoolTier, feature)
}

// checkDelivery rejects settings that need SES or SNS where these are not configured.
func (p *Pool) checkDelivery(by Delivery) error {
	if by == ToInbox {
		return nil
	}
	switch sms := p.SmsConfiguration != nil; {
	case !sms && slices.Contains(p.AutoVerifiedAttributes, "phone_number"):
		return exception.InvalidParameter("SMS configuration is required when phone_number is selected for auto verification")
	case !sms && p.AllowsFirstFactor("SMS_OTP"):
		return exception.InvalidParameter("SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration")
	case !sms && p.SMSMfa != nil && p.MfaConfiguration != "OFF":
		return missingSMS()
	case p.EmailMfa != nil && p.MfaConfiguration != "OFF" && p.EmailConfiguration.EmailSendingAccount == "COGNITO_DEFAULT":
		return exception.InvalidParameter("Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount.")
	}
	return nil
}

func missingSMS() error {
	return exception.InvalidParameter("SMS configuration and Auto verification for phone_number are required when MFA is required/optional")
}

// checkMFA checks that users can meet the requirement for a second factor, and that no first factor bypasses it.
func (p *Pool) checkMFA() error {
	switch {
	case p.MfaConfiguration == "OFF":
	case !p.Supports(FactorSMS) && !p.Supports(FactorTOTP) && !p.Supports(FactorEmail):
		return missingSMS()
	case p.MfaConfiguration != "ON":
	case p.AllowsFirstFactor("EMAIL_OTP") || p.AllowsFirstFactor("SMS_OTP"):
		return exception.InvalidParameter("Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled")
	case p.AllowsPasskeys() && !p.PasskeyAsMFA():
		return exception.InvalidParameter("Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor")
	}
	return nil
}

const maxTags = 50

// CheckTags checks the tags of a pool.
func CheckTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return exception.InvalidParameter("A user pool can have %d tags.", maxTags)
	}
	for key, value := range tags {
		switch {
		case key == "" || len(key) > 128 || len(value) > 256:
			return exception.InvalidParameter("The key of a tag has 1 to 128 characters, its value at most 256.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return exception.InvalidParameter("Keys of tags cannot start with aws:.")
		}
	}
	return nil
}
