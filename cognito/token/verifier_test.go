package token

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The pool, app client and time of all test tokens.
const (
	testIssuer   = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
	testIssuer2  = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
	testClientID = "1example23456789abcdefghij"
	testSub      = "34c84488-e0e1-70ae-d2ee-991ad1a898c8"
	testNow      = 1_800_000_000
	testKid      = "hAUPyCbNtSDYkMPn5jx0CzYqs8cVkbp6iDvVqxMy0nA="
	testKid2     = "Y6n0rGJGUWLzPVwvYL3mOQ5mFtGzVqNnR5s3Xo2Ka5w="

	expired = "expired" // stands for an ExpiredError in the tables
)

// members is a JSON object with raw values, in order and possibly with repeated names.
type members [][2]string

func testHeader() members {
	return members{{"kid", `"` + testKid + `"`}, {"alg", `"RS256"`}}
}

// testClaims returns the claims of a token from InitiateAuth, in Cognito's order.
func testClaims() members {
	return members{
		{"sub", `"` + testSub + `"`},
		{"cognito:groups", `["admins","editors"]`},
		{"iss", `"` + testIssuer + `"`},
		{"client_id", `"` + testClientID + `"`},
		{"origin_jti", `"0f6b1c1e-8a40-4c27-9b56-3a2b9f4f2e11"`},
		{"event_id", `"5f1f3a52-3d0c-4f0e-8a38-1f6f5f3d9a10"`},
		{"token_use", `"access"`},
		{"scope", `"aws.cognito.signin.user.admin"`},
		{"auth_time", fmt.Sprint(testNow - 900)},
		{"exp", fmt.Sprint(testNow + 3000)},
		{"iat", fmt.Sprint(testNow - 600)},
		{"jti", `"a1b2c3d4-0000-4000-8000-123456789abc"`},
		{"username", `"` + testSub + `"`},
	}
}

// with returns m with a member changed or added.
func (m members) with(name, value string) members {
	m = slices.Clone(m)
	for i := range m {
		if m[i][0] == name {
			m[i][1] = value
			return m
		}
	}
	return append(m, [2]string{name, value})
}

// and returns m with another member, even if the name is taken.
func (m members) and(name, value string) members {
	return append(slices.Clone(m), [2]string{name, value})
}

func (m members) without(name string) members {
	return slices.DeleteFunc(slices.Clone(m), func(member [2]string) bool { return member[0] == name })
}

func (m members) String() string {
	var parts []string
	for _, member := range m {
		parts = append(parts, `"`+member[0]+`":`+member[1])
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func b64(data string) string { return base64.RawURLEncoding.EncodeToString([]byte(data)) }

// sign returns a token of two texts with a valid signature.
func sign(key *rsa.PrivateKey, header, claims fmt.Stringer) string {
	return signText(key, b64(header.String())+"."+b64(claims.String()))
}

func signText(key *rsa.PrivateKey, text string) string {
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return text + "." + b64(string(signature))
}

// raw is a header or claims set as text.
type raw string

func (r raw) String() string { return string(r) }

func goodToken() string { return sign(testKeys()[0], testHeader(), testClaims()) }

// newTestVerifier returns a verifier whose issuer publishes the first two test keys. The
// third one belongs to a stranger.
func newTestVerifier(t testing.TB, edit func(*VerifierOptions)) (*Verifier, *fakeIssuer) {
	t.Helper()
	issuer := &fakeIssuer{}
	issuer.serve(testJWKS(testJWK(testKid, &testKeys()[0].PublicKey, nil), testJWK(testKid2, &testKeys()[1].PublicKey, nil)))
	o := VerifierOptions{
		Issuers:  []string{testIssuer, testIssuer2},
		ClientID: testClientID,
		Keys:     newTestKeySet(t, issuer, nil),
		Now:      func() time.Time { return time.Unix(testNow, 0) },
	}
	if edit != nil {
		edit(&o)
	}
	v, err := NewVerifier(o)
	if err != nil {
		t.Fatal(err)
	}
	return v, issuer
}

// verdict returns the outcome of a verification: a reason, expired, or nothing for an
// accepted token.
func verdict(t *testing.T, claims *AccessClaims, err error) string {
	t.Helper()
	if (claims == nil) != (err != nil) {
		t.Fatalf("claims %v with error %v", claims, err)
	}
	invalid, past := (*InvalidTokenError)(nil), (*ExpiredError)(nil)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &invalid):
		if !errors.Is(err, ErrInvalidToken) || err.Error() != "token: invalid token: "+invalid.Reason {
			t.Errorf("error %q", err)
		}
		return invalid.Reason
	case errors.As(err, &past):
		if errors.Is(err, ErrInvalidToken) {
			t.Error("an expired token is said to be invalid")
		}
		return expired
	default:
		return err.Error()
	}
}

