package security_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// ordered is a JSON object with members in order, possibly with duplicate names. Values
// are raw JSON.
type ordered [][2]string

func (o ordered) with(name, value string) ordered {
	o = slices.Clone(o)
	for i := range o {
		if o[i][0] == name {
			o[i][1] = value
			return o
		}
	}
	return append(o, [2]string{name, value})
}

// and adds a member, even if the name exists.
func (o ordered) and(name, value string) ordered {
	return append(slices.Clone(o), [2]string{name, value})
}

func (o ordered) without(name string) ordered {
	return slices.DeleteFunc(slices.Clone(o), func(member [2]string) bool { return member[0] == name })
}

// renamed renames a member.
func (o ordered) renamed(name, other string) ordered {
	o = slices.Clone(o)
	for i := range o {
		if o[i][0] == name {
			o[i][0] = other
		}
	}
	return o
}

func (o ordered) String() string {
	var members []string
	for _, member := range o {
		members = append(members, `"`+member[0]+`":`+member[1])
	}
	return "{" + strings.Join(members, ",") + "}"
}

// text is raw text in place of a JSON object.
type text string

func (t text) String() string { return string(t) }

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forger creates valid and invalid tokens of one issuer.
type forger struct {
	key    *rsa.PrivateKey // of the issuer
	header ordered
	claims ordered
	now    int64
}

func newForger(i *testutil.FakeIssuer) forger {
	now := time.Now().Unix()
	user := `"7c1e58c4-0000-4000-8000-000000000001"`
	return forger{
		key:    i.Key,
		now:    now,
		header: ordered{{"kid", quote(i.KID)}, {"alg", `"RS256"`}},
		claims: ordered{
			{"sub", user},
			{"iss", quote(i.URL())},
			{"client_id", quote(testutil.FakeClientID)},
			{"origin_jti", `"0f6b1c1e-8a40-4c27-9b56-3a2b9f4f2e11"`},
			{"token_use", `"access"`},
			{"scope", `"aws.cognito.signin.user.admin"`},
			{"auth_time", strconv.FormatInt(now-60, 10)},
			{"exp", strconv.FormatInt(now+3600, 10)},
			{"iat", strconv.FormatInt(now-60, 10)},
			{"jti", `"a1b2c3d4-0000-4000-8000-123456789abc"`},
			{"username", user},
		},
	}
}

// sign signs a header and payload with the issuer's key.
func (f forger) sign(header, claims fmt.Stringer) string {
	return signedBy(f.key, b64(header.String())+"."+b64(claims.String()))
}

func (f forger) honest() string { return f.sign(f.header, f.claims) }

func signedBy(key *rsa.PrivateKey, signed string) string {
	token, err := testutil.SignText(key, signed)
	if err != nil {
		panic(err)
	}
	return token
}

// attackOnTokens is a request with invalid credentials.
type attackOnTokens struct {
	name   string
	header []string // values of the header Authorization
	want   string   // error code
}

const (
	invalid = "INVALID_TOKEN"
	expired = "TOKEN_EXPIRED"
	absent  = "UNAUTHENTICATED"
)

// bearers returns an attack for each token, sorted by name.
func bearers(kind, want string, tokens map[string]string) []attackOnTokens {
	var attacks []attackOnTokens
	for name, token := range tokens {
		attacks = append(attacks, attackOnTokens{kind + ": " + name, []string{"Bearer " + token}, want})
	}
	slices.SortFunc(attacks, func(a, b attackOnTokens) int { return strings.Compare(a.name, b.name) })
	return attacks
}

// headers returns tokens with bad headers, all with valid claims and signatures.
func (f forger) headers(all map[string]fmt.Stringer) map[string]string {
	tokens := map[string]string{}
	for name, header := range all {
		tokens[name] = f.sign(header, f.claims)
	}
	return tokens
}

// claimSets returns tokens with bad claims, all with valid headers and signatures.
func (f forger) claimSets(all map[string]fmt.Stringer) map[string]string {
	tokens := map[string]string{}
	for name, claims := range all {
		tokens[name] = f.sign(f.header, claims)
	}
	return tokens
}

