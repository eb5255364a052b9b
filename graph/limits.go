package graph

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/graph/generated"
	"authgraph/internal/apierr"
)

// Limits bound what one request may ask for. All are positive. Fields,
// aliases and so on are counted as often as fragments repeat them.
type Limits struct {
	// BodyBytes bounds a request's body, and the query string of a GET.
	BodyBytes int
	// Tokens bounds a document before anything else looks at it: validation is
	// quadratic in its size, and all limits below come after validation.
	Tokens int
	// Depth is of the levels of fields.
	Depth int
	// Aliases is of the fields with an alias of another name.
	Aliases int
	// Fields and RootFields are of the fields in all and at the top.
	Fields     int
	RootFields int
	// Operations is of the operations in a document, of which one is executed.
	Operations int
	// Directives is of the directives in the document, such as @include.
	Directives int
	// Variables is of the variables that an operation declares.
	Variables int
	// Complexity is of what the fields cost together: one each, ten for a call to
	// Cognito, and lists as often as they may be long.
	Complexity int
	// CredentialFields is of the fields with @rateLimit, which guess or send.
	CredentialFields int
	// References is of the entities that a document of a router refers to.
	References int
	// Batch is of the operations in a request; 1 means that lists are not taken.
	Batch int
}

// DefaultLimits are far above what clients ask for and far below what hurts.
func DefaultLimits() Limits {
	return Limits{
		BodyBytes: 256 << 10, Tokens: 1000, Depth: 12, Aliases: 15, Fields: 500, RootFields: 20, Operations: 10,
		Directives: 50, Variables: 50, Complexity: 1000, CredentialFields: 1, References: 250, Batch: 1,
	}
}

func (l Limits) check() error {
	v := reflect.ValueOf(l)
	for i := range v.NumField() {
		if v.Field(i).Int() < 1 {
			return fmt.Errorf("graph: Limits.%s is not positive", v.Type().Field(i).Name)
		}
	}
	return nil
}

// callCost is what a call to Cognito counts among the fields.
const callCost = 10

// costs says which fields cost more than one.
func costs() generated.ComplexityRoot {
	var c generated.ComplexityRoot
	call := func(children int) int { return callCost + children }
	c.User.Mfa, c.User.AuthFactors, c.User.Passkeys = call, call, call
	c.User.Device = func(children int, _ string) int { return callCost + children }
	c.User.Devices = func(children int, first int32, _ *string) int {
		return callCost + children*max(1, int(first))
	}
	return c
}

// documentLimits refuses documents that ask for too much, between validation and
// execution.
type documentLimits struct {
	Limits
	schema        graphql.ExecutableSchema
	introspection bool
	sdl           bool
}

// amount is what an operation asks for, as far as its document says it.
type amount struct {
	refusal          *apierr.Error // it is too much
	countsReferences bool          // how many there are depends on the variables
	countsComplexity bool          // and so does what its fields cost
	hasDirectives    bool
}

// measure finds what an operation of a document asks for. Its validation has made sure that
// this is finite.
func (d *documentLimits) measure(doc *ast.QueryDocument, op *ast.OperationDefinition) amount {
	if len(doc.Operations) > d.Operations {
		return amount{refusal: limitExceeded("document", d.Operations, "operations")}
	}
	count := counter{limit: d.Limits, fragments: map[string]size{}}
	total := count.selections(op.SelectionSet)
	total.directives += len(op.Directives)
	for _, variable := range op.VariableDefinitions {
		total.directives += len(variable.Directives)
	}
	if total.introspection && !d.introspection || total.sdl && !d.sdl {
		return amount{refusal: apierr.New(apierr.GraphQLValidationFailed, "Introspection is switched off.")}
	}
	for _, limit := range []struct {
		found, most int
		what        string
	}{
		{len(op.VariableDefinitions), d.Variables, "variables"},
		{total.fields, d.Fields, "fields"},
		{total.aliases, d.Aliases, "aliases"},
		{total.directives, d.Directives, "directives"},
		{total.depth, d.Depth, "levels"},
		{total.credentials, d.CredentialFields, "fields that take a credential, a code or an address to write to"},
		{count.rootFields(op.SelectionSet), d.RootFields, "fields at its top"},
	} {
		if limit.found > limit.most {
			return amount{refusal: limitExceeded("document", limit.most, limit.what)}
		}
	}
	// A field costs no more than a call unless it is a list that may be as long as is asked.
	return amount{
		countsReferences: total.references, hasDirectives: total.directives > 0,
		countsComplexity: total.isPaged || total.fields*callCost > d.Complexity,
	}
}

