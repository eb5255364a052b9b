package totp

import (
	"testing"

	"authgraph/cognito/userpool/internal/epoch"
)

// Vectors of RFC 6238, appendix B, for SHA-1: the last six of their eight digits.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := codeAt([]byte("12345678901234567890"), stepAt(epoch.Time(seconds*1000))); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
	}
}
