// Package graph has the resolvers of the naive build. The code that gqlgen generates
// beside them is not committed: run "go generate".
package graph

import (
	"context"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// Resolver implements the schema.
type Resolver struct {
	Cognito  *cognito.Client
	ClientID string
}

// Query implements ResolverRoot.
func (r *Resolver) Query() QueryResolver { return query{r} }

// Mutation implements ResolverRoot.
func (r *Resolver) Mutation() MutationResolver { return mutation{r} }

type contextKey struct{}

// WithToken returns a context that carries a verified token, or the verification error.
func WithToken(ctx context.Context, token jwt.Token, err error) context.Context {
	return context.WithValue(ctx, contextKey{}, verified{token, err})
}

type verified struct {
	token jwt.Token
	err   error
}

// Auth implements the directive @auth.
func (r *Resolver) Auth(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	caller, _ := ctx.Value(contextKey{}).(verified)
	if caller.err != nil || caller.token == nil {
		return nil, errors.New("unauthenticated")
	}
	use, _ := caller.token.Get("token_use")
	client, _ := caller.token.Get("client_id")
	if use != "access" || client != r.ClientID {
		return nil, errors.New("unauthenticated")
	}
	return next(ctx)
}

type query struct{ *Resolver }

func (query) Me(ctx context.Context) (*User, error) {
	token := ctx.Value(contextKey{}).(verified).token
	groups := []string{}
	if claim, ok := token.Get("cognito:groups"); ok {
		for _, group := range claim.([]any) {
			groups = append(groups, fmt.Sprint(group))
		}
	}
	return &User{ID: token.Subject(), Groups: groups}, nil
}

type mutation struct{ *Resolver }

func (m mutation) Signin(ctx context.Context, input SigninInput) (*AuthTokens, error) {
	return m.initiateAuth(ctx, types.AuthFlowTypeUserPasswordAuth, map[string]string{
		"USERNAME": input.Email, "PASSWORD": input.Password,
	})
}

func (m mutation) RefreshToken(ctx context.Context, input RefreshTokenInput) (*AuthTokens, error) {
	return m.initiateAuth(ctx, types.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": input.RefreshToken})
}

func (m mutation) initiateAuth(ctx context.Context, flow types.AuthFlowType, parameters map[string]string) (*AuthTokens, error) {
	out, err := m.Cognito.InitiateAuth(ctx, &cognito.InitiateAuthInput{
		AuthFlow: flow, ClientId: aws.String(m.ClientID), AuthParameters: parameters,
	})
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult == nil {
		return nil, errors.New("challenges are not supported")
	}
	result := out.AuthenticationResult
	return &AuthTokens{
		AccessToken: aws.ToString(result.AccessToken), IDToken: result.IdToken,
		RefreshToken: result.RefreshToken, ExpiresIn: int(result.ExpiresIn),
	}, nil
}
