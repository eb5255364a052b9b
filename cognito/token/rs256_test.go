package token

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rs256Key is a key as a pool could publish it, and the means to sign whatever
// message one likes.
type rs256Key struct {
	*RS256Key
	primes []*big.Int
}

// newRS256TestKey makes the same key each time. Its modulus is a product of many small
// primes: large ones take seconds to find, and whoever verifies sees no difference.
func newRS256TestKey(tb testing.TB, bits, e int) rs256Key {
	tb.Helper()
	random := rand.New(rand.NewPCG(uint64(bits), uint64(e)))
	one, n := big.NewInt(1), big.NewInt(1)
	var primes []*big.Int
	for left := bits; left > 0; {
		size := min(left, 256)
		if rest := left - size; 0 < rest && rest < 64 {
			size = left - 64
		}
		p := new(big.Int)
		for {
			// Eight leading ones keep the product as long as its factors together.
			p.SetUint64(0xff)
			for i := 8; i < size; i++ {
				p.Lsh(p, 1).SetBit(p, 0, uint(random.IntN(2)))
			}
			p.SetBit(p, 0, 1)
			order := new(big.Int).Sub(p, one)
			if p.ProbablyPrime(5) && new(big.Int).GCD(nil, nil, order, big.NewInt(int64(e))).Cmp(one) == 0 {
				break
			}
		}
		n.Mul(n, p)
		primes = append(primes, p)
		left -= size
	}
	public := &rsa.PublicKey{N: n, E: e}
	issuer := &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("k", public, nil)))
	key, err := newTestKeySet(tb, issuer, nil).Key(tb.Context(), "k")
	if err != nil || key.N.BitLen() != bits || !key.Equal(public) {
		tb.Fatalf("a key of %d bits with exponent %d: %v", bits, e, err)
	}
	return rs256Key{key, primes}
}

// message is the encoded message for a text: RFC 8017, section 9.2.
func (k rs256Key) message(text []byte) []byte {
	digest := sha256.Sum256(text)
	info := append([]byte("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"), digest[:]...)
	padding := bytes.Repeat([]byte{0xff}, k.Size()-len(info)-3)
	return slices.Concat([]byte{0, 1}, padding, []byte{0}, info)
}

// sign signs a message, whatever it is: by the Chinese remainder theorem, one prime
// after the other.
func (k rs256Key) sign(message []byte) []byte {
	m, e := new(big.Int).SetBytes(message), big.NewInt(int64(k.E))
	s, product := new(big.Int), big.NewInt(1)
	for _, p := range k.primes {
		d := new(big.Int).ModInverse(e, new(big.Int).Sub(p, big.NewInt(1)))
		difference := d.Exp(new(big.Int).Mod(m, p), d, p)
		difference.Sub(difference, s)
		difference.Mul(difference, new(big.Int).ModInverse(product, p)).Mod(difference, p)
		s.Add(s, difference.Mul(difference, product))
		product.Mul(product, p)
	}
	return s.FillBytes(make([]byte, k.Size()))
}

