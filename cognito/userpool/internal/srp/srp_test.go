package srp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
)

type srpVector struct {
	PoolName, UserIDForSrp, Password, Salt, U, S, Key string
	SecretBlock, Timestamp, Signature                 string
	ClientPublic                                      string `json:"A"`
	ServerPublic                                      string `json:"B"`
	ClientSecret                                      string `json:"a"`
}

// readVectors reads the vectors member by member, since encoding/json does not distinguish a from A.
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
	if got := NewGroup().k.Text(16); got != want {
		t.Errorf("k = %s, want %s", got, want)
	}
}

// The vectors have no verifier, but the client's S = (B - k·v)^(a + u·x) is correct only with the right x and v, and its
// proof only with the right key and padding.
func TestSRPVectors(t *testing.T) {
	t.Parallel()
	g := NewGroup()
	for _, vec := range readVectors(t) {
		salt := fromHex(t, vec.Salt)
		v := new(big.Int).SetBytes(g.Verifier(vec.PoolName, vec.UserIDForSrp, vec.Password, salt.Bytes()))
		a, clientPublic, serverPublic := fromHex(t, vec.ClientSecret), fromHex(t, vec.ClientPublic), fromHex(t, vec.ServerPublic)
		u := hash(pad(clientPublic), pad(serverPublic))
		if u.Cmp(fromHex(t, vec.U)) != 0 {
			t.Fatalf("%s: u differs", vec.UserIDForSrp)
		}
		base := new(big.Int).Sub(serverPublic, new(big.Int).Mul(g.k, v))
		base.Mod(base, g.N)
		identity := hash([]byte(vec.PoolName + vec.UserIDForSrp + ":" + vec.Password)).FillBytes(make([]byte, 32))
		x := hash(pad(salt), identity)
		shared := new(big.Int).Exp(base, new(big.Int).Add(a, new(big.Int).Mul(u, x)), g.N)
		if shared.Cmp(fromHex(t, vec.S)) != 0 {
			t.Fatalf("%s: S differs", vec.UserIDForSrp)
		}
		block, err := base64.StdEncoding.DecodeString(vec.SecretBlock)
		if err != nil {
			t.Fatal(err)
		}
		key, err := hex.DecodeString(vec.Key)
		if !slices.Equal(key, deriveKey(u, shared)) {
			t.Fatalf("%s: key differs", vec.UserIDForSrp)
		}
		if err != nil {
			t.Fatal(err)
		}
		proof := Proof(key, vec.PoolName, vec.UserIDForSrp, block, vec.Timestamp)
		if base64.StdEncoding.EncodeToString(proof) != vec.Signature {
			t.Fatalf("%s: proof differs", vec.UserIDForSrp)
		}
	}
}

// Client and server compute the same key.
func TestSRPAgreement(t *testing.T) {
	t.Parallel()
	g := NewGroup()
	for _, vec := range readVectors(t) {
		v := g.Verifier(vec.PoolName, vec.UserIDForSrp, vec.Password, fromHex(t, vec.Salt).Bytes())
		b, public, err := g.Public(v)
		if err != nil {
			t.Fatal(err)
		}
		a, clientPublic := fromHex(t, vec.ClientSecret), fromHex(t, vec.ClientPublic)
		server := g.SessionKey(clientPublic, b, public, v)
		client := clientKey(g, vec, a, clientPublic, public)
		if !slices.Equal(server, client) {
			t.Fatalf("%s: keys differ", vec.UserIDForSrp)
		}
	}
}

// clientKey computes the client's side: S = (B - k·v)^(a + u·x).
func clientKey(g *Group, vec srpVector, a, clientPublic, public *big.Int) []byte {
	salt, _ := new(big.Int).SetString(vec.Salt, 16)
	v := new(big.Int).SetBytes(g.Verifier(vec.PoolName, vec.UserIDForSrp, vec.Password, salt.Bytes()))
	identity := hash([]byte(vec.PoolName + vec.UserIDForSrp + ":" + vec.Password)).FillBytes(make([]byte, 32))
	x := hash(pad(salt), identity)
	u := hash(pad(clientPublic), pad(public))
	base := new(big.Int).Sub(public, new(big.Int).Mul(g.k, v))
	base.Mod(base, g.N)
	shared := new(big.Int).Exp(base, new(big.Int).Add(a, new(big.Int).Mul(u, x)), g.N)
	return deriveKey(u, shared)
}

func TestSRPRejectsZero(t *testing.T) {
	t.Parallel()
	g := NewGroup()
	for _, bad := range []string{"", "0", "00", "zz", g.N.Text(16), strings.Repeat("f", 2*Size+2)} {
		if _, ok := g.ParsePublic(bad); ok {
			t.Errorf("A = %.20q was taken", bad)
		}
	}
	if _, ok := g.ParsePublic("abc"); !ok {
		t.Error("an A of odd length was refused")
	}
}
