package graph

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"authgraph/graph/generated"
)

//go:embed federation.graphqls
var federation string

// servedSchema returns the schema that requests are validated against: without
// @defer, since gqlgen silently omits deferred fields if no transport can send them
// later, and without what gqlgen declares for its own entity resolvers, which no
// client can use.
func servedSchema() *ast.Schema {
	schema := *generated.NewExecutableSchema(generated.Config{}).Schema()
	schema.Directives, schema.Types = maps.Clone(schema.Directives), maps.Clone(schema.Types)
	delete(schema.Directives, "defer")
	delete(schema.Directives, "computedRequires")
	delete(schema.Types, "UserByIDsInput")
	delete(schema.Types, "Entity")
	return &schema
}

// SDL returns the text of schema.graphqls.
func SDL() string {
	return generated.NewExecutableSchema(generated.Config{}).Schema().Query.Position.Src.Input
}

// SubgraphOptions configures [SubgraphSDL].
type SubgraphOptions struct {
	// AuthDirectives adds @authenticated and @requiresScopes to the fields with @auth,
	// so that a router can refuse early what would be refused here. Not every gateway
	// accepts a supergraph with these directives.
	AuthDirectives bool
	// ServiceGroups and ServiceScopes satisfy @auth(service: true).
	ServiceGroups, ServiceScopes []string
}

// GroupScope returns the scope that stands for a group in a router: of Cognito's two
// claims, cognito:groups and scope, @requiresScopes reads only the latter.
func GroupScope(group string) string { return "group:" + group }

// shareable returns the fields of User that other subgraphs may resolve, too, and so
// @provides: those that every signed-in user may read.
func shareable() []string { return []string{"username"} }

// SubgraphSDL returns the schema as composition needs it (Federation 2): with the
// federation directives, and without the directives that only this server uses, whose
// enums would become types of the supergraph.
func SubgraphSDL(o SubgraphOptions) string {
	document, err := parser.ParseSchemas(
		&ast.Source{Name: "schema.graphqls", Input: SDL()}, &ast.Source{Name: "federation.graphqls", Input: federation})
	if err != nil {
		panic(err) // code was generated from the same texts
	}
	withoutOwnDirectives(document)
	// Apollo's composition does not know @oneOf.
	document.Directives = append(document.Directives, &ast.DirectiveDefinition{
		Name: "oneOf", Locations: []ast.DirectiveLocation{ast.LocationInputObject}, Position: &ast.Position{Src: &ast.Source{}},
	})
	for _, field := range document.Definitions.ForName("User").Fields {
		if slices.Contains(shareable(), field.Name) {
			field.Directives = append(field.Directives, &ast.Directive{Name: "shareable"})
		}
	}
	// Any subgraph with pages has this type.
	page := document.Definitions.ForName("PageInfo")
	page.Directives = append(page.Directives, &ast.Directive{Name: "shareable"})
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

// withoutOwnDirectives removes @rateLimit and @constraint from the document.
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

// routerDirectives returns the directives for a router that correspond to one @auth.
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
		return nil // the field can be used without a token
	}
	groups, scopes := argument("groups"), argument("scopes")
	// One of the lists has to be satisfied, with all of its scopes.
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