func (f forger) algorithms() map[string]string {
	claims := b64(f.claims.String())
	as := func(alg string) string { return b64(f.header.with("alg", quote(alg)).String()) + "." + claims }
	tokens := map[string]string{}
	// Whatever the header says, the signature is RS256 with the right key.
	for _, alg := range []string{
		"none", "None", "NONE", "nOnE", "", " ", "null", "rs256", "Rs256", "RS256 ", " RS256", "RS256\x00", "RS25", "RS2560", "RS384", "RS512",
		"PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "HS256", "HS384", "HS512", "RSA-OAEP", "RSA1_5", "dir", "A128KW", "PBES2-HS256+A128KW", "SHA256withRSA", "RS1", "ＲＳ256",
	} {
		tokens["alg "+quote(alg)] = signedBy(f.key, as(alg))
		tokens["alg "+quote(alg)+", not signed"] = as(alg) + "."
	}
	der, _ := x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	pkcs1 := x509.MarshalPKCS1PublicKey(&f.key.PublicKey)
	jwk, _ := json.Marshal(testutil.PublicJWK("first", f.key))
	pkix := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for name, secret := range map[string][]byte{
		"PEM": pkix, "PEM without its last line break": bytes.TrimSpace(pkix), "DER": der, "PKCS#1": pkcs1,
		"PKCS#1 as PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), "modulus": f.key.N.Bytes(),
		"modulus in base64": []byte(b64(string(f.key.N.Bytes()))), "JWK": jwk, "kid": []byte("first"), "nothing": {}, "client id": []byte(testutil.FakeClientID),
	} {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(as("HS256")))
		tokens["HS256 with the "+name] = as("HS256") + "." + b64(string(mac.Sum(nil)))
		mac = hmac.New(sha256.New, secret)
		mac.Write([]byte(as("RS256")))
		tokens["RS256 by HMAC with the "+name] = as("RS256") + "." + b64(string(mac.Sum(nil)))
	}
	sum256, sum512 := sha256.Sum256([]byte(as("PS256"))), sha512.Sum512([]byte(as("RS512")))
	pss, _ := rsa.SignPSS(rand.Reader, f.key, crypto.SHA256, sum256[:], nil)
	tokens["PS256, signed so"] = as("PS256") + "." + b64(string(pss))
	pkcs, _ := rsa.SignPKCS1v15(nil, f.key, crypto.SHA512, sum512[:])
	tokens["RS512, signed so"] = as("RS512") + "." + b64(string(pkcs))
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	es, _ := ecdsa.SignASN1(rand.Reader, curve, sum256[:])
	tokens["ES256, signed so"] = as("ES256") + "." + b64(string(es))
	return tokens
}

func (f forger) hostileHeaders() map[string]string {
	h := f.header
	whole := h.String()
	stranger, _ := json.Marshal(testutil.PublicJWK("first", testutil.RSAKeys()[2]))
	all := map[string]fmt.Stringer{
		"no kid": h.without("kid"), "kid empty": h.with("kid", `""`), "kid a path": h.with("kid", `"../../../../../../dev/null"`), "kid /dev/null": h.with("kid", `"/dev/null"`),
		"kid SQL": h.with("kid", `"x' UNION SELECT 'secret' --"`), "kid a URL": h.with("kid", `"http://127.0.0.1:1/key"`), "kid a command": h.with("kid", `"|sleep 9"`), "kid long": h.with("kid", quote(strings.Repeat("k", 257))),
		"kid very long": h.with("kid", quote(strings.Repeat("k", 3000))), "kid unknown": h.with("kid", `"unknown"`), "kid in other case": h.with("kid", `"FIRST"`), "kid with a space": h.with("kid", `"first "`),
		"kid with NUL": h.with("kid", `"first\u0000"`), "kid a number": h.with("kid", "1"), "kid null": h.with("kid", "null"), "kid an array": h.with("kid", `["first"]`), "kid an object": h.with("kid", `{"first":1}`), "kid true": h.with("kid", "true"),
		"kid twice": h.and("kid", `"first"`), "kid twice, other first": append(ordered{{"kid", `"unknown"`}}, h...), "KID": h.renamed("kid", "KID"), "kid of the encryption key": h.with("kid", `"encryption"`),
		"alg twice": h.and("alg", `"RS256"`), "alg none, then RS256": append(ordered{{"alg", `"none"`}}, h...), "RS256, then none": h.and("alg", `"none"`), "alg twice, escaped": h.and(`\u0061lg`, `"none"`), "ALG": h.renamed("alg", "ALG"), "no alg": h.without("alg"),
		"alg a number": h.with("alg", "256"), "alg null": h.with("alg", "null"), "alg an array": h.with("alg", `["RS256"]`), "alg an object": h.with("alg", `{"RS256":true}`), "alg true": h.with("alg", "true"),
		"jku": h.with("jku", `"http://127.0.0.1:1/jwks.json"`), "x5u": h.with("x5u", `"http://127.0.0.1:1/cert.pem"`), "x5c": h.with("x5c", `["MIIBIjANBg"]`), "jwk": h.with("jwk", string(stranger)), "jwk null": h.with("jwk", "null"),
		"crit unknown": h.with("crit", `["x"]`).with("x", "1"), "crit empty": h.with("crit", "[]"), "crit exp": h.with("crit", `["exp"]`), "crit null": h.with("crit", "null"), "crit a string": h.with("crit", `"exp"`), "crit b64": h.with("crit", `["b64"]`).with("b64", "false"),
		"b64 false": h.with("b64", "false"), "b64 true": h.with("b64", "true"), "zip": h.with("zip", `"DEF"`), "enc": h.with("enc", `"A256GCM"`), "typ of an ID token": h.with("typ", `"id_token"`), "typ JWE": h.with("typ", `"JWE"`), "typ dpop": h.with("typ", `"dpop+jwt"`),
		"typ logout": h.with("typ", `"logout+jwt"`), "typ empty": h.with("typ", `""`), "typ a number": h.with("typ", "1"), "typ null": h.with("typ", "null"), "p2c": h.with("alg", `"PBES2-HS256+A128KW"`).with("p2c", "2147483647"),
		"null": text("null"), "an array": text("[" + whole + "]"), "a number": text("1"), "a string": text(`"RS256"`), "an empty object": text("{}"), "not JSON": text("alg=RS256"), "cut off": text(whole[:len(whole)-1]), "text behind": text(whole + "x"),
		"twice": text(whole + whole), "byte order mark": text("\ufeff" + whole), "not UTF-8": h.with("x", "\"\xff\""), "overlong UTF-8": h.with("x", "\"\xc0\xaf\""), "lone surrogate": h.with("x", `"\ud83d"`), "trailing comma": text(whole[:len(whole)-1] + ",}"),
		"comment": text(strings.Replace(whole, ",", ",/**/", 1)), "single quotes": text(strings.ReplaceAll(whole, `"`, "'")), "NUL behind": text(whole + "\x00"), "nested deep": h.with("x", strings.Repeat("[", 1500)+strings.Repeat("]", 1500)),
		"UTF-16": text("{\x00\"\x00a\x00"), "number 01": h.with("x", "01"), "NaN": h.with("x", "NaN"), "unknown member twice": h.and("x", "1").and("x", "1"),
	}
	return f.headers(all)
}

