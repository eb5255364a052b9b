package apierr_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	gqlast "github.com/vektah/gqlparser/v2/ast"

	"authgraph/internal/apierr"
)

// schemaCodes returns the values of the enum ErrorCode with their descriptions.
func schemaCodes(t *testing.T) map[apierr.Code]string {
	t.Helper()
	text, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&gqlast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	codes := map[apierr.Code]string{}
	for _, v := range schema.Types["ErrorCode"].EnumValues {
		codes[apierr.Code(v.Name)] = v.Description
	}
	return codes
}

// goCodes returns the constants of type Code, read from the source.
func goCodes(t *testing.T) []apierr.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "apierr.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []apierr.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Code" {
			s, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, apierr.Code(s))
		}
		return true
	})
	return codes
}

// TestCodesMatchTheSchema checks that the constants of type Code and the schema's enum
// ErrorCode are the same.
func TestCodesMatchTheSchema(t *testing.T) {
	schema, code := schemaCodes(t), goCodes(t)
	for _, c := range code {
		if _, ok := schema[c]; !ok {
			t.Errorf("code %s is not in the schema's enum ErrorCode", c)
		}
	}
	for c := range schema {
		if !slices.Contains(code, c) {
			t.Errorf("%s of the schema has no constant", c)
		}
	}
}

// TestStatusMatchesTheSchema checks that the description of each code in the schema
// begins with its status.
func TestStatusMatchesTheSchema(t *testing.T) {
	for c, description := range schemaCodes(t) {
		if want := strconv.Itoa(c.Status()); !strings.HasPrefix(description, want) {
			t.Errorf("%s: status %s, but the schema describes it as %q", c, want, description)
		}
	}
}

func TestFrom(t *testing.T) {
	known := apierr.New(apierr.CodeMismatch, "The code is wrong.")
	unknown := errors.New("dial tcp 10.0.0.1: connection refused")
	tests := []struct {
		name    string
		err     error
		code    apierr.Code
		message string
	}{
		{"API error", known, apierr.CodeMismatch, "The code is wrong."},
		{"wrapped API error", fmt.Errorf("verify: %w", known), apierr.CodeMismatch, "The code is wrong."},
		{"other error", unknown, apierr.Internal, "Internal server error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := apierr.From(tt.err)
			if got.Code != tt.code || got.Message != tt.message {
				t.Errorf("got %s %q, want %s %q", got.Code, got.Message, tt.code, tt.message)
			}
		})
	}
	if apierr.From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
	if !errors.Is(apierr.From(unknown), unknown) {
		t.Error("From does not wrap the error")
	}
}

func TestStatusOverride(t *testing.T) {
	e := &apierr.Error{Code: apierr.InvalidToken, Status: 400}
	if e.HTTPStatus() != 400 {
		t.Errorf("status %d, want 400", e.HTTPStatus())
	}
	if got := apierr.New(apierr.InvalidToken, "").HTTPStatus(); got != 401 {
		t.Errorf("status %d, want 401", got)
	}
	if apierr.Code("NO_SUCH_CODE").Status() != 500 {
		t.Error("an unknown code does not have status 500")
	}
}
