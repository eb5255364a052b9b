package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/cognito"
	"authgraph/graph/generated"
	"authgraph/internal/apierr"
	"authgraph/internal/audit"
)

// requestTimeout bounds the operations of Cognito that one request asks for. It leaves room
// for two of them one after the other that both time out.
const requestTimeout = 10 * time.Second

// Options configures the handler of /graphql.
type Options struct {
	// Cognito answers the resolvers. Required.
	Cognito *cognito.Client
	// Verifier answers what other services ask of tokens. Required.
	Verifier *cognito.Verifier
	// Directives is the policy of the schema. All of them are required.
	Directives generated.DirectiveRoot
	// SignedOut is told of every sign-out that Cognito has carried out, before
	// the client is. Its error is the client's. Default: nobody.
	SignedOut func(context.Context, cognito.SignedOut) error
	// Limits bound what one request may ask for. Default: [DefaultLimits].
	Limits Limits
	// Operations, when it is not nil, are the only documents that are executed.
	Operations Operations
	// Audit is told of every root field that changes something or was refused.
	// Default: nobody.
	Audit func(context.Context, audit.Event)
	// CookieTransport keeps refresh tokens out of every answer, for the edge to put
	// them into a cookie.
	CookieTransport bool
	// Federation is how the API stands in a supergraph.
	Federation Federation
	// Introspection lets clients read the schema and be helped by suggestions.
	Introspection bool
	// Caller verifies the access token of a request as @auth does, for queries that
	// are answered from the token without being executed. Default: all are executed.
	Caller func(context.Context) (*cognito.Caller, error)
	// Log takes the causes of errors that are our fault. Required.
	Log *slog.Logger
	// Observe is told of every root field: operation is "query" or "mutation",
	// code is "OK" or an ErrorCode. A document that was refused as a whole is
	// one observation of operation and field "none". Default: nobody is told.
	Observe func(operation, field, code string, took time.Duration)
	// Trace is told when a root field begins; what it returns is told its code.
	// Default: nobody.
	Trace func(ctx context.Context, field string) (context.Context, func(code string))
	// ObservePanic is told of every panic that ended a field. Default: nobody.
	ObservePanic func()
}

// NewHandler returns the handler of /graphql. It fails when a directive of the
// schema is missing, since gqlgen would say so only when the field is asked for.
func NewHandler(o Options) (http.Handler, error) {
	switch {
	case o.Cognito == nil:
		return nil, errors.New("graph: Options.Cognito is nil")
	case o.Verifier == nil:
		return nil, errors.New("graph: Options.Verifier is nil")
	case o.Log == nil:
		return nil, errors.New("graph: Options.Log is nil")
	}
	if err := requireAll(o.Directives); err != nil {
		return nil, err
	}
	if o.Observe == nil {
		o.Observe = func(string, string, string, time.Duration) {}
	}
	if o.ObservePanic == nil {
		o.ObservePanic = func() {}
	}
	if o.SignedOut == nil {
		o.SignedOut = func(context.Context, cognito.SignedOut) error { return nil }
	}
	if o.Audit == nil {
		o.Audit = func(context.Context, audit.Event) {}
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	if err := o.Limits.check(); err != nil {
		return nil, err
	}
	schema := generated.NewExecutableSchema(generated.Config{
		Schema: schemaWithoutDefer(),
		Resolvers: &Resolver{
			Cognito: o.Cognito, Verifier: o.Verifier, SignedOut: o.SignedOut, ReaderGroups: o.Federation.ReaderGroups,
		},
		Directives: o.Directives,
		Complexity: costs(),
	})
	if err := o.Operations.check(schema.Schema()); err != nil {
		return nil, err
	}

	present := presenter{log: o.Log, observePanic: o.ObservePanic, maxTokens: o.Limits.Tokens}
	t := &transport{exec: newExecutor(o, schema, present), present: present, observe: o.Observe, limits: o.Limits}
	if o.Caller != nil {
		t.tokenQueries = newTokenQueries(o)
	}
	return t, nil
}

// requireAll returns an error that names the first directive that is nil.
func requireAll(root generated.DirectiveRoot) error {
	v := reflect.ValueOf(root)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return fmt.Errorf("graph: the directive @%s is not set", v.Type().Field(i).Name)
		}
	}
	return nil
}

// schemaWithoutDefer is the schema without the directive @defer: gqlgen leaves
// deferred fields out, and says nothing, where no transport can send them later.
func schemaWithoutDefer() *ast.Schema {
	schema := *generated.NewExecutableSchema(generated.Config{}).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	delete(schema.Directives, "defer")
	return &schema
}

// observeRootFields reports each root field with its first error's code. Errors
// of the fields below count for it: a `me` without its e-mail address is no
// success.
func observeRootFields(
	observe func(operation, field, code string, took time.Duration), record func(context.Context, audit.Event),
) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		start := time.Now()
		result := next(ctx)
		root := graphql.GetRootFieldContext(ctx)
		code := "OK"
		for _, err := range graphql.GetErrors(ctx) {
			if len(err.Path) > 0 && err.Path[0] == ast.PathName(root.Field.Alias) {
				code = codeOf(err)
				break
			}
		}
		operation := graphql.GetOperationContext(ctx).Operation.Operation
		observe(string(operation), root.Field.Name, code, time.Since(start))
		if event, ok := auditEvent(ctx, root, code); ok {
			record(ctx, event)
		}
		if operation == ast.Mutation && result != graphql.Null {
			return leaveGap(ctx, result)
		}
		return result
	}
}

// traceRootFields traces the root fields: here, and not where they are observed, the
// context goes on to what they call.
func traceRootFields(trace func(context.Context, string) (context.Context, func(string))) graphql.FieldMiddleware {
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		field := graphql.GetFieldContext(ctx)
		if field.Object != "Query" && field.Object != "Mutation" {
			return next(ctx)
		}
		ctx, end := trace(ctx, field.Object+"."+field.Field.Name)
		result, err := next(ctx)
		code := "OK"
		if err != nil {
			code = string(apierr.From(err).Code)
		}
		end(code)
		return result, err
	}
}
