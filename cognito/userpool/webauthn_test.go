package userpool_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Flags of authenticator data (Web Authentication, section 6.1).
const (
	userPresent    = 1
	userVerified   = 4
	backupEligible = 8
	backedUp       = 16
	attested       = 64
)

// authenticator is a browser with one passkey. Tests set its fields to forge responses.
type authenticator struct {
	key     crypto.Signer
	id      []byte
	aaguid  []byte
	handle  string // the user's; empty to send none
	flags   byte
	counter uint32

	origin, relyingParty string
	ceremony             string // "" for the expected one
	challenge            string // "" for that of the options
	format               string // of the attestation
	crossOrigin          bool
	offCurve             bool // the public key is not on its curve
	transports           []string
	attachment           string
}

func newAuthenticator(t *testing.T, algorithm int) *authenticator {
	t.Helper()
	a := &authenticator{
		id: make([]byte, 32), aaguid: make([]byte, 16), flags: userPresent | userVerified, origin: "http://localhost:5173",
		relyingParty: "localhost", format: "none", transports: []string{"internal", "hybrid", "made-up"}, attachment: "platform",
	}
	_, _ = rand.Read(a.id)
	var err error
	switch algorithm {
	case -7:
		a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case -8:
		a.key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		a.key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// with returns a changed copy of the authenticator.
func (a *authenticator) with(change func(*authenticator)) *authenticator {
	other := *a
	change(&other)
	return &other
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func must64(text string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// publicKey is a COSE_Key (RFC 9052, RFC 9053, RFC 8230).
func (a *authenticator) publicKey() []byte {
	var fields map[int]any
	switch key := a.key.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		half := len(point) / 2
		if a.offCurve {
			point[1] ^= 1
		}
		fields = map[int]any{1: 2, 3: -7, -1: 1, -2: point[1 : 1+half], -3: point[1+half:]}
		if half > 32 {
			fields[3], fields[-1] = -35, 2
		}
	case *rsa.PublicKey:
		fields = map[int]any{1: 3, 3: -257, -1: key.N.Bytes(), -2: []byte{1, 0, 1}}
	}
	return encode(fields)
}

func encode(v any) []byte {
	raw, err := webauthncbor.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func (a *authenticator) data(flags byte) []byte {
	sum := sha256.Sum256([]byte(a.relyingParty))
	out := append(sum[:], flags)
	out = binary.BigEndian.AppendUint32(out, a.counter)
	if flags&attested == 0 {
		return out
	}
	out = append(out, a.aaguid...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(a.id)))
	return append(append(out, a.id...), a.publicKey()...)
}

func (a *authenticator) clientData(ceremony, challenge string) []byte {
	if a.ceremony != "" {
		ceremony = a.ceremony
	}
	if a.challenge != "" {
		challenge = a.challenge
	}
	raw, err := json.Marshal(map[string]any{"type": ceremony, "challenge": challenge, "origin": a.origin, "crossOrigin": a.crossOrigin})
	if err != nil {
		panic(err)
	}
	return raw
}

func (a *authenticator) sign(data, clientData []byte) []byte {
	hash := sha256.Sum256(clientData)
	sum := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := a.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return signature
}

// create is navigator.credentials.create and toJSON.
func (a *authenticator) create(challenge string) map[string]any {
	data, client := a.data(a.flags|attested), a.clientData("webauthn.create", challenge)
	statement := map[string]any{}
	if a.format != "none" {
		statement = map[string]any{"alg": -7, "sig": a.sign(data, client)}
	}
	return map[string]any{
		"id": text64(a.id), "rawId": text64(a.id), "type": "public-key", "authenticatorAttachment": a.attachment,
		"clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": text64(client), "transports": a.transports,
			"attestationObject": text64(encode(map[string]any{"fmt": a.format, "attStmt": statement, "authData": data})),
		},
	}
}

// get is navigator.credentials.get and toJSON.
func (a *authenticator) get(challenge string) map[string]any {
	data, client := a.data(a.flags), a.clientData("webauthn.get", challenge)
	return map[string]any{
		"id": text64(a.id), "rawId": text64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": text64(client), "authenticatorData": text64(data), "signature": text64(a.sign(data, client)),
			"userHandle": text64([]byte(a.handle)),
		},
	}
}

// creationOptions is read from an SDK's document, which writes numbers as text.
type creationOptions struct {
	RP               struct{ ID, Name string }
	User             struct{ ID, Name, DisplayName string }
	Challenge        string
	PubKeyCredParams []struct {
		Type string
		Alg  int `json:",string"`
	}
	Timeout                int `json:",string"`
	ExcludeCredentials     []descriptor
	AuthenticatorSelection struct {
		ResidentKey, UserVerification string
		RequireResidentKey            bool
	}
}

type descriptor struct {
	ID, Type   string
	Transports []string
}

type requestOptions struct {
	Challenge, RPID, UserVerification string
	Timeout                           int
	AllowCredentials                  []descriptor
}

func (b *bench) startPasskey(token *string) (options creationOptions, err error) {
	b.Helper()
	out, err := b.sdk.StartWebAuthnRegistration(b.Context(), &cognito.StartWebAuthnRegistrationInput{AccessToken: token})
	if err != nil {
		return options, err
	}
	var document map[string]any // an object, not text
	b.must(out.CredentialCreationOptions.UnmarshalSmithyDocument(&document))
	raw, err := json.Marshal(document)
	b.must(err)
	return options, json.Unmarshal(raw, &options)
}

func (b *bench) completePasskey(token *string, credential any) error {
	_, err := b.sdk.CompleteWebAuthnRegistration(b.Context(), &cognito.CompleteWebAuthnRegistrationInput{
		AccessToken: token, Credential: document.NewLazyDocument(credential),
	})
	return err
}

// registers registers an authenticator for a user and returns the error.
func (b *bench) registers(token *string, a *authenticator) error {
	b.Helper()
	options, err := b.startPasskey(token)
	b.must(err)
	a.handle = string(must64(options.User.ID))
	return b.completePasskey(token, a.create(options.Challenge))
}

func (b *bench) listPasskeys(token *string, most int32, next *string) *cognito.ListWebAuthnCredentialsOutput {
	b.Helper()
	out, err := b.sdk.ListWebAuthnCredentials(b.Context(), &cognito.ListWebAuthnCredentialsInput{AccessToken: token, MaxResults: &most, NextToken: next})
	b.must(err)
	return out
}

func (b *bench) deletePasskey(token *string, id string) error {
	_, err := b.sdk.DeleteWebAuthnCredential(b.Context(), &cognito.DeleteWebAuthnCredentialInput{AccessToken: token, CredentialId: &id})
	return err
}

// passkeyChallenge begins a sign-in with a passkey.
func (b *bench) passkeyChallenge(name string) (*string, requestOptions) {
	b.Helper()
	out, err := b.auth("USER_AUTH", map[string]string{"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN"})
	b.must(err)
	var options requestOptions
	if out.ChallengeName != "WEB_AUTHN" {
		b.Fatalf("no WEB_AUTHN but %s %v", out.ChallengeName, out.AvailableChallenges)
	}
	b.must(json.Unmarshal([]byte(out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]), &options))
	return out.Session, options
}

