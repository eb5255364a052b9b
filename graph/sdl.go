package graph

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"authgraph/graph/generated"
)

//go:embed federation.graphqls
var federation string

// SDL returns the schema as it stands in schema.graphqls.
func SDL() string {
	return generated.NewExecutableSchema(generated.Config{}).Schema().Query.Position.Src.Input
}

// SubgraphOptions says what [SubgraphSDL] is to hold.
type SubgraphOptions struct {
	// AuthDirectives adds @authenticated and @requiresScopes to the fields with @auth,
	// so that a router can refuse early what would be refused here. Not every gateway
	// takes a supergraph that has them.
	AuthDirectives bool
	// ServiceGroups and ServiceScopes are who @auth(service: true) lets in.
	ServiceGroups, ServiceScopes []string
}

// GroupScope is the scope by which a router knows that a user is in a group: of Cognito's
// two claims, cognito:groups and scope, @requiresScopes reads only one.
func GroupScope(group string) string { return "group:" + group }

// shareable are the fields that neighbours may resolve as well, and so @provides: what
// of a user everybody may see.
func shareable() []string { return []string{"username"} }

// SubgraphSDL returns the schema with what a composition of a supergraph needs beyond
// it (Federation 2), and without what only this server goes by: the enums of its
// directives would become types of the supergraph.
func SubgraphSDL(o SubgraphOptions) string {
	document, err := parser.ParseSchemas(
		&ast.Source{Name: "schema.graphqls", Input: SDL()}, &ast.Source{Name: "federation.graphqls", Input: federation})
	if err != nil {
		panic(err) // the same texts have been parsed to generate code from
	}
	withoutOwnDirectives(document)
	// Apollo's composition knows only the directives of older specifications.
	document.Directives = append(document.Directives, &ast.DirectiveDefinition{
		Name: "oneOf", Locations: []ast.DirectiveLocation{ast.LocationInputObject}, Position: &ast.Position{Src: &ast.Source{}},
	})
	for _, field := range document.Definitions.ForName("User").Fields {
		if slices.Contains(shareable(), field.Name) {
			field.Directives = append(field.Directives, &ast.Directive{Name: "shareable"})
		}
	}
	if o.AuthDirectives {
		link := document.SchemaExtension[0].Directives.ForName("link")
		link.Arguments.ForName("url").Value.Raw = "https://specs.apollo.dev/federation/v2.5"
		imports := link.Arguments.ForName("import").Value
		imports.Children = append(imports.Children,
			&ast.ChildValue{Value: text("@authenticated")}, &ast.ChildValue{Value: text("@requiresScopes")})
		for _, definition := range document.Definitions {
			for _, field := range definition.Fields {
				if auth := field.Directives.ForName("auth"); auth != nil {
					field.Directives = append(field.Directives, o.routerDirectives(auth)...)
				}
			}
		}
	}
	var out strings.Builder
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchemaDocument(document)
	return out.String()
}

// withoutOwnDirectives takes @rateLimit and @constraint out of the document.
func withoutOwnDirectives(document *ast.SchemaDocument) {
	isOwn := func(name string) bool { return name == "rateLimit" || name == "constraint" }
	ownEnums := map[string]bool{}
	document.Directives = slices.DeleteFunc(document.Directives, func(d *ast.DirectiveDefinition) bool {
		if !isOwn(d.Name) {
			return false
		}
		for _, argument := range d.Arguments {
			ownEnums[argument.Type.Name()] = true
		}
		return true
	})
	document.Definitions = slices.DeleteFunc(document.Definitions, func(d *ast.Definition) bool {
		return d.Kind == ast.Enum && ownEnums[d.Name]
	})
	isUse := func(d *ast.Directive) bool { return isOwn(d.Name) }
	for _, definition := range document.Definitions {
		for _, field := range definition.Fields {
			field.Directives = slices.DeleteFunc(field.Directives, isUse)
			for _, argument := range field.Arguments {
				argument.Directives = slices.DeleteFunc(argument.Directives, isUse)
			}
		}
	}
}

// routerDirectives are what a router is told of one @auth.
func (o SubgraphOptions) routerDirectives(auth *ast.Directive) ast.DirectiveList {
	argument := func(name string) []string {
		given := auth.Arguments.ForName(name)
		if given == nil {
			return nil
		}
		values := make([]string, 0, len(given.Value.Children))
		for _, child := range given.Value.Children {
			values = append(values, child.Value.Raw)
		}
		return values
	}
	given := func(name string) bool {
		argument := auth.Arguments.ForName(name)
		return argument != nil && argument.Value.Raw != "false"
	}
	if given("orInput") {
		return nil // it may be called without a token
	}
	groups, scopes := argument("groups"), argument("scopes")
	// The lists are alternatives, of which all scopes in one are needed.
	var alternatives [][]string
	for _, group := range groups {
		alternatives = append(alternatives, append([]string{GroupScope(group)}, scopes...))
	}
	if len(groups) == 0 && len(scopes) > 0 {
		alternatives = [][]string{scopes}
	}
	if given("service") {
		for _, group := range o.ServiceGroups {
			alternatives = append(alternatives, []string{GroupScope(group)})
		}
		for _, scope := range o.ServiceScopes {
			alternatives = append(alternatives, []string{scope})
		}
	}
	list := ast.DirectiveList{{Name: "authenticated"}}
	if len(alternatives) > 0 {
		list = append(list, &ast.Directive{Name: "requiresScopes", Arguments: ast.ArgumentList{{
			Name: "scopes", Value: listOf(alternatives, func(all []string) *ast.Value { return listOf(all, text) }),
		}}})
	}
	return list
}

func text(s string) *ast.Value { return &ast.Value{Kind: ast.StringValue, Raw: s} }

func listOf[T any](items []T, value func(T) *ast.Value) *ast.Value {
	list := &ast.Value{Kind: ast.ListValue}
	for _, item := range items {
		list.Children = append(list.Children, &ast.ChildValue{Value: value(item)})
	}
	return list
}
