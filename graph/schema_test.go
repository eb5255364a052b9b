package graph_test

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Everything in the schema is described: for many it is the only manual.
func TestEverythingIsDescribed(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	described := 0
	check := func(what, description string) {
		described++
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", what)
		}
	}
	for name, d := range schema.Directives {
		if d.Position == nil || d.Position.Src.BuiltIn {
			continue
		}
		check("@"+name, d.Description)
		for _, a := range d.Arguments {
			check("@"+name+"("+a.Name+")", a.Description)
		}
	}
	for name, typ := range schema.Types {
		if typ.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		check(name, typ.Description)
		for _, field := range typ.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			check(name+"."+field.Name, field.Description)
			for _, a := range field.Arguments {
				check(name+"."+field.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, value := range typ.EnumValues {
			check(name+"."+value.Name, value.Description)
		}
	}
	if described < 300 {
		t.Errorf("only %d parts were looked at", described)
	}
}

// Text that comes in is bounded: a field without @constraint takes anything.
func TestEveryTextIsConstrained(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	for name, typ := range schema.Types {
		if typ.Kind != ast.InputObject {
			continue
		}
		for _, field := range typ.Fields {
			scalar := field.Type.NamedType == "String" || field.Type.NamedType == "ID"
			list := field.Type.Elem != nil
			constraint := field.Directives.ForName("constraint")
			if (scalar || list) && constraint == nil {
				t.Errorf("%s.%s has no @constraint", name, field.Name)
			}
			if list && constraint != nil && constraint.Arguments.ForName("maxItems") == nil {
				t.Errorf("%s.%s has no maxItems", name, field.Name)
			}
		}
	}
}