func (b *bench) answerPasskey(name string, session *string, assertion map[string]any) (*cognito.RespondToAuthChallengeOutput, error) {
	b.Helper()
	return b.answer("WEB_AUTHN", session, map[string]string{"USERNAME": name, "CREDENTIAL": asText(b.T, assertion)})
}

func asText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (b *bench) passkeySignIn(name string, a *authenticator) (*cognito.RespondToAuthChallengeOutput, error) {
	b.Helper()
	session, options := b.passkeyChallenge(name)
	return b.answerPasskey(name, session, a.get(options.Challenge))
}

func TestPasskeyRegistration(t *testing.T) {
	t.Parallel()
	b := start(t)
	sub := b.member("ann@example.com", attr("name", "Ann"))
	token := b.tokens("ann@example.com").AccessToken
	options, err := b.startPasskey(token)
	b.must(err)
	if options.RP.ID != "localhost" || options.RP.Name == "" || options.Timeout == 0 || len(options.ExcludeCredentials) != 0 ||
		options.User.ID != text64([]byte(sub)) || options.User.Name != "ann@example.com" || options.User.DisplayName != "Ann" {
		t.Errorf("%+v", options)
	}
	if fmt.Sprint(options.PubKeyCredParams) != "[{public-key -7} {public-key -257}]" || len(must64(options.Challenge)) < 16 {
		t.Errorf("%+v", options)
	}
	if s := options.AuthenticatorSelection; s.ResidentKey != "required" || !s.RequireResidentKey || s.UserVerification != "preferred" {
		t.Errorf("%+v", s)
	}
	var ids []string
	for _, change := range []func(*authenticator){
		func(a *authenticator) {
			a.aaguid = []byte("\xfb\xfc\x30\x07\x15\x4e\x4e\xcc\x8c\x0b\x6e\x02\x05\x57\xd7\xbd")
			a.flags |= backupEligible | backedUp
		},
		func(a *authenticator) { a.format, a.attachment = "packed", "cross-platform" },
		func(a *authenticator) { a.flags, a.transports, a.attachment = userPresent, nil, "" }, // verification is only preferred
		func(a *authenticator) { a.origin = "https://app.localhost" },
	} {
		a := newAuthenticator(t, -7).with(change)
		b.must(b.registers(token, a))
		ids = append(ids, text64(a.id))
	}
	rs := newAuthenticator(t, -257)
	b.must(b.registers(token, rs))
	ids = append(ids, text64(rs.id))

	options, err = b.startPasskey(token)
	b.must(err)
	if len(options.ExcludeCredentials) != 5 || options.ExcludeCredentials[0].Type != "public-key" {
		t.Errorf("%+v", options.ExcludeCredentials)
	}
	found := map[string]types.WebAuthnCredentialDescription{}
	var next *string
	for {
		page := b.listPasskeys(token, 2, next)
		for _, c := range page.Credentials {
			found[*c.CredentialId] = c
		}
		if next = page.NextToken; next == nil {
			break
		}
	}
	if len(found) != 5 || len(b.listPasskeys(token, 20, nil).Credentials) != 5 {
		t.Fatalf("%+v", found)
	}
	first, second, third := found[ids[0]], found[ids[1]], found[ids[2]]
	if *first.FriendlyCredentialName != "iCloud Keychain" || *first.RelyingPartyId != "localhost" || *first.AuthenticatorAttachment != "platform" ||
		!slices.Equal(first.AuthenticatorTransports, []string{"hybrid", "internal"}) || !first.CreatedAt.Equal(b.clock.Now()) {
		t.Errorf("%+v", first)
	}
	if *second.FriendlyCredentialName != "Security key" || third.AuthenticatorAttachment != nil || third.AuthenticatorTransports == nil {
		t.Errorf("%+v %+v", second, third)
	}
	b.must(b.deletePasskey(token, ids[0]))
	b.refused(b.deletePasskey(token, ids[0]), "ResourceNotFoundException", "")
	if len(b.listPasskeys(token, 20, nil).Credentials) != 4 {
		t.Error("the passkey is still there")
	}
	if _, err := b.passkeySignIn("ann@example.com", rs); err != nil {
		t.Error(err)
	}
	_, err = b.sdk.ListWebAuthnCredentials(t.Context(), &cognito.ListWebAuthnCredentialsInput{AccessToken: token, MaxResults: aws.Int32(21)})
	b.refused(err, "InvalidParameterException", "1 validation error detected: Value '21' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 20")
	_, err = b.sdk.ListWebAuthnCredentials(t.Context(), &cognito.ListWebAuthnCredentialsInput{AccessToken: token, NextToken: aws.String("made-up")})
	b.refused(err, "InvalidParameterException", "")
}

