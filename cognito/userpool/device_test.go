package userpool_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// device holds the device data that a client stores.
type device struct{ key, group, password string }

// secret returns what a client sends with ConfirmDevice, computed independently of the product.
func (d *device) secret(t *testing.T) *types.DeviceSecretVerifierConfigType {
	t.Helper()
	random := make([]byte, 56)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	d.password = base64.StdEncoding.EncodeToString(random[:40])
	salt := pad(new(big.Int).SetBytes(random[40:]))
	inner := sha256.Sum256([]byte(d.group + d.key + ":" + d.password))
	v := new(big.Int).Exp(big.NewInt(2), digest(salt, inner[:]), newSRPClient(t).n)
	encode := base64.StdEncoding.EncodeToString
	return &types.DeviceSecretVerifierConfigType{Salt: aws.String(encode(salt)), PasswordVerifier: aws.String(encode(pad(v)))}
}

func (b *bench) confirmDevice(token *string, d *device) (*cognito.ConfirmDeviceOutput, error) {
	return b.sdk.ConfirmDevice(b.Context(), &cognito.ConfirmDeviceInput{
		AccessToken: token, DeviceKey: &d.key, DeviceName: aws.String("laptop"), DeviceSecretVerifierConfig: d.secret(b.T),
	})
}

// trackingPool creates a pool that tracks devices, with the user ann.
func (b *bench) trackingPool(challenge, prompt bool) *types.UserPoolType {
	b.Helper()
	pool := b.newPool(&cognito.CreateUserPoolInput{
		PoolName: aws.String("tracking"), UsernameAttributes: []types.UsernameAttributeType{"email"},
		AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		DeviceConfiguration:    &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: challenge, DeviceOnlyRememberedOnUserPrompt: prompt},
	})
	b.member("ann@example.com")
	return pool
}

// newDevice signs ann in without a device, which returns a new, unconfirmed one.
func (b *bench) newDevice() (*types.AuthenticationResultType, *device) {
	b.Helper()
	result := b.tokens("ann@example.com")
	if result.NewDeviceMetadata == nil {
		b.Fatal("no NewDeviceMetadata")
	}
	return result, &device{key: *result.NewDeviceMetadata.DeviceKey, group: *result.NewDeviceMetadata.DeviceGroupKey}
}

// rememberedDevice is newDevice with the device confirmed.
func (b *bench) rememberedDevice() (*types.AuthenticationResultType, *device) {
	b.Helper()
	result, d := b.newDevice()
	b.must(b.sdkErr(b.confirmDevice(result.AccessToken, d)))
	return result, d
}

func (b *bench) signInOn(d *device) (*cognito.InitiateAuthOutput, error) {
	return b.auth("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "ann@example.com", "PASSWORD": goodPassword, "DEVICE_KEY": d.key})
}

func (b *bench) refreshOn(token *string, deviceKey string) (*cognito.InitiateAuthOutput, error) {
	return b.auth("REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": *token, "DEVICE_KEY": deviceKey})
}

func (b *bench) getDevice(token *string, deviceKey string) (*cognito.GetDeviceOutput, error) {
	return b.sdk.GetDevice(b.Context(), &cognito.GetDeviceInput{AccessToken: token, DeviceKey: &deviceKey})
}

func (b *bench) forgetDevice(token *string, deviceKey string) error {
	return b.sdkErr(b.sdk.ForgetDevice(b.Context(), &cognito.ForgetDeviceInput{AccessToken: token, DeviceKey: &deviceKey}))
}

func (b *bench) setStatus(token *string, deviceKey string, status types.DeviceRememberedStatusType) error {
	return b.sdkErr(b.sdk.UpdateDeviceStatus(b.Context(), &cognito.UpdateDeviceStatusInput{
		AccessToken: token, DeviceKey: &deviceKey, DeviceRememberedStatus: status,
	}))
}

// deviceProof answers DEVICE_SRP_AUTH and returns the answers to DEVICE_PASSWORD_VERIFIER, as the official clients do.
func (b *bench) deviceProof(session *string, d *device) (*string, map[string]string) {
	b.Helper()
	srp := newSRPClient(b.T)
	out, err := b.answer("DEVICE_SRP_AUTH", session, map[string]string{"USERNAME": "ann@example.com", "DEVICE_KEY": d.key, "SRP_A": srp.public.Text(16)})
	b.must(err)
	if out.ChallengeName != "DEVICE_PASSWORD_VERIFIER" || out.ChallengeParameters["DEVICE_KEY"] != d.key || out.ChallengeParameters["USERNAME"] == "" {
		b.Fatalf("%+v", out)
	}
	given := maps.Clone(out.ChallengeParameters)
	given["USER_ID_FOR_SRP"] = d.key
	answers := srp.answers(b.T, "group_"+d.group, d.password, given, b.clock.Now())
	answers["USERNAME"], answers["DEVICE_KEY"] = "ann@example.com", d.key
	return out.Session, answers
}

