package userpool_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// totp is an authenticator app, written independently of the product.
func (b *bench) totp(secret string, shift time.Duration) *string {
	b.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	b.must(err)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(b.clock.Now().Add(shift).Unix()/30))
	mac := hmac.New(sha1.New, raw)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[19] & 15
	n := (uint32(sum[at])&127)<<24 | uint32(sum[at+1])<<16 | uint32(sum[at+2])<<8 | uint32(sum[at+3])
	return aws.String(fmt.Sprintf("%06d", n%1000000))
}

func (b *bench) associate(token, session *string) (*cognito.AssociateSoftwareTokenOutput, error) {
	return b.sdk.AssociateSoftwareToken(b.Context(), &cognito.AssociateSoftwareTokenInput{AccessToken: token, Session: session})
}

func (b *bench) verifyToken(token, session, code *string) (*cognito.VerifySoftwareTokenOutput, error) {
	return b.sdk.VerifySoftwareToken(b.Context(), &cognito.VerifySoftwareTokenInput{
		AccessToken: token, Session: session, UserCode: code, FriendlyDeviceName: aws.String("phone"),
	})
}

func (b *bench) prefer(in cognito.SetUserMFAPreferenceInput) error {
	_, err := b.sdk.SetUserMFAPreference(b.Context(), &in)
	return err
}

func on(preferred bool) *types.SoftwareTokenMfaSettingsType {
	return &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: preferred}
}

// enrol sets up and enables an authenticator app for a user and returns its secret. This uses the code of the current step.
func (b *bench) enrol(token *string) string {
	b.Helper()
	out, err := b.associate(token, nil)
	b.must(err)
	_, err = b.verifyToken(token, nil, b.totp(*out.SecretCode, 0))
	b.must(err)
	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, SoftwareTokenMfaSettings: on(false)}))
	return *out.SecretCode
}

// withPhone gives a user a verified phone number.
func (b *bench) withPhone(name, phone string) {
	b.Helper()
	_, err := b.sdk.AdminUpdateUserAttributes(b.Context(), &cognito.AdminUpdateUserAttributesInput{
		UserPoolId: aws.String(b.pool.ID()), Username: &name,
		UserAttributes: []types.AttributeType{attr("phone_number", phone), attr("phone_number_verified", "true")},
	})
	b.must(err)
}

func (b *bench) challenge(name string, want types.ChallengeNameType) *cognito.InitiateAuthOutput {
	b.Helper()
	out, err := b.signIn(name, goodPassword)
	b.must(err)
	if out.ChallengeName != want {
		b.Fatalf("got the challenge %q, want %q", out.ChallengeName, want)
	}
	return out
}

func (b *bench) tokensOf(out *cognito.RespondToAuthChallengeOutput, err error) *types.AuthenticationResultType {
	b.Helper()
	b.must(err)
	if out.AuthenticationResult == nil || len(out.ChallengeParameters) != 0 {
		b.Fatalf("no tokens but %q %v", out.ChallengeName, out.ChallengeParameters)
	}
	return out.AuthenticationResult
}