func TestPasskeyRegistrationRefusals(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	es256, es384 := newAuthenticator(t, -7), newAuthenticator(t, -8)
	for name, try := range map[string]struct {
		from      *authenticator
		change    func(*authenticator)
		exception string
	}{
		"origin":            {es256, func(a *authenticator) { a.origin = "https://evil.example" }, "WebAuthnOriginNotAllowedException"},
		"origin by suffix":  {es256, func(a *authenticator) { a.origin = "https://evillocalhost" }, "WebAuthnOriginNotAllowedException"},
		"origin by prefix":  {es256, func(a *authenticator) { a.origin = "http://localhost.evil.example" }, "WebAuthnOriginNotAllowedException"},
		"origin with user":  {es256, func(a *authenticator) { a.origin = "http://localhost@evil.example" }, "WebAuthnOriginNotAllowedException"},
		"origin with path":  {es256, func(a *authenticator) { a.origin = "http://localhost/page" }, "WebAuthnOriginNotAllowedException"},
		"no origin":         {es256, func(a *authenticator) { a.origin = "" }, "WebAuthnOriginNotAllowedException"},
		"frame":             {es256, func(a *authenticator) { a.crossOrigin = true }, "WebAuthnOriginNotAllowedException"},
		"relying party":     {es256, func(a *authenticator) { a.relyingParty = "example.com" }, "WebAuthnRelyingPartyMismatchException"},
		"challenge":         {es256, func(a *authenticator) { a.challenge = text64(make([]byte, 32)) }, "WebAuthnChallengeNotFoundException"},
		"ceremony":          {es256, func(a *authenticator) { a.ceremony = "webauthn.get" }, "InvalidParameterException"},
		"absent user":       {es256, func(a *authenticator) { a.flags = userVerified }, "WebAuthnCredentialNotSupportedException"},
		"flags":             {es256, func(a *authenticator) { a.flags |= backedUp }, "WebAuthnCredentialNotSupportedException"},
		"attestation":       {es256, func(a *authenticator) { a.format = "tpm" }, "WebAuthnCredentialNotSupportedException"},
		"algorithm":         {es384, func(*authenticator) {}, "WebAuthnCredentialNotSupportedException"},
		"key":               {es256, func(a *authenticator) { a.offCurve = true }, "WebAuthnCredentialNotSupportedException"},
		"packed, other key": {es256, func(a *authenticator) { a.format, a.key = "packed", swapped{a.key, es384.key} }, "WebAuthnCredentialNotSupportedException"},
	} {
		if err := b.registers(token, try.from.with(try.change)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), try.exception) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, credential := range []any{"text", map[string]any{}, map[string]any{"id": "AA", "rawId": "AA", "type": "public-key", "response": map[string]any{}}} {
		b.refused(b.completePasskey(token, credential), "InvalidParameterException", "")
	}
	options, err := b.startPasskey(token)
	b.must(err)
	broken := es256.create(options.Challenge)
	broken["rawId"] = text64(make([]byte, 32))
	b.refused(b.completePasskey(token, broken), "InvalidParameterException", "")
	if n := len(b.listPasskeys(token, 20, nil).Credentials); n != 0 {
		t.Errorf("%d passkeys were stored", n)
	}
}

