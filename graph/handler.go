package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/graph/generated"
	"authgraph/graph/transport"
	"authgraph/internal/audit"
	"authgraph/internal/reqctx"
)

const (
	// requestTimeout limits the time that the Cognito calls of one request may
	// take. It leaves room for two consecutive calls that both time out.
	requestTimeout = 10 * time.Second
	// maxErrors limits the errors of one response; later ones add nothing.
	maxErrors = 50
	// cachedDocuments and maxCachedDocumentBytes together limit the memory for
	// parsed documents: clients that vary their documents evict each other's.
	cachedDocuments        = 200
	maxCachedDocumentBytes = 4 << 10
)

// Options configures the handler of /graphql.
type Options struct {
	// Cognito carries out the operations. Required.
	Cognito *cognito.Client
	// Verifier answers tokenStatus. Required.
	Verifier *token.Verifier
	// Directives implements the directives of the schema. All are required.
	Directives generated.DirectiveRoot
	// OthersEnded is called before Cognito ends all sessions of a user but one. Default:
	// none.
	OthersEnded func(context.Context, cognito.SessionsEnded) error
	// SignedOut is called after every sign-out that Cognito has carried out, before
	// the response is sent. The client receives its error. Default: none.
	SignedOut func(context.Context, cognito.SignedOut) error
	// Limits restricts what one request may select. Default: [DefaultLimits].
	Limits Limits
	// Operations, if not nil, are the only documents that are executed.
	Operations Operations
	// Audit is called for every root field that changes something or was refused.
	// Default: none.
	Audit func(context.Context, audit.Event)
	// CookieTransport keeps refresh tokens out of every response: the HTTP layer
	// puts them into a cookie.
	CookieTransport bool
	// MissedCookie is called when a client without a refresh token refreshes or ends its
	// session, although refresh tokens travel in bodies. Default: none.
	MissedCookie func(context.Context)
	// Federation configures the API as a subgraph.
	Federation Federation
	// Introspection lets clients query the schema and receive suggestions for
	// misspelled names.
	Introspection bool
	// Log receives the causes of server errors. Required.
	Log *slog.Logger
	// Observe is called for every root field: operation is "query" or "mutation",
	// code is "OK" or an ErrorCode. A document that was rejected as a whole counts
	// as one observation of operation and field "none". Default: none.
	Observe func(operation, field, code string, took time.Duration)
	// Trace is called when a root field begins, with its name such as "Query.me".
	// The function that it returns is called with the field's code. Default: none.
	Trace func(ctx context.Context, field string) (context.Context, func(code string))
	// ObservePanic is called for every panic in a field. Default: none.
	ObservePanic func()
}

// NewHandler returns the handler of /graphql. It returns an error if a
// directive is missing, which gqlgen would report only when a field uses it, or
// if Operations does not fit the schema.
func NewHandler(o Options) (http.Handler, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	schema := generated.NewExecutableSchema(generated.Config{
		Schema: servedSchema(),
		Resolvers: &Resolver{
			Cognito: o.Cognito, Verifier: o.Verifier, SignedOut: o.SignedOut, OthersEnded: o.OthersEnded, MissedCookie: o.MissedCookie,
			ReaderGroups: o.Federation.ReaderGroups,
		},
		Directives: o.Directives,
		Complexity: costs(),
	})
	if err := o.Operations.check(schema.Schema()); err != nil {
		return nil, err
	}
	present := presenter{log: o.Log, observePanic: o.ObservePanic, limits: o.Limits}
	server := handler.New(schema)
	server.AddTransport(transport.HTTP{
		MaxBodyBytes: o.Limits.BodyBytes, MaxBatch: o.Limits.Batch, MaxErrors: maxErrors,
		Context: operationContext, Recover: present.recover,
		Observe: func(code string, took time.Duration) { o.Observe("none", "none", code, took) },
	})
	server.SetParserTokenLimit(o.Limits.Tokens)
	server.SetQueryCache(smallDocuments[*ast.QueryDocument]{lru.New[*ast.QueryDocument](cachedDocuments)})
	server.SetErrorPresenter(present.present)
	server.SetRecoverFunc(present.recover)
	if o.Operations != nil {
		server.Use(newOperationList(o.Operations))
	} else {
		server.Use(newPersistedQueries())
	}
	server.Use(documentLimits{limits: o.Limits, introspection: o.Introspection, sdl: o.Federation.SDL != ""})
	// Last, since it visits a fragment once for every spread: the limits before it
	// keep their number small.
	server.Use(extension.FixedComplexityLimit(o.Limits.Complexity))
	server.SetValidationRulesFn(validationRules)
	if o.Introspection {
		server.Use(extension.Introspection{})
	} else {
		server.SetDisableSuggestion(true)
		server.SetValidationRulesFn(rulesWithoutSuggestions)
	}
	server.AroundRootFields(rootFields{
		client: o.Cognito, observe: o.Observe, audit: o.Audit, trace: o.Trace, recover: present.recover,
	}.around)
	if o.CookieTransport {
		server.AroundFields(moveRefreshTokenToCookie)
	}
	server.AroundFields(subgraph{o.Federation.SDL, o.Directives}.aroundFields)
	return server, nil
}

