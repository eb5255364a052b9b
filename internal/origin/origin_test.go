package origin_test

import (
	"testing"

	"authgraph/internal/origin"
)

func TestIsPlainAndRemote(t *testing.T) {
	for value, want := range map[string]bool{
		"http://app.example.com": true, "http://app.example.com:8080": true, "http://10.0.0.1": true,
		"http://localhost.example.com": true, "http://[2001:db8::1]:80": true,
		"https://app.example.com": false, "http://localhost": false, "http://localhost:5173": false,
		"http://app.localhost:5173": false, "http://127.0.0.1:5173": false, "http://127.9.9.9": false,
		"http://[::1]:5173": false, "null": false, "": false, "file://": false,
	} {
		if got := origin.IsPlainAndRemote(value); got != want {
			t.Errorf("IsPlainAndRemote(%q) = %t", value, got)
		}
	}
}