// swapped has the public key of one pair but signs with another.
type swapped struct {
	crypto.Signer
	other crypto.Signer
}

func (s swapped) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return s.other.Sign(r, digest, o)
}

// A challenge can be answered once, by the same user and client, within five minutes.
func TestPasskeyRegistrationChallenge(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.member("bob@example.com")
	ann, bob := b.tokens("ann@example.com").AccessToken, b.tokens("bob@example.com").AccessToken
	const lost = "WebAuthnChallengeNotFoundException"
	first, second := newAuthenticator(t, -7), newAuthenticator(t, -7)
	options, err := b.startPasskey(ann)
	b.must(err)
	b.refused(b.completePasskey(bob, first.create(options.Challenge)), lost, "")
	b.must(b.completePasskey(ann, first.create(options.Challenge)))
	b.refused(b.completePasskey(ann, second.create(options.Challenge)), lost, "")

	options, err = b.startPasskey(ann) // a wrong answer consumes it too
	b.must(err)
	evil := second.with(func(a *authenticator) { a.origin = "https://evil.example" })
	b.refused(b.completePasskey(ann, evil.create(options.Challenge)), "WebAuthnOriginNotAllowedException", "")
	b.refused(b.completePasskey(ann, second.create(options.Challenge)), lost, "")

	options, err = b.startPasskey(ann)
	b.must(err)
	b.clock.pass(5*time.Minute + time.Second)
	b.refused(b.completePasskey(ann, second.create(options.Challenge)), lost, "")

	options, err = b.startPasskey(ann)
	b.must(err)
	session, request := b.passkeyChallenge("ann@example.com") // for the other ceremony
	b.refused(b.completePasskey(ann, second.create(request.Challenge)), lost, "")
	_, err = b.answerPasskey("ann@example.com", session, first.get(options.Challenge))
	b.refused(err, "NotAuthorizedException", "Incorrect username or password.")

	b.refused(b.registers(bob, first), "WebAuthnCredentialNotSupportedException", "") // it is ann's
	b.refused(b.registers(ann, first), "WebAuthnCredentialNotSupportedException", "")

	other, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{
		UserPoolId: aws.String(b.pool.ID()), ClientName: aws.String("other"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"},
	})
	b.must(err)
	options, err = b.startPasskey(ann)
	b.must(err)
	b.client = other.UserPoolClient.ClientId
	b.refused(b.completePasskey(b.tokens("ann@example.com").AccessToken, second.create(options.Challenge)), "WebAuthnClientMismatchException", "")
}

