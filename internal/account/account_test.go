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
	if keys.Of(" ") != "" {
		t.Error("an empty name has a key")
	}
}
