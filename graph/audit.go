package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/internal/account"
	"authgraph/internal/apierr"
	"authgraph/internal/audit"
	"authgraph/internal/reqctx"
)

// auditEvent returns the security event that an executed root field is, and
// whether it is one: all that changes something, and refusals of what does not.
func auditEvent(ctx context.Context, field *graphql.RootFieldContext, code string) (audit.Event, bool) {
	operation := graphql.GetOperationContext(ctx)
	if operation.Operation.Operation != ast.Mutation && !isAuditedRefusal(code) {
		return audit.Event{}, false
	}
	return audit.Event{
		Name: field.Field.Name, Outcome: code,
		Account: account.Name(account.Input(field.Field.Field, operation.Variables)), Subject: reqctx.FromContext(ctx).Subject(),
	}, true
}

// isAuditedRefusal tells the codes that make an event of a field which changes nothing.
func isAuditedRefusal(code string) bool {
	switch apierr.Code(code) {
	case apierr.InvalidToken, apierr.TokenRevoked, apierr.Forbidden, apierr.RateLimited:
		return true
	default:
		return false
	}
}
