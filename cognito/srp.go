package cognito

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// The client's side of Secure Remote Password as Cognito does it: SRP-6a (RFC
// 5054) in the 3072-bit group 15 of RFC 3526 with SHA-256, for app clients that
// permit nothing else. The embedded pool has the server's side, written apart
// from this one, so that a mistake in one of them shows.

const srpPrime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
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

// srpTimestamp is how Cognito wants the time of a proof: in English, in UTC, the
// day without a leading zero.
const srpTimestamp = "Mon Jan 2 15:04:05 UTC 2006"

// srpClient is one run of the protocol.
type srpClient struct {
	n, g, k *big.Int
	a       *big.Int // secret
	public  *big.Int // A = g^a
}

// newSRPClient begins a run with a new secret.
func newSRPClient() (*srpClient, error) {
	secret := make([]byte, 128)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return srpClientWith(new(big.Int).SetBytes(secret)), nil
}

func srpClientWith(a *big.Int) *srpClient {
	n, _ := new(big.Int).SetString(srpPrime, 16)
	g := big.NewInt(2)
	return &srpClient{
		n: n, g: g, k: srpHash(srpPad(n), srpPad(g)),
		a: a, public: new(big.Int).Exp(g, a, n),
	}
}

// srpPad is the shortest two's-complement form of a positive number: a zero byte
// in front when the top bit is set. RFC 5054 pads to the length of N instead.
func srpPad(x *big.Int) []byte {
	b := x.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		return append([]byte{0}, b...)
	}
	return b
}

func srpHash(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

// A is the client's public value as it is sent.
func (s *srpClient) A() string { return s.public.Text(16) }

var errSRP = errors.New("cognito: the pool's SRP parameters are malformed")

// key computes the key that both sides share.
func (s *srpClient) key(poolName, userID, password, salt, srpB string) ([]byte, error) {
	b, ok := new(big.Int).SetString(srpB, 16)
	saltNumber, saltOK := new(big.Int).SetString(salt, 16)
	if !ok || !saltOK || new(big.Int).Mod(b, s.n).Sign() == 0 {
		return nil, errSRP
	}
	u := srpHash(srpPad(s.public), srpPad(b))
	if u.Sign() == 0 {
		return nil, errSRP
	}
	identity := sha256.Sum256([]byte(poolName + userID + ":" + password))
	x := srpHash(srpPad(saltNumber), identity[:])

	// S = (B - k·g^x)^(a + u·x)
	base := new(big.Int).Exp(s.g, x, s.n)
	base.Mul(base, s.k).Sub(b, base).Mod(base, s.n)
	exponent := new(big.Int).Mul(u, x)
	exponent.Add(exponent, s.a)
	shared := new(big.Int).Exp(base, exponent, s.n)
	return hkdf.Key(sha256.New, srpPad(shared), srpPad(u), "Caldera Derived Key", 16)
}

// proof answers the challenge PASSWORD_VERIFIER.
func (s *srpClient) proof(poolName, password string, c *SRPChallenge, now time.Time) (signature, timestamp string, err error) {
	key, err := s.key(poolName, c.UserIDForSrp, password, c.Salt, c.SrpB)
	if err != nil {
		return "", "", err
	}
	timestamp = now.UTC().Format(srpTimestamp)
	signature, err = srpSignature(key, poolName, c.UserIDForSrp, c.SecretBlock, timestamp)
	return signature, timestamp, err
}

// srpSignature proves possession of the key at a time.
func srpSignature(key []byte, poolName, userID, secretBlock, timestamp string) (string, error) {
	block, err := base64.StdEncoding.DecodeString(secretBlock)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errSRP, err)
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte(poolName), []byte(userID), block, []byte(timestamp)} {
		mac.Write(part)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
