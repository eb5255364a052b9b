package graph

import (
	"context"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/plugin/federation/fedruntime"

	"authgraph/cognito"
	"authgraph/graph/generated"
	"authgraph/graph/model"
	"authgraph/internal/apierr"
)

// Federation configures the API as the subgraph that owns User.
type Federation struct {
	// SDL is what _service returns. If it is empty, _service cannot be queried.
	SDL string
	// ReaderGroups may read the private fields of other users: membership of one of
	// the groups is enough. Default: none.
	ReaderGroups []string
}

// subgraph wraps the fields that a router queries: _service and _entities. gqlgen's
// own resolvers return the SDL only if introspection is enabled, report a malformed
// reference as a server error, and do not check who is calling.
// https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
type subgraph struct {
	sdl        string
	directives generated.DirectiveRoot
}

// aroundFields implements [graphql.FieldMiddleware].
func (s subgraph) aroundFields(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	if field.Object != "Query" {
		return next(ctx)
	}
	switch field.Field.Name {
	case "_service":
		return fedruntime.Service{SDL: s.sdl}, nil
	case "_entities":
		// The same policy as that of `me`.
		return s.directives.Auth(ctx, nil, func(ctx context.Context) (any, error) {
			if err := checkReferences(field.Args["representations"]); err != nil {
				return nil, err
			}
			return next(ctx)
		}, nil, nil, nil, false, false)
	default:
		return next(ctx)
	}
}

// checkReferences returns an error for the first malformed reference.
func checkReferences(representations any) error {
	list, _ := representations.([]map[string]any)
	for i, reference := range list {
		field := "representations[" + strconv.Itoa(i) + "]"
		id, isString := reference["id"].(string)
		switch {
		case reference["__typename"] != "User":
			return &apierr.Error{
				Code: apierr.BadUserInput, Field: field + ".__typename", Message: "User is the only entity of this subgraph.",
			}
		case !isString || id == "":
			return &apierr.Error{Code: apierr.BadUserInput, Field: field + ".id", Message: "A User reference requires an id."}
		}
	}
	return nil
}

// usersByID resolves references from other subgraphs.
func (r *Resolver) usersByID(ctx context.Context, references []*model.UserByIDsInput) []*cognito.User {
	lookup := cognito.Lookup{Caller: cognito.CallerFromContext(ctx), IDs: make([]string, len(references))}
	for i, reference := range references {
		lookup.IDs[i] = reference.ID
	}
	if !slices.ContainsFunc(lookup.Caller.Claims.Groups, func(g string) bool { return slices.Contains(r.ReaderGroups, g) }) {
		lookup.Withheld = errWithheld(r.ReaderGroups)
	}
	lookup.Profile = selects(ctx, publicField) || lookup.Withheld == nil && selects(ctx, profileField, factorsField)
	lookup.Groups = selects(ctx, groupsField)
	return r.Cognito.FindUsers(ctx, lookup)
}

// errWithheld returns the error of the fields that only the user and members of the
// readers' groups may read.
func errWithheld(readers []string) error {
	e := apierr.New(apierr.Forbidden, "Only the user can read this field.")
	if len(readers) > 0 {
		e.Message = "Only the user and members of certain groups can read this field."
		e.Required = &apierr.Requirement{Groups: readers}
	}
	return e
}
