// Package srp implements the server's side of Secure Remote Password as Cognito uses it: SRP-6a (RFC 5054) over the
// 3072-bit group 15 of RFC 3526 with SHA-256, and with a padding of its own (see pad).
//
// math/big is not constant-time.
// Here it handles verifiers and the secret behind them, and an attacker who could time single multiplications over
// loopback could read the file as well.
package srp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
)

const primeHex = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33" +
	"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864" +
	"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2" +
	"08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

// Size is the length in bytes of the group's prime, and so of a verifier.
const Size = 384

// Group has the constants N, g and k = H(PAD(N) | PAD(g)).
type Group struct{ N, g, k *big.Int }

// NewGroup returns the group that Cognito uses.
func NewGroup() *Group {
	n, _ := new(big.Int).SetString(primeHex, 16)
	g := big.NewInt(2)
	return &Group{N: n, g: g, k: hash(pad(n), pad(g))}
}

// pad is Cognito's PAD: the shortest two's-complement big-endian form of a positive number, with a zero byte in front
// if the top bit is set. It does not pad to the length of N, as RFC 5054 would.
func pad(x *big.Int) []byte {
	b := x.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		return append([]byte{0}, b...)
	}
	return b
}

func hash(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

// Verifier returns v = g^x mod N with x = H(PAD(salt) | H(poolName | userID | ":" | password)).
func (s *Group) Verifier(poolName, userID, password string, salt []byte) []byte {
	identity := sha256.Sum256([]byte(poolName + userID + ":" + password))
	x := hash(pad(new(big.Int).SetBytes(salt)), identity[:])
	return new(big.Int).Exp(s.g, x, s.N).FillBytes(make([]byte, Size))
}

// Public returns a new secret b and B = (k·v + g^b) mod N.
func (s *Group) Public(v []byte) (b, public *big.Int, err error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, nil, err
	}
	b = new(big.Int).SetBytes(secret)
	return b, s.publicOf(v, b), nil
}

func (s *Group) publicOf(v []byte, b *big.Int) *big.Int {
	kv := new(big.Int).Mul(s.k, new(big.Int).SetBytes(v))
	kv.Add(kv, new(big.Int).Exp(s.g, b, s.N))
	return kv.Mod(kv, s.N)
}

// ParsePublic parses a client's A. It rejects anything but a hexadecimal number below 2^3072, and A mod N = 0, with
// which anyone would know the session key (RFC 5054, 2.5.4).
func (s *Group) ParsePublic(text string) (*big.Int, bool) {
	if text == "" || len(text) > 2*Size {
		return nil, false
	}
	if len(text)%2 == 1 {
		text = "0" + text
	}
	raw, err := hex.DecodeString(text)
	if err != nil {
		return nil, false
	}
	a := new(big.Int).SetBytes(raw)
	return a, new(big.Int).Mod(a, s.N).Sign() != 0
}

// SessionKey returns the key of the client's proof: u = H(PAD(A) | PAD(B)), S = (A·v^u)^b mod N, and HKDF (RFC 5869)
// with Cognito's info string.
func (s *Group) SessionKey(a, b, public *big.Int, v []byte) []byte {
	u := hash(pad(a), pad(public))
	base := new(big.Int).Exp(new(big.Int).SetBytes(v), u, s.N)
	base.Mul(base, a).Mod(base, s.N)
	return deriveKey(u, base.Exp(base, b, s.N))
}

// deriveKey derives a key from S: HKDF-SHA256 with the salt PAD(u), one block, cut to sixteen bytes.
func deriveKey(u, shared *big.Int) []byte {
	extract := hmac.New(sha256.New, pad(u))
	extract.Write(pad(shared))
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write([]byte("Caldera Derived Key\x01"))
	return expand.Sum(nil)[:16]
}

// Proof returns the expected PASSWORD_CLAIM_SIGNATURE.
func Proof(key []byte, poolName, userID string, secretBlock []byte, timestamp string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(poolName + userID))
	h.Write(secretBlock)
	h.Write([]byte(timestamp))
	return h.Sum(nil)
}
