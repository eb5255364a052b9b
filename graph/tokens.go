package graph

import (
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/graph/model"
)

// writeTokens returns a middleware that has tokens written as they are where nothing but the
// texts and figures of AuthTokens is selected: gqlgen would make a context, a closure and a
// value for each, which is a fifth of what a sign-in allocates.
func writeTokens(inner graphql.FieldMiddleware) graphql.FieldMiddleware {
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		result, err := inner(ctx, next)
		if tokens, ok := result.(*cognito.AuthTokens); ok && tokens != nil && err == nil {
			return selectTokens(ctx, tokens), nil
		}
		return result, err
	}
}

// selectTokens returns the tokens, or what writes them.
func selectTokens(ctx context.Context, tokens *cognito.AuthTokens) any {
	selected := graphql.GetFieldContext(ctx).Field.Selections
	// The types under which gqlgen itself collects them.
	fields := graphql.CollectFields(graphql.GetOperationContext(ctx), selected, []string{"AuthTokens", "SigninResult"})
	isObject := func(field graphql.CollectedField) bool { return len(field.Selections) > 0 }
	if slices.ContainsFunc(fields, isObject) {
		return tokens
	}
	return &selectedTokens{tokens, fields}
}

// selectedTokens are tokens of which no object is selected.
type selectedTokens struct {
	of     *cognito.AuthTokens
	fields []graphql.CollectedField
}

// MarshalGQL implements graphql.Marshaler.
func (t *selectedTokens) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, "{")
	for i, field := range t.fields {
		isSame := func(earlier graphql.CollectedField) bool { return earlier.Alias == field.Alias }
		if slices.ContainsFunc(t.fields[:i], isSame) {
			continue // by the rules of validation it has the same value
		}
		_, _ = io.WriteString(w, comma(i))
		model.WriteString(w, field.Alias)
		_, _ = io.WriteString(w, ":")
		t.write(w, field.Name)
	}
	_, _ = io.WriteString(w, "}")
}

// write writes the value of a field.
func (t *selectedTokens) write(w io.Writer, name string) {
	switch name {
	case "accessToken":
		model.WriteString(w, t.of.AccessToken)
	case "idToken":
		writeOptional(w, t.of.IDToken)
	case "refreshToken":
		writeOptional(w, t.of.RefreshToken)
	case "expiresIn":
		graphql.MarshalInt32(t.of.ExpiresIn).MarshalGQL(w)
	case "tokenType":
		model.WriteString(w, t.of.TokenType)
	case "__typename":
		model.WriteString(w, "AuthTokens")
	default:
		panic("graph: AuthTokens has no field " + strconv.Quote(name))
	}
}

func writeOptional(w io.Writer, text *string) {
	if text == nil {
		graphql.Null.MarshalGQL(w)
		return
	}
	model.WriteString(w, *text)
}
