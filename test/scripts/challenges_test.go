package scripts_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/cognito/userpool"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/httpserver"
)

// stage is the API with an embedded pool whose clock the test controls, unlike the
// binary's. It tests what scripts cannot: answers that come too late.
type stage struct {
	*testing.T
	api    http.Handler
	pool   *userpool.Pool
	url    string
	client *http.Client

	mu    sync.Mutex
	ahead time.Duration
}

const (
	ada          = "ada@example.com"
	adasPassword = "Correct-Horse-1"
)

func newStage(t *testing.T) *stage {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	w := &stage{T: t}
	w.url = "http://" + server.Listener.Addr().String()
	var err error
	w.pool, err = userpool.Open(userpool.Options{Path: filepath.Join(t.TempDir(), "pool.db"), URL: w.url, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = w.pool
	server.Start()
	w.client = server.Client()
	t.Cleanup(func() {
		server.Close()
		if err := w.pool.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := token.NewKeySet(token.KeySetOptions{URL: w.pool.Issuer() + "/.well-known/jwks.json"})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := token.NewVerifier(token.VerifierOptions{
		Issuers: []string{w.pool.Issuer()}, ClientID: w.pool.ClientID(), Keys: keys, Now: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := cognito.New(cognito.Options{
		Region: "us-east-1", UserPoolID: w.pool.ID(), ClientID: w.pool.ClientID(), Endpoint: w.url,
		UsernameAttribute: "preferred_username", ModeAttribute: "custom:mode", PasswordlessSignUp: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	auth, constraint := &directives.Auth{Verifier: verifier, Client: client}, &directives.Constraint{}
	api, err := graph.NewHandler(graph.Options{
		Cognito: client, Log: slog.New(slog.DiscardHandler),
		Verifier: verifier, Directives: generated.DirectiveRoot{Auth: auth.Directive, Constraint: constraint.Directive, RateLimit: (&directives.RateLimit{}).Directive},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.api = httpserver.NewHandler(httpserver.Options{GraphQL: api})
	return w
}

func (w *stage) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *stage) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

type object = map[string]any

// send sends a document with the variable input.
func (w *stage) send(token, document string, input any) (data object, code string) {
	w.Helper()
	body, err := json.Marshal(object{"query": document, "variables": object{"input": input}})
	if err != nil {
		w.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	w.api.ServeHTTP(recorder, r)
	var answer struct {
		Data   object
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		w.Fatal(err)
	}
	if len(answer.Errors) > 0 {
		return nil, answer.Errors[0].Extensions.Code
	}
	for _, field := range answer.Data {
		if o, ok := field.(object); ok {
			return o, ""
		}
	}
	return answer.Data, ""
}

// must is like send, but fails the test on an error.
func (w *stage) must(token, document string, input any) object {
	w.Helper()
	data, code := w.send(token, document, input)
	if code != "" {
		w.Fatalf("%.60s…: %s", document, code)
	}
	return data
}

// everything selects all fields of a SigninResult.
const result = `{
	__typename
	... on AuthTokens { accessToken refreshToken newDevice { deviceKey deviceGroupKey } }
	... on Challenge { session }
	... on SmsMfaChallenge { codeDelivery { destination medium } }
	... on EmailOtpChallenge { codeDelivery { destination medium } }
	... on SmsOtpChallenge { codeDelivery { destination medium } }
	... on TotpChallenge { deviceName }
	... on SelectMfaChallenge { options }
	... on MfaSetupChallenge { options }
	... on NewPasswordChallenge { missingAttributes }
	... on SrpChallenge { salt srpB secretBlock userIdForSrp }
	... on PasswordChallenge { srp }
	... on SelectFactorChallenge { available }
	... on DeviceVerifierChallenge { salt srpB secretBlock deviceKey }
}`

func (w *stage) signin(input object) object {
	w.Helper()
	if input == nil {
		input = object{"email": ada, "password": adasPassword}
	}
	return w.must("", `mutation ($input: SigninInput!) { signin(input: $input) `+result+` }`, input)
}

func (w *stage) startSignin(more object) object {
	w.Helper()
	input := object{"email": ada}
	for name, value := range more {
		input[name] = value
	}
	return w.must("", `mutation ($input: StartSigninInput!) { startSignin(input: $input) `+result+` }`, input)
}

func (w *stage) respond(session any, answer object) (object, string) {
	w.Helper()
	return w.send("", `mutation ($input: RespondToChallengeInput!) { respondToChallenge(input: $input) `+result+` }`,
		object{"session": session, "answer": answer})
}

// administer calls an operation of the pool's own protocol.
func (w *stage) administer(operation string, input object) object {
	w.Helper()
	input["UserPoolId"] = w.pool.ID()
	body, _ := json.Marshal(input)
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	response, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer object
	_ = json.NewDecoder(response.Body).Decode(&answer)
	if response.StatusCode != http.StatusOK {
		w.Fatalf("%s: %v", operation, answer)
	}
	return answer
}

// code returns the newest code that was sent to an address.
func (w *stage) code(to string) string {
	w.Helper()
	response, err := w.client.Get(w.url + "/inbox?to=" + url.QueryEscape(to))
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var messages []struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&messages); err != nil || len(messages) == 0 {
		w.Fatalf("nothing was sent to %s (%v)", to, err)
	}
	return messages[0].Code
}

// account creates a confirmed account, with a verified phone number if one is given.
func (w *stage) account(phone string) {
	w.Helper()
	w.must("", `mutation ($input: SignupInput!) { signup(input: $input) { userId } }`,
		object{"username": "ada", "email": ada, "password": adasPassword, "mode": "user"})
	w.must("", `mutation ($input: VerifyAccountInput!) { verifyAccount(input: $input) { status } }`,
		object{"email": ada, "confirmationCode": w.code(ada)})
	if phone != "" {
		w.administer("AdminUpdateUserAttributes", object{"Username": ada, "UserAttributes": []object{
			{"Name": "phone_number", "Value": phone}, {"Name": "phone_number_verified", "Value": "true"},
		}})
	}
}

func (w *stage) token() string {
	w.Helper()
	token, _ := w.signin(nil)["accessToken"].(string)
	return token
}

// mfa sets the pool's MFA configuration. No first factor may bypass a required second one.
func (w *stage) mfa(mode string) {
	w.Helper()
	if mode == "ON" {
		w.administer("UpdateUserPool", object{
			"AutoVerifiedAttributes": []string{"email"},
			"Policies":               object{"SignInPolicy": object{"AllowedFirstAuthFactors": []string{"PASSWORD"}}},
		})
	}
	w.administer("SetUserPoolMfaConfig", object{
		"MfaConfiguration":              mode,
		"SoftwareTokenMfaConfiguration": object{"Enabled": true},
		"SmsMfaConfiguration":           object{"SmsConfiguration": object{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
		"EmailMfaConfiguration":         object{"Message": "Your code is {####}"},
	})
}

func (w *stage) prefer(token string, input object) {
	w.Helper()
	w.must(token, `mutation ($input: MfaPreferenceInput!) { setMfaPreference(input: $input) { success } }`, input)
}

// authenticator sets up an authenticator app and returns its secret.
func (w *stage) authenticator(token string) string {
	w.Helper()
	secret, _ := w.must(token, `mutation { setupTotp { secret otpauthUri } }`, nil)["secret"].(string)
	w.must(token, `mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { success } }`,
		object{"code": w.totp(secret), "deviceName": "phone"})
	return secret
}

// totp returns a code of an authenticator app, from a time step that was not used before.
func (w *stage) totp(secret string) string {
	w.Helper()
	w.pass(30 * time.Second)
	code, err := totpCode(secret, w.now())
	if err != nil {
		w.Fatal(err)
	}
	return code
}

// proof is the client's side of SRP, for the password of a user or a device.
type proof struct{ a, public *big.Int }

func newProof(t *testing.T) proof {
	t.Helper()
	a, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 256))
	if err != nil {
		t.Fatal(err)
	}
	return proof{a, new(big.Int).Exp(big.NewInt(2), a, prime())}
}

func (p proof) srpA() string { return p.public.Text(16) }

// answer computes the proof of a password at the stage's time.
func (p proof) answer(w *stage, group, user, password string, c object) object {
	w.Helper()
	n, g := prime(), big.NewInt(2)
	b, _ := new(big.Int).SetString(c["srpB"].(string), 16)
	salt, _ := new(big.Int).SetString(c["salt"].(string), 16)
	k, u := hash(pad(n), pad(g)), hash(pad(p.public), pad(b))
	x := secretExponent(group, user, password, salt)
	base := new(big.Int).Sub(b, new(big.Int).Mul(k, new(big.Int).Exp(g, x, n)))
	shared := base.Mod(base, n).Exp(base, new(big.Int).Add(p.a, new(big.Int).Mul(u, x)), n)
	key, err := hkdf.Key(sha256.New, pad(shared), pad(u), "Caldera Derived Key", 16)
	if err != nil {
		w.Fatal(err)
	}
	block, err := base64.StdEncoding.DecodeString(c["secretBlock"].(string))
	if err != nil {
		w.Fatal(err)
	}
	timestamp := w.now().UTC().Format("Mon Jan 2 15:04:05 UTC 2006")
	mac := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte(group), []byte(user), block, []byte(timestamp)} {
		mac.Write(part)
	}
	return object{"srp": object{
		"signature": base64.StdEncoding.EncodeToString(mac.Sum(nil)), "secretBlock": c["secretBlock"], "timestamp": timestamp,
	}}
}

func secretExponent(group, user, password string, salt *big.Int) *big.Int {
	identity := sha256.Sum256([]byte(group + user + ":" + password))
	return hash(pad(salt), identity[:])
}

func pad(x *big.Int) []byte {
	b := x.Bytes()
	if len(b) == 0 || b[0] > 0x7f {
		b = append([]byte{0}, b...)
	}
	return b
}

func hash(parts ...[]byte) *big.Int {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return new(big.Int).SetBytes(sum[:])
}

// prime is group 15 of RFC 3526: 2^3072 - 2^3008 - 1 + 2^64·(⌊2^2942·π⌋ + 1690314).
func prime() *big.Int {
	// π by Machin's formula, to more than the 2,942 bits needed.
	const bits = 3072
	one := new(big.Int).Lsh(big.NewInt(1), bits)
	arctan := func(inverse int64) *big.Int {
		sum, power, square := new(big.Int), new(big.Int).Div(one, big.NewInt(inverse)), big.NewInt(inverse*inverse)
		for i, sign := int64(1), int64(1); power.Sign() != 0; i, sign = i+2, -sign {
			term := new(big.Int).Div(power, big.NewInt(i))
			sum.Add(sum, term.Mul(term, big.NewInt(sign)))
			power = new(big.Int).Div(power, square)
		}
		return sum
	}
	pi := new(big.Int).Sub(new(big.Int).Mul(arctan(5), big.NewInt(16)), new(big.Int).Mul(arctan(239), big.NewInt(4)))
	middle := new(big.Int).Rsh(pi, bits-2942)
	middle.Add(middle, big.NewInt(1690314)).Lsh(middle, 64)
	n := new(big.Int).Lsh(big.NewInt(1), 3072)
	n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 3008)).Sub(n, big.NewInt(1))
	return n.Add(n, middle)
}

// step describes how to reach and answer a challenge.
type step struct {
	name string
	// prepare sets the stage up for reach.
	prepare func(w *stage)
	reach   func(w *stage) object
	// right and wrong return answers. wrong is nil if no answer is wrong.
	right, wrong func(w *stage, c object) object
	wrongCode    string
	// next is the type after a correct answer.
	next string
	// retry: the session can be used again after a wrong answer.
	retry bool
}

func steps() []step {
	const phone = "+15551234567"
	wrongCode := func(*stage, object) object { return object{"code": "00000000"} }
	codeTo := func(to string) func(*stage, object) object {
		return func(w *stage, _ object) object { return object{"code": w.code(to)} }
	}
	signin := func(w *stage) object { return w.signin(nil) }
	prefer := func(factor string) func(*stage) object {
		return func(w *stage) object { return w.startSignin(object{"preferredFactor": factor}) }
	}
	var secret, group string
	var p proof
	poolName := func(w *stage) string { _, name, _ := strings.Cut(w.pool.ID(), "_"); return name }
	return []step{
		{
			name: "TotpChallenge",
			prepare: func(w *stage) {
				w.account("")
				token := w.token()
				secret = w.authenticator(token)
				w.prefer(token, object{"totp": object{"enabled": true, "preferred": true}})
			},
			reach: signin,
			right: func(w *stage, _ object) object { return object{"code": w.totp(secret)} },
			wrong: func(*stage, object) object { return object{"code": "000000"} }, wrongCode: "CODE_MISMATCH", retry: true,
			next: "AuthTokens",
		},
		{
			name: "SmsMfaChallenge",
			prepare: func(w *stage) {
				w.account(phone)
				w.mfa("OPTIONAL")
				w.prefer(w.token(), object{"sms": object{"enabled": true, "preferred": true}})
			},
			reach: signin, right: codeTo(phone), wrong: wrongCode, wrongCode: "CODE_MISMATCH", retry: true, next: "AuthTokens",
		},
		{
			name: "EmailOtpChallenge", // as the second factor
			prepare: func(w *stage) {
				w.account("")
				w.mfa("OPTIONAL")
				w.prefer(w.token(), object{"email": object{"enabled": true, "preferred": true}})
			},
			reach: signin, right: codeTo(ada), wrong: wrongCode, wrongCode: "CODE_MISMATCH", retry: true, next: "AuthTokens",
		},
		{
			name:    "EmailOtpChallenge", // as the first factor
			prepare: func(w *stage) { w.account("") },
			reach:   prefer("EMAIL_OTP"), right: codeTo(ada), wrong: wrongCode, wrongCode: "CODE_MISMATCH", retry: true, next: "AuthTokens",
		},
		{
			name:    "SmsOtpChallenge",
			prepare: func(w *stage) { w.account(phone) },
			reach:   prefer("SMS_OTP"), right: codeTo(phone), wrong: wrongCode, wrongCode: "CODE_MISMATCH", retry: true, next: "AuthTokens",
		},
		{
			name: "SelectMfaChallenge",
			prepare: func(w *stage) {
				w.account(phone)
				w.mfa("OPTIONAL")
				token := w.token()
				secret = w.authenticator(token)
				w.prefer(token, object{"totp": object{"enabled": true}, "sms": object{"enabled": true}})
			},
			reach: signin,
			right: func(*stage, object) object { return object{"mfaType": "SMS_MFA"} },
			wrong: func(*stage, object) object { return object{"mfaType": "PIGEON"} }, wrongCode: "MFA_NOT_ENROLLED", retry: true,
			next: "SmsMfaChallenge",
		},
		{
			name: "MfaSetupChallenge",
			prepare: func(w *stage) {
				w.account("")
				w.mfa("ON")
				// A verified address would count as a second factor.
				w.administer("AdminUpdateUserAttributes", object{"Username": ada, "UserAttributes": []object{
					{"Name": "email_verified", "Value": "false"},
				}})
			},
			reach: func(w *stage) object {
				c := w.must("", `mutation ($input: SigninInput!) { signin(input: $input) { __typename ... on MfaSetupChallenge { available totp { secret otpauthUri session } } } }`,
					object{"email": ada, "password": adasPassword})
				totp, ok := c["totp"].(object)
				if !ok {
					w.Fatalf("no enrolment in %v", c)
				}
				secret = totp["secret"].(string)
				c["session"] = totp["session"]
				return c
			},
			right: func(w *stage, _ object) object { return object{"mfaSetup": object{"totpCode": w.totp(secret)}} },
			wrong: func(*stage, object) object { return object{"mfaSetup": object{"totpCode": "000000"}} }, wrongCode: "CODE_MISMATCH", retry: true,
			next: "AuthTokens",
		},
		{
			name: "NewPasswordChallenge",
			prepare: func(w *stage) {
				w.administer("AdminCreateUser", object{"Username": ada, "TemporaryPassword": adasPassword, "MessageAction": "SUPPRESS", "UserAttributes": []object{{"Name": "email", "Value": ada}}})
			},
			reach: signin,
			right: func(*stage, object) object { return object{"newPassword": object{"password": "Better-Horse-2"}} },
			wrong: func(*stage, object) object { return object{"newPassword": object{"password": "weak-horse"}} }, wrongCode: "PASSWORD_POLICY", retry: true,
			next: "AuthTokens",
		},
		{
			name:    "SrpChallenge",
			prepare: func(w *stage) { w.account("") },
			reach: func(w *stage) object {
				p = newProof(w.T)
				return w.startSignin(object{"srpA": p.srpA()})
			},
			right: func(w *stage, c object) object {
				return p.answer(w, poolName(w), c["userIdForSrp"].(string), adasPassword, c)
			},
			wrong: func(w *stage, c object) object {
				return p.answer(w, poolName(w), c["userIdForSrp"].(string), "wrong", c)
			}, wrongCode: "INVALID_CREDENTIALS",
			next: "AuthTokens",
		},
		{
			name:    "PasswordChallenge",
			prepare: func(w *stage) { w.account("") },
			reach:   prefer("PASSWORD"),
			right:   func(*stage, object) object { return object{"password": adasPassword} },
			wrong:   func(*stage, object) object { return object{"password": "wrong"} }, wrongCode: "INVALID_CREDENTIALS",
			next: "AuthTokens",
		},
		{
			name:    "PasswordChallenge", // the first message of SRP
			prepare: func(w *stage) { w.account("") },
			reach:   prefer("PASSWORD_SRP"),
			right: func(w *stage, _ object) object {
				p = newProof(w.T)
				return object{"srpA": p.srpA()}
			},
			wrong: func(*stage, object) object { return object{"srpA": "0"} }, wrongCode: "BAD_USER_INPUT", retry: true,
			next: "SrpChallenge",
		},
		{
			name:    "SelectFactorChallenge",
			prepare: func(w *stage) { w.account("") },
			reach:   func(w *stage) object { return w.startSignin(nil) },
			right: func(*stage, object) object {
				return object{"factor": object{"factor": "PASSWORD", "password": adasPassword}}
			},
			wrong: func(*stage, object) object { return object{"factor": object{"factor": "PIGEON"}} }, wrongCode: "BAD_USER_INPUT", retry: true,
			next: "AuthTokens",
		},
		{
			name:    "DeviceSrpChallenge",
			prepare: func(w *stage) { group = w.device() },
			reach: func(w *stage) object {
				return w.signin(object{"email": ada, "password": adasPassword, "deviceKey": w.deviceKey()})
			},
			right: func(w *stage, _ object) object {
				p = newProof(w.T)
				return object{"deviceSrp": object{"deviceKey": w.deviceKey(), "srpA": p.srpA()}}
			},
			wrong: func(w *stage, _ object) object {
				return object{"deviceSrp": object{"deviceKey": "us-east-1_00000000-0000-0000-0000-000000000000", "srpA": "abc"}}
			}, wrongCode: "NOT_FOUND", retry: true,
			next: "DeviceVerifierChallenge",
		},
		{
			name:    "DeviceVerifierChallenge",
			prepare: func(w *stage) { group = w.device() },
			reach: func(w *stage) object {
				p = newProof(w.T)
				c := w.signin(object{"email": ada, "password": adasPassword, "deviceKey": w.deviceKey()})
				next, code := w.respond(c["session"], object{"deviceSrp": object{"deviceKey": w.deviceKey(), "srpA": p.srpA()}})
				if code != "" {
					w.Fatal(code)
				}
				return next
			},
			right: func(w *stage, c object) object { return p.answer(w, group, w.deviceKey(), devicePassword, c) },
			wrong: func(w *stage, c object) object { return p.answer(w, group, w.deviceKey(), "wrong", c) }, wrongCode: "INVALID_CREDENTIALS",
			next: "AuthTokens",
		},
	}
}

const devicePassword = "made by the device itself"

// deviceKey returns the key of the only device.
func (w *stage) deviceKey() string {
	w.Helper()
	devices := w.administer("AdminListDevices", object{"Username": ada})["Devices"].([]any)
	return devices[0].(object)["DeviceKey"].(string)
}

// device creates an account with a second factor and a remembered device, and returns the
// device's group key.
func (w *stage) device() (group string) {
	w.Helper()
	w.account("")
	w.administer("UpdateUserPool", object{
		"MfaConfiguration": "OPTIONAL", "AutoVerifiedAttributes": []string{"email"},
		"DeviceConfiguration": object{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false},
	})
	w.mfa("OPTIONAL")
	tokens := w.signin(nil)
	token := tokens["accessToken"].(string)
	fresh := tokens["newDevice"].(object)
	key, group := fresh["deviceKey"].(string), fresh["deviceGroupKey"].(string)
	salt, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		w.Fatal(err)
	}
	verifier := new(big.Int).Exp(big.NewInt(2), secretExponent(group, key, devicePassword, salt), prime())
	w.must(token, `mutation ($input: ConfirmDeviceInput!) { confirmDevice(input: $input) { userConfirmationNecessary } }`, object{
		"deviceKey": key, "deviceName": "laptop",
		"salt": base64.StdEncoding.EncodeToString(pad(salt)), "passwordVerifier": base64.StdEncoding.EncodeToString(pad(verifier)),
	})
	w.authenticator(token)
	w.prefer(token, object{"totp": object{"enabled": true, "preferred": true}})
	return group
}

// TestChallenges reaches every challenge and answers it wrongly, rightly, twice and too
// late. CustomChallenge needs Lambda triggers, which the embedded pool does not have, and
// PasskeyChallenge is in TestPasskeysInChromium.
func TestEveryChallenge(t *testing.T) {
	for _, s := range steps() {
		t.Run(s.name, func(t *testing.T) {
			w := newStage(t)
			s.prepare(w)
			c := s.reach(w)
			if c["__typename"] != s.name {
				t.Fatalf("reached %v, want %s", c, s.name)
			}
			if s.wrong != nil {
				if _, code := w.respond(c["session"], s.wrong(w, c)); code != s.wrongCode {
					t.Errorf("a wrong answer: %q, want %s", code, s.wrongCode)
				}
			}
			if !s.retry {
				w.pass(time.Second)
				c = s.reach(w)
			}
			answer := s.right(w, c)
			next, code := w.respond(c["session"], answer)
			if code != "" || next["__typename"] != s.next {
				t.Fatalf("a correct answer: %q %v, want %s", code, next, s.next)
			}
			if _, code := w.respond(c["session"], answer); code != "SESSION_EXPIRED" && code != "INVALID_CREDENTIALS" {
				t.Errorf("the same answer again: %q", code)
			}
		})
		t.Run(s.name+" too late", func(t *testing.T) {
			w := newStage(t)
			s.prepare(w)
			c := s.reach(w)
			answer := s.right(w, c)
			w.pass(4 * time.Minute)
			if _, code := w.respond(c["session"], answer); code != "SESSION_EXPIRED" && code != "INVALID_CREDENTIALS" {
				t.Errorf("after four minutes: %q", code)
			}
		})
	}
}

// A remembered device replaces the second factor, and its key is needed to refresh.
func TestRememberedDevice(t *testing.T) {
	w := newStage(t)
	group := w.device()
	key := w.deviceKey()
	p := newProof(t)
	c := w.signin(object{"email": ada, "password": adasPassword, "deviceKey": key})
	verifier, code := w.respond(c["session"], object{"deviceSrp": object{"deviceKey": key, "srpA": p.srpA()}})
	if code != "" {
		t.Fatal(code)
	}
	tokens, code := w.respond(verifier["session"], p.answer(w, group, key, devicePassword, verifier))
	if code != "" || tokens["__typename"] != "AuthTokens" {
		t.Fatal(code, tokens)
	}
	const refresh = `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }`
	if _, code := w.send("", refresh, object{"refreshToken": tokens["refreshToken"]}); code != "INVALID_TOKEN" {
		t.Errorf("refreshed without the device's key: %q", code)
	}
	w.must("", refresh, object{"refreshToken": tokens["refreshToken"], "deviceKey": key})

	token := tokens["accessToken"].(string)
	devices := w.must(token, `{ me { devices { nodes { key name remembered } nextToken } } }`, nil)["devices"].(object)["nodes"].([]any)
	if device := devices[0].(object); device["key"] != key || device["name"] != "laptop" || device["remembered"] != true {
		t.Errorf("device %v", device)
	}
	w.must(token, `mutation ($input: UpdateDeviceInput!) { updateDevice(input: $input) { success } }`, object{"deviceKey": key, "remembered": false})
	one, code := w.send(token, `query ($input: String!) { me { device(key: $input) { remembered } } }`, key)
	if code != "" || one["device"].(object)["remembered"] != false {
		t.Errorf("%q %v", code, one)
	}
	w.must(token, `mutation ($input: ForgetDeviceInput!) { forgetDevice(input: $input) { success } }`, object{"deviceKey": key})
	if _, code := w.send("", refresh, object{"refreshToken": tokens["refreshToken"], "deviceKey": key}); code != "INVALID_TOKEN" {
		t.Errorf("refreshed on a forgotten device: %q", code)
	}
}

// Signing in directly after verification, and with an account that has no password.
func TestUserWithoutPassword(t *testing.T) {
	w := newStage(t)
	w.must("", `mutation ($input: SignupInput!) { signup(input: $input) { userId } }`,
		object{"username": "ada", "email": ada, "mode": "user"})
	verified := w.must("", `mutation ($input: VerifyAccountInput!) { verifyAccount(input: $input) { status signin `+result+` } }`,
		object{"email": ada, "confirmationCode": w.code(ada)})
	tokens, _ := verified["signin"].(object)
	if tokens["__typename"] != "AuthTokens" {
		t.Fatalf("got %v", verified)
	}
	w.must(tokens["accessToken"].(string), `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { success } }`,
		object{"newPassword": adasPassword})
	if got := w.signin(nil)["__typename"]; got != "AuthTokens" {
		t.Errorf("signed in with the first password: %v", got)
	}
}
