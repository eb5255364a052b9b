package srp

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"
	"time"
)

// The vectors come from other implementations. The file names them.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/srp.json")
	if err != nil {
		t.Fatal(err)
	}
	// Maps, since encoding/json does not distinguish the members "a" and "A" of structs.
	var file struct{ Vectors []map[string]string }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 20 {
		t.Fatalf("%d vectors", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		challenge := Challenge{
			PoolName: v["poolName"], UserID: v["userIdForSrp"], Salt: v["salt"], B: v["B"], SecretBlock: v["secretBlock"],
		}
		a, _ := new(big.Int).SetString(v["a"], 16)
		client := WithSecret(a)
		if client.A() != v["A"] {
			t.Errorf("%s: A is %s", challenge.UserID, client.A())
		}
		key, err := client.key(challenge, v["password"])
		if err != nil || hex.EncodeToString(key) != v["key"] {
			t.Errorf("%s: key %x, want %s (%v)", challenge.UserID, key, v["key"], err)
		}
		signature, err := challenge.sign(key, v["timestamp"])
		if err != nil || signature != v["signature"] {
			t.Errorf("%s: signature %s, want %s (%v)", challenge.UserID, signature, v["signature"], err)
		}
	}
}

// The day has no leading zero, unlike the time.
func TestTimestamp(t *testing.T) {
	at := time.Date(2026, time.November, 3, 7, 5, 9, 0, time.FixedZone("", 3600))
	_, timestamp, err := WithSecret(big.NewInt(7)).Proof(Challenge{Salt: "ab", B: "ab"}, "password", at)
	if err != nil || timestamp != "Tue Nov 3 06:05:09 UTC 2026" {
		t.Errorf("timestamp %q, %v", timestamp, err)
	}
}

// Malformed parameters must not reveal anything about the password.
func TestMalformedParameters(t *testing.T) {
	client, n := WithSecret(big.NewInt(7)), modulus()
	for _, b := range []string{"", "xyz", "0", n.Text(16), new(big.Int).Mul(n, big.NewInt(2)).Text(16)} {
		if _, _, err := client.Proof(Challenge{Salt: "ab", B: b}, "password", time.Now()); err == nil {
			t.Errorf("no error for B = %.10q", b)
		}
	}
	for name, challenge := range map[string]Challenge{
		"salt":         {Salt: "salt", B: "ab"},
		"secret block": {Salt: "ab", B: "ab", SecretBlock: "!"},
	} {
		if _, _, err := client.Proof(challenge, "password", time.Now()); err == nil {
			t.Errorf("no error for a malformed %s", name)
		}
	}
}
