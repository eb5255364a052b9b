package settings

import (
	"strings"
	"testing"
)

func TestIsEmail(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a@b.co", "a.b+c@x-y.example.com", "jörg@müller.de", "o'neil@example.org", "1@2.3"} {
		if !IsEmail(good) {
			t.Errorf("%q was refused", good)
		}
	}
	for _, bad := range []string{
		"", "a", "a@b", "@b.co", "a@", "a@@b.co", "a@b@c.de", "a b@c.de", "a@b..co", "a@.co", ".a@b.co", "a@-b.co",
		"a@b.co\n", "<a@b.co>", strings.Repeat("a", 65) + "@b.co", "a\x00@b.co",
	} {
		if IsEmail(bad) {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"foo@example.com": "f***@e***", "élan@über.de": "é***@ü***", "+15551234567": "+*******4567"} {
		if got := mask(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
