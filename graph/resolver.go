package graph

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/graph/model"
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
}

// logout ends one session or all of them, at Cognito first: an access token that
// was refused here already could not try again there.
func (r *Resolver) logout(ctx context.Context, input *model.LogoutInput) error {
	if input != nil && input.RefreshToken != nil {
		ended, err := r.Cognito.RevokeToken(ctx, *input.RefreshToken)
		if ended == nil || ended.OriginJTI == "" {
			return err // nothing is known by which its tokens could be told
		}
		return errors.Join(err, r.SignedOut(ctx, *ended))
	}
	caller := cognito.CallerFromContext(ctx)
	if err := r.Cognito.GlobalSignOut(ctx, caller); err != nil {
		return err
	}
	return r.SignedOut(ctx, everySession(caller))
}

func (r *Resolver) deleteAccount(ctx context.Context) error {
	caller := cognito.CallerFromContext(ctx)
	if err := caller.DeleteAccount(ctx); err != nil {
		return err
	}
	return r.SignedOut(ctx, everySession(caller))
}

// everySession is the end of all of the caller's sessions. The tokens of one that
// was refreshed a moment ago live for the whole of their time.
func everySession(caller *cognito.Caller) cognito.SignedOut {
	lifetime := caller.Claims.ExpiresAt.Sub(caller.Claims.IssuedAt)
	return cognito.SignedOut{Subject: caller.Claims.Subject, TokensExpire: time.Now().Add(lifetime + cognito.MaxLeeway)}
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
