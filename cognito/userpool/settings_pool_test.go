package userpool_test

import "testing"

const (
	sms      = `"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms","ExternalId":"x","SnsRegion":"us-east-1"}`
	ses      = `"EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/example.com","From":"App <app@example.com>","ReplyToEmailAddress":"help@example.com","ConfigurationSet":"mail"}`
	function = `"arn:aws:lambda:us-east-1:123456789012:function:f"`
	other    = `"arn:aws:lambda:us-east-1:123456789012:function:g"`

	invalid = "InvalidParameterException: "
	one     = invalid + "1 validation error detected: Value "

	mailPattern = `Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*`
	smsPattern  = `Member must satisfy regular expression pattern: (?s).*\{####\}(?s).*`
	missingSMS  = invalid + "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
	recovery    = invalid + "Invalid account recovery setting parameter. Account Recovery Setting cannot "
	tier        = "FeatureUnavailableInTierException: The following features need to be disabled for the "
)

// everything is a pool with a value other than the default for each member that UpdateUserPool has.
const everything = `{
	"Policies": {
		"PasswordPolicy": {"MinimumLength": 12, "RequireLowercase": true, "PasswordHistorySize": 3, "TemporaryPasswordValidityDays": 2},
		"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
	},
	"DeletionProtection": "ACTIVE", "AutoVerifiedAttributes": ["email", "phone_number"], "MfaConfiguration": "OPTIONAL",
	"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
	"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true, "InviteMessageTemplate": {"EmailSubject": "Welcome", "EmailMessage": "{username}: {####}", "SMSMessage": "{username} {####}"}},
	"AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
	"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true},
	"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessageByLink": "Here: {##link##}", "EmailSubjectByLink": "Link"},
	"EmailVerificationMessage": "Your code is {####}", "EmailVerificationSubject": "Code", "SmsVerificationMessage": "Code {####}",
	"SmsAuthenticationMessage": "MFA {####}", "UserPoolTier": "PLUS", "UserPoolTags": {"team": "a"},
	"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT", "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "ENFORCED"}},
	"LambdaConfig": {
		"PreSignUp": ` + function + `, "PostConfirmation": ` + function + `, "PreAuthentication": ` + function + `, "PostAuthentication": ` + function + `,
		"CustomMessage": ` + function + `, "UserMigration": ` + function + `, "DefineAuthChallenge": ` + function + `,
		"CreateAuthChallenge": ` + function + `, "VerifyAuthChallengeResponse": ` + function + `,
		"PreTokenGeneration": ` + function + `, "PreTokenGenerationConfig": {"LambdaArn": ` + function + `, "LambdaVersion": "V2_0"},
		"CustomEmailSender": {"LambdaArn": ` + function + `, "LambdaVersion": "V1_0"}, "CustomSMSSender": {"LambdaArn": ` + function + `, "LambdaVersion": "V1_0"},
		"InboundFederation": {"LambdaArn": ` + function + `, "LambdaVersion": "V1_0"}, "KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"
	},
	"KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"}, "IssuerConfiguration": {"Type": "ORIGINAL"},
	` + sms + `, ` + ses + `
}`

