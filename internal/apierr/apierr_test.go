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

// The schema is the contract: a code that Go knows and the schema does not
// would break typed clients, and the other way round is a lie.
func TestCodesAreTheSchemas(t *testing.T) {
	schema, code := schemaCodes(t), goCodes(t)
	for _, c := range code {
		if _, ok := schema[c]; !ok {
			t.Errorf("code %s is not in the schema's enum ErrorCode", c)
		}
	}
	for c := range schema {
		if !slices.Contains(code, c) {
			t.Errorf("the schema's %s is not a constant here", c)
		}
	}
}

// Each description begins with the status, so that readers of the schema need
// no second table.
func TestStatusIsTheOneDescribed(t *testing.T) {
	for c, description := range schemaCodes(t) {
		if want := strconv.Itoa(c.Status()); !strings.HasPrefix(description, want) {
			t.Errorf("%s: status %s, but the schema describes it as %q", c, want, description)
		}
	}
}

func TestFrom(t *testing.T) {
	ours := apierr.New(apierr.CodeMismatch, "The code is wrong.")
	foreign := errors.New("dial tcp 10.0.0.1: connection refused")
	tests := []struct {
		name    string
		err     error
		code    apierr.Code
		message string
	}{
		{"ours", ours, apierr.CodeMismatch, "The code is wrong."},
		{"ours, wrapped", fmt.Errorf("verify: %w", ours), apierr.CodeMismatch, "The code is wrong."},
		{"foreign", foreign, apierr.Internal, "Internal server error"},
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
	if !errors.Is(apierr.From(foreign), foreign) {
		t.Error("the cause of a foreign error is lost")
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
		t.Error("an unknown code must be a fault of ours")
	}
}