// exceeded returns why an operation is refused, if it asks for too much.
func (d *documentLimits) exceeded(ctx context.Context, op *graphql.OperationContext, asked amount) *apierr.Error {
	switch {
	case asked.refusal != nil:
		return asked.refusal
	case asked.countsReferences && references(op.Operation.SelectionSet, op.Variables) > d.References:
		return limitExceeded("document", d.References, "references")
	case asked.countsComplexity && complexity.Calculate(ctx, d.schema, op.Operation, op.Variables) > d.Complexity:
		return limitExceeded("document", d.Complexity, "points of complexity")
	default:
		return nil
	}
}

func limitExceeded(what string, most int, of string) *apierr.Error {
	return apierr.New(apierr.OperationLimitExceeded,
		fmt.Sprintf("The %s is over the limit of %d %s.", what, most, of))
}

// size is what a selection amounts to.
type size struct {
	fields, aliases, directives, depth, credentials int
	introspection, sdl, references, isPaged         bool
}

// counter adds up selections. Validation has made sure that fragments exist and
// form no circle, so each is counted once and remembered.
type counter struct {
	limit     Limits
	fragments map[string]size
}

func (c counter) add(s *size, sibling size) {
	// Fragments that spread fragments double at each step: stop counting long
	// before the sum can overflow.
	s.fields = min(s.fields+sibling.fields, c.limit.Fields+1)
	s.aliases = min(s.aliases+sibling.aliases, c.limit.Aliases+1)
	s.directives = min(s.directives+sibling.directives, c.limit.Directives+1)
	s.credentials = min(s.credentials+sibling.credentials, c.limit.CredentialFields+1)
	s.depth = max(s.depth, sibling.depth)
	s.introspection = s.introspection || sibling.introspection
	s.sdl = s.sdl || sibling.sdl
	s.references = s.references || sibling.references
	s.isPaged = s.isPaged || sibling.isPaged
}

func (c counter) selections(set ast.SelectionSet) size {
	var total size
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			c.add(&total, c.field(s))
		case *ast.InlineFragment:
			c.add(&total, c.selections(s.SelectionSet))
			c.add(&total, size{directives: len(s.Directives)})
		case *ast.FragmentSpread:
			c.add(&total, c.fragment(s))
			c.add(&total, size{directives: len(s.Directives)})
		}
	}
	return total
}

func (c counter) field(f *ast.Field) size {
	total := c.selections(f.SelectionSet)
	own := size{fields: 1, directives: len(f.Directives)}
	if f.Alias != f.Name {
		own.aliases = 1
	}
	if f.Definition != nil {
		if f.Definition.Directives.ForName("rateLimit") != nil {
			own.credentials = 1
		}
		own.isPaged = f.Definition.Arguments.ForName("first") != nil
	}
	c.add(&total, own)
	total.depth++
	total.sdl = total.sdl || f.Name == "_service"
	total.references = total.references || f.Name == "_entities"
	if strings.HasPrefix(f.Name, "__") && f.Name != "__typename" {
		// The schema is small, so its introspection may go as deep as it likes.
		total.introspection = true
		total.depth = 1
	}
	return total
}

func (c counter) fragment(f *ast.FragmentSpread) size {
	if known, ok := c.fragments[f.Name]; ok {
		return known
	}
	s := c.selections(f.Definition.SelectionSet)
	c.fragments[f.Name] = s
	return s
}

// rootFields counts the fields at the top, which are executed one by one. It is
// called for a selection whose fields in all are few.
func (c counter) rootFields(set ast.SelectionSet) int {
	n := 0
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			n++
		case *ast.InlineFragment:
			n += c.rootFields(s.SelectionSet)
		case *ast.FragmentSpread:
			n += c.rootFields(s.Definition.SelectionSet)
		}
		if n > c.limit.RootFields {
			return n
		}
	}
	return n
}

// references counts what the fields _entities at the top refer to. It is called for a
// selection whose fields in all are few.
func references(set ast.SelectionSet, variables map[string]any) int {
	n := 0
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == "_entities" {
				list, _ := s.ArgumentMap(variables)["representations"].([]any)
				n += len(list)
			}
		case *ast.InlineFragment:
			n += references(s.SelectionSet, variables)
		case *ast.FragmentSpread:
			n += references(s.Definition.SelectionSet, variables)
		}
	}
	return n
}
