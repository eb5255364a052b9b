package cognito

import (
	"context"
	"testing"
	"time"
)

// Look-ups are cached for lookupTTL, and failures are not.
func TestLookupsExpire(t *testing.T) {
	client, err := New(Options{
		Region: "us-east-1", ClientID: "c", Endpoint: "http://127.0.0.1:1", UsernameAttribute: "name", Credentials: DummyCredentials(),
	})
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Now()
	client.directory.now = func() time.Time { return clock }
	lookups := 0
	find := func() string {
		found, err := client.directory.find(t.Context(), "x", func(context.Context) (lookedUp, error) {
			lookups++
			return lookedUp{username: time.Duration(lookups).String()}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found.username
	}
	for _, step := range []struct {
		later time.Duration
		want  string
	}{{0, "1ns"}, {lookupTTL - 1, "1ns"}, {1, "2ns"}, {lookupTTL, "3ns"}} {
		clock = clock.Add(step.later)
		if got := find(); got != step.want {
			t.Errorf("after %v more: %s, want %s", step.later, got, step.want)
		}
	}
}

func TestIsUserID(t *testing.T) {
	for id, want := range map[string]bool{
		"7c1e58c4-0000-4000-8000-000000000002": true, "a": true,
		"": false, "ada@example.com": false, "+491701234567": false, `a"`: false, "a b": false, "a\\": false, "é": false,
		"a23456789-123456789-123456789-123456789-123456789-123456789-12345": false,
	} {
		if got := isUserID(id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
}
