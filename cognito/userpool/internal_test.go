package userpool

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

type srpVector struct {
	PoolName, UserIDForSrp, Password, Salt, U, S, Key string
	SecretBlock, Timestamp, Signature                 string
	ClientPublic                                      string `json:"A"`
	ServerPublic                                      string `json:"B"`
	ClientSecret                                      string `json:"a"`
}

// readVectors reads the vectors member by member, since a and A differ only in case, which encoding/json overlooks.
func readVectors(t *testing.T) []srpVector {
	t.Helper()
	raw, err := os.ReadFile("testdata/srp.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []map[string]string }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var vectors []srpVector
	for _, m := range file.Vectors {
		vectors = append(vectors, srpVector{
			PoolName: m["poolName"], UserIDForSrp: m["userIdForSrp"], Password: m["password"], Salt: m["salt"], U: m["u"], S: m["S"],
			Key: m["key"], SecretBlock: m["secretBlock"], Timestamp: m["timestamp"], Signature: m["signature"],
			ClientPublic: m["A"], ServerPublic: m["B"], ClientSecret: m["a"],
		})
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	return vectors
}

func fromHex(t *testing.T, s string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		t.Fatalf("not hexadecimal: %q", s)
	}
	return n
}

func TestSRPMultiplier(t *testing.T) {
	t.Parallel()
	const want = "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"
	if got := newSRPGroup().k.Text(16); got != want {
		t.Errorf("k = %s, want %s", got, want)
	}
}

// The vectors hold no verifier, but the client's S = (B - k·v)^(a + u·x) comes out right only with the right x and v, and
// its proof only with the right key and padding.
func TestSRPVectors(t *testing.T) {
	t.Parallel()
	g := newSRPGroup()
	for _, vec := range readVectors(t) {
		salt := fromHex(t, vec.Salt)
		v := new(big.Int).SetBytes(g.verifier(vec.PoolName, vec.UserIDForSrp, vec.Password, salt.Bytes()))
		a, clientPublic, serverPublic := fromHex(t, vec.ClientSecret), fromHex(t, vec.ClientPublic), fromHex(t, vec.ServerPublic)
		u := srpHash(srpPad(clientPublic), srpPad(serverPublic))
		if u.Cmp(fromHex(t, vec.U)) != 0 {
			t.Fatalf("%s: u differs", vec.UserIDForSrp)
		}
		base := new(big.Int).Sub(serverPublic, new(big.Int).Mul(g.k, v))
		base.Mod(base, g.n)
		identity := srpHash([]byte(vec.PoolName + vec.UserIDForSrp + ":" + vec.Password)).FillBytes(make([]byte, 32))
		x := srpHash(srpPad(salt), identity)
		shared := new(big.Int).Exp(base, new(big.Int).Add(a, new(big.Int).Mul(u, x)), g.n)
		if shared.Cmp(fromHex(t, vec.S)) != 0 {
			t.Fatalf("%s: S differs", vec.UserIDForSrp)
		}
		block, err := base64.StdEncoding.DecodeString(vec.SecretBlock)
		if err != nil {
			t.Fatal(err)
		}
		key, err := hex.DecodeString(vec.Key)
		if !slices.Equal(key, srpDerive(u, shared)) {
			t.Fatalf("%s: key differs", vec.UserIDForSrp)
		}
		if err != nil {
			t.Fatal(err)
		}
		proof := srpProof(key, vec.PoolName, vec.UserIDForSrp, block, vec.Timestamp)
		if base64.StdEncoding.EncodeToString(proof) != vec.Signature {
			t.Fatalf("%s: proof differs", vec.UserIDForSrp)
		}
	}
}

// Client and server must come to the same key.
func TestSRPAgreement(t *testing.T) {
	t.Parallel()
	g := newSRPGroup()
	for _, vec := range readVectors(t) {
		v := g.verifier(vec.PoolName, vec.UserIDForSrp, vec.Password, fromHex(t, vec.Salt).Bytes())
		b, public, err := g.public(v)
		if err != nil {
			t.Fatal(err)
		}
		a, clientPublic := fromHex(t, vec.ClientSecret), fromHex(t, vec.ClientPublic)
		server := g.sessionKey(clientPublic, b, public, v)
		client := clientKey(g, vec, a, clientPublic, public)
		if !slices.Equal(server, client) {
			t.Fatalf("%s: keys differ", vec.UserIDForSrp)
		}
	}
}

// clientKey computes the client's side: S = (B - k·v)^(a + u·x).
func clientKey(g *srpGroup, vec srpVector, a, clientPublic, public *big.Int) []byte {
	salt, _ := new(big.Int).SetString(vec.Salt, 16)
	v := new(big.Int).SetBytes(g.verifier(vec.PoolName, vec.UserIDForSrp, vec.Password, salt.Bytes()))
	identity := srpHash([]byte(vec.PoolName + vec.UserIDForSrp + ":" + vec.Password)).FillBytes(make([]byte, 32))
	x := srpHash(srpPad(salt), identity)
	u := srpHash(srpPad(clientPublic), srpPad(public))
	base := new(big.Int).Sub(public, new(big.Int).Mul(g.k, v))
	base.Mod(base, g.n)
	shared := new(big.Int).Exp(base, new(big.Int).Add(a, new(big.Int).Mul(u, x)), g.n)
	return srpDerive(u, shared)
}

func TestSRPRefusesZero(t *testing.T) {
	t.Parallel()
	g := newSRPGroup()
	for _, bad := range []string{"", "0", "00", "zz", g.n.Text(16), strings.Repeat("f", 2*srpBytes+2)} {
		if _, ok := g.parsePublic(bad); ok {
			t.Errorf("A = %.20q was taken", bad)
		}
	}
	if _, ok := g.parsePublic("abc"); !ok {
		t.Error("an A of odd length was refused")
	}
}

func openTest(t *testing.T) *Pool {
	t.Helper()
	p, err := Open(Options{Path: filepath.Join(t.TempDir(), "pool.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// A sign-in costs the same work whether the user exists or not: counted in verifiers, which are what takes the time, and in
// commits.
func TestSignInWork(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	var verifiers atomic.Int64
	derive := p.derive
	p.derive = func(poolName, userID, password string, salt []byte) []byte {
		verifiers.Add(1)
		return derive(poolName, userID, password, salt)
	}
	now := time.Now()
	call := func() *call { return &call{id: "test", now: momentOf(now)} }
	_, err := p.adminCreateUser(call(), &adminCreateUserInput{
		UserPoolID: p.ID(), Username: "ann@example.com", TemporaryPassword: "Correct-horse-9", MessageAction: "SUPPRESS",
	})
	if err != nil {
		t.Fatal(err)
	}
	work := func(name string) (int64, int) {
		verifiers.Store(0)
		before := p.lastTx(t)
		_, err := p.initiateAuth(call(), &initiateAuthInput{
			AuthFlow: "USER_PASSWORD_AUTH", ClientID: p.ClientID(),
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "not the password"},
		})
		if messageOf(err) != "Incorrect username or password." {
			t.Fatalf("%s: got %v", name, err)
		}
		return verifiers.Load(), p.lastTx(t) - before
	}
	knownVerifiers, knownCommits := work("ann@example.com")
	otherVerifiers, otherCommits := work("nobody@example.com")
	if knownVerifiers != 1 || otherVerifiers != 1 || knownCommits != otherCommits {
		t.Errorf("known: %d verifiers, %d commits; unknown: %d, %d", knownVerifiers, knownCommits, otherVerifiers, otherCommits)
	}
}

func messageOf(err error) string {
	var api *apiError
	if !errors.As(err, &api) {
		return ""
	}
	return api.Message
}

func (p *Pool) lastTx(t *testing.T) int {
	t.Helper()
	id := 0
	if err := p.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// A change that fails, or panics, must not take its neighbours in the same commit along.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	put := func(k string) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(metaBucket)).Put([]byte(k), []byte("x")) }
	}
	changes := []func(*bbolt.Tx) error{
		put("a"),
		func(tx *bbolt.Tx) error { _ = put("refused")(tx); return incorrectPassword() },
		put("b"),
		func(tx *bbolt.Tx) error { _ = put("panicked")(tx); panic("no") },
		put("c"),
	}
	var batch []*change
	for _, apply := range changes {
		batch = append(batch, &change{apply: apply, done: make(chan error, 1)})
	}
	p.commits.commit(slices.Clone(batch))
	for i, ch := range batch {
		if err := <-ch.done; (err != nil) != (i == 1 || i == 3) {
			t.Errorf("change %d: %v", i, err)
		}
	}
	err := p.db.View(func(tx *bbolt.Tx) error {
		for _, k := range []string{"a", "b", "c", "refused", "panicked"} {
			if has := tx.Bucket([]byte(metaBucket)).Get([]byte(k)) != nil; has != (len(k) == 1) {
				t.Errorf("%s is there: %v", k, has)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What has outlived its use is removed as later changes come in.
func TestSweep(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	now := momentOf(time.Now())
	for i := range 50 {
		err := p.update(p.ID(), now, func(t *poolTx) error { return t.spend(countResend, string(rune('a'+i)), 5) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		now = now.add(2 * time.Hour)
		if err := p.update(p.ID(), now, func(t *poolTx) error { return t.spend(countResend, "z", 5) }); err != nil {
			t.Fatal(err)
		}
	}
	err := p.view(p.ID(), now, func(tx *poolTx) error {
		if n := tx.bucket(throttlesBucket).Stats().KeyN; n > 1 {
			t.Errorf("%d records are left", n)
		}
		if n := tx.bucket(expiryBucket).Stats().KeyN; n > 2 {
			t.Errorf("%d notes are left", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The inbox keeps the newest messages and drops what is older from both of its buckets.
func TestInboxBound(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	err := p.update(p.ID(), 0, func(t *poolTx) error {
		for range inboxKept + 10 {
			if err := t.deliver(inboxRecord{To: "a@example.com"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = p.db.View(func(tx *bbolt.Tx) error {
		for _, name := range []string{inboxBucket, inboxToBucket} {
			if n := tx.Bucket([]byte(name)).Stats().KeyN; n != inboxKept {
				t.Errorf("%s holds %d", name, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want *userFilter
		bad  string
	}{
		{text: ""},
		{text: `email = "a@b.c"`, want: &userFilter{"email", false, "a@b.c"}},
		{text: `email="a@b.c"`, want: &userFilter{"email", false, "a@b.c"}},
		{text: `"email" ^= "a"`, want: &userFilter{"email", true, "a"}},
		{text: `name = "say \"hi\""`, want: &userFilter{"name", false, `say "hi"`}},
		{text: `name = "a\\"`, want: &userFilter{"name", false, `a\`}},
		{text: `name = "x=^y"`, want: &userFilter{"name", false, "x=^y"}},
		{text: `custom:mode = "x"`, bad: "Invalid search attribute: custom:mode"},
		{text: `email`, bad: "Error while parsing filter."},
		{text: `email = a`, bad: "Error while parsing filter."},
		{text: `email = "a`, bad: "Error while parsing filter."},
		{text: `email = "a" and`, bad: "Error while parsing filter."},
		{text: `email ^ "a"`, bad: "Error while parsing filter."},
		{text: `= "a"`, bad: "Error while parsing filter."},
		{text: `email = "a\`, bad: "Error while parsing filter."},
	}
	for _, tt := range tests {
		got, err := parseFilter(tt.text)
		if tt.bad != "" {
			if messageOf(err) != tt.bad {
				t.Errorf("%s: got %v", tt.text, err)
			}
			continue
		}
		if err != nil || (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: got %+v, %v", tt.text, got, err)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add(`email = "a"`)
	f.Add(`"name" ^= "a\"b"`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := parseFilter(text)
		if err == nil && filter != nil && !slices.Contains(searchable(), filter.attribute) {
			t.Errorf("%q gave the attribute %q", text, filter.attribute)
		}
	})
}

func TestIsEmail(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a@b.co", "a.b+c@x-y.example.com", "jörg@müller.de", "o'neil@example.org", "1@2.3"} {
		if !isEmail(good) {
			t.Errorf("%q was refused", good)
		}
	}
	for _, bad := range []string{
		"", "a", "a@b", "@b.co", "a@", "a@@b.co", "a@b@c.de", "a b@c.de", "a@b..co", "a@.co", ".a@b.co", "a@-b.co",
		"a@b.co\n", "<a@b.co>", strings.Repeat("a", 65) + "@b.co", "a\x00@b.co",
	} {
		if isEmail(bad) {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestLockAfter(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 9: 512 * time.Second, 10: 15 * time.Minute, 1000: 15 * time.Minute} {
		if got := lockAfter(n); got != want {
			t.Errorf("after %d: %v, want %v", n, got, want)
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	for m, want := range map[moment]string{1715000000123: "1715000000.123", 1715000000000: "1715000000", 0: "0", -1500: "-1.5"} {
		raw, err := json.Marshal(m)
		if err != nil || string(raw) != want {
			t.Errorf("%d: %s, %v", m, raw, err)
		}
		var back moment
		if err := json.Unmarshal(raw, &back); err != nil || back != m {
			t.Errorf("%s read as %d, %v", raw, back, err)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"foo@example.com": "f***@e***", "élan@über.de": "é***@ü***", "+15551234567": "+*******4567"} {
		if got := mask(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

// The vectors of RFC 6238, appendix B, for SHA-1; of their eight digits, the last six.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode([]byte("12345678901234567890"), totpStep(moment(seconds*1000))); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
	}
}

// A sign-in with a one-time code writes to the disk as often whether the user exists or not, when it begins and when it is
// answered.
func TestOTPWork(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	now := momentOf(time.Now())
	call := func() *call { return &call{id: "test", now: now} }
	_, err := p.adminCreateUser(call(), &adminCreateUserInput{
		UserPoolID: p.ID(), Username: "ann@example.com", UserAttributes: []attribute{{Name: "email_verified", Value: "true"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	work := func(name string) (begin, answer int) {
		before := p.lastTx(t)
		out, err := p.initiateAuth(call(), &initiateAuthInput{
			AuthFlow: "USER_AUTH", ClientID: p.ClientID(),
			AuthParameters: map[string]string{"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"},
		})
		if err != nil {
			t.Fatal(err)
		}
		between := p.lastTx(t)
		_, err = p.respondToAuthChallenge(call(), &respondInput{
			ClientID: p.ClientID(), ChallengeName: "EMAIL_OTP", Session: out.Session,
			ChallengeResponses: map[string]string{"USERNAME": name, "EMAIL_OTP_CODE": "none"},
		})
		if messageOf(err) != "Invalid code or auth state for the user." {
			t.Fatalf("%s: got %v", name, err)
		}
		return between - before, p.lastTx(t) - between
	}
	knownBegin, knownAnswer := work("ann@example.com")
	otherBegin, otherAnswer := work("nobody@example.com")
	if knownBegin != otherBegin || knownAnswer != otherAnswer {
		t.Errorf("known: %d and %d commits; unknown: %d and %d", knownBegin, knownAnswer, otherBegin, otherAnswer)
	}
}
