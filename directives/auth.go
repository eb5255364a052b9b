package directives

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/internal/account"
	"authgraph/internal/apierr"
	"authgraph/internal/reqctx"
)

// Auth implements @auth.
type Auth struct {
	// Verifier checks the access token. Required.
	Verifier *token.Verifier
	// Client makes the calls that the caller's fields need. Required.
	Client *cognito.Client
	// ServiceGroups and ServiceScopes make their holders services: any one of them is
	// enough. Default: none.
	ServiceGroups []string
	ServiceScopes []string
	// Limit limits forged tokens. Default: no limit.
	Limit *RateLimit
}

// callerKey is the key of the caller in a request.
type callerKey struct{}

// Directive resolves the field if the request's access token is valid and has any of the
// groups and all of the scopes. It adds the caller to the resolver's context.
//
// orInput names members of the argument `input` that are credentials themselves: if one
// is given, no token is required, and there is no caller. service requires a caller that
// is a service, and is the only way in for machines. evenIfRevoked accepts a token whose session was signed out here.
func (a *Auth) Directive(
	ctx context.Context, _ any, next graphql.Resolver,
	groups, scopes, orInput []string, service, evenIfRevoked bool,
) (any, error) {
	if len(orInput) > 0 && hasInput(ctx, orInput) {
		return next(ctx)
	}
	caller, err := a.Caller(ctx)
	if err != nil && (!evenIfRevoked || !mayBeRevoked(err)) {
		return nil, err
	}
	if caller.Claims.Machine && !service {
		return nil, apierr.New(apierr.Forbidden,
			"The access token belongs to an application and not to a user. Sign in as a user.")
	}
	if !permits(caller.Claims, groups, scopes) {
		return nil, forbidden(groups, scopes)
	}
	if service && !a.isService(caller.Claims) {
		return nil, forbidden(a.ServiceGroups, a.ServiceScopes)
	}
	return next(cognito.NewContext(ctx, caller))
}

func forbidden(groups, scopes []string) error {
	return &apierr.Error{
		Code:     apierr.Forbidden,
		Message:  "The access token lacks a group or a scope that this field requires.",
		Required: &apierr.Requirement{Groups: groups, Scopes: scopes},
	}
}

// isService reports whether the caller has one of the groups or scopes of services.
func (a *Auth) isService(claims *token.AccessClaims) bool {
	has := func(list []string) func(string) bool {
		return func(s string) bool { return slices.Contains(list, s) }
	}
	return slices.ContainsFunc(a.ServiceGroups, has(claims.Groups)) ||
		slices.ContainsFunc(a.ServiceScopes, has(claims.Scopes))
}

// Caller verifies the token once per request, which may select many fields. If the token
// was revoked, or that is unknown, it returns both the caller and the error.
func (a *Auth) Caller(ctx context.Context) (*cognito.Caller, error) {
	request := reqctx.FromContext(ctx)
	return reqctx.Once(request, callerKey{}, func() (*cognito.Caller, error) {
		if request.BearerError != nil {
			return nil, apierr.New(apierr.InvalidToken,
				"The Authorization header is not a single bearer token.").WithCause(request.BearerError)
		}
		if request.Bearer == "" {
			return nil, apierr.New(apierr.Unauthenticated,
				"An access token is required: send Authorization: Bearer <accessToken>.")
		}
		claims, err := a.Verifier.Verify(ctx, request.Bearer)
		switch {
		case err == nil:
			request.SetSubject(claims.Subject)
			return a.Client.NewCaller(claims, request.Bearer), nil
		case mayBeRevoked(err):
			return a.Client.NewCaller(claims, request.Bearer), refusal(err)
		case isForged(err) && a.Limit != nil:
			if err := a.Limit.forgedToken(ctx); err != nil {
				return nil, err
			}
		}
		return nil, refusal(err)
	})
}

// mayBeRevoked reports whether the token is valid apart from a possible sign-out.
func mayBeRevoked(err error) bool {
	return errors.Is(err, token.ErrTokenRevoked) || errors.Is(err, token.ErrRevocationsUnknown)
}

// isForged reports whether a token was rejected because of its signature or key, as
// opposed to one that is malformed or for another pool. Rejecting it takes a key lookup or
// a signature verification, and honest clients do not send such tokens.
func isForged(err error) bool {
	invalid, ok := errors.AsType[*token.InvalidTokenError](err)
	return ok && (invalid.Reason == token.ReasonBadSignature || invalid.Reason == token.ReasonUnknownKey)
}

// refusal returns the error for a rejected token, with what the client needs to react:
// refresh it, replace it, or try again.
func refusal(err error) *apierr.Error {
	e := &apierr.Error{Code: apierr.InvalidToken, Message: "The access token is invalid.", Cause: err}
	switch {
	case isExpired(err):
		e.Code, e.Message = apierr.TokenExpired, "The access token has expired. Refresh it."
	case errors.Is(err, token.ErrTokenRevoked):
		e.Code, e.Message = apierr.TokenRevoked, "The session has ended, by a sign-out or a new password. Sign in again."
	case errors.Is(err, token.ErrRevocationsUnknown):
		e.Code, e.Message = apierr.ServiceUnavailable, cognito.RevocationsUnknown
	case errors.Is(err, token.ErrKeysUnavailable):
		e.Code, e.Message = apierr.ServiceUnavailable, "Signing keys are temporarily unavailable. Try again."
	}
	return e
}

func isExpired(err error) bool {
	_, ok := errors.AsType[*token.ExpiredError](err)
	return ok
}

func permits(claims *token.AccessClaims, groups, scopes []string) bool {
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

// hasInput reports whether the argument `input` has a value for one of the members. It
// reads the document, since the Go types of arguments do not distinguish absent from
// empty values.
func hasInput(ctx context.Context, members []string) bool {
	input := account.Input(graphql.GetFieldContext(ctx).Field.Field, graphql.GetOperationContext(ctx).Variables)
	return slices.ContainsFunc(members, func(member string) bool { return input[member] != nil && input[member] != false })
}