func (b *bench) prove(session *string, d *device) (*cognito.RespondToAuthChallengeOutput, error) {
	b.Helper()
	next, answers := b.deviceProof(session, d)
	return b.answer("DEVICE_PASSWORD_VERIFIER", next, answers)
}

// payload reads the claims of a token of any pool.
func (b *bench) payload(token *string) map[string]any {
	b.Helper()
	var claims map[string]any
	b.must(json.Unmarshal(must64(strings.Split(*token, ".")[1]), &claims))
	return claims
}

func deviceAttribute(d *types.DeviceType, name string) string {
	return valueOf(d.DeviceAttributes, name)
}

func TestNoDevicesByDefault(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	result := b.tokens("ann@example.com")
	_, claims := b.claims(result.AccessToken)
	if result.NewDeviceMetadata != nil || claims["device_key"] != nil {
		t.Errorf("%+v %v", result.NewDeviceMetadata, claims)
	}
	d := &device{key: "us-east-1_00000000-0000-0000-0000-000000000000"}
	_, err := b.confirmDevice(result.AccessToken, d)
	b.refused(err, "InvalidUserPoolConfigurationException", "")
	list, err := b.sdk.ListDevices(t.Context(), &cognito.ListDevicesInput{AccessToken: result.AccessToken})
	b.must(err)
	if len(list.Devices) != 0 {
		t.Errorf("%+v", list.Devices)
	}
	_, err = b.signInOn(d) // from a client with an old key
	b.must(err)
}

func TestConfirmDevice(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.trackingPool(true, false)
	result, d := b.newDevice()
	if !regexp.MustCompile(`^us-east-1_[0-9a-f-]{36}$`).MatchString(d.key) || !regexp.MustCompile(`^-[0-9A-Za-z]{8}$`).MatchString(d.group) {
		t.Errorf("%+v", d)
	}
	if claims := b.payload(result.AccessToken); claims["device_key"] != d.key {
		t.Errorf("%v", claims)
	}
	other, second := b.newDevice()
	if second.key == d.key || second.group != d.group {
		t.Errorf("%+v %+v", d, second)
	}
	const missing = "Device does not exist."
	_, err := b.getDevice(result.AccessToken, d.key) // not confirmed yet
	b.refused(err, "ResourceNotFoundException", missing)
	for _, secret := range []*types.DeviceSecretVerifierConfigType{
		nil,
		{},
		{Salt: aws.String("AA=="), PasswordVerifier: aws.String("")},
		{Salt: aws.String("?"), PasswordVerifier: aws.String("AgI=")},
		{Salt: aws.String("AA=="), PasswordVerifier: aws.String("AQ==")},
		{Salt: aws.String("AA=="), PasswordVerifier: aws.String(base64.StdEncoding.EncodeToString(newSRPClient(t).n.Bytes()))},
	} {
		_, err := b.sdk.ConfirmDevice(t.Context(), &cognito.ConfirmDeviceInput{AccessToken: result.AccessToken, DeviceKey: &d.key, DeviceSecretVerifierConfig: secret})
		b.refused(err, "InvalidParameterException", "")
	}
	_, err = b.confirmDevice(result.AccessToken, &device{key: "us-east-1_00000000-0000-0000-0000-000000000000", group: d.group})
	b.refused(err, "ResourceNotFoundException", missing)
	_, err = b.confirmDevice(result.AccessToken, &device{key: "nothing", group: d.group})
	b.refused(err, "InvalidParameterException", `1 validation error detected: Value 'nothing' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+`)
	done, err := b.confirmDevice(result.AccessToken, d)
	b.must(err)
	if done.UserConfirmationNecessary {
		t.Error("confirmation by the user is required")
	}
	_, err = b.confirmDevice(result.AccessToken, d)
	b.refused(err, "DeviceKeyExistsException", "")
	b.must(b.sdkErr(b.confirmDevice(result.AccessToken, second))) // with another token of the same user
	b.must(b.sdkErr(b.refreshOn(other.RefreshToken, second.key)))

	b.member("bob@example.com")
	bob := b.tokens("bob@example.com")
	_, err = b.getDevice(bob.AccessToken, d.key)
	b.refused(err, "ResourceNotFoundException", missing)
	_, err = b.confirmDevice(bob.AccessToken, &device{key: *bob.NewDeviceMetadata.DeviceKey})
	b.must(err)
	b.refused(b.forgetDevice(bob.AccessToken, d.key), "ResourceNotFoundException", missing)
}

