package graph_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// declaredSchema returns the schema in schema.graphqls.
func declaredSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestEverythingIsDescribed checks that every part of the schema has a description: the
// schema is the API's reference documentation.
func TestEverythingIsDescribed(t *testing.T) {
	schema := declaredSchema(t)
	checked := 0
	check := func(name, description string) {
		checked++
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", name)
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
	if checked < 300 {
		t.Errorf("checked only %d descriptions", checked)
	}
}

// TestInputStringsAreConstrained checks that every string and list in an input has a
// @constraint, and every list a maximum length.
func TestInputStringsAreConstrained(t *testing.T) {
	schema := declaredSchema(t)
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

// TestIntrospectionShowsTheSchema checks that introspection shows only what is declared
// in schema.graphqls and in the federation specification, and nothing that the code
// generator adds.
func TestIntrospectionShowsTheSchema(t *testing.T) {
	schema := declaredSchema(t)
	// https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
	federation := []string{
		"_Any", "_Entity", "_Service", "_entities", "_service", "FieldSet", "federation__FieldSet", "federation__Policy", "federation__Scope",
		"link__Import", "ContextArgument",
		"authenticated", "composeDirective", "context", "cost", "extends", "external", "fromContext", "inaccessible", "interfaceObject", "key",
		"link", "listSize", "override", "policy", "provides", "requires", "requiresScopes", "shareable", "tag",
	}
	got := newAPI(t, options{introspection: true}).query(t,
		`{__schema{types{name fields(includeDeprecated:true){name} inputFields{name} enumValues(includeDeprecated:true){name}} directives{name}}}`)
	if len(got.Errors) != 0 {
		t.Fatal(got.text)
	}
	shown, _ := got.Data["__schema"].(map[string]any)
	names := func(list any) []string {
		var names []string
		items, _ := list.([]any)
		for _, item := range items {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		return names
	}
	types := names(shown["types"])
	if len(types) < 50 {
		t.Fatalf("only %d types: %s", len(types), got.text)
	}
	for i, name := range types {
		declared := schema.Types[name]
		if declared == nil {
			if !slices.Contains(federation, name) {
				t.Errorf("the type %s is not declared", name)
			}
			continue
		}
		typ := shown["types"].([]any)[i].(map[string]any)
		for _, member := range slices.Concat(names(typ["fields"]), names(typ["inputFields"])) {
			if declared.Fields.ForName(member) == nil && !slices.Contains(federation, member) {
				t.Errorf("%s.%s is not declared", name, member)
			}
		}
		for _, value := range names(typ["enumValues"]) {
			if declared.EnumValues.ForName(value) == nil {
				t.Errorf("%s.%s is not declared", name, value)
			}
		}
	}
	for _, name := range names(shown["directives"]) {
		if schema.Directives[name] == nil && !slices.Contains(federation, name) {
			t.Errorf("the directive @%s is not declared", name)
		}
	}
}

// TestEveryFieldOfUser checks that each field of User can be selected alone, for the
// caller and for another user: a field must not depend on what other fields load.
func TestEveryFieldOfUser(t *testing.T) {
	schema := declaredSchema(t)
	values := map[string]string{"String": `"x"`, "ID": `"x"`, "Int": "1"}
	a := newAPI(t, options{status: 400, body: `{"__type":"ResourceNotFoundException"}`})
	for _, field := range schema.Types["User"].Fields {
		selection := field.Name
		for _, argument := range field.Arguments {
			if argument.Type.NonNull && argument.DefaultValue == nil {
				selection += "(" + argument.Name + ":" + values[argument.Type.Name()] + ")"
			}
		}
		if schema.Types[field.Type.Name()].IsCompositeType() {
			selection += "{__typename}"
		}
		for _, document := range []string{
			"{me{" + selection + "}}",
			`{_entities(representations:[{__typename:"User",id:"another"}]){...on User{` + selection + "}}}",
		} {
			if got := a.query(t, document); got.code() == "INTERNAL" || strings.HasPrefix(got.code(), "GRAPHQL_") {
				t.Errorf("%s: %s", document, got.text)
			}
		}
	}
	if strings.Contains(a.log.String(), "panic") {
		t.Error(a.log.String())
	}
}
