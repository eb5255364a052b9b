package cognito

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"
	"time"
)

// Vectors made by a client that nobody here wrote; testdata says which.
func TestSRPVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/srp.json")
	if err != nil {
		t.Fatal(err)
	}
	// Both "a" and "A" are members, which encoding/json would not tell apart.
	var raw struct{ Vectors []map[string]string }
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	if len(raw.Vectors) < 20 {
		t.Fatalf("%d vectors", len(raw.Vectors))
	}
	for _, v := range raw.Vectors {
		a, _ := new(big.Int).SetString(v["a"], 16)
		client := srpClientWith(a)
		if client.A() != v["A"] {
			t.Errorf("%s: A is %s", v["userIdForSrp"], client.A())
		}
		key, err := client.key(v["poolName"], v["userIdForSrp"], v["password"], v["salt"], v["B"])
		if err != nil || hex.EncodeToString(key) != v["key"] {
			t.Errorf("%s: key %x, want %s (%v)", v["userIdForSrp"], key, v["key"], err)
		}
		signature, err := srpSignature(key, v["poolName"], v["userIdForSrp"], v["secretBlock"], v["timestamp"])
		if err != nil || signature != v["signature"] {
			t.Errorf("%s: signature %s, want %s (%v)", v["userIdForSrp"], signature, v["signature"], err)
		}
	}
}

// The day has no leading zero, unlike the time of day.
func TestSRPTimestamp(t *testing.T) {
	at := time.Date(2026, time.November, 3, 7, 5, 9, 0, time.FixedZone("", 3600))
	if got := at.UTC().Format(srpTimestamp); got != "Tue Nov 3 06:05:09 UTC 2026" {
		t.Errorf("timestamp %q", got)
	}
}

// A pool that sends nonsense must not learn anything about the password.
func TestSRPRefusesMalformedParameters(t *testing.T) {
	client := srpClientWith(big.NewInt(7))
	n, _ := new(big.Int).SetString(srpPrime, 16)
	for _, b := range []string{"", "xyz", "0", n.Text(16), new(big.Int).Mul(n, big.NewInt(2)).Text(16)} {
		if _, err := client.key("pool", "user", "password", "ab", b); err == nil {
			t.Errorf("B = %.10q is taken", b)
		}
	}
	if _, err := client.key("pool", "user", "password", "salt", "ab"); err == nil {
		t.Error("a salt that is not hexadecimal is taken")
	}
}