func answersOf(pairs ...string) map[string]string {
	m := map[string]string{"USERNAME": "ann@example.com"}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

const (
	badSession     = "Invalid session for the user."
	expiredSession = "Invalid session for the user, session is expired."
	usedSession    = "Invalid session for the user, session can only be used once."
)

func TestTOTPSetUp(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	const notEnabled = "Software token has not been associated for the user"
	_, err := b.verifyToken(token, nil, aws.String("123456"))
	b.refused(err, "SoftwareTokenMFANotFoundException", notEnabled)
	b.refused(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, SoftwareTokenMfaSettings: on(true)}),
		"InvalidParameterException", "User has not set up software token mfa")
	replaced, err := b.associate(token, nil)
	b.must(err)
	out, err := b.associate(token, nil)
	b.must(err)
	if len(*out.SecretCode) != 52 || out.Session != nil {
		t.Errorf("%q %v", *out.SecretCode, out.Session)
	}
	b.refused(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, SoftwareTokenMfaSettings: on(true)}),
		"InvalidParameterException", "User has not verified software token mfa")
	const mismatch = "Code mismatch and fail enable Software Token MFA"
	for _, code := range []*string{
		b.totp(*replaced.SecretCode, 0), b.totp(*out.SecretCode, -time.Minute), b.totp(*out.SecretCode, time.Minute),
	} {
		_, err = b.verifyToken(token, nil, code)
		b.refused(err, "EnableSoftwareTokenMFAException", mismatch)
	}
	_, err = b.verifyToken(token, nil, aws.String("12345"))
	b.refused(err, "InvalidParameterException", "")
	code := b.totp(*out.SecretCode, 0)
	done, err := b.verifyToken(token, nil, code)
	b.must(err)
	if done.Status != "SUCCESS" || done.Session != nil {
		t.Errorf("%+v", done)
	}
	_, err = b.verifyToken(token, nil, code)
	b.refused(err, "EnableSoftwareTokenMFAException", mismatch)
	b.tokens("ann@example.com") // optional MFA does not require it yet
	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, SoftwareTokenMfaSettings: on(true)}))
	c := b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	if c.ChallengeParameters["FRIENDLY_DEVICE_NAME"] != "phone" || len(c.ChallengeParameters["USER_ID_FOR_SRP"]) != 36 {
		t.Errorf("%v", c.ChallengeParameters)
	}
	_, err = b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *code))
	b.refused(err, "ExpiredCodeException", "Your software token has already been used once.")

	// A new secret replaces the old one only once it is verified.
	next, err := b.associate(token, nil)
	b.must(err)
	b.clock.pass(30 * time.Second)
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(*out.SecretCode, 0))))
	_, err = b.verifyToken(token, nil, b.totp(*next.SecretCode, 0))
	b.must(err)
	b.clock.pass(30 * time.Second)
	c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	_, err = b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(*out.SecretCode, 0)))
	b.refused(err, "CodeMismatchException", "Invalid code received for user")
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(*next.SecretCode, 0))))
	_, err = b.associate(nil, nil)
	b.refused(err, "InvalidParameterException", "")
	_, err = b.associate(nil, aws.String(strings.Repeat("x", 30)))
	b.refused(err, "NotAuthorizedException", badSession)
}

func TestTOTPSignIn(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.member("bob@example.com")
	secret := b.enrol(b.tokens("ann@example.com").AccessToken)
	b.clock.pass(2 * time.Minute)
	give := func(session *string, shift time.Duration) (*cognito.RespondToAuthChallengeOutput, error) {
		return b.answer("SOFTWARE_TOKEN_MFA", session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, shift)))
	}
	// The previous and the next step are accepted, once each.
	for _, shift := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
		c := b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
		b.tokensOf(give(c.Session, shift))
		c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
		_, err := give(c.Session, shift)
		b.refused(err, "ExpiredCodeException", "Your software token has already been used once.")
	}
	b.clock.pass(2 * time.Minute)
	c := b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	for _, shift := range []time.Duration{-time.Minute, time.Minute} {
		_, err := give(c.Session, shift)
		b.refused(err, "CodeMismatchException", "Invalid code received for user")
	}
	_, err := b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf())
	b.refused(err, "InvalidParameterException", "Missing required parameter SOFTWARE_TOKEN_MFA_CODE")
	_, err = b.answer("SMS_MFA", c.Session, answersOf("SMS_MFA_CODE", *b.totp(secret, 0)))
	b.refused(err, "NotAuthorizedException", badSession)
	_, err = b.answer("SOFTWARE_TOKEN_MFA", c.Session, map[string]string{"USERNAME": "bob@example.com", "SOFTWARE_TOKEN_MFA_CODE": *b.totp(secret, 0)})
	b.refused(err, "NotAuthorizedException", badSession)
	b.tokensOf(give(c.Session, 0))
	_, err = give(c.Session, 30*time.Second)
	b.refused(err, "NotAuthorizedException", usedSession)

	b.clock.pass(2 * time.Minute)
	c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	b.clock.pass(3*time.Minute + time.Second)
	_, err = give(c.Session, 0)
	b.refused(err, "NotAuthorizedException", expiredSession)

	// Changes between password and code take effect.
	c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	pool, name := b.user()
	_, err = b.sdk.AdminDisableUser(t.Context(), &cognito.AdminDisableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = give(c.Session, 0)
	b.refused(err, "NotAuthorizedException", "User is disabled.")
	_, err = b.sdk.AdminEnableUser(t.Context(), &cognito.AdminEnableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.sdk.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{UserPoolId: pool, Username: name, Password: aws.String(goodPassword), Permanent: true})
	b.must(err)
	_, err = give(c.Session, 0)
	b.refused(err, "NotAuthorizedException", badSession)
	c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	b.tokensOf(give(c.Session, 0))
}

