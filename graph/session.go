package graph

import (
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/graph/model"
	"authgraph/internal/apierr"
	"authgraph/internal/reqctx"
)

// moveRefreshTokenToCookie implements [graphql.FieldMiddleware]. It removes the refresh
// token from every result that has one, selected or not, and puts it into the cookie.
func moveRefreshTokenToCookie(ctx context.Context, next graphql.Resolver) (any, error) {
	result, err := next(ctx)
	tokens, ok := result.(*cognito.AuthTokens)
	if !ok || tokens == nil || tokens.RefreshToken == nil {
		return result, err
	}
	cookie := reqctx.FromContext(ctx).RefreshCookie
	if cookie == nil {
		return result, err
	}
	if err := cookie.Keep(*tokens.RefreshToken); err != nil {
		return nil, err
	}
	// Concurrent refreshes of one token share the result, so it must not be changed.
	shown := *tokens
	shown.RefreshToken = nil
	return &shown, err
}

// refresh continues the session of the refresh token in the input or the cookie.
func (r *Resolver) refresh(ctx context.Context, input *model.RefreshTokenInput) (*cognito.AuthTokens, error) {
	if input == nil {
		input = &model.RefreshTokenInput{}
	}
	token, fromCookie, err := r.presented(ctx, input.RefreshToken)
	if err != nil {
		return nil, err
	}
	tokens, err := r.Cognito.RefreshTokens(ctx, token, input.DeviceKey, input.ClientMetadata)
	if fromCookie && isPermanent(err) {
		reqctx.FromContext(ctx).RefreshCookie.Clear()
	}
	return tokens, err
}

// logout ends one session, all of them, or all but the caller's. Cognito comes first: once the access token
// is revoked here, a failed call to Cognito could not be repeated with it.
func (r *Resolver) logout(ctx context.Context, input *model.LogoutInput) error {
	isOne := input != nil && (input.RefreshToken != nil || input.ThisSession)
	switch {
	case isOne && input.Others:
		return &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.others",
			Message: "input.others excludes input.refreshToken and input.thisSession.",
		}
	case isOne:
		return r.endSession(ctx, input.RefreshToken)
	}
	caller := cognito.CallerFromContext(ctx)
	if input != nil && input.Others {
		return caller.EndOtherSessions(ctx, func(out cognito.SessionsEnded) error { return r.OthersEnded(ctx, out) })
	}
	if err := r.Cognito.GlobalSignOut(ctx, caller); err != nil {
		return err
	}
	clearCookie(ctx)
	return r.SignedOut(ctx, everySession(caller))
}

// endSession ends the session of the refresh token in the input or the cookie.
func (r *Resolver) endSession(ctx context.Context, refreshToken *string) error {
	token, fromCookie, err := r.presented(ctx, refreshToken)
	if err != nil {
		return err
	}
	ended, err := r.Cognito.RevokeToken(ctx, token)
	if cookie := reqctx.FromContext(ctx).RefreshCookie; cookie != nil && (err == nil || isPermanent(err)) && (fromCookie || cookie.Sent() == token) {
		cookie.Clear()
	}
	if ended == nil || ended.OriginJTI == "" {
		return err // without an id, the session's access tokens cannot be recognized
	}
	return errors.Join(err, r.SignedOut(ctx, *ended))
}

// revokeSession ends another session of the caller's. If a single sign-on session is ended
// with those that came through it, the caller's own may be among them.
func (r *Resolver) revokeSession(ctx context.Context, input model.RevokeSessionInput) error {
	caller := cognito.CallerFromContext(ctx)
	return caller.RevokeSession(ctx, input.ID, input.Linked, func(out cognito.SignedOut) error {
		if out.OriginJTI == caller.Claims.OriginJTI {
			clearCookie(ctx)
		}
		return r.SignedOut(ctx, out)
	})
}

func (r *Resolver) deleteAccount(ctx context.Context) error {
	caller := cognito.CallerFromContext(ctx)
	if err := caller.DeleteAccount(ctx); err != nil {
		return err
	}
	clearCookie(ctx)
	return r.SignedOut(ctx, everySession(caller))
}

// everySession describes the end of all sessions of the caller. A session may have been
// refreshed just now, so its tokens live for their full lifetime.
func everySession(caller *cognito.Caller) cognito.SignedOut {
	lifetime := caller.Claims.ExpiresAt.Sub(caller.Claims.IssuedAt)
	return cognito.SignedOut{Subject: caller.Claims.Subject, TokensExpire: time.Now().Add(lifetime + token.MaxLeeway)}
}

// presented returns the refresh token of the input or, if there is none, of the cookie.
func (r *Resolver) presented(ctx context.Context, input *string) (token string, fromCookie bool, err error) {
	request := reqctx.FromContext(ctx)
	switch {
	case input != nil:
		return *input, false, nil
	case request.RefreshCookie == nil:
		r.MissedCookie(ctx)
		return "", false, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.refreshToken", Message: "input.refreshToken is required.",
		}
	case request.Bearer != "" || request.BearerError != nil:
		// They may belong to different users.
		return "", false, apierr.New(apierr.BadUserInput,
			"The refresh cookie is not used together with an Authorization header. Leave the header out.")
	case request.RefreshCookie.Sent() == "":
		return "", false, apierr.New(apierr.Unauthenticated, "There is no refresh cookie. Sign in.")
	default:
		return request.RefreshCookie.Sent(), true, nil
	}
}

func clearCookie(ctx context.Context) {
	if cookie := reqctx.FromContext(ctx).RefreshCookie; cookie != nil {
		cookie.Clear()
	}
}

// isPermanent reports whether err means that the refresh token can never be used again.
func isPermanent(err error) bool {
	var e *apierr.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case apierr.InvalidToken, apierr.RefreshTokenReused, apierr.UserNotFound, apierr.UserDisabled:
		return true
	default:
		return false
	}
}