// Sources: the API reference; the rules for Cognito of cdk-preflight, each from a deployment; measurements of
// UpdateUserPool for cdkd; the provider of AWS for Terraform and its acceptance tests; issues of the AWS CLI and CDK.
func TestPoolSettings(t *testing.T) {
	t.Parallel()
	create, update := "CreateUserPool", "UpdateUserPool"
	runSettings(t, []setting{
		// What is accepted is stored and comes back.
		{name: "stored", operation: create, request: everything, result: everything},
		{name: "stored", operation: update, request: everything, result: everything},
		{name: "defaults", operation: create, request: `{}`, result: `{
			"Policies": {
				"PasswordPolicy": {"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true,
					"PasswordHistorySize": null, "TemporaryPasswordValidityDays": 7},
				"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}
			},
			"DeletionProtection": "INACTIVE", "AutoVerifiedAttributes": null, "MfaConfiguration": "OFF", "UserAttributeUpdateSettings": null,
			"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7, "InviteMessageTemplate": null},
			"AccountRecoverySetting": null, "DeviceConfiguration": null, "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
			"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"}, "UserPoolTier": "ESSENTIALS", "UserPoolTags": null,
			"UserPoolAddOns": null, "LambdaConfig": null, "SmsConfiguration": null, "KeyConfiguration": null, "IssuerConfiguration": null
		}`},

		// What UpdateUserPool keeps (measured), and what it resets.
		{
			name: "kept and reset", operation: update, pool: everything + ` + {"MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true},"SmsMfaConfiguration":{` + sms + `}}`,
			request: `{` + sms + `, "UserPoolTier": "PLUS"}`, result: `{
			"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": true},
			"Policies": {
				"PasswordPolicy": {"MinimumLength": 12, "RequireLowercase": true, "RequireSymbols": false, "PasswordHistorySize": 3, "TemporaryPasswordValidityDays": 2},
				"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
			},
			"UserPoolTags": {"team": "a"}, "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
			"AutoVerifiedAttributes": null, "DeletionProtection": "INACTIVE",
			"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 2, "InviteMessageTemplate": null},
			"AccountRecoverySetting": null, "DeviceConfiguration": null, "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT", "SourceArn": null},
			"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE", "EmailMessage": null, "EmailMessageByLink": null},
			"EmailVerificationMessage": null, "EmailVerificationSubject": null, "SmsVerificationMessage": null, "SmsAuthenticationMessage": null,
			"UserPoolAddOns": null, "LambdaConfig": null, "KeyConfiguration": null, "IssuerConfiguration": null
		}`,
		},
		{name: "tier is reset", operation: update, pool: `{"UserPoolTier":"PLUS"}`, request: `{}`, result: `{"UserPoolTier":"ESSENTIALS"}`},
		{name: "SMS configuration is reset", operation: update, pool: `{` + sms + `}`, request: `{}`, result: `{"SmsConfiguration":null}`},
		{name: "SMS configuration that MFA needs", operation: update, pool: `{"MfaConfiguration":"ON",` + sms + `}`, request: `{}`, refused: missingSMS},
		{
			name: "password policy without sign-in policy", operation: update, pool: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}}`,
			request: `{"Policies":{"PasswordPolicy":{"MinimumLength":20}}}`,
			result:  `{"Policies":{"PasswordPolicy":{"MinimumLength":20,"RequireSymbols":false},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}}`,
		},
		{
			name: "sign-in policy without password policy", operation: update, pool: `{"Policies":{"PasswordPolicy":{"MinimumLength":12}}}`,
			request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}`,
			result:  `{"Policies":{"PasswordPolicy":{"MinimumLength":12,"RequireSymbols":false},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}`,
		},
		{name: "MFA off", operation: update, pool: `{"MfaConfiguration":"ON",` + sms + `}`, request: `{"MfaConfiguration":"OFF",` + sms + `}`, result: `{"MfaConfiguration":"OFF"}`},
		{
			name: "MFA with a factor of the pool", operation: update, pool: `{} + {"MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true}}`,
			request: `{"MfaConfiguration":"ON"}`, result: `{"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true}}`,
		},
		{name: "name", operation: update, request: `{"PoolName":"renamed"}`, result: `{"Name":"renamed"}`},
		{name: "name that is not given", operation: update, request: `{}`, result: `{"Name":"pool"}`},
		{name: "tags", operation: update, pool: `{"UserPoolTags":{"a":"1","b":"2"}}`, request: `{"UserPoolTags":{"c":"3"}}`, result: `{"UserPoolTags":{"a":null,"b":null,"c":"3"}}`},
		{
			name: "no verification before updates", operation: update, pool: everything, request: `{"UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":[]},"UserPoolTier":"PLUS",` + sms + `}`,
			result: `{"UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":[]}}`,
		},

		// Members that show the same.
		{
			name: "older messages show in the template", operation: create,
			request: `{"EmailVerificationMessage":"Code {####}","EmailVerificationSubject":"Code","SmsVerificationMessage":"SMS {####}"}`,
			result:  `{"VerificationMessageTemplate":{"EmailMessage":"Code {####}","EmailSubject":"Code","SmsMessage":"SMS {####}"}}`,
		},
		{
			name: "the template shows in older messages", operation: create,
			request: `{"VerificationMessageTemplate":{"EmailMessage":"Code {####}","EmailSubject":"Code","SmsMessage":"SMS {####}"}}`,
			result:  `{"EmailVerificationMessage":"Code {####}","EmailVerificationSubject":"Code","SmsVerificationMessage":"SMS {####}"}`,
		},
		{
			name: "the template shows in older messages", operation: update,
			request: `{"VerificationMessageTemplate":{"EmailMessage":"Code {####}","EmailSubject":"Code","SmsMessage":"SMS {####}"}}`,
			result:  `{"EmailVerificationMessage":"Code {####}","EmailVerificationSubject":"Code","SmsVerificationMessage":"SMS {####}"}`,
		},
		{
			name: "messages that differ", operation: create, refused: "InvalidParameterException",
			request: `{"EmailVerificationMessage":"One {####}","VerificationMessageTemplate":{"EmailMessage":"Two {####}"}}`,
		},
		{
			name: "unused accounts and temporary passwords", operation: create, request: `{"AdminCreateUserConfig":{"UnusedAccountValidityDays":3}}`,
			result: `{"AdminCreateUserConfig":{"UnusedAccountValidityDays":3},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":3}}}`,
		},
		{
			name: "unused accounts and temporary passwords", operation: update, request: `{"AdminCreateUserConfig":{"UnusedAccountValidityDays":3}}`,
			result: `{"AdminCreateUserConfig":{"UnusedAccountValidityDays":3},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":3}}}`,
		},
		{
			name: "temporary passwords and unused accounts", operation: create, request: `{"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":3}}}`,
			result: `{"AdminCreateUserConfig":{"UnusedAccountValidityDays":3},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":3}}}`,
		},
		{
			name: "both validities", operation: update, request: `{"AdminCreateUserConfig":{"UnusedAccountValidityDays":7},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":7}}}`,
			refused: invalid + "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
		},
		{
			name: "older trigger", operation: create, request: `{"LambdaConfig":{"PreTokenGeneration":` + function + `}}`,
			result: `{"LambdaConfig":{"PreTokenGeneration":` + function + `,"PreTokenGenerationConfig":{"LambdaArn":` + function + `,"LambdaVersion":"V1_0"}}}`,
		},
		{
			name: "newer trigger", operation: create, request: `{"LambdaConfig":{"PreTokenGenerationConfig":{"LambdaArn":` + function + `,"LambdaVersion":"V3_0"}}}`,
			result: `{"LambdaConfig":{"PreTokenGeneration":` + function + `,"PreTokenGenerationConfig":{"LambdaArn":` + function + `,"LambdaVersion":"V3_0"}}}`,
		},

		// Policies
		{
			name: "required characters", operation: create, request: `{"Policies":{"PasswordPolicy":{"RequireUppercase":true,"RequireNumbers":true,"RequireSymbols":true}}}`,
			result: `{"Policies":{"PasswordPolicy":{"RequireUppercase":true,"RequireLowercase":false,"RequireNumbers":true,"RequireSymbols":true}}}`,
		},
		{
			name: "required characters", operation: update, request: `{"Policies":{"PasswordPolicy":{"RequireUppercase":true,"RequireNumbers":true,"RequireSymbols":true}}}`,
			result: `{"Policies":{"PasswordPolicy":{"RequireUppercase":true,"RequireLowercase":false,"RequireNumbers":true,"RequireSymbols":true}}}`,
		},
		{
			name: "short passwords", operation: create, request: `{"Policies":{"PasswordPolicy":{"MinimumLength":4}}}`,
			refused: one + "'4' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6",
		},
		{
			name: "long passwords", operation: update, request: `{"Policies":{"PasswordPolicy":{"MinimumLength":200}}}`,
			refused: one + "'200' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value less than or equal to 99",
		},
		{
			name: "password history", operation: create, request: `{"Policies":{"PasswordPolicy":{"PasswordHistorySize":25}}}`,
			refused: one + "'25' at 'policies.passwordPolicy.passwordHistorySize' failed to satisfy constraint: Member must have value less than or equal to 24",
		},
		{
			name: "temporary passwords", operation: create, request: `{"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":366}}}`,
			refused: one + "'366' at 'policies.passwordPolicy.temporaryPasswordValidityDays' failed to satisfy constraint: Member must have value less than or equal to 365",
		},
		{
			name: "no password", operation: create, request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}}}`,
			refused: invalid + "Password should be configured as one of the allowed first auth factors.",
		},
		{
			name: "no password", operation: update, request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["WEB_AUTHN"]}}}`,
			refused: invalid + "Password should be configured as one of the allowed first auth factors.",
		},
		{
			name: "unknown factor", operation: create, request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["HOPE"]}}}`,
			refused: one + "'HOPE' at 'policies.signInPolicy.allowedFirstAuthFactors.1.member' failed to satisfy constraint: Member must satisfy enum value set: [PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN]",
		},
		{
			name: "codes by SMS without SMS", operation: create, request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","SMS_OTP"]}}}`,
			refused: invalid + "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration",
		},
		{
			name: "codes by SMS", operation: create, request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","SMS_OTP"]}},` + sms + `}`,
			result: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","SMS_OTP"]}}}`,
		},

		// MFA and verification
		{name: "MFA without a factor", operation: create, request: `{"MfaConfiguration":"ON"}`, refused: missingSMS},
		{name: "optional MFA without a factor", operation: create, request: `{"MfaConfiguration":"OPTIONAL"}`, refused: missingSMS},
		{name: "MFA without a factor", operation: update, request: `{"MfaConfiguration":"ON"}`, refused: missingSMS},
		{
			name: "codes as a first factor where MFA is required", operation: update, pool: `{"MfaConfiguration":"ON",` + sms + `}`,
			request: `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}},` + sms + `}`,
			refused: invalid + "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
		},
		{
			name: "verified phone number without SMS", operation: create, request: `{"AutoVerifiedAttributes":["phone_number"]}`,
			refused: invalid + "SMS configuration is required when phone_number is selected for auto verification",
		},
		{
			name: "verified phone number in the embedded pool", operation: update, pool: "embedded", request: `{"AutoVerifiedAttributes":["email","phone_number"]}`,
			result: `{"AutoVerifiedAttributes":["email","phone_number"],"MfaConfiguration":"OPTIONAL"}`,
		},
		{
			name: "unknown attribute to verify", operation: create, request: `{"AutoVerifiedAttributes":["name"]}`,
			refused: one + "'name' at 'autoVerifiedAttributes.1.member' failed to satisfy constraint: Member must satisfy enum value set: [phone_number, email]",
		},
		{
			name: "update of an attribute that is not verified", operation: create, request: `{"UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":["email"]}}`,
			refused: invalid + "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
		},
		{name: "SMS role", operation: create, request: `{"SmsConfiguration":{"SnsCallerArn":"role/sms-for-everything"}}`, refused: "InvalidParameterException"},

		// Recovery
		{
			name: "administrators and others", operation: create,
			request: `{"AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"admin_only"},{"Priority":2,"Name":"verified_email"}]}}`,
			refused: recovery + "use admin_only setting with any other recovery mechanisms.",
		},
		{
			name: "two of one priority", operation: create,
			request: `{"AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_phone_number"},{"Priority":1,"Name":"verified_email"}]}}`,
			refused: recovery + "have duplicate priorities or recovery mechanisms.",
		},
		{
			name: "one mechanism twice", operation: update,
			request: `{"AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"},{"Priority":2,"Name":"verified_email"}]}}`,
			refused: recovery + "have duplicate priorities or recovery mechanisms.",
		},
		{
			name: "three mechanisms", operation: create, refused: "InvalidParameterException",
			request: `{"AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"},{"Priority":2,"Name":"verified_phone_number"},{"Priority":2,"Name":"admin_only"}]}}`,
		},
		{
			name: "third priority", operation: create, request: `{"AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":3,"Name":"verified_email"}]}}`,
			refused: one + "'3' at 'accountRecoverySetting.recoveryMechanisms.1.member.priority' failed to satisfy constraint: Member must have value less than or equal to 2",
		},

		// Messages
		{
			name: "own sender without an address", operation: create, request: `{"EmailConfiguration":{"EmailSendingAccount":"DEVELOPER"}}`,
			refused: invalid + "Source ARN is required to use DEVELOPER email sending owner",
		},
		{name: "invalid sender address", operation: create, request: `{"EmailConfiguration":{"From":"nobody"}}`, refused: invalid + "Provided From email address is invalid"},
		{name: "sender with a name", operation: create, request: `{"EmailConfiguration":{"From":"App <app@example.com>"}}`, result: `{"EmailConfiguration":{"From":"App <app@example.com>"}}`},
		{
			name: "reply address", operation: create, request: `{"EmailConfiguration":{"ReplyToEmailAddress":"not an address"}}`,
			refused: one + `'not an address' at 'emailConfiguration.replyToEmailAddress' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+`,
		},
		{
			name: "e-mail without a code", operation: create, request: `{"EmailVerificationMessage":"Your verification code."}`,
			refused: one + "'Your verification code.' at 'emailVerificationMessage' failed to satisfy constraint: " + mailPattern,
		},
		{
			name: "SMS without a code", operation: create, request: `{"SmsVerificationMessage":"Your verification code."}`,
			refused: one + "'Your verification code.' at 'smsVerificationMessage' failed to satisfy constraint: " + smsPattern,
		},
		{
			name: "MFA message without a code", operation: update, request: `{"SmsAuthenticationMessage":"Your MFA code."}`,
			refused: one + "'Your MFA code.' at 'smsAuthenticationMessage' failed to satisfy constraint: " + smsPattern,
		},
		{
			name: "template without a code", operation: create, request: `{"VerificationMessageTemplate":{"EmailMessage":"Your code."}}`,
			refused: one + "'Your code.' at 'verificationMessageTemplate.emailMessage' failed to satisfy constraint: " + mailPattern,
		},
		{
			name: "SMS template without a code", operation: create, request: `{"VerificationMessageTemplate":{"SmsMessage":"Your code."}}`,
			refused: one + "'Your code.' at 'verificationMessageTemplate.smsMessage' failed to satisfy constraint: " + smsPattern,
		},
		{
			name: "link without a link", operation: create, request: `{"VerificationMessageTemplate":{"DefaultEmailOption":"CONFIRM_WITH_LINK","EmailMessageByLink":"Click here"}}`,
			refused: "InvalidParameterException",
		},
		{
			name: "subject", operation: create, request: `{"VerificationMessageTemplate":{"EmailSubject":"` + long(141) + `"}}`,
			refused: "InvalidParameterException",
		},
		{
			name: "invitation without a password", operation: create, request: `{"AdminCreateUserConfig":{"InviteMessageTemplate":{"EmailMessage":"Welcome aboard."}}}`,
			refused: one + "'Welcome aboard.' at 'adminCreateUserConfig.inviteMessage.emailMessage' failed to satisfy constraint: " + mailPattern,
		},
		{
			name: "SMS invitation without a password", operation: create, request: `{"AdminCreateUserConfig":{"InviteMessageTemplate":{"SMSMessage":"Welcome aboard."}}}`,
			refused: one + "'Welcome aboard.' at 'adminCreateUserConfig.inviteMessage.smsMessage' failed to satisfy constraint: " + smsPattern,
		},

		// Triggers
		{name: "trigger that is no ARN", operation: create, request: `{"LambdaConfig":{"PreSignUp":"my-function-of-a-longer-name"}}`, refused: "InvalidParameterException"},
		{
			name: "trigger in another region", operation: create, request: `{"LambdaConfig":{"PreSignUp":"arn:aws:lambda:eu-west-1:123456789012:function:f"}}`,
			refused: invalid + "Cross-region lambda functions are not supported",
		},
		{
			name: "sender without a key", operation: create, request: `{"LambdaConfig":{"CustomEmailSender":{"LambdaArn":` + function + `,"LambdaVersion":"V1_0"}}}`,
			refused: invalid + "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
		},
		{
			name: "SMS sender without a key", operation: update, request: `{"LambdaConfig":{"CustomSMSSender":{"LambdaArn":` + function + `,"LambdaVersion":"V1_0"}}}`,
			refused: invalid + "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
		},
		{
			name: "two functions for tokens", operation: create,
			request: `{"LambdaConfig":{"PreTokenGeneration":` + other + `,"PreTokenGenerationConfig":{"LambdaArn":` + function + `,"LambdaVersion":"V1_0"}}}`,
			refused: invalid + "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's",
		},

		// Tiers
		{name: "threat protection", operation: create, request: `{"UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}`, refused: tier + "ESSENTIALS pricing tier configured: Threat Protection"},
		{name: "threat protection", operation: update, request: `{"UserPoolAddOns":{"AdvancedSecurityMode":"ENFORCED"}}`, refused: tier + "ESSENTIALS pricing tier configured: Threat Protection"},
		{name: "threat protection off", operation: create, request: `{"UserPoolAddOns":{"AdvancedSecurityMode":"OFF"}}`, result: `{"UserPoolAddOns":{"AdvancedSecurityMode":"OFF"}}`},
		{
			name: "passwordless", operation: create, request: `{"UserPoolTier":"LITE","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}`,
			refused: tier + "LITE pricing tier configured: Passwordless Sign-In",
		},
		{
			name: "token customization", operation: create, request: `{"UserPoolTier":"LITE","LambdaConfig":{"PreTokenGenerationConfig":{"LambdaArn":` + function + `,"LambdaVersion":"V2_0"}}}`,
			refused: tier + "LITE pricing tier configured: Token Customization with Pre-Token Generation Lambda V2_0",
		},

		{
			name: "own key", operation: create, request: `{"KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/k"}}`,
			result: `{"KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/k"}}`,
		},
		{
			name: "own key", operation: update, request: `{"KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/k"}}`,
			result: `{"KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/k"}}`,
		},

		// Schema and names
		{
			name: "schema", operation: create, request: `{"Schema":[
				{"Name":"dept","AttributeDataType":"String","Mutable":true,"StringAttributeConstraints":{"MinLength":"2","MaxLength":"9"}},
				{"Name":"level","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"1","MaxValue":"5"}},
				{"Name":"plan","AttributeDataType":"String","DeveloperOnlyAttribute":true}, {"Name":"name","Required":true}
			]}`,
			result: `{"SchemaAttributes":{
				"custom:dept": {"AttributeDataType":"String","Mutable":true,"Required":false,"StringAttributeConstraints":{"MinLength":"2","MaxLength":"9"}},
				"custom:level": {"AttributeDataType":"Number","Mutable":false,"NumberAttributeConstraints":{"MinValue":"1","MaxValue":"5"}},
				"dev:custom:plan": {"AttributeDataType":"String","DeveloperOnlyAttribute":true}, "name": {"Required":true}, "email": {"Required":false}
			}}`,
		},
		{name: "aliases", operation: create, request: `{"AliasAttributes":["email","preferred_username"]}`, result: `{"AliasAttributes":["email","preferred_username"],"UsernameAttributes":null}`},
		{name: "user names", operation: create, request: `{"UsernameAttributes":["email","phone_number"]}`, result: `{"UsernameAttributes":["email","phone_number"],"AliasAttributes":null}`},
		{name: "case of user names", operation: create, request: `{"UsernameConfiguration":{"CaseSensitive":true}}`, result: `{"UsernameConfiguration":{"CaseSensitive":true}}`},
		{
			name: "aliases and user names", operation: create, request: `{"AliasAttributes":["email"],"UsernameAttributes":["email"]}`,
			refused: invalid + "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
		},
		{
			name: "attribute twice", operation: create, request: `{"Schema":[{"Name":"dept","AttributeDataType":"String"},{"Name":"dept","AttributeDataType":"Number"}]}`,
			refused: invalid + "Duplicate custom attribute names custom:dept are not allowed in a user pool schema.",
		},
		{
			name: "lengths", operation: create, request: `{"Schema":[{"Name":"level","AttributeDataType":"String","StringAttributeConstraints":{"MinLength":"6","MaxLength":"5"}}]}`,
			refused: invalid + "Attribute custom:level cannot have a max length shorter than it's min length",
		},
		{
			name: "values", operation: create, request: `{"Schema":[{"Name":"n2","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"2","MaxValue":"1"}}]}`,
			refused: invalid + "Attribute custom:n2 cannot have a max value smaller than it's min value",
		},
		{
			name: "constraint that is no number", operation: create, request: `{"Schema":[{"Name":"n","StringAttributeConstraints":{"MinLength":"few","MaxLength":"5"}}]}`,
			refused: "InvalidParameterException",
		},
		{
			name: "type of a standard attribute", operation: create, request: `{"Schema":[{"Name":"email","AttributeDataType":"Number"}]}`,
			refused: invalid + "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email",
		},
		{
			name: "standard attribute for developers", operation: create, request: `{"Schema":[{"Name":"email","DeveloperOnlyAttribute":true}]}`,
			refused: invalid + "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email",
		},
		{
			name: "required custom attribute", operation: create, request: `{"Schema":[{"Name":"a","Required":true}]}`,
			refused: invalid + "Required custom attributes are not supported currently.",
		},
		{
			name: "long name of an attribute", operation: create, request: `{"Schema":[{"Name":"aaaaaaaaaaaaaaaaaaaaa"}]}`,
			refused: one + "'aaaaaaaaaaaaaaaaaaaaa' at 'schema.1.member.name' failed to satisfy constraint: Member must have length less than or equal to 20",
		},
		{name: "name of a pool", operation: update, request: `{"PoolName":"a/b"}`, refused: "InvalidParameterException"},
		{name: "reserved tag", operation: create, request: `{"UserPoolTags":{"aws:team":"a"}}`, refused: "InvalidParameterException"},
	})
}

func long(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'x'
	}
	return string(b)
}