// A code signs in once, even with simultaneous attempts.
func TestTOTPOnlyOnce(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	secret := b.enrol(b.tokens("ann@example.com").AccessToken)
	b.clock.pass(time.Minute)
	code := *b.totp(secret, 0)
	var sessions []*string
	for range 20 {
		sessions = append(sessions, b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA").Session)
	}
	var mu sync.Mutex
	told := map[string]int{}
	var wg sync.WaitGroup
	for _, session := range sessions {
		wg.Go(func() {
			_, err := b.answer("SOFTWARE_TOKEN_MFA", session, answersOf("SOFTWARE_TOKEN_MFA_CODE", code))
			text := "signed in"
			if err != nil {
				text = err.Error()[strings.LastIndex(err.Error(), ": ")+2:]
			}
			mu.Lock()
			defer mu.Unlock()
			told[text]++
		})
	}
	wg.Wait()
	if told["signed in"] != 1 || told["Your software token has already been used once."] != 19 {
		t.Errorf("%v", told)
	}
}

// A session accepts ten wrong codes, and a user twenty in a row. Both counts survive a restart.
func TestGuessing(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	secret := b.enrol(b.tokens("ann@example.com").AccessToken)
	b.clock.pass(2 * time.Minute)
	bad := wrong(*b.totp(secret, 0))
	for slices.Contains([]string{*b.totp(secret, 30*time.Second), *b.totp(secret, -30*time.Second)}, bad) {
		bad = wrong(bad)
	}
	guess := func(session *string) error {
		_, err := b.answer("SOFTWARE_TOKEN_MFA", session, answersOf("SOFTWARE_TOKEN_MFA_CODE", bad))
		return err
	}
	c := b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	for range 10 {
		b.refused(guess(c.Session), "CodeMismatchException", "Invalid code received for user")
	}
	b.shut()
	b.open()
	_, err := b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0)))
	b.refused(err, "NotAuthorizedException", badSession)
	c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	for range 10 {
		b.refused(guess(c.Session), "CodeMismatchException", "Invalid code received for user")
	}
	c = b.challenge("ann@example.com", "SOFTWARE_TOKEN_MFA")
	_, err = b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0)))
	b.refused(err, "NotAuthorizedException", "Password attempts exceeded")
	b.clock.pass(time.Second)
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", c.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0))))
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	settings := func() string {
		t.Helper()
		user, err := b.getUser(token)
		b.must(err)
		factors, err := b.sdk.GetUserAuthFactors(t.Context(), &cognito.GetUserAuthFactorsInput{AccessToken: token})
		b.must(err)
		pool, name := b.user()
		admin, err := b.sdk.AdminGetUser(t.Context(), &cognito.AdminGetUserInput{UserPoolId: pool, Username: name})
		b.must(err)
		if !slices.Equal(user.UserMFASettingList, factors.UserMFASettingList) || !slices.Equal(user.UserMFASettingList, admin.UserMFASettingList) ||
			aws.ToString(user.PreferredMfaSetting) != aws.ToString(factors.PreferredMfaSetting) {
			t.Fatalf("they disagree: %+v %+v %+v", user, factors, admin)
		}
		return strings.Join(user.UserMFASettingList, "+") + ">" + aws.ToString(user.PreferredMfaSetting)
	}
	email := func(enabled, preferred bool) *types.EmailMfaSettingsType {
		return &types.EmailMfaSettingsType{Enabled: enabled, PreferredMfa: preferred}
	}
	sms := func(enabled, preferred bool) *types.SMSMfaSettingsType {
		return &types.SMSMfaSettingsType{Enabled: enabled, PreferredMfa: preferred}
	}
	type in = cognito.SetUserMFAPreferenceInput
	set := func(p in) error {
		p.AccessToken = token
		return b.prefer(p)
	}
	b.refused(set(in{SMSMfaSettings: sms(true, false)}), "InvalidParameterException", "User does not have delivery config set to turn on SMS_MFA")
	b.withPhone("ann@example.com", "+15550001111")
	b.enrol(token)
	tests := []struct {
		in   in
		want string
	}{
		{in{}, "SOFTWARE_TOKEN_MFA>"},
		{in{SoftwareTokenMfaSettings: on(true)}, "SOFTWARE_TOKEN_MFA>SOFTWARE_TOKEN_MFA"},
		{in{EmailMfaSettings: email(true, false)}, "SOFTWARE_TOKEN_MFA+EMAIL_OTP>SOFTWARE_TOKEN_MFA"},
		{in{SMSMfaSettings: sms(true, true)}, "SMS_MFA+SOFTWARE_TOKEN_MFA+EMAIL_OTP>SMS_MFA"},
		{in{SoftwareTokenMfaSettings: on(true), SMSMfaSettings: sms(true, false)}, "SMS_MFA+SOFTWARE_TOKEN_MFA+EMAIL_OTP>SOFTWARE_TOKEN_MFA"},
		{in{SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}}, "SMS_MFA+EMAIL_OTP>"}, // false is omitted on the wire
		{in{EmailMfaSettings: email(true, true)}, "SMS_MFA+EMAIL_OTP>EMAIL_OTP"},
		{in{EmailMfaSettings: email(true, false)}, "SMS_MFA+EMAIL_OTP>"},
		{in{SMSMfaSettings: sms(false, false)}, "EMAIL_OTP>"},
		{in{SoftwareTokenMfaSettings: on(false)}, "SOFTWARE_TOKEN_MFA+EMAIL_OTP>"}, // still set up
		{in{EmailMfaSettings: email(false, false), SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}}, ">"},
	}
	for i, tt := range tests {
		b.must(set(tt.in))
		if got := settings(); got != tt.want {
			t.Fatalf("%d: got %s, want %s", i, got, tt.want)
		}
	}
	b.refused(set(in{EmailMfaSettings: email(true, true), SMSMfaSettings: sms(true, true)}), "InvalidParameterException", "Only one MFA method can be set as preferred.")
	b.refused(set(in{EmailMfaSettings: email(false, true)}), "InvalidParameterException", "")
	b.refused(set(in{WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{Enabled: true}}), "InvalidParameterException", "")
	if got := settings(); got != ">" {
		t.Errorf("a refusal changed something: %s", got)
	}
	legacy := func(options ...types.MFAOptionType) error {
		_, err := b.sdk.SetUserSettings(t.Context(), &cognito.SetUserSettingsInput{AccessToken: token, MFAOptions: options})
		return err
	}
	b.must(legacy(types.MFAOptionType{DeliveryMedium: "SMS", AttributeName: aws.String("phone_number")}))
	if got := settings(); got != "SMS_MFA>" {
		t.Errorf("SetUserSettings gave %s", got)
	}
	b.refused(legacy(types.MFAOptionType{DeliveryMedium: "EMAIL", AttributeName: aws.String("email")}), "InvalidParameterException", "")
	b.must(b.sdkErr(b.sdk.AdminSetUserMFAPreference(t.Context(), &cognito.AdminSetUserMFAPreferenceInput{
		UserPoolId: aws.String(b.pool.ID()), Username: aws.String("ann@example.com"), SMSMfaSettings: sms(true, true),
	})))
	if got := settings(); got != "SMS_MFA>SMS_MFA" {
		t.Errorf("AdminSetUserMFAPreference gave %s", got)
	}
}