func TestDeviceAttributes(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.trackingPool(false, true)
	result, d := b.newDevice()
	created := b.clock.Now()
	done, err := b.confirmDevice(result.AccessToken, d)
	b.must(err)
	if !done.UserConfirmationNecessary {
		t.Error("confirmation by the user is not required")
	}
	got, err := b.getDevice(result.AccessToken, d.key)
	b.must(err)
	for name, want := range map[string]string{
		"device_status": "valid", "device_name": "laptop", "last_ip_used": "127.0.0.1", "dev:device_remembered_status": "not_remembered",
	} {
		if value := deviceAttribute(got.Device, name); value != want {
			t.Errorf("%s is %q", name, value)
		}
	}
	b.clock.pass(time.Hour - time.Minute)
	b.must(b.setStatus(result.AccessToken, d.key, "remembered"))
	modified := b.clock.Now()
	b.clock.pass(time.Second)
	again, err := b.signInOn(d)
	b.must(err)
	if again.AuthenticationResult == nil || again.AuthenticationResult.NewDeviceMetadata != nil {
		t.Fatalf("%+v", again)
	}
	got, err = b.getDevice(again.AuthenticationResult.AccessToken, d.key)
	b.must(err)
	if deviceAttribute(got.Device, "dev:device_remembered_status") != "remembered" || !got.Device.DeviceCreateDate.Equal(created) ||
		!got.Device.DeviceLastModifiedDate.Equal(modified) || !got.Device.DeviceLastAuthenticatedDate.Equal(b.clock.Now()) {
		t.Errorf("%+v", got.Device)
	}
	b.refused(b.setStatus(result.AccessToken, d.key, "forgotten"), "InvalidParameterException",
		"1 validation error detected: Value 'forgotten' at 'deviceRememberedStatus' failed to satisfy constraint: Member must satisfy enum value set: [remembered, not_remembered]")

	name := aws.String("ann@example.com")
	_, err = b.sdk.AdminUpdateDeviceStatus(t.Context(), &cognito.AdminUpdateDeviceStatusInput{UserPoolId: pool.Id, Username: name, DeviceKey: &d.key, DeviceRememberedStatus: "not_remembered"})
	b.must(err)
	byAdmin, err := b.sdk.AdminGetDevice(t.Context(), &cognito.AdminGetDeviceInput{UserPoolId: pool.Id, Username: name, DeviceKey: &d.key})
	b.must(err)
	if *byAdmin.Device.DeviceKey != d.key || deviceAttribute(byAdmin.Device, "dev:device_remembered_status") != "not_remembered" {
		t.Errorf("%+v", byAdmin.Device)
	}
	_, err = b.sdk.AdminForgetDevice(t.Context(), &cognito.AdminForgetDeviceInput{UserPoolId: pool.Id, Username: name, DeviceKey: &d.key})
	b.must(err)
	_, err = b.sdk.AdminGetDevice(t.Context(), &cognito.AdminGetDeviceInput{UserPoolId: pool.Id, Username: name, DeviceKey: &d.key})
	b.refused(err, "ResourceNotFoundException", "Device does not exist.")
	_, err = b.sdk.AdminForgetDevice(t.Context(), &cognito.AdminForgetDeviceInput{UserPoolId: pool.Id, Username: aws.String("nobody"), DeviceKey: &d.key})
	b.refused(err, "UserNotFoundException", "User does not exist.")
}

