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

// Federation is how the API stands in a supergraph, as the subgraph that owns User.
type Federation struct {
	// SDL is served by _service. Empty: it is not served.
	SDL string
	// ReaderGroups see what is private of other users: a member of any of them.
	// Default: nobody does.
	ReaderGroups []string
}

// subgraph is what a router asks of a subgraph beyond the fields of the schema:
// _service and _entities. It stands before gqlgen's resolvers of both, which serve the
// SDL only along with introspection, take a malformed reference for a fault of the
// server, and know no policy.
// https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
type subgraph struct {
	sdl        string
	directives generated.DirectiveRoot
}

// aroundFields implements graphql.FieldMiddleware.
func (s *subgraph) aroundFields(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	if field.Object != "Query" || field.Field.Name[0] != '_' {
		return next(ctx)
	}
	switch field.Field.Name {
	case "_service":
		return fedruntime.Service{SDL: s.sdl}, nil
	case "_entities":
		// The policy is that of `me`.
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

// checkReferences refuses references that are none.
func checkReferences(representations any) error {
	list, _ := representations.([]map[string]any)
	for i, reference := range list {
		field := "representations[" + strconv.Itoa(i) + "]"
		id, isText := reference["id"].(string)
		switch {
		case reference["__typename"] != "User":
			return &apierr.Error{
				Code: apierr.BadUserInput, Field: field + ".__typename", Message: "This subgraph has the entity User only.",
			}
		case !isText || id == "":
			return &apierr.Error{Code: apierr.BadUserInput, Field: field + ".id", Message: "A user is referred to by the id."}
		}
	}
	return nil
}

// usersByID resolves the references of other subgraphs.
func (r *Resolver) usersByID(ctx context.Context, references []*model.UserByIDsInput) []*cognito.User {
	lookup := cognito.Lookup{Caller: cognito.CallerFromContext(ctx), IDs: make([]string, len(references))}
	for i, reference := range references {
		lookup.IDs[i] = reference.ID
	}
	if !slices.ContainsFunc(lookup.Caller.Claims.Groups, func(g string) bool { return slices.Contains(r.ReaderGroups, g) }) {
		lookup.Withheld = withheldFrom(r.ReaderGroups)
	}
	for _, field := range graphql.CollectFieldsCtx(ctx, []string{"User", "_Entity"}) {
		switch field.Name {
		case "username":
			lookup.Profile = true
		case "email", "emailVerified", "phoneNumber", "mode", "attributes", "mfa":
			lookup.Profile = lookup.Profile || lookup.Withheld == nil
		case "groups":
			lookup.Groups = true
		}
	}
	return r.Cognito.FindUsers(ctx, lookup)
}

// withheldFrom is the error of the fields that only the user and some groups may see.
func withheldFrom(readers []string) error {
	e := apierr.New(apierr.Forbidden, "Only the user can see this.")
	if len(readers) > 0 {
		e.Message = "Only the user, and members of certain groups, can see this."
		e.Required = &apierr.Requirement{Groups: readers}
	}
	return e
}
