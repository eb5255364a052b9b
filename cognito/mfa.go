package cognito

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
)

// TOTPSetup is a secret for an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds).
// It takes effect when a code is verified.
type TOTPSetup struct {
	Secret     string // base32
	OtpauthURI string // for a QR code
}

// newTOTPSetup returns the setup with its URI for authenticator apps:
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format.
func newTOTPSetup(issuer, account, secret string) *TOTPSetup {
	query := url.Values{"secret": {secret}, "issuer": {issuer}}
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account, RawQuery: query.Encode()}
	return &TOTPSetup{Secret: secret, OtpauthURI: uri.String()}
}

// totpIssuer is the issuer that authenticator apps display.
const totpIssuer = "Authgraph"

// SetUpTOTP creates a secret for the caller. It replaces one that was not verified.
func (c *Caller) SetUpTOTP(ctx context.Context) (*TOTPSetup, error) {
	out, err := invoke(ctx, c.client, opAssociateSoftwareToken, c.client.api.AssociateSoftwareToken,
		&sdk.AssociateSoftwareTokenInput{AccessToken: &c.accessToken})
	if err != nil {
		return nil, err
	}
	return newTOTPSetup(totpIssuer, c.accountName(ctx), *out.SecretCode), nil
}

// accountName returns the e-mail address if it is available, or else the user name, which
// usually is a UUID.
func (c *Caller) accountName(ctx context.Context) string {
	return cmp.Or(c.Email(ctx), c.Claims.Username)
}

// VerifyTOTP completes the setup with a code of the app. [Caller.SetMFAPreference] enables
// the factor.
func (c *Caller) VerifyTOTP(ctx context.Context, code string, deviceName *string) error {
	_, err := c.client.verifySoftwareToken(ctx, &sdk.VerifySoftwareTokenInput{
		AccessToken: &c.accessToken, UserCode: &code, FriendlyDeviceName: deviceName,
	})
	return err
}

// verifySoftwareToken verifies a code and returns the next session of a sign-in. Cognito
// reports a wrong code as an exception or as a status.
func (c *Client) verifySoftwareToken(ctx context.Context, in *sdk.VerifySoftwareTokenInput) (session string, err error) {
	out, err := invoke(ctx, c, opVerifySoftwareToken, c.api.VerifySoftwareToken, in)
	if err != nil {
		return "", err
	}
	if out.Status != types.VerifySoftwareTokenResponseTypeSuccess {
		return "", apierr.New(apierr.CodeMismatch, "The code is wrong.")
	}
	return aws.ToString(out.Session), nil
}

// FactorPreference is whether a second factor is enabled, and whether it is the preferred
// one.
type FactorPreference struct {
	Enabled   bool
	Preferred bool
}

// MFAPreference is a change of the caller's second factors. nil leaves a factor unchanged.
type MFAPreference struct {
	SMS, TOTP, Email *FactorPreference
	PasskeyEnabled   *bool
}

// SetMFAPreference enables and disables second factors.
func (c *Caller) SetMFAPreference(ctx context.Context, p MFAPreference) error {
	in := &sdk.SetUserMFAPreferenceInput{AccessToken: &c.accessToken}
	if p.SMS != nil {
		in.SMSMfaSettings = &types.SMSMfaSettingsType{Enabled: p.SMS.Enabled, PreferredMfa: p.SMS.Preferred}
	}
	if p.TOTP != nil {
		in.SoftwareTokenMfaSettings = &types.SoftwareTokenMfaSettingsType{Enabled: p.TOTP.Enabled, PreferredMfa: p.TOTP.Preferred}
	}
	if p.Email != nil {
		in.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: p.Email.Enabled, PreferredMfa: p.Email.Preferred}
	}
	if p.PasskeyEnabled != nil {
		in.WebAuthnMfaSettings = &types.WebAuthnMfaSettingsType{Enabled: *p.PasskeyEnabled}
	}
	_, err := invoke(ctx, c.client, opSetUserMFAPreference, c.client.api.SetUserMFAPreference, in)
	return err
}

// Factors are the authentication factors of a user.
type Factors struct {
	First     []string // Cognito's names: PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN
	Second    []string // Cognito's names: SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP
	Preferred *string  // of the second factors
}

// factors returns first and second factors, with one call.
func (c *Client) factors(ctx context.Context, accessToken string) (*Factors, error) {
	out, err := invoke(ctx, c, opGetUserAuthFactors, c.api.GetUserAuthFactors,
		&sdk.GetUserAuthFactorsInput{AccessToken: &accessToken})
	if err != nil {
		return nil, err
	}
	first := make([]string, len(out.ConfiguredUserAuthFactors))
	for i, factor := range out.ConfiguredUserAuthFactors {
		first[i] = string(factor)
	}
	return &Factors{First: first, Second: listOf(out.UserMFASettingList), Preferred: out.PreferredMfaSetting}, nil
}

// Totp creates the secret for an authenticator app during a sign-in, or returns nil if the
// pool does not offer that. It consumes the challenge's session: the answer must use that
// of the enrollment.
func (m *MFASetupChallenge) Totp(ctx context.Context) (*TOTPEnrollment, error) {
	if !slices.Contains(m.Options, string(types.ChallengeNameTypeSoftwareTokenMfa)) {
		return nil, nil
	}
	out, err := invoke(ctx, m.client, opAssociateSoftwareToken, m.client.api.AssociateSoftwareToken,
		&sdk.AssociateSoftwareTokenInput{Session: &m.state.Session})
	if err != nil {
		return nil, err
	}
	if aws.ToString(out.Session) == "" {
		return nil, m.client.errors.translate(opAssociateSoftwareToken, errIncomplete)
	}
	next := m.state
	next.Session = *out.Session
	return &TOTPEnrollment{
		TOTPSetup: *newTOTPSetup(totpIssuer, m.state.Account, *out.SecretCode),
		Session:   m.client.states.seal(ctx, next),
	}, nil
}

// TOTPEnrollment is a [TOTPSetup] during a sign-in.
type TOTPEnrollment struct {
	TOTPSetup
	// Session replaces that of the challenge.
	Session string
}
