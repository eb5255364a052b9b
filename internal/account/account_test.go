package account_test

import (
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
	exact := account.Keys{Pool: "eu-west-1_abc", CaseSensitive: true}
	if exact.Of("Ada") == exact.Of("ada") || exact.Of(" Ada ") != exact.Of("Ada") || exact.Of("jose\u0301") != exact.Of("jos\u00e9") {
		t.Error("case-sensitive names share a key, or spellings of one do not")
	}
	if keys.Of(" ") != "" {
		t.Error("an empty name has a key")
	}
}
