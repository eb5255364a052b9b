package account_test

import (
	"encoding/base64"
	"testing"

	"authgraph/internal/account"
)

func TestKeysOf(t *testing.T) {
	keys := account.Keys{Pool: "eu-west-1_abc"}
	ada := keys.Of("ada@example.com")
	if len(ada) != 22 {
		t.Fatalf("key %q", ada)
	}
	for _, spelling := range []string{"Ada@Example.COM", " ada@example.com ", "ADA@EXAMPLE.COM"} {
		if keys.Of(spelling) != ada {
			t.Errorf("%q has another key", spelling)
		}
	}
	if keys.Of("jose\u0301@example.com") != keys.Of("jos\u00e9@example.com") {
		t.Error("composed and decomposed letters have different keys")
	}
	if keys.Of("bob@example.com") == ada || (account.Keys{Pool: "other"}).Of("ada@example.com") == ada {
		t.Error("different accounts share a key")
	}
	if keys.Of(" ") != "" {
		t.Error("an empty name has a key")
	}
}

func TestName(t *testing.T) {
	session := base64.RawURLEncoding.EncodeToString([]byte(`{"c":"SMS_MFA","u":"the-user"}`))
	tests := []struct {
		input map[string]any
		want  string
	}{
		{map[string]any{"email": "a@b.cd", "session": session}, "a@b.cd"},
		{map[string]any{"session": session}, "the-user"},
		{map[string]any{"session": "nonsense"}, ""},
		{map[string]any{"username": "u"}, "u"},
		{map[string]any{"username": "Ada", "email": "a@b.cd"}, "a@b.cd"},
		{map[string]any{"refreshToken": "r"}, ""},
		{nil, ""},
	}
	for _, tt := range tests {
		if got := account.Name(tt.input); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.input, got, tt.want)
		}
	}
}