func TestPasskeyLimits(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	a := newAuthenticator(t, -7)
	options, err := b.startPasskey(token)
	b.must(err)
	for i := range 20 {
		b.must(b.registers(token, a.with(func(a *authenticator) { a.id = []byte{1, byte(i)} })))
	}
	_, err = b.startPasskey(token)
	b.refused(err, "LimitExceededException", "")
	b.refused(b.completePasskey(token, a.create(options.Challenge)), "LimitExceededException", "")
	b.must(b.deletePasskey(token, text64([]byte{1, 7})))
	b.refused(b.completePasskey(token, a.create(options.Challenge)), "WebAuthnChallengeNotFoundException", "")
	b.must(b.registers(token, a))
}

func TestPasskeysNotInUse(t *testing.T) {
	t.Parallel()
	b := start(t)
	for exception, factors := range map[string][]types.AuthFactorType{
		"WebAuthnNotEnabledException":           {"PASSWORD"},
		"WebAuthnConfigurationMissingException": {"PASSWORD", "WEB_AUTHN"},
	} {
		b.newPool(&cognito.CreateUserPoolInput{
			PoolName: aws.String("p"), Policies: &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: factors}},
			UsernameAttributes: []types.UsernameAttributeType{"email"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		})
		b.member("ann@example.com")
		token := b.tokens("ann@example.com").AccessToken
		_, err := b.startPasskey(token)
		b.refused(err, exception, "")
		b.refused(b.completePasskey(token, newAuthenticator(t, -7).create("AAAA")), "WebAuthnChallengeNotFoundException", "")
		if len(b.listPasskeys(token, 0, nil).Credentials) != 0 {
			t.Error("passkeys")
		}
	}
}

