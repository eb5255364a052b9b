package graph

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/graph/model"
	"authgraph/internal/apierr"
)

// Resolver resolves the fields of the schema. Its methods are in
// schema.resolvers.go, a few lines each: package cognito knows how Cognito
// behaves, and the directives of the schema decide who may call what.
type Resolver struct {
	// Cognito carries out the operations. Required.
	Cognito *cognito.Client
	// Verifier answers tokenStatus. Required.
	Verifier *token.Verifier
	// SignedOut is called after every sign-out that Cognito has carried out. Required.
	SignedOut func(context.Context, cognito.SignedOut) error
	// OthersEnded is called before Cognito ends all sessions of a user but one. Required.
	OthersEnded func(context.Context, cognito.SessionsEnded) error
	// MissedCookie is called when a client expects its refresh token in a cookie, but there
	// are none. Required.
	MissedCookie func(context.Context)
	// ReaderGroups may read the private fields of other users.
	ReaderGroups []string
}

// signinNames returns the names that users can sign in with.
func signinNames(client *cognito.Client) []model.SigninName {
	kinds := client.SignInWith()
	names := make([]model.SigninName, len(kinds))
	for i, kind := range kinds {
		names[i] = model.SigninName(strings.ToUpper(kind))
	}
	return names
}

// caller returns the user who makes the request. If a selected field needs
// Cognito and Cognito rejects the token, because it was revoked since it was
// issued, the whole user is an error: half a response would suggest that the
// token is still valid. After any other failure the claims of the token remain.
func (r *Resolver) caller(ctx context.Context) (*cognito.User, error) {
	user := cognito.CallerFromContext(ctx).User()
	if !selects(ctx, profileField, publicField) {
		return user, nil
	}
	_, err := user.Attributes(ctx)
	refused := apierr.From(err)
	if refused != nil && refused.HTTPStatus() < http.StatusInternalServerError && !refused.Code.Retryable() {
		return nil, err
	}
	return user, nil
}

// source is where the value of a field of User comes from.
type source int

const (
	// profileField is the default: the attributes of the user, which take one call
	// for all of them. Only the user and reader groups may read them.
	profileField source = iota
	// publicField is a part of the profile that every signed-in user may read.
	publicField
	// tokenField is known from the access token.
	tokenField
	// groupsField is known from the access token, or looked up for other users.
	groupsField
	// factorsField comes with the profile of other users, and takes a call of its
	// own for the caller.
	factorsField
	// callerField takes a call of its own and is only available to the caller.
	callerField
)

// sourceOf returns the source of a field of User. A field that is not listed here
// is part of the profile, so that a new one is loaded before it is read.
func sourceOf(field string) source {
	switch field {
	case "id", "__typename":
		return tokenField
	case "username":
		return publicField
	case "groups":
		return groupsField
	case "mfa":
		return factorsField
	case "authFactors", "passkeys", "devices", "device", "sessions":
		return callerField
	default:
		return profileField
	}
}

// selects reports whether the client selects a field of User from any of the
// sources.
func selects(ctx context.Context, sources ...source) bool {
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, []string{"User", "_Entity"}), func(f graphql.CollectedField) bool {
		return slices.Contains(sources, sourceOf(f.Name))
	})
}
