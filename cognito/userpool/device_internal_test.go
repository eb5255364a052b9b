package userpool

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"testing"
)

func TestDeviceSecret(t *testing.T) {
	t.Parallel()
	g := newSRPGroup()
	text := base64.StdEncoding.EncodeToString
	good := srpPad(new(big.Int).Sub(g.n, big.NewInt(1)))
	if salt, v, err := g.deviceSecret(&deviceSecret{Salt: text([]byte{0, 200}), PasswordVerifier: text(good)}); err != nil || len(v) != srpBytes || len(salt) != 2 {
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
		{Salt: text([]byte{1}), PasswordVerifier: text(srpPad(g.n))},
		{Salt: text([]byte{1}), PasswordVerifier: text(bytes.Repeat([]byte{2}, 500))},
	} {
		if _, _, err := g.deviceSecret(bad); err == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
}
