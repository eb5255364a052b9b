package sealed_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/sealed"
)

func TestBox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := sealed.Secret([]byte("first"))
		box := sealed.NewBox(secret, "test")
		text := box.Seal(t.Context(), []byte("the state"), time.Minute)
		if strings.Contains(text, "=") || text == box.Seal(t.Context(), []byte("the state"), time.Minute) {
			t.Errorf("sealed as %q", text)
		}
		both := func(context.Context) [][]byte { return [][]byte{[]byte("second"), []byte("first")} }
		for _, tt := range []struct {
			name string
			box  *sealed.Box
			text string
			want error
		}{
			{"same", box, text, nil},
			{"same secret", sealed.NewBox(secret, "test"), text, nil},
			{"second secret", sealed.NewBox(both, "test"), text, nil},
			{"other purpose", sealed.NewBox(secret, "other"), text, sealed.ErrInvalid},
			{"other secret", sealed.NewBox(sealed.Random(), "test"), text, sealed.ErrInvalid},
			{"changed", box, text[:8] + "AAAA" + text[12:], sealed.ErrInvalid},
			{"cut", box, text[:len(text)-4], sealed.ErrInvalid},
			{"short", box, text[:16], sealed.ErrMalformed},
			{"no base64", box, text + "!", sealed.ErrMalformed},
			{"empty", box, "", sealed.ErrMalformed},
		} {
			state, err := tt.box.Open(t.Context(), tt.text)
			if !errors.Is(err, tt.want) || (err == nil) != (string(state) == "the state") {
				t.Errorf("%s: %q %v, want %v", tt.name, state, err, tt.want)
			}
		}
		time.Sleep(time.Minute)
		if _, err := box.Open(t.Context(), text); !errors.Is(err, sealed.ErrInvalid) {
			t.Errorf("after its lifetime: %v", err)
		}
	})
}

// Replicas agree on a secret. One that started while the store was down adopts theirs, and
// still opens what it sealed before.
func TestShared(t *testing.T) {
	server := redistest.Start(t)
	config := redistest.Config(t, server.URL(), time.Second)
	one, two := sealed.NewShared(config), sealed.NewShared(config)
	secret := one.Keys(t.Context())
	if got := two.Keys(t.Context()); !slices.Equal(got[0], secret[0]) {
		t.Error("replicas have different secrets")
	}
	server.Kill()
	alone := sealed.NewShared(config)
	if got := alone.Keys(t.Context()); len(got) != 1 || slices.Equal(got[0], secret[0]) {
		t.Errorf("without the store there are %d secrets", len(got))
	}
	for _, s := range []*sealed.Shared{one, two, alone} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
