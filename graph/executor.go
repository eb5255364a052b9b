package graph

import (
	"context"
	"errors"

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

// document is one that fits the schema, with what was found of its operations.
type document struct {
	*ast.QueryDocument
	amounts map[*ast.OperationDefinition]amount
}

func newDocumentCache() graphql.Cache[*document] { return lru.New[*document](cachedDocuments) }

// prepare returns the operation that is asked for, up to its execution. With errors, it
// is what is known of it.
func (e *executor) prepare(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	operation := &graphql.OperationContext{
		DisableIntrospection:   !e.limits.introspection,
		RecoverFunc:            e.present.recover,
		ResolverMiddleware:     e.aroundField,
		RootResolverMiddleware: e.aroundRootField,
	}
	if refusal := e.persisted.find(ctx, params); refusal != nil {
		return operation, refuse(refusal)
	}
	operation.RawQuery, operation.OperationName, operation.Extensions = params.Query, params.OperationName, params.Extensions
	doc, errs := e.document(ctx, params.Query)
	if errs != nil {
		return operation, errs
	}
	operation.Doc, operation.Operation = doc.QueryDocument, doc.Operations.ForName(params.OperationName)
	if operation.Operation == nil {
		return operation, refuse(apierr.New(apierr.GraphQLValidationFailed, "Name one of the document's operations in operationName."))
	}
	var err error
	if operation.Variables, err = coerceVariables(e.schema.Schema(), operation.Operation, params.Variables); err != nil {
		return operation, gqlerror.List{gqlError(err)}
	}
	if refusal := e.limits.check(ctx, operation, doc.amounts[operation.Operation]); refusal != nil {
		return operation, refuse(refusal)
	}
	return operation, nil
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
	doc := &document{parsed, e.limits.measure(parsed)}
	if len(text) <= maxCachedDocumentBytes {
		e.documents.Add(ctx, text, doc)
	}
	return doc, nil
}

// execute carries out an operation that was prepared.
func (e *executor) execute(ctx context.Context, operation *graphql.OperationContext) *graphql.Response {
	ctx = graphql.WithOperationContext(ctx, operation)
	ctx = graphql.WithResponseContext(ctx, e.present.present, e.present.recover)
	response := e.schema.Exec(ctx)(ctx)
	response.Errors = append(response.Errors, graphql.GetErrors(ctx)...)
	return response
}

// refuse is the response of an operation that was not executed.
func (e *executor) refuse(ctx context.Context, operation *graphql.OperationContext, errs gqlerror.List) *graphql.Response {
	ctx = graphql.WithOperationContext(ctx, operation)
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
