package cognito

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// sdkExceptions returns the names of the SDK's exception types from its source: types
// with the methods of error and ErrorCode.
func sdkExceptions(t *testing.T) []string {
	t.Helper()
	pkg, err := build.Import("github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, "errors.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, decl := range file.Decls {
		method, ok := decl.(*ast.FuncDecl)
		if !ok || method.Name.Name != "ErrorCode" {
			continue
		}
		receiver := method.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident)
		names = append(names, receiver.Name)
	}
	return names
}

// An exception without a row would be INTERNAL. This fails when a new SDK adds one.
func TestEveryExceptionOfTheSDKHasARow(t *testing.T) {
	table := newErrorTable(Options{SignInWith: []string{SignInWithEmail}, UsernameAttribute: "preferred_username", ModeAttribute: "custom:mode"})
	names := sdkExceptions(t)
	if len(names) < 58 {
		t.Fatalf("found %d exception types; the SDK had 58 when this was written", len(names))
	}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
		if _, ok := table.exceptions[name]; !ok {
			t.Errorf("%s has no row in exceptionMeanings", name)
		}
	}
	for name := range table.exceptions {
		if !known[name] {
			t.Errorf("%s has a row but is not an exception of the SDK", name)
		}
	}
	for _, r := range table.rules {
		if !known[r.exception] {
			t.Errorf("a rule names %s, which is not an exception of the SDK", r.exception)
		}
		if r.text != strings.ToLower(r.text) {
			t.Errorf("the text %q of a rule is not in lower case and can never match", r.text)
		}
	}
}
