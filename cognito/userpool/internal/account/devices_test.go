package account

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"testing"

	"authgraph/cognito/userpool/internal/srp"
)

func TestDeviceSecret(t *testing.T) {
	t.Parallel()
	g := srp.NewGroup()
	text := base64.StdEncoding.EncodeToString
	padded := func(n *big.Int) []byte { return append([]byte{0}, n.Bytes()...) } // as clients pad numbers with the top bit set
	good := padded(new(big.Int).Sub(g.N, big.NewInt(1)))
	if salt, v, err := readDeviceSecret(g, &deviceSecret{Salt: text([]byte{0, 200}), PasswordVerifier: text(good)}); err != nil || len(v) != srp.Size || len(salt) != 2 {
		t.Error(salt, v, err)
	}
	for _, bad := range []*deviceSecret{
		nil,
		{},
		{Salt: text([]byte{1})},
		{PasswordVerifier: text(good)},
		{Salt: "!", PasswordVerifier: text(good)},
		{Salt: text(make([]byte, 65)), PasswordVerifier: text(good)},
		{Salt: text([]byte{1}), PasswordVerifier: text([]byte{1})},
		{Salt: text([]byte{1}), PasswordVerifier: text(make([]byte, 400))},
		{Salt: text([]byte{1}), PasswordVerifier: text(padded(g.N))},
		{Salt: text([]byte{1}), PasswordVerifier: text(bytes.Repeat([]byte{2}, 500))},
	} {
		if _, _, err := readDeviceSecret(g, bad); err == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
}