func (f forger) hostileClaims() map[string]string {
	c := f.claims
	machine := c.without("username").without("origin_jti").with("client_id", quote(acceptedMachineID)).with("sub", quote(acceptedMachineID)).with("scope", `"shop/read"`)
	whole := c.String()
	iss := f.issuer()
	all := map[string]fmt.Stringer{
		"null": text("null"), "true": text("true"), "a number": text("7"), "a string": text(`"x"`), "an array": text("[" + whole + "]"), "an empty object": text("{}"), "an empty text": text(" "), "not JSON": text("sub=1"), "cut off": text(whole[:len(whole)-1]),
		"text behind": text(whole + "]"), "twice": text(whole + whole), "not UTF-8": c.with("x", "\"\xff\""), "byte order mark": text("\ufeff" + whole), "nested deep": c.with("x", strings.Repeat("[", 1500)+strings.Repeat("]", 1500)), "nested in a claim": ordered{{"claims", whole}},

		"no iss": c.without("iss"), "iss empty": c.with("iss", `""`), "iss with a slash": c.with("iss", quote(iss+"/")), "iss in upper case": c.with("iss", quote(strings.ToUpper(iss))), "iss with https": c.with("iss", quote(strings.Replace(iss, "http:", "https:", 1))),
		"iss without scheme": c.with("iss", quote(strings.TrimPrefix(iss, "http://"))), "iss of another pool": c.with("iss", quote(strings.Replace(iss, testutil.FakePoolID, "us-east-1_Other0000", 1))), "iss of Amazon": c.with("iss", `"https://cognito-idp.us-east-1.amazonaws.com/`+testutil.FakePoolID+`"`), "iss cut": c.with("iss", quote(iss[:len(iss)-1])),
		"iss longer": c.with("iss", quote(iss+"x")), "iss behind another host": c.with("iss", quote("https://evil.example/"+iss)), "iss with a user": c.with("iss", quote(strings.Replace(iss, "://", "://x@", 1))), "iss with a space": c.with("iss", quote(iss+" ")), "iss with NUL": c.with("iss", quote(iss+"\x00")), "iss with a query": c.with("iss", quote(iss+"?")),
		"iss with localhost": c.with("iss", quote(strings.Replace(iss, "127.0.0.1", "localhost", 1))), "iss twice": c.and("iss", `"https://evil.example"`), "iss twice, other first": append(ordered{{"iss", `"https://evil.example"`}}, c...), "ISS": c.renamed("iss", "ISS"), "iss the key set": c.with("iss", quote(iss+"/.well-known/jwks.json")),

		"an ID token": c.without("client_id").without("username").with("token_use", `"id"`).with("aud", quote(testutil.FakeClientID)).with("email", `"ada@example.com"`), "token_use id": c.with("token_use", `"id"`), "token_use refresh": c.with("token_use", `"refresh"`), "token_use in upper case": c.with("token_use", `"ACCESS"`), "token_use Access": c.with("token_use", `"Access"`),
		"token_use empty": c.with("token_use", `""`), "no token_use": c.without("token_use"), "token_use with a space": c.with("token_use", `"access "`), "token_use of both": c.with("token_use", `"access id"`), "TOKEN_USE": c.renamed("token_use", "TOKEN_USE"), "token_use twice": c.and("token_use", `"id"`), "token_use twice, id first": append(ordered{{"token_use", `"id"`}}, c...),

		"no client_id": c.without("client_id"), "client_id of another": c.with("client_id", `"9example23456789"`), "client_id empty": c.with("client_id", `""`), "client_id in upper case": c.with("client_id", quote(strings.ToUpper(testutil.FakeClientID))), "client_id cut": c.with("client_id", quote(testutil.FakeClientID[1:])), "client_id longer": c.with("client_id", quote(testutil.FakeClientID+"x")),
		"client_id with a space": c.with("client_id", quote(" "+testutil.FakeClientID)), "other client_id, and ours as CLIENT_ID": c.with("client_id", `"9example23456789"`).with("CLIENT_ID", quote(testutil.FakeClientID)), "Client_Id": c.renamed("client_id", "Client_Id"), "clientId": c.renamed("client_id", "clientId"), "client_id twice": c.and("client_id", `"9example23456789"`),
		"client_id twice, other first": append(ordered{{"client_id", `"9example23456789"`}}, c...), "client_id twice, escaped": c.and(`client\u005fid`, `"9example23456789"`), "aud in its place": c.without("client_id").with("aud", quote(testutil.FakeClientID)), "azp in its place": c.renamed("client_id", "azp"), "clients as a list": c.with("client_id", quote(testutil.FakeClientID+",9example23456789")),
		"accepted clients as a list": c.with("client_id", quote(acceptedClientID+","+acceptedMachineID)), "accepted client in upper case": c.with("client_id", quote(strings.ToUpper(acceptedClientID))), "accepted client with a space": c.with("client_id", quote(acceptedClientID+" ")), "accepted client as azp": c.renamed("client_id", "azp").with("azp", quote(acceptedClientID)),

		"aud of another": c.with("aud", `"https://api.example"`), "aud empty": c.with("aud", `""`), "aud an empty array": c.with("aud", "[]"), "aud of others": c.with("aud", `["a","b"]`), "aud in upper case": c.with("aud", quote(strings.ToUpper(testutil.FakeClientID))), "aud a number": c.with("aud", "1"), "aud null": c.with("aud", "null"), "aud an object": c.with("aud", "{}"),
		"aud of an accepted client": c.with("aud", quote(acceptedClientID)), "aud longer": c.with("aud", quote(acceptedAudience+"/")), "aud in another case": c.with("aud", quote(strings.ToUpper(acceptedAudience))), "aud of the resource server, without client_id": c.without("client_id").with("aud", quote(acceptedAudience)), "aud of the resource server, of another client": c.with("client_id", `"9example23456789"`).with("aud", quote(acceptedAudience)),

		"no sub": c.without("sub"), "sub empty": c.with("sub", `""`), "SUB": c.renamed("sub", "SUB"), "sub twice": c.and("sub", `"another"`), "no username": c.without("username"), "username empty": c.with("username", `""`), "USERNAME": c.renamed("username", "USERNAME"), "of a machine": c.without("username").with("sub", quote(testutil.FakeClientID)).with("scope", `"shop/read"`),
		"of another machine": machine.with("client_id", `"9example23456789"`).with("sub", `"9example23456789"`), "of a machine as another": machine.with("sub", quote(acceptedClientID)), "of a machine as nobody": machine.with("sub", `""`), "of a machine with a session": machine.with("origin_jti", `"x"`), "of a machine for another API": machine.with("aud", `"https://api.example"`), "of a user as a machine": c.with("client_id", quote(acceptedMachineID)).with("sub", quote(acceptedMachineID)),
		"of a machine with a user name": c.with("sub", quote(testutil.FakeClientID)), "groups a string": c.with("cognito:groups", `"admins"`), "groups an object": c.with("cognito:groups", `{"admins":true}`), "groups null": c.with("cognito:groups", "null"), "groups twice": c.with("cognito:groups", `["a"]`).and("cognito:groups", `["root"]`), "groups of numbers": c.with("cognito:groups", "[1]"),

		"no exp": c.without("exp"), "no iat": c.without("iat"), "neither exp nor iat": c.without("exp").without("iat"), "EXP": c.renamed("exp", "EXP"), "expires_in for exp": c.renamed("exp", "expires_in"), "exp twice": c.and("exp", "9999999999"), "exp twice, old first": append(ordered{{"exp", "1"}}, c...),
		"iat in an hour": c.with("iat", f.at(3600)), "iat in two minutes": c.with("iat", f.at(120)), "nbf in an hour": c.with("nbf", f.at(3600)), "nbf in two minutes": c.with("nbf", f.at(120)), "iat in the year 9999": c.with("iat", "253402300799"), "expired, and iat in an hour": c.with("iat", f.at(3600)).with("exp", f.at(-3600)),
	}
	for _, name := range []string{"iss", "token_use", "client_id", "sub", "username", "scope", "jti", "origin_jti"} {
		for kind, value := range map[string]string{"a number": "1", "null": "null", "true": "true", "an array": "[" + c.value(name) + "]", "an object": `{"a":` + c.value(name) + "}"} {
			all[name+" "+kind] = c.with(name, value)
		}
	}
	for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
		for kind, value := range map[string]string{
			"a string": quote(f.at(3600)), "null": "null", "true": "true", "an array": "[" + f.at(3600) + "]", "an object": "{}", "zero": "0", "minus zero": "-0", "negative": "-1", "huge": "1e300", "beyond floats": "1e999",
			"in milliseconds": f.at(3600) + "000", "2^63": "9223372036854775808", "2^64": "18446744073709551616", "NaN": "NaN", "Infinity": "Infinity", "hexadecimal": "0x6b49d200", "a date": `"2099-01-01T00:00:00Z"`, "01": "01" + f.at(3600),
		} {
			all[name+" "+kind] = c.with(name, value)
		}
	}
	return f.claimSets(all)
}