func TestNewVerifierInvalidOptions(t *testing.T) {
	keys := newTestKeySet(t, &fakeIssuer{}, nil)
	for name, o := range map[string]VerifierOptions{
		"nothing":      {},
		"no issuer":    {ClientID: "c", Keys: keys},
		"empty issuer": {ClientID: "c", Keys: keys, Issuers: []string{"i", ""}},
		"no client id": {Issuers: []string{"i"}, Keys: keys},
		"no accepted":  {Issuers: []string{"i"}, ClientID: "c", Keys: keys, AcceptedClientIDs: []string{""}},
		"no keys":      {Issuers: []string{"i"}, ClientID: "c"},
		"leeway < 0":   {Issuers: []string{"i"}, ClientID: "c", Keys: keys, Leeway: -1},
		"leeway > 60":  {Issuers: []string{"i"}, ClientID: "c", Keys: keys, Leeway: time.Minute + 1},
	} {
		if v, err := NewVerifier(o); err == nil || v != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestVerifyReturnsTheClaims(t *testing.T) {
	v, _ := newTestVerifier(t, nil)
	got, err := v.Verify(t.Context(), sign(testKeys()[0], testHeader(), testClaims().
		with("device_key", `"eu-west-1_5f0c8a1e-1111-2222-3333-444455556666"`).
		with("scope", `"openid email shop/read"`)))
	if err != nil {
		t.Fatal(err)
	}
	want := &AccessClaims{
		Subject: testSub, Username: testSub, ClientID: testClientID, OriginJTI: "0f6b1c1e-8a40-4c27-9b56-3a2b9f4f2e11",
		Scopes: []string{"openid", "email", "shop/read"}, Groups: []string{"admins", "editors"},
		IssuedAt: time.Unix(testNow-600, 0), ExpiresAt: time.Unix(testNow+3000, 0),
		AuthenticatedAt: time.Unix(testNow-900, 0),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestVerifyAcceptsHonestTokens(t *testing.T) {
	a, b := testKeys()[0], testKeys()[1]
	longKid := strings.Repeat("k", maxKidLen)
	v, issuer := newTestVerifier(t, nil)
	issuer.serve(testJWKS(testJWK(testKid, &a.PublicKey, nil), testJWK(testKid2, &b.PublicKey, nil), testJWK(longKid, &a.PublicKey, nil)))
	groups := `"g0"`
	for i := 1; i < 100; i++ {
		groups += fmt.Sprintf(`,"g%d"`, i)
	}
	for name, token := range map[string]string{
		"from InitiateAuth":         goodToken(),
		"the pool's other key":      sign(b, testHeader().with("kid", `"`+testKid2+`"`), testClaims()),
		"the pool's other issuer":   sign(a, testHeader(), testClaims().with("iss", `"`+testIssuer2+`"`)),
		"typ JWT":                   sign(a, testHeader().with("typ", `"JWT"`), testClaims()),
		"typ jwt":                   sign(a, testHeader().with("typ", `"jwt"`), testClaims()),
		"typ at+jwt":                sign(a, testHeader().with("typ", `"at+jwt"`), testClaims()),
		"typ AT+JWT":                sign(a, testHeader().with("typ", `"AT+JWT"`), testClaims()),
		"unknown header member":     sign(a, testHeader().with("x", `{"a":[1,{"b":null}]}`), testClaims()),
		"header in other order":     sign(a, raw(`{"alg":"RS256","kid":"`+testKid+`"}`), testClaims()),
		"white space":               sign(a, raw(" {\n\t\"alg\" : \"RS256\" ,\r\n \"kid\" : \""+testKid+"\" } \n"), raw(strings.ReplaceAll(testClaims().String(), ",", " ,\n\t"))),
		"claims in other order":     sign(a, testHeader(), reversed(testClaims())),
		"escapes":                   sign(a, testHeader(), testClaims().with("token_use", `"\u0061ccess"`).with("username", `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`)),
		"escaped names":             sign(a, testHeader(), testClaims().without("client_id").with(`client\u005fid`, `"`+testClientID+`"`)),
		"not ASCII":                 sign(a, testHeader(), testClaims().with("username", `"Żółć 😀"`)),
		"custom claims":             sign(a, testHeader(), testClaims().with("tenant", `{"a":1,"b":[true,false,null,-0.5e-3,1E+2,"x"],"c":{}}`).with("list", `[]`)),
		"names of other case":       sign(a, testHeader(), testClaims().with("SUB", `"x"`).with("Client_Id", `7`).with("EXP", `"x"`)),
		"version 2":                 sign(a, testHeader(), testClaims().with("version", "2")),
		"no groups":                 sign(a, testHeader(), testClaims().without("cognito:groups")),
		"empty groups":              sign(a, testHeader(), testClaims().with("cognito:groups", "[]")),
		"100 groups":                sign(a, testHeader(), testClaims().with("cognito:groups", "["+groups+"]")),
		"no revocation ids":         sign(a, testHeader(), testClaims().without("jti").without("origin_jti").without("event_id")),
		"no auth_time":              sign(a, testHeader(), testClaims().without("auth_time")),
		"no scope":                  sign(a, testHeader(), testClaims().without("scope")),
		"empty scope":               sign(a, testHeader(), testClaims().with("scope", `""`)),
		"aud is the client":         sign(a, testHeader(), testClaims().with("aud", `"`+testClientID+`"`)),
		"aud has the client":        sign(a, testHeader(), testClaims().with("aud", `["https://api.example","`+testClientID+`"]`)),
		"fractions of seconds":      sign(a, testHeader(), testClaims().with("exp", fmt.Sprint(testNow+3000)+".75").with("iat", fmt.Sprint(testNow)+".0")),
		"exponents":                 sign(a, testHeader(), testClaims().with("exp", "1.80000300e9").with("iat", "18E+8")),
		"expires this moment":       sign(a, testHeader(), testClaims().with("exp", fmt.Sprint(testNow))),
		"expired within leeway":     sign(a, testHeader(), testClaims().with("exp", fmt.Sprint(testNow-29))),
		"issued this moment":        sign(a, testHeader(), testClaims().with("iat", fmt.Sprint(testNow))),
		"issued ahead, in leeway":   sign(a, testHeader(), testClaims().with("iat", fmt.Sprint(testNow+30))),
		"valid ahead, in leeway":    sign(a, testHeader(), testClaims().with("nbf", fmt.Sprint(testNow+30))),
		"nbf in the past":           sign(a, testHeader(), testClaims().with("nbf", fmt.Sprint(testNow-600))),
		"valid until the year 9999": sign(a, testHeader(), testClaims().with("exp", "253402300799")),
		"as many claims as allowed": sign(a, testHeader(), manyMembers(testClaims(), maxMembers-len(testClaims()))),
		"as deep as allowed":        sign(a, testHeader(), testClaims().with("x", strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth))),
		"kid as long as allowed":    sign(a, testHeader().with("kid", `"`+longKid+`"`), testClaims()),
		"as long as allowed":        padded(a, maxTokenLen),
	} {
		claims, err := v.Verify(t.Context(), token)
		if got := verdict(t, claims, err); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func reversed(m members) members {
	m = slices.Clone(m)
	slices.Reverse(m)
	return m
}

// padded returns a valid token of exactly this length.
func padded(key *rsa.PrivateKey, length int) string {
	for spaces := ""; ; spaces += " " { // one segment alone cannot have every length
		header := raw(testHeader().String() + spaces)
		for pad := length / 2; pad < length; pad++ {
			claims := testClaims().with("pad", `"`+strings.Repeat("x", pad)+`"`)
			if len(b64(header.String()))+1+len(b64(claims.String()))+1+len(b64(string(make([]byte, 256)))) == length {
				return sign(key, header, claims)
			}
		}
	}
}

func TestVerifyRejectsWrongTokens(t *testing.T) {
	v, issuer := newTestVerifier(t, nil)
	if _, err := v.Verify(t.Context(), goodToken()); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, group := range []struct {
		name  string
		cases map[string]wrong
	}{
		{"shape", wrongShapes()}, {"header", wrongHeaders()}, {"claims", wrongClaims()}, {"signature", wrongSignatures()}, {"time", wrongTimes()},
	} {
		for name, test := range group.cases {
			count++
			claims, err := v.Verify(t.Context(), test.token)
			if got := verdict(t, claims, err); got != test.want {
				t.Errorf("%s, %s: got %q, want %q", group.name, name, got, test.want)
			}
		}
	}
	if count < 480 {
		t.Errorf("only %d cases ran", count)
	}
	t.Logf("%d wrong tokens", count)
	// Only tokens with unknown key ids may cause fetches.
	if n := issuer.count(); n > 1+fetchBurst {
		t.Errorf("%d fetches", n)
	}
}

type wrong struct{ token, want string }

func wrongShapes() map[string]wrong {
	good := goodToken()
	parts := strings.Split(good, ".")
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	// nudge sets unused bits of a segment's last character.
	nudge := func(segment string) string {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := len(segment) - 1
		return segment[:last] + alphabet[strings.IndexByte(alphabet, segment[last])+1:][:1]
	}
	// Valid segments whose last character has unused bits.
	slackHeader := b64(testHeader().String() + strings.Repeat(" ", 3-len(testHeader().String())%3+1))
	slackClaims := b64(testClaims().String() + strings.Repeat(" ", 3-len(testClaims().String())%3+1))
	cases := map[string]wrong{
		"too long by one":              {good + strings.Repeat("A", maxTokenLen+1-len(good)), ReasonTooLong},
		"too long, otherwise good":     {padded(testKeys()[0], maxTokenLen+1), ReasonTooLong},
		"a megabyte":                   {strings.Repeat("A", 1<<20), ReasonTooLong},
		"a megabyte of dots":           {strings.Repeat(".", 1<<20), ReasonTooLong},
		"spare bits in the header":     {signText(testKeys()[0], join(nudge(slackHeader), parts[1])), ReasonNotJWT},
		"spare bits in the claims":     {signText(testKeys()[0], join(parts[0], nudge(slackClaims))), ReasonNotJWT},
		"spare bits in the signature":  {join(parts[0], parts[1], nudge(parts[2])), ReasonNotJWT},
		"padded header, signed":        {signText(testKeys()[0], join(slackHeader+"==", parts[1])), ReasonNotJWT},
		"padded claims, signed":        {signText(testKeys()[0], join(parts[0], slackClaims+"==")), ReasonNotJWT},
		"line break in header, signed": {signText(testKeys()[0], join(parts[0][:8]+"\n"+parts[0][8:], parts[1])), ReasonNotJWT},
		"line break in claims, signed": {signText(testKeys()[0], join(parts[0], parts[1][:8]+"\r\n"+parts[1][8:])), ReasonNotJWT},
		"JSON serialisation":           {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, ReasonNotJWT},
		"detached claims":              {join(parts[0], "", parts[2]), ReasonNotJWT},
	}
	for name, token := range map[string]string{
		"empty": "", "a dot": ".", "two dots": "..", "three dots": "...", "four dots": "....", "one segment": parts[0], "two segments": join(parts[0], parts[1]),
		"no signature": join(parts[0], parts[1], ""), "no header": join("", parts[1], parts[2]), "no claims, no signature": join(parts[0], "", ""),
		"only a signature": join("", "", parts[2]), "four segments": join(parts[0], parts[1], parts[2], parts[2]), "five segments": join(parts[0], parts[1], parts[2], "A", "A"),
		"dot in front": "." + good, "dot behind": good + ".", "dot within": good[:40] + "." + good[40:], "empty second segment": join(parts[0], "", parts[1], parts[2]),
		"a refresh token": "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.QUFB.QUFB.QUFB.QUFB",
		"space in front":  " " + good, "space behind": good + " ", "tab behind": good + "\t", "line break behind": good + "\n", "return behind": good + "\r",
		"line break in front": "\n" + good, "line break in signature": good[:len(good)-9] + "\n" + good[len(good)-9:], "space in claims": join(parts[0], parts[1][:8]+" "+parts[1][8:], parts[2]),
		"form feed behind": good + "\f", "NUL behind": good + "\x00", "NUL in front": "\x00" + good, "= behind": good + "=", "== behind": good + "==",
		"= behind the header": join(parts[0]+"=", parts[1], parts[2]), "= behind the claims": join(parts[0], parts[1]+"=", parts[2]),
		"+ for -": join(parts[0], parts[1], "+"+parts[2][1:]), "/ for _": join(parts[0], parts[1], "/"+parts[2][1:]), "percent": good[:len(good)-3] + "%41", "quoted": `"` + good + `"`,
		"with its scheme": "Bearer " + good, "two tokens": good + "," + good, "two tokens and a space": good + " " + good, "comma for dot": strings.ReplaceAll(good, ".", ","),
		"full width dot": strings.Replace(good, ".", "．", 1), "soft hyphen": good[:9] + "\u00ad" + good[9:], "not UTF-8": good[:9] + "\xff" + good[9:], "byte order mark": "\ufeff" + good,
		"one character too many": good + "AAA", "header of one character": join("e", parts[1], parts[2]), "null": "null", "undefined": "undefined", "an object": "[object Object]", "a path": "../../etc/passwd",
	} {
		if _, taken := cases[name]; taken {
			panic("two cases named " + name)
		}
		cases[name] = wrong{token, ReasonNotJWT}
	}
	return cases
}

func wrongHeaders() map[string]wrong {
	key := testKeys()[0]
	cases := map[string]wrong{}
	add := func(want string, headers map[string]fmt.Stringer) {
		for name, header := range headers {
			if _, taken := cases[name]; taken {
				panic("two cases named " + name)
			}
			cases[name] = wrong{sign(key, header, testClaims()), want}
		}
	}
	h := testHeader()
	text := h.String()
	kid := `"` + testKid + `"`
	deep := strings.Repeat("[", 17) + strings.Repeat("]", 17)

	add(ReasonHeader, map[string]fmt.Stringer{
		"null": raw("null"), "a number": raw("1"), "a string": raw(`"` + "RS256" + `"`), "an array": raw("[" + text + "]"), "white space only": raw("  "),
		"not JSON": raw("alg=RS256"), "cut off": raw(text[:len(text)-1]), "no opening": raw(text[1:]), "something behind": raw(text + "x"), "two objects": raw(text + text),
		"a brace behind": raw(text + "}"), "NUL behind": raw(text + "\x00"), "byte order mark": raw("\ufeff" + text), "UTF-16": raw("{\x00\"\x00"), "not UTF-8": h.with("x", "\"\xff\""),
		"overlong UTF-8": h.with("x", "\"\xc0\xaf\""), "surrogate in UTF-8": h.with("x", "\"\xed\xa0\x80\""), "trailing comma": raw(text[:len(text)-1] + ",}"), "leading comma": raw("{," + text[1:]),
		"two commas": raw(strings.Replace(text, ",", ",,", 1)), "no colon": raw(strings.Replace(text, ":", " ", 1)), "comment": raw(strings.Replace(text, ",", ",/**/", 1)), "single quotes": raw(strings.ReplaceAll(text, `"`, `'`)),
		"name without quotes": raw(`{kid:` + kid + `,"alg":"RS256"}`), "line break in string": h.with("x", "\"\n\""), "NUL in string": h.with("x", "\"\x00\""), "bad escape": h.with("x", `"\x41"`),
		"short escape": h.with("x", `"\u00e"`), "bad hex": h.with("x", `"\u00zz"`), "lone high surrogate": h.with("x", `"\ud83d"`), "lone low surrogate": h.with("x", `"\ude00"`), "two high surrogates": h.with("x", `"\ud83d\ud83d"`),
		"surrogate and letter": h.with("x", `"\ud83dA"`), "escaped surrogate and newline": h.with("x", `"\ud83d\n"`), "open escape": raw(text[:len(text)-2] + `\`), "escape cut off": raw(`{"x":"\u12`), "string cut off": raw(`{"x":"a\"`),
		"number 01": h.with("x", "01"), "number +1": h.with("x", "+1"), "number .5": h.with("x", ".5"), "number 5.": h.with("x", "5."), "number 1e": h.with("x", "1e"), "number 1e+": h.with("x", "1e+"),
		"number -": h.with("x", "-"), "number 0x10": h.with("x", "0x10"), "number 1_000": h.with("x", "1_000"), "NaN": h.with("x", "NaN"), "Infinity": h.with("x", "Infinity"), "True": h.with("x", "True"), "nul": h.with("x", "nul"), "nulll": h.with("x", "nulll"),
		"no value": h.with("x", ""), "too deep": h.with("x", deep), "very deep": h.with("x", strings.Repeat("[", 1500)+strings.Repeat("]", 1500)), "deep objects": h.with("x", strings.Repeat(`{"a":`, 17)+"1"+strings.Repeat("}", 17)),
		"brackets crossed": h.with("x", `[{]}`), "array without commas": h.with("x", `[1 2]`), "array with trailing comma": h.with("x", `[1,]`), "array not closed": raw(text[:len(text)-1] + `,"x":[1`),
		"alg twice": h.and("alg", `"RS256"`), "alg twice, escaped": h.and(`\u0061lg`, `"RS256"`), "none, then RS256": members{{"alg", `"none"`}, {"kid", kid}, {"alg", `"RS256"`}}, "kid twice": h.and("kid", kid), "unknown member twice": h.and("x", "1").and("x", "1"),
		"empty name twice": h.and("", "1").and("", "1"), "crit twice": h.and("crit", "[]").and("crit", "[]"), "alg a number": h.with("alg", "256"), "alg null": h.with("alg", "null"), "alg an array": h.with("alg", `["RS256"]`), "alg an object": h.with("alg", `{"":"RS256"}`),
		"alg true": h.with("alg", "true"), "kid a number": h.with("kid", "1"), "kid null": h.with("kid", "null"), "kid an array": h.with("kid", "["+kid+"]"), "typ null": h.with("typ", "null"), "typ a number": h.with("typ", "1"), "too many members": manyMembers(h, maxMembers+1-len(h)),
	})
	add(ReasonAlgorithm, map[string]fmt.Stringer{
		"empty object": raw("{}"), "no alg": h.without("alg"), "alg empty": h.with("alg", `""`), "ALG": members{{"kid", kid}, {"ALG", `"RS256"`}}, "Alg": members{{"kid", kid}, {"Alg", `"RS256"`}}, "name with a space": members{{"kid", kid}, {"alg ", `"RS256"`}},
		"RS256 and a space": h.with("alg", `"RS256 "`), "RS256 and NUL": h.with("alg", `"RS256\u0000"`), "space and RS256": h.with("alg", `" RS256"`), "RS25": h.with("alg", `"RS25"`), "SHA256withRSA": h.with("alg", `"SHA256withRSA"`),
		"none": h.with("alg", `"none"`), "None": h.with("alg", `"None"`), "NONE": h.with("alg", `"NONE"`), "nOnE": h.with("alg", `"nOnE"`), "rs256": h.with("alg", `"rs256"`), "Rs256": h.with("alg", `"Rs256"`), "RS1": h.with("alg", `"RS1"`),
		"HS256": h.with("alg", `"HS256"`), "HS384": h.with("alg", `"HS384"`), "HS512": h.with("alg", `"HS512"`), "RS384": h.with("alg", `"RS384"`), "RS512": h.with("alg", `"RS512"`), "PS256": h.with("alg", `"PS256"`), "PS384": h.with("alg", `"PS384"`), "PS512": h.with("alg", `"PS512"`),
		"ES256": h.with("alg", `"ES256"`), "ES256K": h.with("alg", `"ES256K"`), "ES384": h.with("alg", `"ES384"`), "EdDSA": h.with("alg", `"EdDSA"`), "dir": h.with("alg", `"dir"`), "A256KW": h.with("alg", `"A256KW"`), "RSA-OAEP": h.with("alg", `"RSA-OAEP"`), "PBES2": h.with("alg", `"PBES2-HS256+A128KW"`).with("p2c", "2147483647"),
	})
	add(ReasonExtension, map[string]fmt.Stringer{
		"crit empty": h.with("crit", "[]"), "crit b64": h.with("crit", `["b64"]`).with("b64", "false"), "crit exp": h.with("crit", `["exp"]`), "crit null": h.with("crit", "null"), "crit unknown": h.with("crit", `["x"]`).with("x", "1"), "crit escaped": h.with(`cr\u0069t`, `["x"]`),
		"b64 false": h.with("b64", "false"), "b64 true": h.with("b64", "true"), "zip": h.with("zip", `"DEF"`), "enc": h.with("enc", `"A256GCM"`), "jku": h.with("jku", `"https://evil.example/jwks.json"`), "x5u": h.with("x5u", `"https://evil.example/cert.pem"`),
		"jwk": h.with("jwk", mustJSON(testJWK(testKid, &testKeys()[2].PublicKey, nil))), "x5c": h.with("x5c", `["MIIB"]`), "jwk null": h.with("jwk", "null"),
	})
	add(ReasonType, map[string]fmt.Stringer{
		"typ empty": h.with("typ", `""`), "typ JWE": h.with("typ", `"JWE"`), "typ JOSE": h.with("typ", `"JOSE"`), "typ id_token": h.with("typ", `"id_token"`), "typ dpop+jwt": h.with("typ", `"dpop+jwt"`), "typ logout+jwt": h.with("typ", `"logout+jwt"`),
		"typ secevent+jwt": h.with("typ", `"secevent+jwt"`), "typ refresh": h.with("typ", `"Refresh"`), "typ JWT and a space": h.with("typ", `"JWT "`), "typ Kelvin sign": h.with("typ", `"JWT\u212a"`),
	})
	add(ReasonKeyID, map[string]fmt.Stringer{
		"no kid": h.without("kid"), "kid empty": h.with("kid", `""`), "KID": members{{"KID", kid}, {"alg", `"RS256"`}}, "kid too long": h.with("kid", `"`+strings.Repeat("k", 257)+`"`),
	})
	add(ReasonUnknownKey, map[string]fmt.Stringer{
		"kid unknown": h.with("kid", `"unknown"`), "kid a path": h.with("kid", `"../../../../dev/null"`), "kid SQL": h.with("kid", `"x' UNION SELECT 'secret"`), "kid a URL": h.with("kid", `"https://evil.example/key"`), "kid a command": h.with("kid", `"|sleep 9"`),
		"kid of other case": h.with("kid", `"`+strings.ToUpper(testKid)+`"`), "kid with a space": h.with("kid", `"`+testKid+` "`), "kid with NUL": h.with("kid", `"`+testKid+`\u0000"`), "kid cut": h.with("kid", `"`+strings.TrimSuffix(testKid, "=")+`"`), "kid as long as allowed": h.with("kid", `"`+strings.Repeat("k", 256)+`"`),
	})
	add(ReasonBadSignature, map[string]fmt.Stringer{
		"kid of the other key": h.with("kid", `"`+testKid2+`"`),
	})
	return cases
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// manyMembers returns m with count more members.
func manyMembers(m members, count int) members {
	for i := range count {
		m = m.and(fmt.Sprint("m", i), "1")
	}
	return m
}

func wrongClaims() map[string]wrong {
	key := testKeys()[0]
	cases := map[string]wrong{}
	add := func(want string, claims map[string]fmt.Stringer) {
		for name, c := range claims {
			if _, taken := cases[name]; taken {
				panic("two cases named " + name)
			}
			cases[name] = wrong{sign(key, testHeader(), c), want}
		}
	}
	c := testClaims()
	text := c.String()
	now := fmt.Sprint(testNow)

	malformed := map[string]fmt.Stringer{
		"null": raw("null"), "true": raw("true"), "a number": raw("7"), "a string": raw(`"x"`), "an array": raw("[" + text + "]"), "not JSON": raw("sub=1"), "cut off": raw(text[:len(text)-1]), "something behind": raw(text + "]"), "nested names twice": c.with("x", `{"a":1,"a":2}`),
		"two objects": raw(text + text), "not UTF-8": c.with("x", "\"\xff\""), "byte order mark": raw("\ufeff" + text), "too deep": c.with("x", strings.Repeat("[", 17)+strings.Repeat("]", 17)), "too many members": manyMembers(c, maxMembers+1-len(c)),
		"aud a number": c.with("aud", "1"), "aud null": c.with("aud", "null"), "aud an object": c.with("aud", "{}"), "aud of numbers": c.with("aud", "[1]"),
		"groups a string": c.with("cognito:groups", `"admins"`), "groups null": c.with("cognito:groups", "null"), "groups an object": c.with("cognito:groups", `{"admins":true}`), "groups with a number": c.with("cognito:groups", `["a",1]`), "groups with null": c.with("cognito:groups", `[null]`),
		"groups nested": c.with("cognito:groups", `[["a"]]`), "groups not closed": raw(text[:len(text)-1] + `,"x":["a"`), "groups with trailing comma": c.with("cognito:groups", `["a",]`), "101 groups": c.with("cognito:groups", `["a"`+strings.Repeat(`,"a"`, 100)+`]`),
		"client_id twice": c.and("client_id", `"`+testClientID+`"`), "other client_id, then ours": append(members{{"client_id", `"other"`}}, c...), "our client_id, then another": c.and("client_id", `"other"`), "client_id twice, escaped": c.and(`client\u005Fid`, `"other"`),
		"token_use twice": append(members{{"token_use", `"id"`}}, c...), "iss twice": c.and("iss", `"https://evil.example"`), "sub twice": c.and("sub", `"another"`), "exp twice": c.and("exp", "9999999999"), "groups twice": c.and("cognito:groups", `["root"]`), "custom claim twice": c.and("x", "1").and("x", "2"),
	}
	for _, name := range []string{"iss", "token_use", "client_id", "sub", "username", "jti", "origin_jti", "event_id", "device_key", "scope"} {
		for kind, value := range map[string]string{"a number": "1", "null": "null", "true": "true", "an array": `["` + testClientID + `"]`, "an object": "{}"} {
			malformed[name+" "+kind] = c.with(name, value)
		}
	}
	for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
		for kind, value := range map[string]string{
			"a string": `"` + now + `"`, "null": "null", "true": "true", "an array": "[" + now + "]", "zero": "0", "minus zero": "-0", "negative": "-1", "tiny": "0.5", "huge": "1e300", "infinite": "1e999", "in the year 10000": "253402300800",
			"milliseconds": now + "000", "2^63": "9223372036854775808", "2^64": "18446744073709551616", "many digits": "1." + strings.Repeat("0", 31), "hexadecimal": "0x6b49d200", "NaN": "NaN", "Infinity": "Infinity", "a date": "2027-01-15T08:00:00Z",
		} {
			malformed[name+" "+kind] = c.with(name, value)
		}
	}
	add(ReasonClaims, malformed)
	add(ReasonIssuer, map[string]fmt.Stringer{
		"empty object": raw("{}"), "no iss": c.without("iss"), "iss empty": c.with("iss", `""`), "ISS": c.without("iss").with("ISS", `"`+testIssuer+`"`), "iss with slash": c.with("iss", `"`+testIssuer+`/"`), "iss http": c.with("iss", `"`+strings.Replace(testIssuer, "https", "http", 1)+`"`),
		"iss without scheme": c.with("iss", `"`+strings.TrimPrefix(testIssuer, "https://")+`"`), "iss of other pool": c.with("iss", `"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other0000"`), "iss of other region": c.with("iss", `"https://cognito-idp.us-east-1.amazonaws.com/eu-west-1_AbCdEfGhI"`),
		"iss of other case": c.with("iss", `"`+strings.ToLower(testIssuer)+`"`), "iss cut": c.with("iss", `"`+testIssuer[:len(testIssuer)-1]+`"`), "iss longer": c.with("iss", `"`+testIssuer+`x"`), "iss with space": c.with("iss", `"`+testIssuer+` "`), "iss with NUL": c.with("iss", `"`+testIssuer+`\u0000"`),
		"iss as suffix": c.with("iss", `"https://evil.example/`+testIssuer+`"`), "iss with user": c.with("iss", `"`+strings.Replace(testIssuer, "https://", "https://x@", 1)+`"`), "iss the JWKS": c.with("iss", `"`+testIssuer+`/.well-known/jwks.json"`), "iss Google": c.with("iss", `"https://accounts.google.com"`),
	})
	add(ReasonIDToken, map[string]fmt.Stringer{
		"an ID token":                 c.without("client_id").without("username").without("scope").with("token_use", `"id"`).with("aud", `"`+testClientID+`"`).with("cognito:username", `"`+testSub+`"`).with("email", `"ann@example.com"`).with("email_verified", "true"),
		"id, dressed as access token": c.with("token_use", `"id"`), "expired ID token": c.with("token_use", `"id"`).with("exp", "1"),
	})
	add(ReasonTokenUse, map[string]fmt.Stringer{
		"no token_use": c.without("token_use"), "token_use empty": c.with("token_use", `""`), "token_use Access": c.with("token_use", `"Access"`), "token_use ACCESS": c.with("token_use", `"ACCESS"`), "token_use with space": c.with("token_use", `"access "`), "token_use refresh": c.with("token_use", `"refresh"`),
		"token_use both": c.with("token_use", `"access id"`), "Token_use": c.without("token_use").with("Token_use", `"access"`), "token_use ID": c.with("token_use", `"ID"`),
	})
	add(ReasonClientID, map[string]fmt.Stringer{
		"no client_id": c.without("client_id"), "client_id empty": c.with("client_id", `""`), "client_id of another": c.with("client_id", `"9example23456789abcdefghij"`), "CLIENT_ID": c.with("client_id", `"other"`).with("CLIENT_ID", `"`+testClientID+`"`), "clientId": c.without("client_id").with("clientId", `"`+testClientID+`"`), "client_id of other case": c.with("client_id", `"`+strings.ToUpper(testClientID)+`"`),
		"client_id cut": c.with("client_id", `"`+testClientID[1:]+`"`), "client_id longer": c.with("client_id", `"`+testClientID+`x"`), "client_id with space": c.with("client_id", `" `+testClientID+`"`), "only aud": c.without("client_id").with("aud", `"`+testClientID+`"`), "only azp": c.without("client_id").with("azp", `"`+testClientID+`"`),
	})
	add(ReasonAudience, map[string]fmt.Stringer{
		"aud of another API": c.with("aud", `"https://api.example"`), "aud empty": c.with("aud", `""`), "aud an empty array": c.with("aud", "[]"), "aud of others": c.with("aud", `["a","b"]`), "aud of other case": c.with("aud", `"`+strings.ToUpper(testClientID)+`"`),
	})
	add(ReasonNoUser, map[string]fmt.Stringer{
		"client as user": c.with("sub", `"`+testClientID+`"`), "no sub": c.without("sub"), "sub empty": c.with("sub", `""`), "SUB": c.without("sub").with("SUB", `"`+testSub+`"`),
		"no username": c.without("username"), "username empty": c.with("username", `""`), "only cognito:username": c.without("username").with("cognito:username", `"`+testSub+`"`),
	})
	add(ReasonMissingTime, map[string]fmt.Stringer{
		"no exp": c.without("exp"), "no iat": c.without("iat"), "neither": c.without("exp").without("iat"), "EXP": c.without("exp").with("EXP", "9999999999"), "expires_in": c.without("exp").with("expires_in", "3600"),
	})
	return cases
}

func wrongSignatures() map[string]wrong {
	key, good := testKeys()[0], goodToken()
	parts := strings.Split(good, ".")
	text := parts[0] + "." + parts[1]
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	with := func(signature []byte) wrong { return wrong{text + "." + b64(string(signature)), ReasonBadSignature} }
	flip := func(i int) wrong {
		changed := slices.Clone(signature)
		changed[i] ^= 1
		return with(changed)
	}
	digest256, digest512, digest1 := sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text)), sha1.Sum([]byte(text))
	pkcs := func(hash crypto.Hash, digest []byte) wrong {
		signature, err := rsa.SignPKCS1v15(nil, key, hash, digest)
		if err != nil {
			panic(err)
		}
		return with(signature)
	}
	pss, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest256[:], nil)
	if err != nil {
		panic(err)
	}
	decoded := sha256.Sum256([]byte(testHeader().String() + "." + testClaims().String()))
	der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	hmacOf := func(secret []byte, text string) string {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + b64(string(mac.Sum(nil)))
	}
	hsText := b64(testHeader().with("alg", `"HS256"`).String()) + "." + parts[1]
	admin := testClaims().with("cognito:groups", `["root"]`)
	stranger := testKeys()[2]
	return map[string]wrong{
		"first byte": flip(0), "middle byte": flip(128), "last byte": flip(255),
		"cut by one": with(signature[:255]), "cut at front": with(signature[1:]), "one byte": with([]byte{1}), "one zero": with([]byte{0}), "longer by zero": with(append(slices.Clone(signature), 0)), "zero in front": with(append([]byte{0}, signature...)),
		"twice": with(append(slices.Clone(signature), signature...)), "zeros": with(make([]byte, 256)), "ones": with([]byte(strings.Repeat("\xff", 256))), "number one": with(append(make([]byte, 255), 1)), "the modulus": with(key.N.Bytes()), "modulus less one": with(append(key.N.Bytes()[:255], key.N.Bytes()[255]-1)), "the digest": with(digest256[:]),
		"PSS": with(pss), "SHA-512": pkcs(crypto.SHA512, digest512[:]), "SHA-1": pkcs(crypto.SHA1, digest1[:]), "bare digest": pkcs(0, digest256[:]), "over the decoded text": pkcs(crypto.SHA256, decoded[:]), "over the header only": with(lastSegment(signText(key, parts[0]))), "over the claims only": with(lastSegment(signText(key, parts[1]))),
		"by a stranger": {sign(stranger, testHeader(), testClaims()), ReasonBadSignature}, "by the pool's other key": {sign(testKeys()[1], testHeader(), testClaims()), ReasonBadSignature}, "claims changed": {parts[0] + "." + b64(admin.String()) + "." + parts[2], ReasonBadSignature}, "header changed": {b64(testHeader().with("typ", `"JWT"`).String()) + "." + parts[1] + "." + parts[2], ReasonBadSignature},
		"of another token": {text + "." + strings.Split(sign(key, testHeader(), admin), ".")[2], ReasonBadSignature}, "expired, by a stranger": {sign(stranger, testHeader(), testClaims().with("exp", "1")), ReasonBadSignature}, "not yet valid, by a stranger": {sign(stranger, testHeader(), testClaims().with("iat", "9999999999")), ReasonBadSignature},
		"expired, claims changed": {parts[0] + "." + b64(testClaims().with("exp", fmt.Sprint(testNow-3600)).String()) + "." + parts[2], ReasonBadSignature}, "the claims again": {parts[0] + "." + parts[1] + "." + parts[1], ReasonBadSignature}, "word none": {text + "." + b64("none"), ReasonBadSignature},
		"HS256 with the public key as DER": {hmacOf(der, hsText), ReasonAlgorithm}, "HS256 with the public key as PEM": {hmacOf(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), hsText), ReasonAlgorithm}, "HS256 with the modulus": {hmacOf(key.N.Bytes(), hsText), ReasonAlgorithm}, "HMAC under RS256": {hmacOf(der, text), ReasonBadSignature},
		"key brought along": {sign(stranger, testHeader().with("jwk", mustJSON(testJWK(testKid, &stranger.PublicKey, nil))), testClaims()), ReasonExtension},
		"none, unsigned":    {b64(`{"alg":"none"}`) + "." + parts[1] + ".", ReasonNotJWT}, "none, with a signature": {b64(`{"alg":"none"}`) + "." + parts[1] + "." + parts[2], ReasonAlgorithm},
	}
}

func lastSegment(token string) []byte {
	signature, err := base64.RawURLEncoding.DecodeString(token[strings.LastIndexByte(token, '.')+1:])
	if err != nil {
		panic(err)
	}
	return signature
}

func wrongTimes() map[string]wrong {
	at := func(name string, offset int) string {
		return sign(testKeys()[0], testHeader(), testClaims().with(name, fmt.Sprint(testNow+offset)))
	}
	return map[string]wrong{
		"expired by the leeway": {at("exp", -30), expired}, "expired a minute ago": {at("exp", -60), expired}, "expired a year ago": {at("exp", -365*86400), expired}, "expired in 1970": {sign(testKeys()[0], testHeader(), testClaims().with("exp", "1")), expired},
		"expired by a fraction": {sign(testKeys()[0], testHeader(), testClaims().with("exp", fmt.Sprint(testNow-31)+".999")), expired},
		"issued in 31 s":        {at("iat", 31), ReasonNotYetValid}, "issued in an hour": {at("iat", 3600), ReasonNotYetValid}, "valid in 31 s": {at("nbf", 31), ReasonNotYetValid}, "valid in a day": {at("nbf", 86400), ReasonNotYetValid}, "issued in the year 9999": {sign(testKeys()[0], testHeader(), testClaims().with("iat", "253402300799")), ReasonNotYetValid},
		"issued in the future and expired": {sign(testKeys()[0], testHeader(), testClaims().with("iat", "1900000000").with("exp", "1")), ReasonNotYetValid},
	}
}

// Every changed, dropped or doubled character and every truncation makes a token invalid,
// never expired.
func TestVerifyRejectsEverySmallChange(t *testing.T) {
	v, _ := newTestVerifier(t, nil)
	for name, good := range map[string]string{"good": goodToken(), "expired": sign(testKeys()[0], testHeader(), testClaims().with("exp", "1"))} {
		refused := 0
		for i := range good {
			for _, token := range []string{
				good[:i] + string(good[i]^1) + good[i+1:], good[:i] + "A" + good[i+1:], good[:i] + "_" + good[i+1:],
				good[:i] + good[i+1:], good[:i] + good[i:i+1] + good[i:], good[:i],
			} {
				if token == good {
					continue
				}
				if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrInvalidToken) {
					t.Fatalf("%s, position %d: %v for %q", name, i, err, token)
				}
				refused++
			}
		}
		t.Logf("%s: %d changed tokens refused", name, refused)
	}
}

func TestVerifyExpiredAt(t *testing.T) {
	v, _ := newTestVerifier(t, nil)
	_, err := v.Verify(t.Context(), sign(testKeys()[0], testHeader(), testClaims().with("exp", fmt.Sprint(testNow-3600))))
	past := (*ExpiredError)(nil)
	if !errors.As(err, &past) || !past.ExpiredAt.Equal(time.Unix(testNow-3600, 0)) {
		t.Errorf("got %v", err)
	}
}

func TestVerifyLeeway(t *testing.T) {
	for leeway, accepted := range map[time.Duration]int{0: 30, time.Second: 1, MaxLeeway: 60} {
		v, _ := newTestVerifier(t, func(o *VerifierOptions) { o.Leeway = leeway })
		for name, sign1 := range map[string]func(int) string{
			"exp": func(off int) string {
				return sign(testKeys()[0], testHeader(), testClaims().with("exp", fmt.Sprint(testNow-off+1)))
			},
			"iat": func(off int) string {
				return sign(testKeys()[0], testHeader(), testClaims().with("iat", fmt.Sprint(testNow+off)))
			},
			"nbf": func(off int) string {
				return sign(testKeys()[0], testHeader(), testClaims().with("nbf", fmt.Sprint(testNow+off)))
			},
		} {
			if _, err := v.Verify(t.Context(), sign1(accepted)); err != nil {
				t.Errorf("leeway %v, %s: %v", leeway, name, err)
			}
			if _, err := v.Verify(t.Context(), sign1(accepted+1)); err == nil {
				t.Errorf("leeway %v, %s: too generous", leeway, name)
			}
		}
	}
}

// Tokens that are invalid regardless of the key cause no fetch.
func TestVerifyInvalidTokensCauseNoFetch(t *testing.T) {
	issuer := &fakeIssuer{}
	issuer.set(down)
	v, _ := newTestVerifier(t, func(o *VerifierOptions) { o.Keys = newTestKeySet(t, issuer, nil) })
	for _, cases := range []map[string]wrong{wrongShapes(), wrongHeaders(), wrongClaims()} {
		for name, test := range cases {
			if test.want == ReasonUnknownKey || test.want == ReasonBadSignature {
				continue
			}
			if _, err := v.Verify(t.Context(), test.token); !errors.Is(err, ErrInvalidToken) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if n := issuer.count(); n != 0 {
		t.Errorf("%d fetches", n)
	}
}

func TestVerifyWithoutKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.set(hang)
		v, _ := newTestVerifier(t, func(o *VerifierOptions) { o.Keys = newTestKeySet(t, issuer, nil) })
		for name, token := range map[string]string{"good": goodToken(), "expired": sign(testKeys()[0], testHeader(), testClaims().with("exp", "1")), "forged": sign(testKeys()[2], testHeader(), testClaims())} {
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrKeysUnavailable) || errors.Is(err, ErrInvalidToken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := v.Verify(ctx, goodToken()); !errors.Is(err, ErrKeysUnavailable) {
			t.Errorf("caller who went away: %v", err)
		}
		// The issuer recovers, and verification does too.
		issuer.serve(testJWKS(testJWK(testKid, &testKeys()[0].PublicKey, nil)))
		time.Sleep(10 * time.Second)
		if _, err := v.Verify(t.Context(), goodToken()); err != nil {
			t.Error(err)
		}
	})
}

// Loaded keys work without the issuer, and a token is rejected once its key is withdrawn.
func TestVerifyThroughRotation(t *testing.T) {
	v, issuer := newTestVerifier(t, nil)
	newKid := testHeader().with("kid", `"new"`)
	if _, err := v.Verify(t.Context(), goodToken()); err != nil {
		t.Fatal(err)
	}
	issuer.set(down)
	if _, err := v.Verify(t.Context(), goodToken()); err != nil {
		t.Errorf("with the issuer down: %v", err)
	}
	if _, err := v.Verify(t.Context(), sign(testKeys()[2], newKid, testClaims())); !errors.Is(err, ErrInvalidToken) {
		t.Errorf("unknown key with the issuer down: %v", err)
	}
	issuer.serve(testJWKS(testJWK("new", &testKeys()[2].PublicKey, nil)))
	if _, err := v.Verify(t.Context(), sign(testKeys()[2], newKid, testClaims())); err != nil {
		t.Errorf("new key: %v", err)
	}
	if _, err := v.Verify(t.Context(), goodToken()); !errors.Is(err, ErrInvalidToken) {
		t.Errorf("withdrawn key: %v", err)
	}
}

// A token stays cached through fetches for as long as its key is published.
func TestVerifyCachesThroughFetches(t *testing.T) {
	var told []string
	v, issuer := newTestVerifier(t, func(o *VerifierOptions) { o.Observe = func(outcome string) { told = append(told, outcome) } })
	fetch := func() {
		t.Helper()
		before := issuer.count()
		unknown := sign(testKeys()[2], testHeader().with("kid", `"unknown"`), testClaims())
		if _, err := v.Verify(t.Context(), unknown); !errors.Is(err, ErrInvalidToken) || issuer.count() != before+1 {
			t.Fatalf("%v after %d fetches", err, issuer.count()-before)
		}
		told = nil
	}
	verify := func(want string, accepted bool) {
		t.Helper()
		if _, err := v.Verify(t.Context(), goodToken()); (err == nil) != accepted || !slices.Equal(told, []string{want}) {
			t.Errorf("%v, observed %q, want %q", err, told, want)
		}
		told = nil
	}
	verify("miss", true)
	fetch()
	verify("hit", true)
	issuer.serve(testJWKS(testJWK(testKid, &testKeys()[1].PublicKey, nil)))
	fetch()
	verify("miss", false)
}

// wycheproof is a file of test vectors.
type wycheproof struct {
	TestGroups []struct {
		Comment         string
		Public, Private json.RawMessage
		Tests           []struct {
			TcID         int
			Comment, JWS string
			Result       string
		}
	}
}

func readVectors(t *testing.T, name string) wycheproof {
	t.Helper()
	text, err := os.ReadFile("testdata/wycheproof/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file wycheproof
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestVerifyWycheproof runs every vector of Project Wycheproof for JWS and JWK sets, with
// the vector's keys published by the issuer. The payloads are not claims, so Verify must
// reject them all. Its steps for shape, header, key and signature must agree with the
// vector's result, except for what the verifier rejects on purpose.
func TestVerifyWycheproof(t *testing.T) {
	ran, accepted, refused := 0, 0, 0
	for _, file := range []string{"json_web_signature_test.json", "json_web_key_test.json"} {
		for _, group := range readVectors(t, file).TestGroups {
			published := group.Public
			if published == nil {
				published = group.Private
			}
			if !strings.Contains(string(published), `"keys"`) {
				published = json.RawMessage(`{"keys":[` + string(published) + `]}`)
			}
			issuer := &fakeIssuer{}
			issuer.serve(string(published))
			v, _ := newTestVerifier(t, func(o *VerifierOptions) { o.Keys = newTestKeySet(t, issuer, nil) })
			for _, test := range group.Tests {
				ran++
				claims, err := v.Verify(t.Context(), test.JWS)
				if claims != nil || err == nil {
					t.Errorf("%s %d (%s): accepted as an access token", file, test.TcID, test.Comment)
				}

				parts, isJWS := v.split(test.JWS)
				h, err := parseHeader(parts.header)
				good := isJWS && err == nil && h.alg == "RS256" && !h.hasForbidden
				if good {
					key, err := v.keys.key(t.Context(), h.kid)
					good = err == nil && v.signatures.Verify(parts.signed, parts.signature, key.PublicKey) == nil
				}
				// Rejected on purpose: other algorithms, and a token without claims.
				want := test.Result == "valid" && h.alg == "RS256" && test.Comment != "emptyPayload"
				if good != want {
					t.Errorf("%s %d (%s): good %v, want %v", file, test.TcID, test.Comment, good, want)
				}
				if good {
					accepted++
				} else {
					refused++
				}
			}
		}
	}
	if ran != 427 || accepted != 8 || refused != 419 {
		t.Errorf("%d vectors ran: %d accepted, %d refused", ran, accepted, refused)
	}
}

func FuzzVerify(f *testing.F) {
	v, issuer := newTestVerifier(f, nil)
	honest := map[string]bool{}
	for _, token := range []string{
		goodToken(), sign(testKeys()[1], testHeader().with("kid", `"`+testKid2+`"`), testClaims()), sign(testKeys()[0], testHeader().with("typ", `"JWT"`), testClaims().with("tenant", `{"a":[1]}`)),
	} {
		honest[token] = true
		f.Add(token)
	}
	for _, cases := range []map[string]wrong{wrongShapes(), wrongHeaders(), wrongClaims(), wrongSignatures(), wrongTimes()} {
		for _, test := range cases {
			f.Add(test.token)
		}
	}
	_, _ = v.Verify(f.Context(), goodToken())
	issuer.set(down)
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := v.Verify(t.Context(), token)
		if (claims == nil) != (err != nil) {
			t.Fatalf("claims %v with error %v", claims, err)
		}
		// The fuzzer has no keys, and a token has one spelling.
		if err == nil && !honest[token] {
			t.Fatalf("accepted %q", token)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v, _ := newTestVerifier(b, nil)
	good := goodToken()
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"good":             good,
		"forged signature": parts[0] + "." + parts[1] + "." + b64(strings.Repeat("x", 256)),
		"by a stranger":    sign(testKeys()[2], testHeader(), testClaims()),
		"expired":          sign(testKeys()[0], testHeader(), testClaims().with("exp", "1")),
		"ID token":         sign(testKeys()[0], testHeader(), testClaims().with("token_use", `"id"`)),
		"other algorithm":  sign(testKeys()[0], testHeader().with("alg", `"HS256"`), testClaims()),
		"not a token":      strings.Repeat("A", 1000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); (err == nil) != (name == "good") {
					b.Fatal(err)
				}
			}
		})
	}
}

// Verification works the same in FIPS 140 mode.
func TestVerifyWithFIPS140(t *testing.T) {
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^(TestVerifyWycheproof|TestVerifyRejectsWrongTokens|TestVerifyAcceptsHonestTokens)$")
	again.Env = append(os.Environ(), "GODEBUG=fips140=on")
	if output, err := again.CombinedOutput(); err != nil || strings.Count(string(output), "\n--- PASS") != 3 {
		t.Errorf("%v\n%s", err, output)
	}
}
