package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/cognito"
	"authgraph/internal/account"
	"authgraph/internal/apierr"
	"authgraph/internal/audit"
	"authgraph/internal/reqctx"
)

// auditEvent returns the security event for an executed root field. Mutations are
// events, and so are queries that were refused for security reasons.
func auditEvent(ctx context.Context, client *cognito.Client, field *graphql.RootFieldContext, code string) (audit.Event, bool) {
	operation := graphql.GetOperationContext(ctx)
	if operation.Operation.Operation != ast.Mutation && !isAuditedRefusal(code) {
		return audit.Event{}, false
	}
	event := audit.Event{Name: field.Field.Name, Outcome: code, Subject: reqctx.FromContext(ctx).Subject()}
	if names := client.Names(ctx, account.Input(field.Field.Field, operation.Variables)); len(names) > 0 {
		event.Account = names[0]
	}
	return event, true
}

// isAuditedRefusal reports whether a query that fails with the code is a security event.
func isAuditedRefusal(code string) bool {
	switch apierr.Code(code) {
	case apierr.InvalidToken, apierr.TokenRevoked, apierr.Forbidden, apierr.RateLimited:
		return true
	default:
		return false
	}
}
