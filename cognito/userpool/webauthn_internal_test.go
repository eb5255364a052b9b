package userpool

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"go.etcd.io/bbolt"
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

func TestDeviceSecret(t *testing.T) {
	t.Parallel()
	g := newSRPGroup()
	text := base64.StdEncoding.EncodeToString
	good := srpPad(new(big.Int).Sub(g.n, big.NewInt(1)))
	if salt, v, err := g.deviceSecret(&deviceSecret{Salt: text([]byte{0, 200}), PasswordVerifier: text(good)}); err != nil || len(v) != srpBytes || len(salt) != 2 {
		t.Error(salt, v, err)
	}
	for _, bad := range []*deviceSecret{
		nil,
		{},
		{Salt: text([]byte{1})},
		{PasswordVerifier: text(good)},
		{Salt: "!", PasswordVerifier: text(good)},
		{Salt: text(make([]byte, 65)), PasswordVerifier: text(good)},
		{Salt: text([]byte{1}), PasswordVerifier: text([]byte{1})},
		{Salt: text([]byte{1}), PasswordVerifier: text(make([]byte, 400))},
		{Salt: text([]byte{1}), PasswordVerifier: text(srpPad(g.n))},
		{Salt: text([]byte{1}), PasswordVerifier: text(bytes.Repeat([]byte{2}, 500))},
	} {
		if _, _, err := g.deviceSecret(bad); err == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
}

// leftovers counts the records of a kind.
func leftovers(t *testing.T, p *Pool, bucket string) int {
	t.Helper()
	n := 0
	err := p.view(p.poolID, momentOf(p.now()), func(tx *poolTx) error {
		return tx.bucket(bucket).ForEach(func(_, _ []byte) error {
			n++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func passkeyBuckets() []string {
	return []string{passkeysBucket, passkeyOfBucket, devicesBucket, newDevicesBucket}
}

// Deleting a user deletes passkeys and devices, and nobody else's.
func TestUserLeavesNothing(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	now := momentOf(p.now())
	err := p.update(p.poolID, now, func(tx *poolTx) error {
		tx.pool.DeviceConfiguration = &deviceConfig{}
		for _, sub := range []string{"ann", "anna"} {
			u := &userRecord{Sub: sub, Username: sub, Attributes: map[string]string{}}
			if err := tx.putUser(nil, u); err != nil {
				return err
			}
			if err := tx.addPasskey(sub, &passkeyRecord{ID: []byte(sub)}); err != nil {
				return err
			}
			f := &familyRecord{ID: "of " + sub, Sub: sub, Expires: now.add(time.Hour)}
			if _, err := tx.track(f, "", ""); err != nil {
				return err
			}
			if err := tx.addDevice(sub, &deviceRecord{Key: f.Device}); err != nil {
				return err
			}
			if _, err := tx.track(f, "", ""); err != nil {
				return err
			}
		}
		u, err := tx.user("ann")
		if err != nil {
			return err
		}
		return tx.dropUser(u)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range passkeyBuckets() {
		if n := leftovers(t, p, bucket); n != 1 {
			t.Errorf("%d records in %s", n, bucket)
		}
	}
	// A key that was never confirmed goes with the sign-in that it was given to.
	err = p.update(p.poolID, now.add(2*time.Hour), func(tx *poolTx) error { return tx.sweep(100) })
	if err != nil || leftovers(t, p, newDevicesBucket) != 0 || leftovers(t, p, devicesBucket) != 1 {
		t.Error(err, leftovers(t, p, newDevicesBucket), leftovers(t, p, devicesBucket))
	}
}

// A file that was made before there were passkeys gets their buckets when it is opened.
func TestOlderFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pool.db")
	p, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	err = p.db.Update(func(tx *bbolt.Tx) error {
		root := tx.Bucket([]byte(poolsBucket)).Bucket([]byte(p.poolID))
		for _, name := range passkeyBuckets() {
			if err := root.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if p, err = Open(Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for _, bucket := range passkeyBuckets() {
		if n := leftovers(t, p, bucket); n != 0 {
			t.Errorf("%d records in %s", n, bucket)
		}
	}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// registration is a well-formed RegistrationResponseJSON around authenticator data.
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

// seedData is authenticator data with a credential in it.
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

// Whatever a client sends as registration is refused or read, and never stored unless it verifies.
func FuzzRegistration(f *testing.F) {
	f.Add(registration(f, seedData(f), []byte(seedClientData)))
	f.Add(strings.ReplaceAll(registration(f, seedData(f), []byte(seedClientData)), "none", "packed"))
	f.Add(`{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) { tryRegistration(t, []byte(text)) })
}

// The same, with the text around it right, so that the fuzzer gets at the authenticator data.
func FuzzRegistrationData(f *testing.F) {
	f.Add(seedData(f), []byte(seedClientData))
	f.Fuzz(func(t *testing.T, data, clientData []byte) {
		tryRegistration(t, []byte(registration(t, data, clientData)))
	})
}

func tryRegistration(t *testing.T, raw []byte) {
	t.Helper()
	given, err := parseRegistration(raw)
	if err != nil {
		return
	}
	rec, err := relyingParty{ID: "localhost"}.checkRegistration(given, 0)
	if err != nil {
		var refusal *apiError
		if !errors.As(err, &refusal) {
			t.Fatalf("not a refusal: %v", err)
		}
		return
	}
	if len(rec.ID) == 0 || len(rec.PublicKey) == 0 || rec.RelyingPartyID != "localhost" || !allowedOrigin("localhost", given.Response.CollectedClientData.Origin) {
		t.Fatalf("accepted %+v", rec)
	}
}

// No text verifies as an assertion of a key that nobody has.
func FuzzAssertion(f *testing.F) {
	assertion := func(data, clientData []byte) string {
		return `{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"` + base64url(clientData) + `","authenticatorData":"` +
			base64url(data) + `","signature":"MAYCAQECAQE","userHandle":"YQ"}}`
	}
	f.Add(assertion(append(make([]byte, 32), 5, 0, 0, 0, 1), []byte(`{"type":"webauthn.get","challenge":"AAAA","origin":"http://localhost"}`)))
	f.Add(assertion(nil, []byte(`{}`)))
	f.Add(`{}`)
	rec := &passkeyRecord{ID: []byte{1}, PublicKey: seedData(f)[56:], RelyingPartyID: "localhost"}
	f.Fuzz(func(t *testing.T, text string) {
		given, err := parseAssertion(text)
		if err != nil {
			return
		}
		if (relyingParty{ID: "localhost"}).checkAssertion(given, rec, "a", "AAAA") {
			t.Fatal("accepted")
		}
	})
}