func (o ordered) value(name string) string {
	for _, member := range o {
		if member[0] == name {
			return member[1]
		}
	}
	return "null"
}

func (f forger) issuer() string {
	var iss string
	_ = json.Unmarshal([]byte(f.claims.value("iss")), &iss)
	return iss
}

// at formats a time in seconds from now.
func (f forger) at(seconds int64) string { return strconv.FormatInt(f.now+seconds, 10) }

func (f forger) pastTimes() map[string]string {
	all := map[string]fmt.Stringer{}
	for name, exp := range map[string]string{"a minute ago": f.at(-60), "an hour ago": f.at(-3600), "a year ago": f.at(-31536000), "in 1970": "1", "with a fraction": f.at(-60) + ".5"} {
		all["expired "+name] = f.claims.with("exp", exp).with("iat", f.at(-40000000)).with("auth_time", f.at(-40000000))
	}
	return f.claimSets(all)
}

func (f forger) shapes() map[string]string {
	good := f.honest()
	part := strings.Split(good, ".")
	h, c, s := part[0], part[1], part[2]
	// nudge sets an unused bit of the last base64 character.
	nudge := func(segment string) string {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := len(segment) - 1
		return segment[:last] + alphabet[strings.IndexByte(alphabet, segment[last])+1:][:1]
	}
	// Tokens whose last character has unused bits, valid otherwise.
	slack := func(o ordered) string { return b64(o.String() + strings.Repeat(" ", 3-len(o.String())%3+1)) }
	huge := f.claims.with("pad", quote(strings.Repeat("x", 5000)))
	return map[string]string{
		"one dot": ".", "two dots": "..", "three dots": "...", "one segment": h, "two segments": h + "." + c, "no signature": h + "." + c + ".", "four segments": good + "." + s, "five segments, as of a JWE": good + "." + s + "." + s, "a dot at the end": good + ".", "a dot in front": "." + good,
		"a JWE": b64(`{"alg":"dir","enc":"A256GCM","kid":"first"}`) + "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", "a JWE by password": b64(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}`) + ".AAAA.AAAA.AAAA.AAAA",
		"JSON serialisation": `{"payload":"` + c + `","protected":"` + h + `","signature":"` + s + `"}`, "general JSON serialisation": `{"payload":"` + c + `","signatures":[{"protected":"` + h + `","signature":"` + s + `"}]}`, "detached claims": h + ".." + s, "no header": "." + c + "." + s,
		"claims first": c + "." + h + "." + s, "signature first": s + "." + h + "." + c, "header as claims": h + "." + h + "." + s, "claims as header": c + "." + c + "." + s, "claims as signature": h + "." + c + "." + c, "reversed": s + "." + c + "." + h,
		"padded": good + "=", "padded twice": good + "==", "padded inside": h + "==." + c + "." + s, "padded header, signed": signedBy(f.key, slack(f.header)+"=="+"."+c), "padded claims, signed": signedBy(f.key, h+"."+slack(f.claims)+"=="), "standard base64": strings.NewReplacer("-", "+", "_", "/").Replace(f.sign(f.header, f.claims.with("x", `"???>>>~~~"`))),
		"spare bits in the header": signedBy(f.key, nudge(slack(f.header))+"."+c), "spare bits in the claims": signedBy(f.key, h+"."+nudge(slack(f.claims))), "spare bits in the signature": h + "." + c + "." + nudge(s),
		"a space inside": h + ". " + c + "." + s, "a space in the claims": h + "." + c[:9] + " " + c[9:] + "." + s, "a tab inside": h + ".\t" + c + "." + s, "a line break inside": h + ".\r\n " + c + "." + s, "a bare line feed inside": h + ".\n " + c + "." + s, "quoted": `"` + good + `"`, "in brackets": "<" + good + ">",
		"commas for dots": strings.ReplaceAll(good, ".", ","), "full width dots": strings.ReplaceAll(good, ".", "．"), "a zero width space": good[:9] + "\u200b" + good[9:], "a byte order mark": "\ufeff" + good, "not UTF-8": good[:9] + "\xff" + good[9:], "percent encoded": strings.ReplaceAll(good, ".", "%2e"), "NUL inside": good[:9] + "\x00" + good[9:],
		"two tokens with a comma": good + "," + good, "two tokens with a space": good + " " + good, "two tokens in one": good + good, "its scheme twice": "Bearer " + good, "cut to the half": good[:len(good)/2], "cut by one": good[:len(good)-1], "cut by four": good[:len(good)-4], "cut in front": good[1:], "longer": good + "AAAA",
		"in hexadecimal": fmt.Sprintf("%x", good), "base64 of a token": b64(good), "null": "null", "undefined": "undefined", "an object": "[object Object]", "a path": "../../etc/passwd", "a template": "{{token}}", "a single letter": "e", "tildes": "~~~", "a JSON web key": quote("first"),
		"claims changed": h + "." + b64(f.claims.with("cognito:groups", `["admins"]`).String()) + "." + s, "header changed": b64(f.header.with("typ", `"JWT"`).String()) + "." + c + "." + s, "larger than is looked at": f.sign(f.header, huge.with("pad2", quote(strings.Repeat("y", 3000)))), "64 KiB of A": strings.Repeat("A", 60000),
		"30,000 dots": strings.Repeat(".", 30000), "deep dots": strings.Repeat("e30.", 2000), "expired, claims changed": h + "." + b64(f.claims.with("exp", f.at(-3600)).String()) + "." + s,
	}
}

func (f forger) signatures(small *rsa.PrivateKey) map[string]string {
	good := f.honest()
	signed, last := good[:strings.LastIndexByte(good, '.')], good[strings.LastIndexByte(good, '.')+1:]
	signature, _ := base64.RawURLEncoding.DecodeString(last)
	other := f.sign(f.header, f.claims.with("jti", `"another"`))
	stranger := f
	stranger.key = testutil.RSAKeys()[2]
	with := func(signature []byte) string { return signed + "." + b64(string(signature)) }
	flip := func(i int) string {
		changed := slices.Clone(signature)
		changed[i] ^= 1
		return with(changed)
	}
	sum := sha256.Sum256([]byte(signed))
	bare, _ := rsa.SignPKCS1v15(nil, f.key, 0, sum[:])
	tokens := map[string]string{
		"of another token": signed + other[strings.LastIndexByte(other, '.'):], "zeros": with(make([]byte, 256)), "ones": with(bytes.Repeat([]byte{255}, 256)), "one zero": with([]byte{0}), "the number one": with(append(make([]byte, 255), 1)), "the modulus": with(f.key.N.Bytes()), "the digest": with(sum[:]),
		"longer by a zero": with(append(slices.Clone(signature), 0)), "zero in front": with(append([]byte{0}, signature...)), "twice": with(append(slices.Clone(signature), signature...)), "cut": with(signature[:255]), "cut in front": with(signature[1:]), "reversed": with(reversed(signature)), "without its hash's name": with(bare),
		"by a stranger": stranger.honest(), "by a stranger, expired": stranger.sign(f.header, f.claims.with("exp", f.at(-3600))), "by a stranger who brings the key": stranger.sign(f.header.with("jwk", jsonOf(testutil.PublicJWK("first", testutil.RSAKeys()[2]))), f.claims), "by a stranger, kid unknown": stranger.sign(f.header.with("kid", `"mine"`), f.claims),
		"by a key of 1024 bits, same kid": signedBy(small, signed), "by a published key of 1024 bits": signedBy(small, b64(f.header.with("kid", `"small"`).String())+"."+b64(f.claims.String())), "by the published encryption key": signedBy(testutil.RSAKeys()[1], b64(f.header.with("kid", `"encryption"`).String())+"."+b64(f.claims.String())),
		"by the published key for RS512": signedBy(testutil.RSAKeys()[1], b64(f.header.with("kid", `"rs512"`).String())+"."+b64(f.claims.String())), "by the last key published twice": signedBy(testutil.RSAKeys()[2], b64(f.header.with("kid", `"twice"`).String())+"."+b64(f.claims.String())), "by the first key published twice": signedBy(testutil.RSAKeys()[1], b64(f.header.with("kid", `"twice"`).String())+"."+b64(f.claims.String())), "by a key published with its private part": signedBy(testutil.RSAKeys()[1], b64(f.header.with("kid", `"private"`).String())+"."+b64(f.claims.String())),
		"over the decoded text": signed + signedBy(f.key, f.header.String()+"."+f.claims.String())[len(f.header.String()+"."+f.claims.String()):], "over the header only": signed + signedBy(f.key, b64(f.header.String()))[len(b64(f.header.String())):],
	}
	for _, i := range []int{0, 1, 127, 128, 254, 255} {
		tokens[fmt.Sprintf("bit of byte %d", i)] = flip(i)
	}
	mac := hmac.New(sha256.New, []byte(symmetricKey))
	hs := b64(`{"alg":"HS256","kid":"oct"}`) + "." + b64(f.claims.String())
	mac.Write([]byte(hs))
	tokens["by a published symmetric key"] = hs + "." + b64(string(mac.Sum(nil)))
	return tokens
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// symmetricKey is a symmetric key that an issuer published by mistake.
const symmetricKey = "0123456789abcdef0123456789abcdef"

// weakKey is too short to be secure.
func weakKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return key
}

// unusableJWKs are published keys that must not verify tokens.
func unusableJWKs(small *rsa.PrivateKey) []any {
	with := func(kid, name string, value any) map[string]any {
		jwk := testutil.PublicJWK(kid, testutil.RSAKeys()[1])
		jwk[name] = value
		return jwk
	}
	return []any{
		testutil.PublicJWK("small", small), with("encryption", "use", "enc"), with("rs512", "alg", "RS512"), with("private", "d", b64(string(testutil.RSAKeys()[1].D.Bytes()))),
		testutil.PublicJWK("twice", testutil.RSAKeys()[1]), testutil.PublicJWK("twice", testutil.RSAKeys()[2]),
		map[string]any{"kty": "oct", "k": b64(symmetricKey), "alg": "HS256", "kid": "oct"},
	}
}

// credentials returns Authorization headers that are not a single bearer token, though
// most contain a valid one.
func (f forger) credentials() []attackOnTokens {
	good := f.honest()
	other := f.sign(f.header, f.claims.with("jti", `"another"`))
	return []attackOnTokens{
		{"none at all", nil, absent},
		{"empty", []string{""}, absent},
		{"a space", []string{" "}, absent},
		{"scheme only", []string{"Bearer"}, invalid},
		{"scheme and space", []string{"Bearer "}, invalid},
		{"token only", []string{good}, invalid},
		{"two headers", []string{"Bearer " + good, "Bearer " + good}, invalid},
		{"two headers, two tokens", []string{"Bearer " + good, "Bearer " + other}, invalid},
		{"empty header first", []string{"", "Bearer " + good}, invalid},
		{"empty header last", []string{"Bearer " + good, ""}, invalid},
		{"Basic before", []string{"Basic YTpi", "Bearer " + good}, invalid},
		{"Basic", []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("ada:"+good))}, invalid},
		{"Basic with the token", []string{"Basic " + good}, invalid},
		{"Digest", []string{`Digest username="ada"`}, invalid},
		{"DPoP", []string{"DPoP " + good}, invalid},
		{"Token", []string{"Token " + good}, invalid},
		{"JWT", []string{"JWT " + good}, invalid},
		{"Bearers", []string{"Bearers " + good}, invalid},
		{"Bearer:", []string{"Bearer: " + good}, invalid},
		{"Bearer=", []string{"Bearer=" + good}, invalid},
		{"Bearer, glued", []string{"Bearer" + good}, invalid},
		{"a tab", []string{"Bearer\t" + good}, invalid},
		{"a tab and a space", []string{"Bearer \t" + good}, invalid},
		{"a no-break space", []string{"Bearer\u00a0" + good}, invalid},
		{"a comma list", []string{"Bearer " + good + ", Bearer " + good}, invalid},
		{"a comma list with Basic", []string{"Basic YTpi, Bearer " + good}, invalid},
		{"two tokens", []string{"Bearer " + good + " " + other}, invalid},
		{"a comma behind", []string{"Bearer " + good + ","}, invalid},
		{"a semicolon behind", []string{"Bearer " + good + ";"}, invalid},
		{"parameters", []string{`Bearer token="` + good + `"`}, invalid},
		{"scheme twice", []string{"Bearer Bearer " + good}, invalid},
		{"a header for each word", []string{"Bearer", good}, invalid},
		{"a line of its own", []string{"Bearer\r\n" + good}, "400"},
		{"text before", []string{"x Bearer " + good}, invalid},
		{"quoted", []string{`"Bearer ` + good + `"`}, invalid},
		{"Bearer of other letters", []string{"Ｂearer " + good}, invalid},
		{"a header of 60 KiB", []string{"Bearer " + strings.Repeat("A", 60<<10)}, invalid},
		{"a header of 72 KiB", []string{"Bearer " + strings.Repeat("A", 72<<10)}, "431"},
		{"a header of 80 KiB with a good token", []string{"Bearer " + good + strings.Repeat(" ", 80<<10) + "x"}, "431"},
		{"40 headers", slices.Repeat([]string{"Bearer " + good}, 40), invalid},
	}
}

// ask sends a query with any header values, including ones that no HTTP client sends.
func (g *target) ask(t *testing.T, authorization []string) (testutil.TimedResponse, error) {
	if !strings.ContainsAny(strings.Join(authorization, ""), "\r\n\x00") {
		return g.Post("{me{id}}", authorization...)
	}
	body := `{"query":"{me{id}}"}`
	head := "POST /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/graphql-response+json\r\n"
	for _, value := range authorization {
		head += "Authorization: " + value + "\r\n"
	}
	start := time.Now()
	status, answered, _ := strings.Cut(g.raw(t, head+"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body), "\r\n\r\n")
	took := time.Since(start)
	var code int
	if _, err := fmt.Sscanf(status, "HTTP/1.1 %d", &code); err != nil {
		return testutil.TimedResponse{}, fmt.Errorf("%q: %w", status, err)
	}
	return testutil.TimedResponse{Response: testutil.NewResponse(code, http.Header{}, []byte(answered)), Took: took}, nil
}

// Callers that are accepted besides the users of the app client.
const (
	acceptedClientID  = "8accepted23456789"
	acceptedMachineID = "7machine23456789"
	acceptedAudience  = "https://this.example/api"
)

func furtherCallers() []string {
	return []string{
		"AWS_COGNITO_ACCEPTED_CLIENT_IDS=" + acceptedClientID + "," + acceptedMachineID, "AWS_COGNITO_AUDIENCE=" + acceptedAudience,
	}
}

// P1: everything but a valid access token of this pool and app client is rejected, with
// the code that tells the client what to do.
func TestAttackTokens(t *testing.T) {
	t.Parallel()
	keys := testutil.NewFakeIssuer()
	small := weakKey()
	keys.PublishAlso(unusableJWKs(small)...)
	g := newUnreadyTarget(t, keys, append(furtherCallers(), "LOG_LEVEL=warn")...)
	if err := g.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	f := newForger(g.Issuer)

	attacks := slices.Concat(
		bearers("algorithm", invalid, f.algorithms()), bearers("header", invalid, f.hostileHeaders()), bearers("claims", invalid, f.hostileClaims()), bearers("time", expired, f.pastTimes()),
		bearers("shape", invalid, f.shapes()), bearers("signature", invalid, f.signatures(small)), f.credentials(),
	)
	refused := 0
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			r, err := g.ask(t, attack.header)
			if err != nil {
				t.Fatal(err)
			}
			// net/http rejects control characters in headers.
			if r.Code() != attack.want && r.Code() != "400" {
				t.Errorf("%d %s, want %s", r.Status, r.Code(), attack.want)
			}
			if id := r.Text("data.me.id"); id != "absent" {
				t.Fatalf("accepted as %s", id)
			}
			if r.Status >= 500 || r.Took > maxResponseTime {
				t.Errorf("status %d after %v", r.Status, r.Took)
			}
			refused++
		})
	}
	t.Logf("%d of %d forged tokens rejected", refused, len(attacks))
	if len(attacks) < 300 {
		t.Errorf("there are only %d attacks", len(attacks))
	}
	g.unharmed(t, 0)
	// Few of them had a key id that could have been new.
	if n := g.Issuer.Fetches(); n > 6 {
		t.Errorf("%d fetches of the key set", n)
	}
}

// The test vectors of Project Wycheproof are valid and invalid signatures, none over one
// of our access tokens.
func TestAttackTokensWycheproof(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	refused, all := 0, 0
	for _, name := range []string{"json_web_signature_test.json", "json_web_key_test.json"} {
		content, err := os.ReadFile("../../cognito/token/testdata/wycheproof/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			TestGroups []struct {
				Tests []struct {
					TcID int
					JWS  string
				}
			}
		}
		if err := json.Unmarshal(content, &file); err != nil {
			t.Fatal(err)
		}
		for _, group := range file.TestGroups {
			for _, vector := range group.Tests {
				all++
				r, err := g.ask(t, []string{"Bearer " + vector.JWS})
				if err != nil {
					t.Fatal(err)
				}
				if r.Code() != invalid || r.Text("data.me") != "null" || r.Took > maxResponseTime {
					t.Errorf("%s %d: %d %s after %v", name, vector.TcID, r.Status, r.Code(), r.Took)
					continue
				}
				refused++
			}
		}
	}
	t.Logf("%d of %d vectors rejected", refused, all)
	if all < 427 {
		t.Errorf("there are only %d vectors", all)
	}
	g.unharmed(t, 0)
}

// P2: valid tokens are accepted in every legal form.
func TestAttackTokensHonest(t *testing.T) {
	t.Parallel()
	g := newTarget(t, append(furtherCallers(), "LOG_LEVEL=warn")...)
	f := newForger(g.Issuer)
	h, c := f.header, f.claims
	good := f.honest()
	cases := []attackOnTokens{
		{"lower-case scheme", []string{"bearer " + good}, ""},
		{"upper-case scheme", []string{"BEARER " + good}, ""},
		{"several spaces", []string{"Bearer    " + good}, ""},
		{"white space around the value", []string{" \tBearer " + good + " \t "}, ""},
		{"folded, which is to be read as a space (RFC 9112, 5.2)", []string{"Bearer\r\n " + good}, ""},
	}
	groups := `"g0"` + strings.Repeat(`,"g"`, 99)
	tokens := f.headers(map[string]fmt.Stringer{
		"as Cognito writes it": h, "typ JWT": h.with("typ", `"JWT"`), "typ jwt": h.with("typ", `"jwt"`), "typ at+jwt": h.with("typ", `"at+jwt"`), "unknown header member": h.with("x", `{"a":[1,{"b":null}]}`),
		"header in other order": ordered{h[1], h[0]}, "white space in the header": text(" {\n\t\"alg\" : \"RS256\" ,\r\n \"kid\" : \"first\" } \n"),
	})
	for name, token := range f.claimSets(map[string]fmt.Stringer{
		"groups": c.with("cognito:groups", `["admins","editors"]`), "100 groups": c.with("cognito:groups", "["+groups+"]"), "no groups at all": c.with("cognito:groups", "[]"), "no scope": c.without("scope"), "no revocation ids": c.without("jti").without("origin_jti"), "version 2": c.with("version", "2"),
		"of an accepted client": c.with("client_id", quote(acceptedClientID)), "bound to the resource server": c.with("aud", quote(acceptedAudience)), "aud is the client": c.with("aud", quote(testutil.FakeClientID)), "aud has the client": c.with("aud", `["https://api.example",`+quote(testutil.FakeClientID)+`]`), "custom claims": c.with("tenant", `{"a":[true,false,null,-0.5e-3]}`), "escapes": c.with("token_use", `"\u0061ccess"`), "names of other case": c.with("SUB", `"x"`).with("Client_Id", "7"),
		"fractions of seconds": c.with("exp", f.at(3600)+".5"), "expired within the leeway": c.with("exp", f.at(-5)), "issued ahead, within the leeway": c.with("iat", f.at(20)), "nbf in the past": c.with("nbf", f.at(-600)), "white space in the claims": text(strings.ReplaceAll(c.String(), ",", " ,\n\t")), "not ASCII": c.with("username", `"Żółć 😀"`),
	}) {
		tokens[name] = token
	}
	cases = append(cases, bearers("token", "", tokens)...)

	accepted := 0
	for _, honest := range cases {
		t.Run(honest.name, func(t *testing.T) {
			r, err := g.ask(t, honest.header)
			if err != nil {
				t.Fatal(err)
			}
			if id := r.Text("data.me.id"); r.Status != http.StatusOK || id != "7c1e58c4-0000-4000-8000-000000000001" || r.Took > maxResponseTime {
				t.Fatalf("%d %s after %v", r.Status, r.Body, r.Took)
			}
			accepted++
		})
	}
	t.Logf("%d of %d honest tokens accepted", accepted, len(cases))
	g.unharmed(t, 0)
}
