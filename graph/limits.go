package graph

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/internal/apierr"
)

// The most that a document may have. Documents of honest clients stay far
// below; the largest of them, the playground's introspection, has a depth rule
// of its own (gqlparser's MaxIntrospectionDepth).
const (
	maxDepth      = 12
	maxAliases    = 15
	maxFields     = 500
	maxOperations = 10
)

// limits refuses documents that ask for too much. It runs after validation, so
// that fragments exist and have no cycles, and before execution. What it counts
// is what would be executed: a fragment counts wherever it is spread.
type limits struct {
	introspection bool
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = limits{}

// ExtensionName implements graphql.HandlerExtension.
func (limits) ExtensionName() string { return "Limits" }

// Validate implements graphql.HandlerExtension.
func (limits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (l limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if n := len(op.Doc.Operations); n > maxOperations {
		return refuse(apierr.OperationLimitExceeded,
			fmt.Sprintf("The document has %d operations; at most %d are taken.", n, maxOperations))
	}
	count := counter{fragments: map[string]size{}}
	total := count.selections(op.Operation.SelectionSet)
	switch {
	case total.introspection && !l.introspection:
		return refuse(apierr.GraphQLValidationFailed, "Introspection is switched off.")
	case total.fields > maxFields:
		return refuse(apierr.OperationLimitExceeded,
			fmt.Sprintf("The operation selects more than %d fields.", maxFields))
	case total.aliases > maxAliases:
		return refuse(apierr.OperationLimitExceeded,
			fmt.Sprintf("The operation has more than %d aliases.", maxAliases))
	case total.depth > maxDepth:
		return refuse(apierr.OperationLimitExceeded,
			fmt.Sprintf("The operation is more than %d levels deep.", maxDepth))
	default:
		return nil
	}
}

func refuse(code apierr.Code, message string) *gqlerror.Error {
	return &gqlerror.Error{Err: apierr.New(code, message), Message: message}
}

// size is what a selection adds up to.
type size struct {
	fields, aliases, depth int
	introspection          bool
}

// add joins the size of a sibling.
func (s *size) add(sibling size) {
	// Fragments that spread fragments double at each step: stop counting long
	// before the sum can overflow.
	s.fields = min(s.fields+sibling.fields, maxFields+1)
	s.aliases = min(s.aliases+sibling.aliases, maxAliases+1)
	s.depth = max(s.depth, sibling.depth)
	s.introspection = s.introspection || sibling.introspection
}

// counter measures selections, each fragment once.
type counter struct {
	fragments map[string]size
}

func (c counter) selections(set ast.SelectionSet) size {
	var total size
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			total.add(c.field(s))
		case *ast.InlineFragment:
			total.add(c.selections(s.SelectionSet))
		case *ast.FragmentSpread:
			total.add(c.fragment(s))
		}
	}
	return total
}

func (c counter) field(f *ast.Field) size {
	below := c.selections(f.SelectionSet)
	below.fields = min(below.fields+1, maxFields+1)
	below.depth++
	if f.Alias != f.Name {
		below.aliases = min(below.aliases+1, maxAliases+1)
	}
	if strings.HasPrefix(f.Name, "__") && f.Name != "__typename" {
		below.introspection = true
		below.depth = 1
	}
	return below
}

func (c counter) fragment(f *ast.FragmentSpread) size {
	if known, ok := c.fragments[f.Name]; ok {
		return known
	}
	s := c.selections(f.Definition.SelectionSet)
	c.fragments[f.Name] = s
	return s
}
