// Package srp is the client side of Secure Remote Password as Cognito implements it:
// SRP-6a (RFC 5054) with SHA-256 in the 3072-bit group 15 of RFC 3526.
//
// The embedded pool has its own implementation of the server side, so that a mistake in
// one of them shows.
package srp

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

const prime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
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

// TimestampFormat is the layout of the timestamp in a proof. The time must be in UTC.
const TimestampFormat = "Mon Jan 2 15:04:05 UTC 2006"

// ErrParameters means that the pool's parameters are malformed.
var ErrParameters = errors.New("srp: the pool's parameters are malformed")

// Client is one run of the protocol.
type Client struct {
	n, g, k *big.Int
	a       *big.Int // secret
	public  *big.Int // A = g^a
}

// New returns a Client with a new random secret.
func New() (*Client, error) {
	secret := make([]byte, 128)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return WithSecret(new(big.Int).SetBytes(secret)), nil
}

// WithSecret returns a Client with the secret a, for tests with known vectors.
func WithSecret(a *big.Int) *Client {
	n, g := modulus(), big.NewInt(2)
	return &Client{n: n, g: g, k: hash(pad(n), pad(g)), a: a, public: new(big.Int).Exp(g, a, n)}
}

func modulus() *big.Int {
	n, _ := new(big.Int).SetString(prime, 16)
	return n
}

// RandomB returns a random number in the form of a server's public value.
func RandomB() string {
	n := modulus()
	b := make([]byte, len(n.Bytes()))
	_, _ = rand.Read(b) // never fails
	return new(big.Int).Mod(new(big.Int).SetBytes(b), n).Text(16)
}

// A returns the client's public value in hexadecimal.
func (c *Client) A() string { return c.public.Text(16) }

// Challenge holds the parameters of Cognito's challenge PASSWORD_VERIFIER.
type Challenge struct {
	PoolName    string // the part of the pool id after "_"
	UserID      string // USER_ID_FOR_SRP
	Salt        string // hexadecimal
	B           string // SRP_B, hexadecimal
	SecretBlock string // base64
}

// Proof returns PASSWORD_CLAIM_SIGNATURE and TIMESTAMP, which prove knowledge of the
// password. It returns [ErrParameters] if the challenge is malformed.
func (c *Client) Proof(challenge Challenge, password string, now time.Time) (signature, timestamp string, err error) {
	key, err := c.key(challenge, password)
	if err != nil {
		return "", "", err
	}
	timestamp = now.UTC().Format(TimestampFormat)
	signature, err = challenge.sign(key, timestamp)
	return signature, timestamp, err
}

// key returns the shared key.
func (c *Client) key(challenge Challenge, password string) ([]byte, error) {
	b, ok := new(big.Int).SetString(challenge.B, 16)
	salt, saltOK := new(big.Int).SetString(challenge.Salt, 16)
	if !ok || !saltOK || new(big.Int).Mod(b, c.n).Sign() == 0 {
		return nil, ErrParameters
	}
	u := hash(pad(c.public), pad(b))
	if u.Sign() == 0 {
		return nil, ErrParameters
	}
	identity := sha256.Sum256([]byte(challenge.PoolName + challenge.UserID + ":" + password))
	x := hash(pad(salt), identity[:])

	// S = (B - k·g^x)^(a + u·x)
	base := new(big.Int).Exp(c.g, x, c.n)
	base.Mul(base, c.k).Sub(b, base).Mod(base, c.n)
	exponent := new(big.Int).Mul(u, x)
	exponent.Add(exponent, c.a)
	shared := new(big.Int).Exp(base, exponent, c.n)
	return hkdf.Key(sha256.New, pad(shared), pad(u), "Caldera Derived Key", 16)
}

// sign proves possession of the key at the given time.
func (c Challenge) sign(key []byte, timestamp string) (string, error) {
	block, err := base64.StdEncoding.DecodeString(c.SecretBlock)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrParameters, err)
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte(c.PoolName), []byte(c.UserID), block, []byte(timestamp)} {
		mac.Write(part)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// pad returns the shortest two's complement form of a positive number: with a zero byte
// in front if the top bit is set. RFC 5054 pads to the length of N instead.
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