func TestListDevices(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.trackingPool(false, false)
	want := map[string]bool{}
	var token *string
	for range 5 {
		result, d := b.rememberedDevice()
		want[d.key], token = true, result.AccessToken
	}
	b.newDevice() // unconfirmed
	for _, list := range []func(limit int32, next *string) ([]types.DeviceType, *string, error){
		func(limit int32, next *string) ([]types.DeviceType, *string, error) {
			out, err := b.sdk.ListDevices(t.Context(), &cognito.ListDevicesInput{AccessToken: token, Limit: &limit, PaginationToken: next})
			if err != nil {
				return nil, nil, err
			}
			return out.Devices, out.PaginationToken, nil
		},
		func(limit int32, next *string) ([]types.DeviceType, *string, error) {
			out, err := b.sdk.AdminListDevices(t.Context(), &cognito.AdminListDevicesInput{UserPoolId: pool.Id, Username: aws.String("ann@example.com"), Limit: &limit, PaginationToken: next})
			if err != nil {
				return nil, nil, err
			}
			return out.Devices, out.PaginationToken, nil
		},
	} {
		seen := map[string]bool{}
		var next *string
		for pages := 0; pages == 0 || next != nil; pages++ {
			devices, after, err := list(2, next)
			b.must(err)
			for _, d := range devices {
				seen[*d.DeviceKey] = true
			}
			if len(devices) > 2 || pages > 2 {
				t.Fatalf("page %d has %d", pages, len(devices))
			}
			next = after
		}
		if !maps.Equal(seen, want) {
			t.Errorf("%v", seen)
		}
		_, _, err := list(61, nil)
		b.refused(err, "InvalidParameterException", "1 validation error detected: Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60")
		_, _, err = list(1, aws.String("made-up"))
		b.refused(err, "InvalidParameterException", "")
	}
}

// A refresh token works for the device that it was issued to, from its confirmation until it is forgotten.
func TestDeviceRefresh(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.trackingPool(false, false)
	result, d := b.newDevice()
	byToken := func(deviceKey *string) error {
		return b.sdkErr(b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{
			ClientId: b.client, RefreshToken: result.RefreshToken, DeviceKey: deviceKey,
		}))
	}
	refusedAll := func(deviceKey string) {
		t.Helper()
		_, err := b.refreshOn(result.RefreshToken, deviceKey)
		b.refused(err, "NotAuthorizedException", "Invalid Refresh Token")
		b.refused(byToken(&deviceKey), "NotAuthorizedException", "Invalid Refresh Token.")
	}
	refusedAll(d.key)
	b.must(b.sdkErr(b.confirmDevice(result.AccessToken, d)))
	_, other := b.rememberedDevice()
	refusedAll(other.key)
	_, err := b.refresh(result.RefreshToken)
	b.refused(err, "NotAuthorizedException", "Invalid Refresh Token")
	b.refused(byToken(nil), "NotAuthorizedException", "Invalid Refresh Token.")
	b.must(byToken(&d.key))
	refreshed, err := b.refreshOn(result.RefreshToken, d.key)
	b.must(err)
	if claims := b.payload(refreshed.AuthenticationResult.AccessToken); claims["device_key"] != d.key || refreshed.AuthenticationResult.NewDeviceMetadata != nil {
		t.Errorf("%v", claims)
	}
	b.must(b.setStatus(result.AccessToken, d.key, "not_remembered"))
	b.must(byToken(&d.key))

	b.must(b.forgetDevice(result.AccessToken, d.key))
	b.refused(b.forgetDevice(result.AccessToken, d.key), "ResourceNotFoundException", "Device does not exist.")
	refusedAll(d.key)
	_, err = b.confirmDevice(result.AccessToken, d) // which does not restore it
	b.refused(err, "ResourceNotFoundException", "Device does not exist.")
	b.must(b.sdkErr(b.getUser(result.AccessToken)))
}

