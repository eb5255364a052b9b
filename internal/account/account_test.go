package account_test

import (
	"slices"
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

func TestNames(t *testing.T) {
	sessionNames := func(session string) []string {
		if session == "known" {
			return []string{"a@b.cd", "the-user"}
		}
		return nil
	}
	tests := []struct {
		input map[string]any
		want  []string
	}{
		{map[string]any{"email": "x@y.zz", "session": "known"}, []string{"x@y.zz"}},
		{map[string]any{"session": "known"}, []string{"a@b.cd", "the-user"}},
		{map[string]any{"session": "unknown"}, nil},
		{map[string]any{"username": "u"}, []string{"u"}},
		{map[string]any{"username": "Ada", "email": "a@b.cd"}, []string{"a@b.cd"}},
		{map[string]any{"refreshToken": "r"}, nil},
		{nil, nil},
	}
	for _, tt := range tests {
		if got := account.Names(tt.input, sessionNames); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.input, got, tt.want)
		}
	}
}