func TestPasskeySignIn(t *testing.T) {
	t.Parallel()
	b := start(t)
	sub := b.member("ann@example.com")
	token := b.tokens("ann@example.com").AccessToken
	for _, algorithm := range []int{-7, -257} {
		a := newAuthenticator(t, algorithm)
		b.must(b.registers(token, a))
		session, options := b.passkeyChallenge("ann@example.com")
		if options.RPID != "localhost" || options.UserVerification != "preferred" || options.Timeout != 180000 || len(must64(options.Challenge)) != 32 ||
			!slices.ContainsFunc(options.AllowCredentials, func(d descriptor) bool { return d.ID == text64(a.id) && d.Type == "public-key" }) {
			t.Fatalf("%+v", options)
		}
		assertion := a.get(options.Challenge)
		done, err := b.answerPasskey(sub, session, assertion)
		b.must(err)
		if _, claims := b.claims(done.AuthenticationResult.AccessToken); claims["sub"] != sub {
			t.Errorf("%v", claims)
		}
		_, err = b.answerPasskey(sub, session, assertion)
		b.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
		b.must(b.sdkErr(b.refresh(done.AuthenticationResult.RefreshToken)))
	}
	// By choice from the list.
	a := newAuthenticator(t, -7)
	b.must(b.registers(token, a))
	out, err := b.auth("USER_AUTH", map[string]string{"USERNAME": "ann@example.com"})
	b.must(err)
	if !slices.Contains(out.AvailableChallenges, "WEB_AUTHN") {
		t.Fatalf("%v", out.AvailableChallenges)
	}
	factors, err := b.sdk.GetUserAuthFactors(t.Context(), &cognito.GetUserAuthFactorsInput{AccessToken: token})
	b.must(err)
	if !slices.Contains(factors.ConfiguredUserAuthFactors, "WEB_AUTHN") {
		t.Errorf("%v", factors.ConfiguredUserAuthFactors)
	}
	chosen, err := b.answer("SELECT_CHALLENGE", out.Session, map[string]string{"USERNAME": "ann@example.com", "ANSWER": "WEB_AUTHN"})
	b.must(err)
	var options requestOptions
	b.must(json.Unmarshal([]byte(chosen.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]), &options))
	a.handle = "" // a security key may omit it
	_, err = b.answerPasskey("ann@example.com", chosen.Session, a.get(options.Challenge))
	b.must(err)

	session, _ := b.passkeyChallenge("ann@example.com")
	_, err = b.answer("WEB_AUTHN", session, map[string]string{"USERNAME": "ann@example.com"})
	b.refused(err, "InvalidParameterException", "Missing required parameter CREDENTIAL")
	_, err = b.answer("WEB_AUTHN", session, map[string]string{"USERNAME": "ann@example.com", "CREDENTIAL": "{}"})
	b.refused(err, "InvalidParameterException", "")
	b.clock.pass(4 * time.Minute)
	_, err = b.answerPasskey("ann@example.com", session, a.get(options.Challenge))
	b.refused(err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
}

