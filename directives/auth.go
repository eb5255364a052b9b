package directives

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/internal/apierr"
	"authgraph/internal/reqctx"
)

// Auth is the directive @auth.
type Auth struct {
	// Verifier checks the access token. Required.
	Verifier *cognito.Verifier
	// Client makes the calls that the caller's fields need. Required.
	Client *cognito.Client
}

// callerKey is the key under which the caller of one request is remembered.
type callerKey struct{}

// Directive lets the field be resolved when the request's access token verifies
// and holds any of the groups and all of the scopes. The resolver finds the
// caller in its context.
//
// orInput names a member of the argument `input` that is a credential of its
// own: when it is given, no token is asked for and there is no caller.
func (a *Auth) Directive(
	ctx context.Context, _ any, next graphql.Resolver, groups, scopes []string, orInput *string,
) (any, error) {
	if orInput != nil && hasInput(ctx, *orInput) {
		return next(ctx)
	}
	caller, err := a.caller(ctx)
	if err != nil {
		return nil, err
	}
	if !permits(caller.Claims, groups, scopes) {
		return nil, &apierr.Error{
			Code:     apierr.Forbidden,
			Message:  "The access token lacks a group or a scope that this field requires.",
			Required: &apierr.Requirement{Groups: groups, Scopes: scopes},
		}
	}
	return next(cognito.NewContext(ctx, caller))
}

// caller verifies the token once for the whole request: a query may ask for
// many fields, or for one of them under many aliases.
func (a *Auth) caller(ctx context.Context) (*cognito.Caller, error) {
	request := reqctx.FromContext(ctx)
	return reqctx.Once(request, callerKey{}, func() (*cognito.Caller, error) {
		if request.BearerError != nil {
			return nil, apierr.New(apierr.InvalidToken,
				"The Authorization header is not one bearer token.").WithCause(request.BearerError)
		}
		if request.Bearer == "" {
			return nil, apierr.New(apierr.Unauthenticated,
				"This needs an access token: send Authorization: Bearer <accessToken>.")
		}
		claims, err := a.Verifier.Verify(ctx, request.Bearer)
		if err != nil {
			return nil, refusal(err)
		}
		return a.Client.NewCaller(claims, request.Bearer), nil
	})
}

// refusal says why a token does not verify, as far as a client needs to know to
// act: refresh it, replace it, or try again.
func refusal(err error) *apierr.Error {
	var expired *cognito.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return apierr.New(apierr.TokenExpired, "The access token has expired. Refresh it.").WithCause(err)
	case errors.Is(err, cognito.ErrKeysUnavailable):
		return apierr.New(apierr.ServiceUnavailable,
			"The keys to verify tokens with cannot be had at the moment. Try again.").WithCause(err)
	default:
		return apierr.New(apierr.InvalidToken, "The access token does not verify.").WithCause(err)
	}
}

func permits(claims *cognito.AccessClaims, groups, scopes []string) bool {
	for _, scope := range scopes {
		if !slices.Contains(claims.Scopes, scope) {
			return false
		}
	}
	if len(groups) == 0 {
		return true
	}
	for _, group := range groups {
		if slices.Contains(claims.Groups, group) {
			return true
		}
	}
	return false
}

// hasInput tells whether the argument `input` was written with a value for the
// member. It reads what the client wrote, since the arguments' Go types do not
// tell nothing from empty.
func hasInput(ctx context.Context, member string) bool {
	field := graphql.GetFieldContext(ctx)
	arguments := field.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	input, _ := arguments["input"].(map[string]any)
	return input[member] != nil
}
