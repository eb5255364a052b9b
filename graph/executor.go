package graph

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"authgraph/internal/apierr"
)

// Documents are cached parsed and validated. Both figures together bound
// the memory for it: clients that vary their documents push each other out.
const (
	cachedDocuments        = 200
	maxCachedDocumentBytes = 4 << 10
)

// executor finds, checks and executes the operations that are asked for.
//
// It stands in place of gqlgen's, whose hooks make closures for each field of each request,
// and which adds up limits anew each time that a document comes.
type executor struct {
	schema          graphql.ExecutableSchema
	persisted       persistedDocuments
	limits          documentLimits
	rules           *rules.Rules
	present         presenter
	aroundRootField graphql.RootFieldMiddleware
	aroundField     graphql.FieldMiddleware

	documents graphql.Cache[*document] // by their texts
}

func newExecutor(o Options, schema graphql.ExecutableSchema, present presenter) *executor {
	e := &executor{
		schema:          schema,
		persisted:       newPersistedDocuments(o.Operations),
		limits:          documentLimits{o.Limits, schema, o.Introspection, o.Federation.SDL != ""},
		rules:           validationRules(o.Introspection),
		present:         present,
		aroundRootField: observeRootFields(o.Observe, o.Audit),
		aroundField:     (&subgraph{o.Federation.SDL, o.Directives}).aroundFields,
		documents:       lru.New[*document](cachedDocuments),
	}
	if o.CookieTransport {
		e.aroundField = around(keepRefreshTokens, e.aroundField)
	}
	e.aroundField = writeTokens(e.aroundField)
	if o.Trace != nil {
		e.aroundField = around(traceRootFields(o.Trace), e.aroundField)
	}
	return e
}

// document is one that fits the schema, with what is known of its operations.
type document struct {
	*ast.QueryDocument
	operations map[*ast.OperationDefinition]*operation
}

// operation is one of a document.
type operation struct {
	amount amount
	// ended are executions whose contexts another one can use: gqlgen keeps in them which
	// fields it has found in which selections of the document. Without directives, which
	// may leave fields out, those are the same each time. The selections live as long as
	// the context, which holds them, so that none is taken for another.
	ended sync.Pool
}

// execution is an operation that is asked for.
type execution struct {
	graphql.OperationContext
	of *operation // nil as long as it is not found
}

// prepare returns the execution that is asked for, up to its beginning. With errors, it is
// what is known of it.
func (e *executor) prepare(ctx context.Context, params *graphql.RawParams) (*execution, gqlerror.List) {
	if refusal := e.persisted.find(ctx, params); refusal != nil {
		return &execution{}, refuse(refusal)
	}
	doc, errs := e.document(ctx, params.Query)
	if errs != nil {
		return &execution{}, errs
	}
	definition := doc.Operations.ForName(params.OperationName)
	if definition == nil {
		return &execution{}, refuse(apierr.New(apierr.GraphQLValidationFailed, "Name one of the document's operations in operationName."))
	}
	x := e.newExecution(doc, definition)
	var err error
	if x.Variables, err = coerceVariables(e.schema.Schema(), definition, params.Variables); err != nil {
		return x, gqlerror.List{gqlError(err)}
	}
	if refusal := e.limits.exceeded(ctx, &x.OperationContext, x.of.amount); refusal != nil {
		return x, refuse(refusal)
	}
	return x, nil
}

func (e *executor) newExecution(doc *document, definition *ast.OperationDefinition) *execution {
	of := doc.operations[definition]
	if ended, ok := of.ended.Get().(*execution); ok {
		return ended
	}
	x := &execution{of: of}
	x.Doc, x.Operation = doc.QueryDocument, definition
	x.DisableIntrospection = !e.limits.introspection
	x.RecoverFunc, x.ResolverMiddleware, x.RootResolverMiddleware = e.present.recover, e.aroundField, e.aroundRootField
	return x
}

// document returns the document of a text. It is parsed and validated once.
func (e *executor) document(ctx context.Context, text string) (*document, gqlerror.List) {
	if known, ok := e.documents.Get(ctx, text); ok {
		return known, nil
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, e.limits.Tokens)
	if err != nil {
		errcode.Set(err, errcode.ParseFailed)
		return nil, gqlerror.List{gqlError(err)}
	}
	if len(parsed.Operations) == 0 {
		return nil, refuse(apierr.New(apierr.GraphQLValidationFailed, "no operation provided"))
	}
	if errs := validator.ValidateWithRules(e.schema.Schema(), parsed, e.rules); len(errs) > 0 {
		for _, err := range errs {
			errcode.Set(err, errcode.ValidationFailed)
		}
		return nil, errs
	}
	doc := &document{parsed, map[*ast.OperationDefinition]*operation{}}
	for _, definition := range parsed.Operations {
		doc.operations[definition] = &operation{amount: e.limits.measure(parsed, definition)}
	}
	if len(text) <= maxCachedDocumentBytes {
		e.documents.Add(ctx, text, doc)
	}
	return doc, nil
}

// execute carries out what was prepared, and ends it.
func (e *executor) execute(ctx context.Context, x *execution) *graphql.Response {
	ctx = graphql.WithOperationContext(ctx, &x.OperationContext)
	ctx = graphql.WithResponseContext(ctx, e.present.present, e.present.recover)
	response := e.schema.Exec(ctx)(ctx)
	response.Errors = append(response.Errors, graphql.GetErrors(ctx)...)
	if !x.of.amount.hasDirectives {
		x.Variables = nil
		x.of.ended.Put(x)
	}
	return response
}

// refused is the response of what was not executed.
func (e *executor) refused(ctx context.Context, x *execution, errs gqlerror.List) *graphql.Response {
	ctx = graphql.WithOperationContext(ctx, &x.OperationContext)
	response := &graphql.Response{}
	for _, err := range errs {
		response.Errors = append(response.Errors, e.present.present(ctx, err))
	}
	return response
}

// refuse is an error of a whole request.
func refuse(e *apierr.Error) gqlerror.List {
	return gqlerror.List{{Err: e, Message: e.Message}}
}

// gqlError returns what gqlparser returns as an error.
func gqlError(err error) *gqlerror.Error {
	if theirs, ok := errors.AsType[*gqlerror.Error](err); ok {
		return theirs
	}
	return gqlerror.Wrap(err)
}

// validationRules are the rules of validation. Without suggestions, those are exchanged
// that would tell names of the schema to someone who may not read it.
func validationRules(suggest bool) *rules.Rules {
	r := rules.NewDefaultRules()
	if suggest {
		return r
	}
	for _, pair := range []struct{ with, without core.Rule }{
		{rules.FieldsOnCorrectTypeRule, rules.FieldsOnCorrectTypeRuleWithoutSuggestions},
		{rules.KnownArgumentNamesRule, rules.KnownArgumentNamesRuleWithoutSuggestions},
		{rules.KnownTypeNamesRule, rules.KnownTypeNamesRuleWithoutSuggestions},
		{rules.ScalarLeafsRule, rules.ScalarLeafsRuleWithoutSuggestions},
		{rules.ValuesOfCorrectTypeRule, rules.ValuesOfCorrectTypeRuleWithoutSuggestions},
	} {
		r.RemoveRule(pair.with.Name)
		r.AddRule(pair.without.Name, pair.without.RuleFunc)
	}
	return r
}

// around has the outer middleware before the inner one.
func around(outer, inner graphql.FieldMiddleware) graphql.FieldMiddleware {
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		return outer(ctx, func(ctx context.Context) (any, error) { return inner(ctx, next) })
	}
}