func TestDeviceSignIn(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := b.trackingPool(true, false)
	result, d := b.rememberedDevice()
	for range 8 { // numbers with high and low first bits
		out, err := b.signInOn(d)
		b.must(err)
		if out.ChallengeName != "DEVICE_SRP_AUTH" || out.Session == nil {
			t.Fatalf("%+v", out)
		}
		done, err := b.prove(out.Session, d)
		b.must(err)
		claims := b.payload(done.AuthenticationResult.AccessToken)
		if claims["device_key"] != d.key || done.AuthenticationResult.NewDeviceMetadata != nil {
			t.Errorf("%v", claims)
		}
		b.must(b.sdkErr(b.refreshOn(done.AuthenticationResult.RefreshToken, d.key)))
	}
	// With SRP, the key comes with the proof.
	srp := newSRPClient(t)
	out, err := b.auth("USER_SRP_AUTH", map[string]string{"USERNAME": "ann@example.com", "SRP_A": srp.public.Text(16)})
	b.must(err)
	answers := srp.answers(t, *pool.Id, goodPassword, out.ChallengeParameters, b.clock.Now())
	answers["DEVICE_KEY"] = d.key
	next, err := b.answer("PASSWORD_VERIFIER", nil, answers)
	b.must(err)
	if next.ChallengeName != "DEVICE_SRP_AUTH" {
		t.Fatalf("%+v", next)
	}
	b.must(b.sdkErr(b.prove(next.Session, d)))

	_, err = b.signInOn(&device{key: "us-east-1_00000000-0000-0000-0000-000000000000"})
	b.refused(err, "ResourceNotFoundException", "Device does not exist.")
	_, err = b.auth("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "ann@example.com", "PASSWORD": "wrong", "DEVICE_KEY": "us-east-1_0"})
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.") // the password comes first

	b.must(b.setStatus(result.AccessToken, d.key, "not_remembered"))
	plain, err := b.signInOn(d)
	b.must(err)
	if plain.AuthenticationResult == nil || plain.AuthenticationResult.NewDeviceMetadata != nil {
		t.Fatalf("%+v", plain)
	}
}

func TestDeviceSignInRefusals(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.trackingPool(true, false)
	result, d := b.rememberedDevice()
	_, other := b.rememberedDevice()
	begin := func() *string {
		t.Helper()
		out, err := b.signInOn(d)
		b.must(err)
		return out.Session
	}
	const incorrect = "Incorrect username or password."
	wrong := *d
	wrong.password = other.password
	_, err := b.prove(begin(), &wrong)
	b.refused(err, "NotAuthorizedException", incorrect)

	for range 19 {
		_, err := b.prove(begin(), &wrong)
		b.refused(err, "NotAuthorizedException", incorrect)
	}
	_, err = b.prove(begin(), d)
	b.refused(err, "NotAuthorizedException", "Password attempts exceeded")
	b.clock.pass(time.Second)
	b.must(b.sdkErr(b.prove(begin(), d)))

	session := begin()
	next, answers := b.deviceProof(session, d)
	srp := newSRPClient(t)
	ask := map[string]string{"USERNAME": "ann@example.com", "DEVICE_KEY": d.key, "SRP_A": srp.public.Text(16)}
	_, err = b.answer("DEVICE_SRP_AUTH", session, ask)
	b.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	_, err = b.answer("DEVICE_PASSWORD_VERIFIER", session, answers) // from the previous step
	b.refused(err, "NotAuthorizedException", "Invalid session for the user.")
	_, foreign := b.deviceProof(begin(), d)
	_, err = b.answer("DEVICE_PASSWORD_VERIFIER", next, foreign) // with the block of another sign-in
	b.refused(err, "NotAuthorizedException", incorrect)
	b.must(b.sdkErr(b.answer("DEVICE_PASSWORD_VERIFIER", next, answers)))
	_, err = b.answer("DEVICE_PASSWORD_VERIFIER", next, answers)
	b.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")

	for _, change := range []struct{ name, value, exception string }{
		{"DEVICE_KEY", other.key, "ResourceNotFoundException"},
		{"DEVICE_KEY", "", "InvalidParameterException"},
		{"SRP_A", "", "InvalidParameterException"},
		{"SRP_A", srp.n.Text(16), "InvalidParameterException"},
	} {
		given := maps.Clone(ask)
		given[change.name] = change.value
		_, err = b.answer("DEVICE_SRP_AUTH", begin(), given)
		b.refused(err, change.exception, "")
	}
	_, err = b.answer("DEVICE_SRP_AUTH", nil, ask)
	b.refused(err, "InvalidParameterException", "Missing required parameter Session")

	next, answers = b.deviceProof(begin(), d)
	b.clock.pass(time.Minute + time.Second)
	_, err = b.answer("DEVICE_PASSWORD_VERIFIER", next, answers)
	b.refused(err, "NotAuthorizedException", incorrect)

	next, answers = b.deviceProof(begin(), d)
	b.must(b.setStatus(result.AccessToken, d.key, "not_remembered"))
	_, err = b.answer("DEVICE_PASSWORD_VERIFIER", next, answers)
	b.refused(err, "NotAuthorizedException", "Invalid session for the user.")
	b.must(b.setStatus(result.AccessToken, d.key, "remembered"))

	next, answers = b.deviceProof(begin(), d)
	b.must(b.forgetDevice(result.AccessToken, d.key))
	_, err = b.answer("DEVICE_PASSWORD_VERIFIER", next, answers)
	b.refused(err, "ResourceNotFoundException", "Device does not exist.")
	_, err = b.signInOn(d)
	b.refused(err, "ResourceNotFoundException", "Device does not exist.")
}
