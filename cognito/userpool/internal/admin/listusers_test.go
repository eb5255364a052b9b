package admin

import (
	"errors"
	"slices"
	"testing"

	"authgraph/cognito/userpool/internal/exception"
)

func TestParseFilter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want *userFilter
		bad  string
	}{
		{text: ""},
		{text: `email = "a@b.c"`, want: &userFilter{"email", false, "a@b.c"}},
		{text: `email="a@b.c"`, want: &userFilter{"email", false, "a@b.c"}},
		{text: `"email" ^= "a"`, want: &userFilter{"email", true, "a"}},
		{text: `name = "say \"hi\""`, want: &userFilter{"name", false, `say "hi"`}},
		{text: `name = "a\\"`, want: &userFilter{"name", false, `a\`}},
		{text: `name = "x=^y"`, want: &userFilter{"name", false, "x=^y"}},
		{text: `custom:mode = "x"`, bad: "Invalid search attribute: custom:mode"},
		{text: `email`, bad: "Error while parsing filter."},
		{text: `email = a`, bad: "Error while parsing filter."},
		{text: `email = "a`, bad: "Error while parsing filter."},
		{text: `email = "a" and`, bad: "Error while parsing filter."},
		{text: `email ^ "a"`, bad: "Error while parsing filter."},
		{text: `= "a"`, bad: "Error while parsing filter."},
		{text: `email = "a\`, bad: "Error while parsing filter."},
	}
	for _, tt := range tests {
		got, err := parseFilter(tt.text)
		if tt.bad != "" {
			var refusal *exception.Error
			if !errors.As(err, &refusal) || refusal.Message != tt.bad {
				t.Errorf("%s: got %v", tt.text, err)
			}
			continue
		}
		if err != nil || (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: got %+v, %v", tt.text, got, err)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add(`email = "a"`)
	f.Add(`"name" ^= "a\"b"`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := parseFilter(text)
		if err == nil && filter != nil && !slices.Contains(searchable(), filter.attribute) {
			t.Errorf("%q gave the attribute %q", text, filter.attribute)
		}
	})
}
