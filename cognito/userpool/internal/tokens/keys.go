// Package tokens has the keys of user pools, and what is made with them: signed tokens for clients, and sealed values
// that clients carry but cannot read.
package tokens

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"
)

const rsaBits = 2048

// KeyRecord is the stored form of a pool's keys. RSA keys are in PKCS #8.
type KeyRecord struct {
	Access []byte `json:"access"`
	ID     []byte `json:"id"`
	Seal   []byte `json:"seal"`
}

// KeyRing has a pool's keys in ready-to-use form. Access tokens and ID tokens are signed with different keys, so that
// neither passes for the other even with a verifier that checks nothing else.
type KeyRing struct {
	PoolID  string
	Access  signingKey
	ID      signingKey
	sealing cipher.AEAD
	secret  []byte // for derived values; the same key as that of sealing
}

type signingKey struct {
	kid     string
	private *rsa.PrivateKey
	header  string // encoded JWT header, including the dot
}

// GenerateKeys generates the keys of a new pool, both RSA keys at the same time.
func GenerateKeys() (KeyRecord, error) {
	var (
		rec  KeyRecord
		errs [2]error
		wg   sync.WaitGroup
	)
	wg.Go(func() { rec.Access, errs[0] = generateRSA() })
	wg.Go(func() { rec.ID, errs[1] = generateRSA() })
	rec.Seal = make([]byte, 32)
	if _, err := rand.Read(rec.Seal); err != nil {
		return rec, err
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return rec, fmt.Errorf("generating a key: %w", err)
		}
	}
	return rec, nil
}

func generateRSA() ([]byte, error) {
	k, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(k)
}

// KeyRing parses the keys.
func (r KeyRecord) KeyRing(poolID string) (*KeyRing, error) {
	access, err := parseKey(r.Access)
	if err != nil {
		return nil, err
	}
	id, err := parseKey(r.ID)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(r.Seal)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	sealing, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	return &KeyRing{PoolID: poolID, Access: access, ID: id, sealing: sealing, secret: r.Seal}, nil
}

func parseKey(der []byte) (signingKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return signingKey{}, fmt.Errorf("reading a key: %w", err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return signingKey{}, fmt.Errorf("reading a key: not an RSA key")
	}
	private.Precompute()
	kid := thumbprint(&private.PublicKey)
	header, err := json.Marshal(struct {
		Kid string `json:"kid"`
		Alg string `json:"alg"`
	}{kid, "RS256"})
	if err != nil {
		return signingKey{}, err
	}
	return signingKey{kid: kid, private: private, header: base64.RawURLEncoding.EncodeToString(header) + "."}, nil
}

// thumbprint returns the key's RFC 7638 thumbprint. In standard base64 it has 44 characters, like Cognito's key ids.
func thumbprint(public *rsa.PublicKey) string {
	sum := sha256.Sum256(fmt.Appendf(nil, `{"e":"%s","kty":"RSA","n":"%s"}`, jwkExponent(public), jwkModulus(public)))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func jwkModulus(public *rsa.PublicKey) string {
	return base64.RawURLEncoding.EncodeToString(public.N.Bytes())
}

func jwkExponent(public *rsa.PublicKey) string {
	return base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes())
}

// JWK is a public key in JSON (RFC 7517).
type JWK struct {
	Alg string `json:"alg"`
	E   string `json:"e"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	N   string `json:"n"`
	Use string `json:"use"`
}

// JWK returns the public key.
func (k signingKey) JWK() JWK {
	return JWK{
		Alg: "RS256", E: jwkExponent(&k.private.PublicKey), Kid: k.kid, Kty: "RSA", N: jwkModulus(&k.private.PublicKey), Use: "sig",
	}
}

// KeyRings has the keys of all pools. They stay in memory because parsing them is slow. Keys never change, but pools
// come and go.
type KeyRings struct {
	mu     sync.RWMutex
	byPool map[string]*KeyRing
	byKid  map[string]*KeyRing // only by access keys
}

// Put adds the keys of a pool.
func (r *KeyRings) Put(ring *KeyRing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byPool == nil {
		r.byPool, r.byKid = map[string]*KeyRing{}, map[string]*KeyRing{}
	}
	r.byPool[ring.PoolID] = ring
	r.byKid[ring.Access.kid] = ring
}

// Delete removes the keys of a pool.
func (r *KeyRings) Delete(poolID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ring := r.byPool[poolID]; ring != nil {
		delete(r.byKid, ring.Access.kid)
		delete(r.byPool, poolID)
	}
}

// ForPool returns the keys of a pool, or nil.
func (r *KeyRings) ForPool(poolID string) *KeyRing {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byPool[poolID]
}

// All returns the keys of every pool.
func (r *KeyRings) All() []*KeyRing {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]*KeyRing, 0, len(r.byPool))
	for _, ring := range r.byPool {
		list = append(list, ring)
	}
	return list
}

func (r *KeyRings) forAccess(kid string) *KeyRing {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byKid[kid]
}