// complete sets the defaults.
func (o *Options) complete() error {
	switch {
	case o.Cognito == nil:
		return errors.New("graph: Options.Cognito is nil")
	case o.Verifier == nil:
		return errors.New("graph: Options.Verifier is nil")
	case o.Log == nil:
		return errors.New("graph: Options.Log is nil")
	}
	directives := reflect.ValueOf(o.Directives)
	for i := range directives.NumField() {
		if directives.Field(i).IsNil() {
			return fmt.Errorf("graph: the directive @%s is not set", directives.Type().Field(i).Name)
		}
	}
	if o.Observe == nil {
		o.Observe = func(string, string, string, time.Duration) {}
	}
	if o.Trace == nil {
		o.Trace = func(ctx context.Context, _ string) (context.Context, func(string)) { return ctx, func(string) {} }
	}
	if o.ObservePanic == nil {
		o.ObservePanic = func() {}
	}
	if o.OthersEnded == nil {
		o.OthersEnded = func(context.Context, cognito.SessionsEnded) error { return nil }
	}
	if o.SignedOut == nil {
		o.SignedOut = func(context.Context, cognito.SignedOut) error { return nil }
	}
	if o.MissedCookie == nil {
		o.MissedCookie = func(context.Context) {}
	}
	if o.Audit == nil {
		o.Audit = func(context.Context, audit.Event) {}
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	return o.Limits.check()
}

// operationContext returns the context in which the operations of a request run.
func operationContext(r *http.Request) context.Context {
	request := reqctx.FromContext(r.Context())
	return cognito.WithRequest(r.Context(), cognito.Request{
		IPAddress: request.ClientAddr, EncodedData: request.DeviceData, Deadline: time.Now().Add(requestTimeout),
		Caller: func() string {
			return cmp.Or(request.Subject(), request.Subscriber())
		},
	})
}

// smallDocuments is a cache that skips long documents, since gqlgen's cache
// counts documents and not their bytes.
type smallDocuments[T any] struct {
	graphql.Cache[T]
}

// Add implements [graphql.Cache].
func (c smallDocuments[T]) Add(ctx context.Context, key string, value T) {
	size := len(key)
	if text, ok := any(value).(string); ok {
		size = len(text)
	}
	if size <= maxCachedDocumentBytes {
		c.Cache.Add(ctx, key, value)
	}
}

// validationRules returns the rules of the GraphQL specification.
func validationRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.AddRule("Literals", checkLiterals)
	return r
}

// checkLiterals is the part of the rule "Values of Correct Type" that gqlparser leaves
// out. The libraries panic when they convert such values: an object in the place of a
// scalar or an enum value, and a number beyond 64 bits inside a custom scalar.
// https://spec.graphql.org/September2025/#sec-Values-of-Correct-Type
func checkLiterals(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		// Of these types gqlparser checks everything but objects, and of others nothing.
		known := value.Definition != nil &&
			(value.Definition.Kind == ast.Enum || value.Definition.OneOf("Int", "Float", "String", "Boolean", "ID"))
		switch value.Kind {
		case ast.ObjectValue:
			if !known {
				return
			}
		case ast.IntValue, ast.FloatValue:
			if _, err := value.Value(nil); err == nil || known {
				return
			}
		default:
			return
		}
		addError(core.Message("A value in the document has the wrong type."), core.At(value.Position))
	})
}

// rulesWithoutSuggestions returns the validation rules without those that suggest
// names of the schema, for when introspection is off. gqlgen itself replaces two of
// the five.
func rulesWithoutSuggestions() *rules.Rules {
	r := validationRules()
	for _, pair := range []struct{ with, without core.Rule }{
		{rules.KnownArgumentNamesRule, rules.KnownArgumentNamesRuleWithoutSuggestions},
		{rules.KnownTypeNamesRule, rules.KnownTypeNamesRuleWithoutSuggestions},
		{rules.ValuesOfCorrectTypeRule, rules.ValuesOfCorrectTypeRuleWithoutSuggestions},
	} {
		r.RemoveRule(pair.with.Name)
		r.AddRule(pair.without.Name, pair.without.RuleFunc)
	}
	return r
}

// rootFields traces, counts and audits root fields.
type rootFields struct {
	client  *cognito.Client
	observe func(operation, field, code string, took time.Duration)
	audit   func(context.Context, audit.Event)
	trace   func(context.Context, string) (context.Context, func(string))
	recover graphql.RecoverFunc
}

// around implements [graphql.RootFieldMiddleware]. The code of a field is that of
// its first error, including errors of the fields below: a `me` without its
// e-mail address is not a success.
func (f rootFields) around(ctx context.Context, next graphql.RootResolver) (result graphql.Marshaler) {
	// gqlgen runs several root fields in goroutines of their own, and recovers in the
	// fields only. A panic here would end the process.
	defer f.recovered(ctx, &result)
	start := time.Now()
	root := graphql.GetRootFieldContext(ctx)
	operation := graphql.GetOperationContext(ctx).Operation.Operation
	object := "Query"
	if operation == ast.Mutation {
		object = "Mutation"
	}
	traced, end := f.trace(ctx, object+"."+root.Field.Name)
	result = f.resolve(traced, next)
	code := "OK"
	for _, err := range graphql.GetErrors(ctx) {
		if len(err.Path) > 0 && err.Path[0] == ast.PathName(root.Field.Alias) {
			code = codeOf(err)
			break
		}
	}
	end(code)
	f.observe(string(operation), root.Field.Name, code, time.Since(start))
	if event, ok := auditEvent(ctx, f.client, root, code); ok {
		f.audit(ctx, event)
	}
	return result
}

// resolve returns the result of a field, also if it panics.
func (f rootFields) resolve(ctx context.Context, next graphql.RootResolver) (result graphql.Marshaler) {
	defer f.recovered(ctx, &result)
	return next(ctx)
}

// recovered turns a panic into an error of the field. Defer it.
func (f rootFields) recovered(ctx context.Context, result *graphql.Marshaler) {
	if cause := recover(); cause != nil {
		graphql.AddError(ctx, f.recover(ctx, cause))
		*result = graphql.Null
	}
}
