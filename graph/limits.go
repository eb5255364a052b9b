package graph

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/graph/generated"
	"authgraph/internal/apierr"
)

// Limits restricts what one request may select. All limits are positive.
// Fields, aliases and so on count once for every spread of the fragment that
// contains them.
type Limits struct {
	// BodyBytes limits the body of a POST and the query string of a GET.
	BodyBytes int
	// Tokens limits a document before it is parsed: validation takes quadratic
	// time, and all limits below are checked after validation.
	Tokens int
	// Depth limits the nesting of fields.
	Depth int
	// Aliases limits the fields with an alias that differs from their name.
	Aliases int
	// Fields limits all fields, RootFields those at the top.
	Fields     int
	RootFields int
	// Operations limits the operations in a document, of which one is executed.
	Operations int
	// Directives limits the directives in a document, such as @include.
	Directives int
	// Variables limits the variables that an operation declares.
	Variables int
	// Complexity limits the total cost of the fields: 1 each, 10 for a call to
	// Cognito, and for lists the cost of an item times the requested length.
	Complexity int
	// CredentialFields limits the fields with @rateLimit, which check a credential
	// or send a message.
	CredentialFields int
	// References limits the entities that a router's document refers to.
	References int
	// Batch limits the operations in one request; 1 disables batches.
	Batch int
}

// DefaultLimits returns limits far above what clients need and far below what
// would slow the server down.
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

// callCost is the complexity of a field that needs a call to Cognito.
const callCost = 10

// costs returns the complexity of the fields that cost more than 1.
func costs() generated.ComplexityRoot {
	var c generated.ComplexityRoot
	call := func(children int) int { return callCost + children }
	c.User.Mfa, c.User.AuthFactors, c.User.Passkeys = call, call, call
	c.User.Device = func(children int, _ string) int { return callCost + children }
	c.User.Devices = func(children int, first int32, _ *string) int {
		return callCost + children*max(1, int(first))
	}
	c.User.Sessions = func(children int, first int32, _ *string) int {
		return callCost + children*max(1, int(first))
	}
	return c
}

// documentLimits is a handler extension that rejects documents over the limits,
// and introspection where it is disabled, between validation and execution.
type documentLimits struct {
	limits        Limits
	introspection bool
	sdl           bool // whether _service may be queried
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = documentLimits{}

// ExtensionName implements [graphql.HandlerExtension].
func (documentLimits) ExtensionName() string { return "DocumentLimits" }

// Validate implements [graphql.HandlerExtension].
func (d documentLimits) Validate(graphql.ExecutableSchema) error { return d.limits.check() }

// MutateOperationContext implements [graphql.OperationContextMutator].
func (d documentLimits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	count := counter{limit: d.limits, fragments: map[string]size{}}
	total := count.selections(op.Operation.SelectionSet)
	total.directives += len(op.Operation.Directives)
	for _, variable := range op.Operation.VariableDefinitions {
		total.directives += len(variable.Directives)
	}
	if total.introspection && !d.introspection || total.sdl && !d.sdl {
		return refuse(apierr.New(apierr.GraphQLValidationFailed, "Introspection is disabled."))
	}
	l := d.limits
	for _, limit := range []struct {
		found, most int
		what        string
	}{
		{len(op.Doc.Operations), l.Operations, "operations"},
		{len(op.Operation.VariableDefinitions), l.Variables, "variables"},
		{total.fields, l.Fields, "fields"},
		{total.aliases, l.Aliases, "aliases"},
		{total.directives, l.Directives, "directives"},
		{total.depth, l.Depth, "levels"},
		{total.credentials, l.CredentialFields, "fields that check a credential or send a message"},
		{count.rootFields(op.Operation.SelectionSet), l.RootFields, "root fields"},
	} {
		if limit.found > limit.most {
			return refuse(documentLimitExceeded(limit.most, limit.what))
		}
	}
	// The number of fields is known to be small by now, which matters because
	// references visits a fragment once for every spread.
	if references(op.Operation.SelectionSet, op.Variables) > l.References {
		return refuse(documentLimitExceeded(l.References, "references"))
	}
	return nil
}

func documentLimitExceeded(limit int, what string) *apierr.Error {
	return apierr.New(apierr.OperationLimitExceeded, fmt.Sprintf("The document exceeds the limit of %d %s.", limit, what))
}

// size is the size of a selection.
type size struct {
	fields, aliases, directives, depth, credentials int
	introspection, sdl                              bool
}

// counter adds up the sizes of selections. Validation guarantees that fragments
// exist and do not form cycles, so each is counted once and remembered.
type counter struct {
	limit     Limits
	fragments map[string]size
}

func (c counter) add(s *size, sibling size) {
	// Fragments that spread fragments can double at each level: stop counting
	// long before the sum overflows.
	s.fields = min(s.fields+sibling.fields, c.limit.Fields+1)
	s.aliases = min(s.aliases+sibling.aliases, c.limit.Aliases+1)
	s.directives = min(s.directives+sibling.directives, c.limit.Directives+1)
	s.credentials = min(s.credentials+sibling.credentials, c.limit.CredentialFields+1)
	s.depth = max(s.depth, sibling.depth)
	s.introspection = s.introspection || sibling.introspection
	s.sdl = s.sdl || sibling.sdl
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
	if f.Definition != nil && f.Definition.Directives.ForName("rateLimit") != nil {
		own.credentials = 1
	}
	c.add(&total, own)
	total.depth++
	total.sdl = total.sdl || f.Name == "_service"
	if strings.HasPrefix(f.Name, "__") && f.Name != "__typename" {
		// The schema is small, so introspection may be nested to any depth.
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

// rootFields counts the fields at the top, which are executed one by one.
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

// references counts the entities that the _entities fields at the top refer to.
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
