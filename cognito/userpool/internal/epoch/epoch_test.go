package epoch

import (
	"encoding/json"
	"testing"
)

func TestTime(t *testing.T) {
	t.Parallel()
	for m, want := range map[Time]string{1715000000123: "1715000000.123", 1715000000000: "1715000000", 0: "0", -1500: "-1.5"} {
		raw, err := json.Marshal(m)
		if err != nil || string(raw) != want {
			t.Errorf("%d: %s, %v", m, raw, err)
		}
		var back Time
		if err := json.Unmarshal(raw, &back); err != nil || back != m {
			t.Errorf("%s read as %d, %v", raw, back, err)
		}
	}
}