// rs256Forgeries are ways to make a signature out of an honest one. What at and b mean
// is up to each; none of them may leave the signature as it was, unless it says so.
var rs256Forgeries = []struct {
	name   string
	change func(k rs256Key, text []byte, at uint16, b byte) []byte
}{
	{"a bit", func(k rs256Key, text []byte, at uint16, _ byte) []byte {
		s := k.sign(k.message(text))
		s[int(at/8)%len(s)] ^= 1 << (at % 8)
		return s
	}},
	{"a bit of the message", func(k rs256Key, text []byte, at uint16, _ byte) []byte {
		m := k.message(text)
		m[int(at/8)%len(m)] ^= 1 << (at % 8)
		return k.sign(m)
	}},
	{"a byte of the message", func(k rs256Key, text []byte, at uint16, b byte) []byte {
		m := k.message(text)
		m[int(at)%len(m)] ^= max(b, 1)
		return k.sign(m)
	}},
	{"shorter padding, and something behind the digest", func(k rs256Key, text []byte, at uint16, b byte) []byte {
		m := k.message(text)
		cut := 1 + int(at)%(k.Size()-62)
		return k.sign(slices.Concat(m[:2], m[2+cut:], bytes.Repeat([]byte{b}, cut)))
	}},
	{"the digest without its name", func(k rs256Key, text []byte, _ uint16, _ byte) []byte {
		digest := sha256.Sum256(text)
		padding := bytes.Repeat([]byte{0xff}, k.Size()-len(digest)-3)
		return k.sign(slices.Concat([]byte{0, 1}, padding, []byte{0}, digest[:]))
	}},
	{"a root of the beginning", func(k rs256Key, text []byte, at uint16, _ byte) []byte {
		// With a small exponent whoever looks at the beginning alone takes it
		// (CVE-2006-4339).
		digest := sha256.Sum256(text)
		start := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8+int(at)%64), []byte{0}, []byte(digestInfo), digest[:])
		m := new(big.Int).SetBytes(append(start, bytes.Repeat([]byte{0xff}, k.Size()-len(start))...))
		low, high := big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), uint(m.BitLen()/3+1))
		for low.Cmp(high) < 0 {
			middle := new(big.Int).Add(low, high)
			middle.Add(middle, big.NewInt(1)).Rsh(middle, 1)
			if new(big.Int).Exp(middle, big.NewInt(3), nil).Cmp(m) <= 0 {
				low = middle
			} else {
				high = middle.Sub(middle, big.NewInt(1))
			}
		}
		return low.FillBytes(make([]byte, k.Size()))
	}},
	{"s + n", func(k rs256Key, text []byte, at uint16, _ byte) []byte {
		s := new(big.Int).SetBytes(k.sign(k.message(text)))
		for range 1 + at%3 {
			s.Add(s, k.N)
		}
		return s.FillBytes(make([]byte, max(k.Size(), len(s.Bytes()))))
	}},
	{"n - s", func(k rs256Key, text []byte, _ uint16, _ byte) []byte {
		s := new(big.Int).SetBytes(k.sign(k.message(text)))
		return s.Sub(k.N, s).FillBytes(make([]byte, k.Size()))
	}},
	{"shorter", func(k rs256Key, text []byte, at uint16, _ byte) []byte {
		s := k.sign(k.message(text))
		return s[:int(at)%len(s)]
	}},
	{"shorter in front", func(k rs256Key, text []byte, at uint16, _ byte) []byte {
		s := k.sign(k.message(text))
		return s[1+int(at)%len(s):]
	}},
	{"longer", func(k rs256Key, text []byte, at uint16, b byte) []byte {
		return append(k.sign(k.message(text)), bytes.Repeat([]byte{b}, 1+int(at)%300)...)
	}},
	{"longer in front", func(k rs256Key, text []byte, at uint16, b byte) []byte {
		return append(bytes.Repeat([]byte{b}, 1+int(at)%300), k.sign(k.message(text))...)
	}},
	{"of another text", func(k rs256Key, text []byte, _ uint16, b byte) []byte {
		return k.sign(k.message(append(slices.Clone(text), b)))
	}},
	{"a small number", func(k rs256Key, _ []byte, at uint16, _ byte) []byte {
		return big.NewInt(int64(at)).FillBytes(make([]byte, k.Size()))
	}},
	{"n and its neighbours", func(k rs256Key, _ []byte, at uint16, _ byte) []byte {
		n := new(big.Int).Add(k.N, big.NewInt(int64(at%5)-2))
		return n.FillBytes(make([]byte, k.Size()))
	}},
	{"the largest number", func(k rs256Key, _ []byte, _ uint16, b byte) []byte {
		return bytes.Repeat([]byte{0xff - b%2}, k.Size())
	}},
	{"the text", func(_ rs256Key, text []byte, _ uint16, _ byte) []byte { return text }},
	{"the message itself", func(k rs256Key, text []byte, _ uint16, _ byte) []byte { return k.message(text) }},
	{"nothing", func(rs256Key, []byte, uint16, byte) []byte { return nil }},
}

// FuzzRS256 holds the verification equal to crypto/rsa's.
func FuzzRS256(f *testing.F) {
	var keys []rs256Key
	for _, bits := range []int{2048, 2049, 3072, 4096} {
		for _, e := range []int{3, 65537} {
			keys = append(keys, newRS256TestKey(f, bits, e))
		}
	}
	for key := range keys {
		for forgery := range rs256Forgeries {
			for _, at := range []uint16{0, 9, 2047} {
				f.Add(uint8(key), uint8(forgery), at, byte(at), []byte("header.claims"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, key, forgery uint8, at uint16, b byte, text []byte) {
		k := keys[int(key)%len(keys)]
		how := rs256Forgeries[int(forgery)%len(rs256Forgeries)]
		digest := sha256.Sum256(text)
		what := fmt.Sprintf("%d bits, exponent %d", k.N.BitLen(), k.E)
		if !k.Verify(digest, k.sign(k.message(text))) {
			t.Fatalf("%s: an honest signature is refused", what)
		}
		signature := how.change(k, text, at, b)
		want := rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, digest[:], signature) == nil
		if got := k.Verify(digest, signature); got != want {
			t.Fatalf("%s, %s: %v, crypto/rsa says %v", what, how.name, got, want)
		}
		if want {
			t.Fatalf("%s, %s: taken for good", what, how.name)
		}
	})
}

// Where FIPS 140 is asked for, tokens are judged as everywhere.
func TestRS256WithFIPS140(t *testing.T) {
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^(FuzzRS256|TestVerifyWycheproof|TestVerifyRefusesWrongTokens|TestVerifyAcceptsHonestTokens)$")
	again.Env = append(os.Environ(), "GODEBUG=fips140=on")
	if output, err := again.CombinedOutput(); err != nil || strings.Count(string(output), "\n--- PASS") != 4 {
		t.Errorf("%v\n%s", err, output)
	}
}

func BenchmarkRS256(b *testing.B) {
	text := []byte("header.claims")
	digest := sha256.Sum256(text)
	for _, bits := range []int{2048, 4096} {
		k := newRS256TestKey(b, bits, 65537)
		signature := k.sign(k.message(text))
		b.Run(fmt.Sprint(bits), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !k.Verify(digest, signature) {
					b.Fatal("refused")
				}
			}
		})
		b.Run(fmt.Sprint(bits, " crypto"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, digest[:], signature) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