func TestPasskeySignInRefusals(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.member("bob@example.com")
	ann, bob := newAuthenticator(t, -7), newAuthenticator(t, -7)
	b.must(b.registers(b.tokens("ann@example.com").AccessToken, ann))
	b.must(b.registers(b.tokens("bob@example.com").AccessToken, bob))
	stranger := newAuthenticator(t, -7)
	for name, change := range map[string]func(*authenticator){
		"origin":         func(a *authenticator) { a.origin = "https://evil.example" },
		"relying party":  func(a *authenticator) { a.relyingParty = "example.com" },
		"challenge":      func(a *authenticator) { a.challenge = text64(make([]byte, 32)) },
		"ceremony":       func(a *authenticator) { a.ceremony = "webauthn.create" },
		"absent user":    func(a *authenticator) { a.flags = userVerified },
		"backup state":   func(a *authenticator) { a.flags |= backedUp },
		"now synced":     func(a *authenticator) { a.flags |= backupEligible },
		"frame":          func(a *authenticator) { a.crossOrigin = true },
		"other key":      func(a *authenticator) { a.key = stranger.key },
		"unknown":        func(a *authenticator) { *a = *stranger },
		"other user's":   func(a *authenticator) { *a = *bob },
		"claimed by bob": func(a *authenticator) { a.handle = bob.handle },
	} {
		session, options := b.passkeyChallenge("ann@example.com")
		if _, err := b.answerPasskey("ann@example.com", session, ann.with(change).get(options.Challenge)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), "NotAuthorizedException: Incorrect username or password.") {
			t.Errorf("%s: %v", name, err)
		}
		_, err := b.answerPasskey("ann@example.com", session, ann.get(options.Challenge)) // the session has been used
		b.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	}
	session, options := b.passkeyChallenge("ann@example.com")
	_, err := b.answerPasskey("bob@example.com", session, bob.get(options.Challenge))
	b.refused(err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = b.passkeySignIn("ann@example.com", ann)
	b.must(err)

	pool, name := b.user()
	session, options = b.passkeyChallenge("ann@example.com")
	_, err = b.sdk.AdminDisableUser(t.Context(), &cognito.AdminDisableUserInput{UserPoolId: pool, Username: name})
	b.must(err)
	_, err = b.answerPasskey("ann@example.com", session, ann.get(options.Challenge))
	b.refused(err, "NotAuthorizedException", "User is disabled.")
}

// A counter that does not increase indicates a copy.
func TestPasskeyCounter(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	a := newAuthenticator(t, -7)
	a.counter = 5
	b.must(b.registers(b.tokens("ann@example.com").AccessToken, a))
	for _, try := range []struct {
		counter uint32
		fits    bool
	}{{5, false}, {4, false}, {0, false}, {6, true}, {6, false}, {90, true}, {7, false}} {
		a.counter = try.counter
		if _, err := b.passkeySignIn("ann@example.com", a); (err == nil) != try.fits {
			t.Errorf("counter %d: %v", try.counter, err)
		}
	}
}

// Some unknown names are shown as users with a passkey, always the same one; others are not. None can sign in.
func TestDecoyPasskey(t *testing.T) {
	t.Parallel()
	b := start(t)
	with := 0
	for i := range 40 {
		name := fmt.Sprintf("nobody%d@example.com", i)
		out, err := b.auth("USER_AUTH", map[string]string{"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN"})
		b.must(err)
		if out.ChallengeName == "SELECT_CHALLENGE" {
			if slices.Contains(out.AvailableChallenges, "WEB_AUTHN") {
				t.Errorf("%v", out.AvailableChallenges)
			}
			continue
		}
		with++
		session, first := b.passkeyChallenge(name)
		_, second := b.passkeyChallenge(strings.ToUpper(name))
		if first.Challenge == second.Challenge || len(first.AllowCredentials) != 1 || first.AllowCredentials[0].ID != second.AllowCredentials[0].ID {
			t.Errorf("%+v %+v", first, second)
		}
		a := newAuthenticator(t, -7)
		a.id = must64(first.AllowCredentials[0].ID)
		_, err = b.answerPasskey(name, session, a.get(first.Challenge))
		b.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	}
	if with < 8 || with > 32 {
		t.Errorf("%d of 40 have a passkey", with)
	}
	b.updateClient(cognito.UpdateUserPoolClientInput{PreventUserExistenceErrors: "LEGACY", ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}})
	_, err := b.auth("USER_AUTH", map[string]string{"USERNAME": "nobody@example.com", "PREFERRED_CHALLENGE": "WEB_AUTHN"})
	b.refused(err, "UserNotFoundException", "")
}
