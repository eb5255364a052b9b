package directives_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/directives"
	"authgraph/internal/apierr"
)

// check passes a value to the directive as gqlgen does for the input field
// input.email.
func check(value any, minLength, maxLength *int32, pattern *string, format *directives.ConstraintFormat) error {
	ctx := graphql.WithPathContext(context.Background(), graphql.NewPathWithField("input"))
	ctx = graphql.WithPathContext(ctx, graphql.NewPathWithField("email"))
	next := func(context.Context) (any, error) { return value, nil }
	constraint := &directives.Constraint{}
	_, err := constraint.Directive(ctx, nil, next, minLength, maxLength, pattern, format, nil, nil)
	return err
}

// Names and texts that other people are shown.
func TestNameAndText(t *testing.T) {
	tests := []struct {
		value      string
		name, text bool
	}{
		{"", true, true},
		{"Ada Lovelace", true, true},
		{"עדה\u200f 王 \u200e👩\u200d💻", true, true},
		{"two\nlines", false, true},
		{"a\r\n\tb", false, true},
		{"a\u2028b", false, true},
		{"a\u2029b", false, true},
		{"a\x00", false, false},
		{"a\x1b[31m", false, false},
		{"a\x7f", false, false},
		{"a\u0085", false, false},
		{"a\u202a", false, false},
		{"a\u202e", false, false},
		{"a\u2066", false, false},
		{"a\u2069", false, false},
	}
	for _, tt := range tests {
		for format, want := range map[directives.ConstraintFormat]bool{
			directives.ConstraintFormatName: tt.name, directives.ConstraintFormatText: tt.text,
		} {
			if err := check(tt.value, nil, nil, nil, &format); (err == nil) != want {
				t.Errorf("%q as %s: %v", tt.value, format, err)
			}
		}
	}
}

func checkEmail(address string) error {
	format := directives.ConstraintFormatEmail
	return check(address, nil, nil, nil, &format)
}

func TestEmail(t *testing.T) {
	good := []string{
		"ada@example.com", "a@b.cd", "ADA@EXAMPLE.COM", "ada.lovelace@example.co.uk", "ada+tag@example.com",
		"o'brien@example.com", "a_b-c@ex-ample.com", "!#$%&'*+-/=?^_`{|}~@example.com", "1@2.com",
		"ada@xn--bcher-kva.example", "ada@bücher.example", "юзер@почта.рф", "用户@例子.公司",
		strings.Repeat("a", 64) + "@example.com",
		"a@" + strings.Repeat("a", 63) + ".com",
	}
	for _, address := range good {
		if err := checkEmail(address); err != nil {
			t.Errorf("%q is rejected: %v", address, err)
		}
	}
	bad := []string{
		"", "ada", "@", "ada@", "@example.com", "ada@example", "ada@localhost", "ada@.com", "ada@example.",
		"ada@example..com", ".ada@example.com", "ada.@example.com", "a..b@example.com", "a b@example.com",
		" ada@example.com", "ada@example.com ", "ada@example.com\n", "ada\x00@example.com", "ada@exam\tple.com",
		"a@b@example.com", "Ada <ada@example.com>", "<ada@example.com>", `"ada l"@example.com`, "ada@[127.0.0.1]",
		"ada@127.0.0.1", "ada@-example.com", "ada@example-.com", "ada@exa_mple.com", "ada(c)@example.com",
		"ada,bob@example.com", "mailto:ada@example.com", "ada@example.com,bob@example.com",
		"ada\u200b@example.com", "ada\u202e@example.com", "ada@example\u3002com", "ada\xff@example.com",
		strings.Repeat("a", 65) + "@example.com",
		"a@" + strings.Repeat("a", 64) + ".com",
		"a@" + strings.Repeat("a.", 130) + "com",
		"ada@example.com\r\nBcc: eve@example.com",
	}
	for _, address := range bad {
		if err := checkEmail(address); err == nil {
			t.Errorf("%q is accepted", address)
		}
	}
}

