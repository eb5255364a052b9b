package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// FuzzClaims compares our reader with encoding/json: what ours takes is JSON,
// and says the same when names are compared exactly.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(testClaims().String()))
	f.Add([]byte(testClaims().with("aud", `["a","b"]`).with("nbf", "1.5e9").with("tenant", `{"a":[1,{"b":null}],"c":-0.5e-3}`).String()))
	f.Add([]byte(`{"sub":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","sub ":"x"}`))
	for _, test := range wrongClaims() {
		_, rest, _ := strings.Cut(test.token, ".")
		middle, _, _ := strings.Cut(rest, ".")
		text, err := base64.RawURLEncoding.DecodeString(middle)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := parseClaims(data)
		if !ok {
			return
		}
		// What is skipped may be a number that no float64 holds.
		var want map[string]any
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil || want == nil || !json.Valid(data) {
			t.Fatalf("%q was taken, encoding/json says %v", data, err)
		}
		for name, value := range map[string][]byte{
			"iss": got.issuer, "token_use": got.tokenUse, "client_id": got.clientID, "sub": got.subject, "username": got.username,
			"origin_jti": got.originJTI, "scope": got.scope,
		} {
			if text, _ := want[name].(string); string(value) != text {
				t.Errorf("%s: %q, encoding/json says %q", name, value, text)
			}
		}
		for name, value := range map[string]time.Time{"exp": got.expires, "iat": got.issued, "nbf": got.notBefore} {
			number, present := want[name].(json.Number)
			seconds, _ := number.Float64()
			if present == value.IsZero() || present && value.Unix() != int64(seconds) {
				t.Errorf("%s: %v, encoding/json says %v", name, value, want[name])
			}
		}
		groups := []string{}
		list, _ := want["cognito:groups"].([]any)
		for _, group := range list {
			groups = append(groups, group.(string))
		}
		if fmt.Sprintf("%q", got.groups) != fmt.Sprintf("%q", groups) {
			t.Errorf("groups %q, encoding/json says %q", got.groups, groups)
		}
		if _, present := want["aud"]; present != got.hasAudience {
			t.Errorf("aud present: %v, encoding/json says %v", got.hasAudience, present)
		}
	})
}

func TestParserDoesNotAllocateForCognitosClaims(t *testing.T) {
	data := []byte(testClaims().without("cognito:groups").String())
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := parseClaims(data); !ok {
			t.Error("refused")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParseClaims(b *testing.B) {
	data := []byte(testClaims().String())
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseClaims(data); !ok {
			b.Fatal("refused")
		}
	}
}

// Wherever in a text a character stands that ends it, must be escaped or is beyond ASCII,
// it is read as encoding/json reads it.
func TestTextsOfAllLengths(t *testing.T) {
	for _, special := range []string{`"`, `\`, `\\`, `\"`, `\n`, "\n", "\x00", "\x1f", " ", "!", "#", "[", "]", "\x7f", "é", "\U0001f600", "\xff"} {
		for before := range 20 {
			for after := range 10 {
				text := `{"sub":"` + strings.Repeat("a", before) + special + strings.Repeat("~", after) + `"}`
				var want struct{ Sub string }
				err := json.Unmarshal([]byte(text), &want)
				if special == "\xff" {
					err = errors.New("no UTF-8") // which encoding/json replaces
				}
				got, ok := parseClaims([]byte(text))
				if ok != (err == nil) || ok && string(got.subject) != want.Sub {
					t.Fatalf("%q is %q, %v; encoding/json says %q, %v", text, got.subject, ok, want.Sub, err)
				}
			}
		}
	}
}