func (b *bench) sdkErr(_ any, err error) error { return err }

// Codes by SMS and e-mail as second factors, and the choice between several.
func TestSentCodes(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.withPhone("ann@example.com", "+15550001111")
	token := b.tokens("ann@example.com").AccessToken
	secret := b.enrol(token)
	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{
		AccessToken: token, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true}, SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true},
	}))
	b.clock.pass(time.Minute)
	for _, tt := range []struct {
		choice, challenge types.ChallengeNameType
		to, destination   string
	}{
		{"SMS_MFA", "SMS_MFA", "+15550001111", "+*******1111"},
		{"EMAIL_OTP", "EMAIL_OTP", "ann@example.com", "a***@e***"},
		{"EMAIL_MFA", "EMAIL_OTP", "ann@example.com", "a***@e***"},
	} {
		c := b.challenge("ann@example.com", "SELECT_MFA_TYPE")
		if got := c.ChallengeParameters["MFAS_CAN_CHOOSE"]; got != `["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]` {
			t.Fatalf("MFAS_CAN_CHOOSE is %s", got)
		}
		_, err := b.answer("SELECT_MFA_TYPE", c.Session, answersOf("ANSWER", "SIGNAL_MFA"))
		b.refused(err, "MFAMethodNotFoundException", "")
		_, err = b.answer("SELECT_MFA_TYPE", c.Session, answersOf())
		b.refused(err, "InvalidParameterException", "Missing required parameter ANSWER")
		next, err := b.answer("SELECT_MFA_TYPE", c.Session, answersOf("ANSWER", string(tt.choice)))
		b.must(err)
		p := next.ChallengeParameters
		if next.ChallengeName != tt.challenge || p["CODE_DELIVERY_DESTINATION"] != tt.destination || len(p["USER_ID_FOR_SRP"]) != 36 {
			t.Fatalf("%+v", next)
		}
		_, err = b.answer("SELECT_MFA_TYPE", c.Session, answersOf("ANSWER", string(tt.choice)))
		b.refused(err, "NotAuthorizedException", usedSession)
		sent := b.inbox(tt.to)[0]
		if sent.Kind != "MFA" || sent.Medium != p["CODE_DELIVERY_DELIVERY_MEDIUM"] || len(sent.Code) != 6 {
			t.Fatalf("%+v", sent)
		}
		key := string(tt.challenge) + "_CODE"
		for range 6 {
			_, err = b.answer(tt.challenge, next.Session, answersOf(key, wrong(sent.Code)))
			b.refused(err, "CodeMismatchException", "Invalid code or auth state for the user.")
		}
		b.tokensOf(b.answer(tt.challenge, next.Session, answersOf(key, sent.Code)))
		_, err = b.answer(tt.challenge, next.Session, answersOf(key, sent.Code))
		b.refused(err, "NotAuthorizedException", usedSession)
	}
	c := b.challenge("ann@example.com", "SELECT_MFA_TYPE")
	next, err := b.answer("SELECT_MFA_TYPE", c.Session, answersOf("ANSWER", "SOFTWARE_TOKEN_MFA"))
	b.must(err)
	b.tokensOf(b.answer("SOFTWARE_TOKEN_MFA", next.Session, answersOf("SOFTWARE_TOKEN_MFA_CODE", *b.totp(secret, 0))))

	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{AccessToken: token, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true}}))
	mail := b.challenge("ann@example.com", "EMAIL_OTP")
	code := b.lastCode("ann@example.com")
	b.clock.pass(3*time.Minute + time.Second)
	_, err = b.answer("EMAIL_OTP", mail.Session, answersOf("EMAIL_OTP_CODE", code))
	b.refused(err, "NotAuthorizedException", expiredSession)
	mail = b.challenge("ann@example.com", "EMAIL_OTP")
	b.tokensOf(b.answer("EMAIL_OTP", mail.Session, answersOf("EMAIL_MFA_CODE", b.lastCode("ann@example.com"))))
}

// A code sent to an address is void once the user has another address.
func TestCodeOfFormerAddress(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.withPhone("ann@example.com", "+15550001111")
	b.must(b.prefer(cognito.SetUserMFAPreferenceInput{
		AccessToken: b.tokens("ann@example.com").AccessToken, SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true},
	}))
	second := b.challenge("ann@example.com", "SMS_MFA")
	secondCode := b.lastCode("+15550001111")
	first := b.choose("ann@example.com", "SMS_OTP")
	firstCode := b.lastCode("+15550001111")
	b.withPhone("ann@example.com", "+15550002222")
	_, err := b.answer("SMS_MFA", second.Session, answersOf("SMS_MFA_CODE", secondCode))
	b.refused(err, "CodeMismatchException", "Invalid code or auth state for the user.")
	_, err = b.answer("SMS_OTP", first.Session, answersOf("SMS_OTP_CODE", firstCode))
	b.refused(err, "CodeMismatchException", "Invalid code or auth state for the user.")
}