func TestLengthsAndPatterns(t *testing.T) {
	n := func(i int32) *int32 { return &i }
	p := func(s string) *string { return &s }
	tests := []struct {
		name     string
		value    any
		min, max *int32
		pattern  *string
		message  string // "" if accepted
	}{
		{"minimum length", "abc", n(3), nil, nil, ""},
		{"too short", "ab", n(3), nil, nil, "must have at least 3 characters"},
		{"empty", "", n(1), nil, nil, "must not be empty"},
		{"maximum length", "abc", nil, n(3), nil, ""},
		{"too long", "abcd", nil, n(3), nil, "must have at most 3 characters"},
		{"characters are not bytes: long enough", "äöü", n(3), n(3), nil, ""},
		{"characters are not bytes: emoji", "😀😀😀", n(3), n(3), nil, ""},
		{"characters are not bytes: too short", "äö", n(3), nil, nil, "must have at least 3 characters"},
		{"invalid UTF-8", "\xff\xfe", nil, nil, nil, "is not valid Unicode text"},
		{"pattern", "123456", nil, nil, p(`^\S+$`), ""},
		{"pattern mismatch", "123 456", nil, nil, p(`^\S+$`), "must match the pattern"},
		{"length comes before pattern", strings.Repeat(" ", 9), nil, n(3), p(`^\S+$`), "at most 3"},
		{"pointer", p("ab"), n(3), nil, nil, "must have at least 3 characters"},
		{"nil", (*string)(nil), n(3), nil, nil, ""},
		{"not a string", 42, n(3), nil, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := check(tt.value, tt.min, tt.max, tt.pattern, nil)
			if tt.message == "" {
				if err != nil {
					t.Fatalf("rejected: %v", err)
				}
				return
			}
			var e *apierr.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *apierr.Error", err)
			}
			if e.Code != apierr.BadUserInput || e.Field != "input.email" || !strings.Contains(e.Message, tt.message) {
				t.Errorf("%s field %q %q, want BAD_USER_INPUT input.email …%s", e.Code, e.Field, e.Message, tt.message)
			}
		})
	}
}

// TestLists checks the limits on the length of a list and on each item.
func TestLists(t *testing.T) {
	constraint := &directives.Constraint{}
	one, two := int32(1), int32(2)
	path := graphql.NewPathWithField("names")
	for _, tt := range []struct {
		list  any
		field string // "" if accepted
	}{
		{[]string{"a"}, ""},
		{[]string{"a", "b"}, ""},
		{[]string{}, "names"},
		{[]string{"a", "b", "c"}, "names"},
		{[]string{"a", ""}, "names[1]"},
		{[]string{"a", "abc"}, "names[1]"},
		{[]*string{nil, nil, nil}, "names"},
	} {
		got, err := constraint.Directive(graphql.WithPathContext(t.Context(), path), nil,
			func(context.Context) (any, error) { return tt.list, nil }, &one, &two, nil, nil, &one, &two)
		if e := apierr.From(err); tt.field == "" && (err != nil || !reflect.DeepEqual(got, tt.list)) || tt.field != "" && (e == nil || e.Field != tt.field) {
			t.Errorf("%v: %v, %v; want an error for %q", tt.list, got, err, tt.field)
		}
	}
}

// TestValueIsUnchanged checks that values are passed on unchanged: trimming would make
// different passwords equal.
func TestValueIsUnchanged(t *testing.T) {
	constraint := &directives.Constraint{}
	for _, value := range []string{" leading", "trailing ", "Ｆｕｌｌ", "e\u0301", "é"} {
		got, err := constraint.Directive(context.Background(), nil,
			func(context.Context) (any, error) { return value, nil }, nil, nil, nil, nil, nil, nil)
		if err != nil || got != value {
			t.Errorf("%q became %q, %v", value, got, err)
		}
	}
}

// TestSchemaPatternsCompile uses all patterns of the schema. An invalid pattern panics on
// first use.
func TestSchemaPatternsCompile(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	patterns := 0
	for _, typ := range schema.Types {
		for _, field := range typ.Fields {
			directive := field.Directives.ForName("constraint")
			if directive == nil {
				continue
			}
			if argument := directive.Arguments.ForName("pattern"); argument != nil {
				patterns++
				pattern := argument.Value.Raw
				_ = check("x", nil, nil, &pattern, nil)
			}
		}
	}
	if patterns == 0 {
		t.Error("found no patterns in the schema")
	}
}

// FuzzEmail checks that every accepted address is exactly one mailbox.
func FuzzEmail(f *testing.F) {
	f.Add("ada@example.com")
	f.Add("Ada <ada@example.com>")
	f.Add("ada@example.com\r\nBcc: x@y.z")
	f.Fuzz(func(t *testing.T, address string) {
		if checkEmail(address) != nil {
			return
		}
		if strings.Count(address, "@") != 1 || strings.ContainsAny(address, " \t\r\n\x00<>(),:;[]\"\\") || len(address) > 254 {
			t.Errorf("%q is accepted", address)
		}
	})
}
