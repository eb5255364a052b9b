package graph

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/internal/apierr"
)

// Resolver answers the fields of the schema. Its methods stand in
// schema.resolvers.go, a few lines each: what there is to know of Cognito is in
// package cognito, and who may ask is in the schema.
type Resolver struct {
	// Cognito carries the operations out. Required.
	Cognito *cognito.Client
	// Verifier answers tokenStatus. Required.
	Verifier *cognito.Verifier
	// SignedOut is told of every sign-out that Cognito has carried out. Required.
	SignedOut func(context.Context, cognito.SignedOut) error
	// ReaderGroups see what is private of other users.
	ReaderGroups []string
}

// caller returns the user of the request. When a selected field needs Cognito
// and Cognito refuses the token, which was revoked since it was issued, the
// whole user is refused: half an answer would say that the token is good. Any
// other failure leaves what the token holds.
func (r *Resolver) caller(ctx context.Context) (*cognito.User, error) {
	user := cognito.CallerFromContext(ctx).User()
	if !selectsProfile(ctx) {
		return user, nil
	}
	_, err := user.Attributes(ctx)
	refused := apierr.From(err)
	if refused != nil && refused.HTTPStatus() < http.StatusInternalServerError && !refused.Code.Retryable() {
		return nil, err
	}
	return user, nil
}

// selectsProfile tells whether the client asks for a field that GetUser answers.
func selectsProfile(ctx context.Context) bool {
	for _, field := range graphql.CollectFieldsCtx(ctx, nil) {
		switch field.Name {
		case "username", "email", "emailVerified", "phoneNumber", "mode", "attributes":
			return true
		}
	}
	return false
}
