package webauthn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"authgraph/cognito/userpool/internal/exception"
)

func TestAllowedOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		relyingParty, origin string
		allowed              bool
	}{
		{"localhost", "http://localhost", true},
		{"localhost", "http://localhost:3000", true},
		{"localhost", "https://localhost:8443", true},
		{"localhost", "https://app.localhost", true},
		{"localhost", "http://app.localhost", false},
		{"localhost", "http://127.0.0.1:3000", false},
		{"example.com", "https://example.com", true},
		{"example.com", "https://login.app.example.com", true},
		{"example.com", "http://example.com", false},
		{"example.com", "https://example.com.evil.test", false},
		{"example.com", "https://notexample.com", false},
		{"example.com", "https://example.com/", false},
		{"example.com", "https://evil.test?example.com", false},
		{"example.com", "https://user@example.com", false},
		{"example.com", "https://evil.test#.example.com", false},
		{"example.com", "android:apk-key-hash:AAAA", false},
		{"example.com", "https://", false},
		{"example.com", "", false},
		{"example.com", "null", false},
		{"example.com", "https://.example.com", true},
		{"example.com", "https://Example.com", false},
		{"example.com", "HTTPS://example.com", false},
		{"example.com", "http://localhost", false},
	} {
		if got := allowedOrigin(c.relyingParty, c.origin); got != c.allowed {
			t.Errorf("%s from %q: %v", c.relyingParty, c.origin, got)
		}
	}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// registration returns a well-formed RegistrationResponseJSON with authenticator data.
func registration(t testing.TB, data, clientData []byte) string {
	t.Helper()
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{
		"id": "AQ", "rawId": "AQ", "type": "public-key",
		"response": map[string]any{"clientDataJSON": base64url(clientData), "attestationObject": base64url(object)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// seedData returns authenticator data with a credential.
func seedData(t testing.TB) []byte {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := pair.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	key, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("localhost"))
	data := append(sum[:], 0x45, 0, 0, 0, 1)
	data = append(data, make([]byte, 16)...)
	return append(append(data, 0, 1, 1), key...)
}

const seedClientData = `{"type":"webauthn.create","challenge":"AAAA","origin":"http://localhost"}`

// Any registration is either rejected or parsed, and accepted only if it verifies.
func FuzzRegistration(f *testing.F) {
	f.Add(registration(f, seedData(f), []byte(seedClientData)))
	f.Add(strings.ReplaceAll(registration(f, seedData(f), []byte(seedClientData)), "none", "packed"))
	f.Add(`{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) { tryRegistration(t, []byte(text)) })
}

// The same with a well-formed envelope, so that the fuzzer reaches the authenticator data.
func FuzzRegistrationData(f *testing.F) {
	f.Add(seedData(f), []byte(seedClientData))
	f.Fuzz(func(t *testing.T, data, clientData []byte) {
		tryRegistration(t, []byte(registration(t, data, clientData)))
	})
}

func tryRegistration(t *testing.T, raw []byte) {
	t.Helper()
	given, err := ParseRegistration(raw)
	if err != nil {
		return
	}
	rec, err := RelyingParty{ID: "localhost"}.VerifyRegistration(given, 0)
	if err != nil {
		var refusal *exception.Error
		if !errors.As(err, &refusal) {
			t.Fatalf("not a refusal: %v", err)
		}
		return
	}
	if len(rec.ID) == 0 || len(rec.PublicKey) == 0 || rec.RelyingPartyID != "localhost" || !allowedOrigin("localhost", given.Response.CollectedClientData.Origin) {
		t.Fatalf("accepted %+v", rec)
	}
}

// No input verifies as an assertion of an unknown key.
func FuzzAssertion(f *testing.F) {
	assertion := func(data, clientData []byte) string {
		return `{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"` + base64url(clientData) + `","authenticatorData":"` +
			base64url(data) + `","signature":"MAYCAQECAQE","userHandle":"YQ"}}`
	}
	f.Add(assertion(append(make([]byte, 32), 5, 0, 0, 0, 1), []byte(`{"type":"webauthn.get","challenge":"AAAA","origin":"http://localhost"}`)))
	f.Add(assertion(nil, []byte(`{}`)))
	f.Add(`{}`)
	rec := &Credential{ID: []byte{1}, PublicKey: seedData(f)[56:], RelyingPartyID: "localhost"}
	f.Fuzz(func(t *testing.T, text string) {
		given, err := ParseAssertion(text)
		if err != nil {
			return
		}
		if (RelyingParty{ID: "localhost"}).VerifyAssertion(given, rec, "a", "AAAA") {
			t.Fatal("accepted")
		}
	})
}
