package token

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rsa"
	"crypto/sha256"

	"filippo.io/bigmod"
)

// digestInfo is what stands before a digest of SHA-256 in a signature: the DER of
// DigestInfo (RFC 8017, section 9.2, note 1).
const digestInfo = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"

// RS256Key is a public key that checks RS256 signatures (RFC 7518, section 3.3). It
// keeps what crypto/rsa works out of the modulus again with each verification, a third
// of its time. It must not be changed.
type RS256Key struct {
	rsa.PublicKey

	id      string          // that it is published under
	modulus *bigmod.Modulus // nil: crypto/rsa has to do it
	padding []byte          // what stands before the digest in an encoded message
}

// newRS256Key prepares a key whose modulus is odd and has at least 2048 bits.
func newRS256Key(id string, public rsa.PublicKey) (*RS256Key, error) {
	k := &RS256Key{PublicKey: public, id: id}
	// Where FIPS 140 is asked for, only the module that was validated may do it.
	if fips140.Enabled() {
		return k, nil
	}
	modulus, err := bigmod.NewModulus(public.N.Bytes())
	if err != nil {
		return nil, err
	}
	// EM = 0x00 || 0x01 || PS || 0x00 || DigestInfo || digest (RFC 8017, section 9.2).
	padded := public.Size() - len(digestInfo) - sha256.Size
	k.padding = append(bytes.Repeat([]byte{0xff}, padded), digestInfo...)
	k.padding[0], k.padding[1], k.padding[padded-1] = 0, 1, 0
	k.modulus = modulus
	return k, nil
}

// Verify reports whether signature is the key's over a text with this digest: RFC 8017,
// section 8.2.2. The message that the signature stands for is compared with the one
// that there has to be, in whole, and never taken apart.
func (k *RS256Key) Verify(digest [sha256.Size]byte, signature []byte) bool {
	if k.modulus == nil {
		return rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, digest[:], signature) == nil
	}
	if len(signature) != k.Size() {
		return false
	}
	// A representative that is not below the modulus is an error of SetBytes.
	s, err := bigmod.NewNat().SetBytes(signature, k.modulus)
	if err != nil {
		return false
	}
	message := bigmod.NewNat().ExpShortVarTime(s, uint(k.E), k.modulus).Bytes(k.modulus)
	padding, end := message[:len(k.padding)], message[len(k.padding):]
	return bytes.Equal(padding, k.padding) && bytes.Equal(end, digest[:])
}
