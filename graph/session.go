package graph

import (
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/graph/model"
	"authgraph/internal/apierr"
	"authgraph/internal/reqctx"
)

// keepRefreshTokens implements graphql.FieldMiddleware. Where refresh tokens travel in a
// cookie, it takes them out of every answer that has tokens, asked for or not.
func keepRefreshTokens(ctx context.Context, next graphql.Resolver) (any, error) {
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
	// Others that asked for the same refresh have the same tokens in their hands.
	shown := *tokens
	shown.RefreshToken = nil
	return &shown, err
}

// refresh continues the session of the refresh token that the input or the cookie has.
func (r *Resolver) refresh(ctx context.Context, input *model.RefreshTokenInput) (*cognito.AuthTokens, error) {
	if input == nil {
		input = &model.RefreshTokenInput{}
	}
	token, fromCookie, err := presented(ctx, input.RefreshToken)
	if err != nil {
		return nil, err
	}
	tokens, err := r.Cognito.RefreshTokens(ctx, token, input.DeviceKey)
	if fromCookie && isDead(err) {
		reqctx.FromContext(ctx).RefreshCookie.Clear()
	}
	return tokens, err
}

// logout ends one session or all of them, at Cognito first: an access token that
// was refused here already could not try again there.
func (r *Resolver) logout(ctx context.Context, input *model.LogoutInput) error {
	if input != nil && (input.RefreshToken != nil || input.ThisSession) {
		return r.endSession(ctx, input.RefreshToken)
	}
	caller := cognito.CallerFromContext(ctx)
	if err := r.Cognito.GlobalSignOut(ctx, caller); err != nil {
		return err
	}
	clearCookie(ctx)
	return r.SignedOut(ctx, everySession(caller))
}

// endSession ends the session of a refresh token, or of the cookie.
func (r *Resolver) endSession(ctx context.Context, refreshToken *string) error {
	token, fromCookie, err := presented(ctx, refreshToken)
	if err != nil {
		return err
	}
	ended, err := r.Cognito.RevokeToken(ctx, token)
	if cookie := reqctx.FromContext(ctx).RefreshCookie; cookie != nil && (err == nil || isDead(err)) && (fromCookie || cookie.Sent() == token) {
		cookie.Clear()
	}
	if ended == nil || ended.OriginJTI == "" {
		return err // nothing is known by which its tokens could be told
	}
	return errors.Join(err, r.SignedOut(ctx, *ended))
}

func (r *Resolver) deleteAccount(ctx context.Context) error {
	caller := cognito.CallerFromContext(ctx)
	if err := caller.DeleteAccount(ctx); err != nil {
		return err
	}
	clearCookie(ctx)
	return r.SignedOut(ctx, everySession(caller))
}

// everySession is the end of all of the caller's sessions. The tokens of one that
// was refreshed a moment ago live for the whole of their time.
func everySession(caller *cognito.Caller) cognito.SignedOut {
	lifetime := caller.Claims.ExpiresAt.Sub(caller.Claims.IssuedAt)
	return cognito.SignedOut{Subject: caller.Claims.Subject, TokensExpire: time.Now().Add(lifetime + cognito.MaxLeeway)}
}

// presented returns the refresh token of the input or, without one, of the cookie.
func presented(ctx context.Context, input *string) (token string, fromCookie bool, err error) {
	request := reqctx.FromContext(ctx)
	switch {
	case input != nil:
		return *input, false, nil
	case request.RefreshCookie == nil:
		return "", false, &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.refreshToken", Message: "input.refreshToken is required.",
		}
	case request.Bearer != "" || request.BearerError != nil:
		// One request, one user: a page that sends both may have two in mind.
		return "", false, apierr.New(apierr.BadUserInput,
			"The cookie is not looked at beside an Authorization header: leave the header out.")
	case request.RefreshCookie.Sent() == "":
		return "", false, apierr.New(apierr.Unauthenticated, "There is no cookie with a refresh token. Sign in.")
	default:
		return request.RefreshCookie.Sent(), true, nil
	}
}

func clearCookie(ctx context.Context) {
	if cookie := reqctx.FromContext(ctx).RefreshCookie; cookie != nil {
		cookie.Clear()
	}
}

// isDead tells the errors after which a refresh token will never be good again.
func isDead(err error) bool {
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
