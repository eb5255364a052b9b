package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/internal/apierr"
	"authgraph/internal/reqctx"
)

// maxMessage limits a message, in characters.
const maxMessage = 200

// presenter converts errors to their public form, and logs the causes of
// server errors. It is the only place that does either.
//
// A client sees one of our codes with its text. gqlgen's own errors, from parsing
// and validation, keep their text without any literal of the document, which may
// be a password.
type presenter struct {
	log          *slog.Logger
	observePanic func()
	limits       Limits
}

// present implements [graphql.ErrorPresenterFunc].
func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	shown := &gqlerror.Error{Path: responsePath(ctx)}
	var theirs *gqlerror.Error
	if errors.As(err, &theirs) {
		shown.Locations = theirs.Locations
		if shown.Path == nil && !isVariablePath(theirs.Path) {
			shown.Path = theirs.Path
		}
	}
	ours := p.classify(ctx, err, theirs)
	shown.Message = truncate(ours.Message)
	shown.Extensions = extensions(ctx, ours)
	p.logFault(ctx, ours)
	return shown
}

// classify returns the API's error for any error.
func (p presenter) classify(ctx context.Context, err error, theirs *gqlerror.Error) *apierr.Error {
	var ours *apierr.Error
	if errors.As(err, &ours) {
		return ours
	}
	if theirs == nil {
		return apierr.From(err)
	}
	switch {
	case isVariablePath(theirs.Path):
		return variableError(ctx, theirs)
	case strings.HasPrefix(theirs.Message, "exceeded token limit"):
		return documentLimitExceeded(p.limits.Tokens, "tokens")
	case theirs.Extensions["code"] == "COMPLEXITY_LIMIT_EXCEEDED":
		return documentLimitExceeded(p.limits.Complexity, "points of complexity")
	case theirs.Extensions["code"] == string(apierr.GraphQLParseFailed):
		return apierr.New(apierr.GraphQLParseFailed, withoutLiterals(theirs.Message))
	case theirs.Extensions["code"] == string(apierr.GraphQLValidationFailed):
		return apierr.New(apierr.GraphQLValidationFailed, validationMessage(ctx, theirs))
	case len(theirs.Path) > len(responsePath(ctx)):
		// A literal of the wrong type: the path continues into the input.
		return &apierr.Error{
			Code:    apierr.BadUserInput,
			Message: "A value of the input has the wrong type.",
			Field:   inputField(theirs.Path[len(responsePath(ctx)):]),
			Cause:   err,
		}
	default:
		return apierr.From(err)
	}
}

// responsePath returns the path of the field that failed, without the input path
// that gqlgen appends, or nil for an error of the whole request.
func responsePath(ctx context.Context) ast.Path {
	if field := graphql.GetFieldContext(ctx); field != nil {
		return field.Path()
	}
	return nil
}

// isVariablePath reports whether gqlparser made the path for a variable of the
// wrong type: such paths begin with "variable" and name no field of the response.
func isVariablePath(path ast.Path) bool {
	return len(path) > 0 && path[0] == ast.PathName("variable")
}

// variableError returns the error for a variable of the wrong type. gqlparser's
// own message may quote the value.
func variableError(ctx context.Context, theirs *gqlerror.Error) *apierr.Error {
	e := &apierr.Error{
		Code:    apierr.BadUserInput,
		Message: "A variable has the wrong type.",
		Field:   inputField(inputPath(ctx, theirs.Path[1:])),
	}
	switch {
	case strings.HasSuffix(theirs.Message, "must be defined"), strings.HasSuffix(theirs.Message, "cannot be null"):
		e.Message = e.Field + " is required."
	case strings.HasSuffix(theirs.Message, "unknown field"):
		e.Message = "The input has no such field."
	}
	return e
}

// inputPath replaces the variable at the start of the path with the place where
// the operation uses it, so that a field has the same path however it was sent.
func inputPath(ctx context.Context, path ast.Path) ast.Path {
	name, ok := path[0].(ast.PathName)
	if !ok {
		return path
	}
	for _, selection := range graphql.GetOperationContext(ctx).Operation.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok {
			continue
		}
		for _, argument := range field.Arguments {
			if used, ok := findVariable(argument.Value, string(name)); ok {
				return append(append(ast.Path{ast.PathName(argument.Name)}, used...), path[1:]...)
			}
		}
	}
	return path
}

// findVariable returns the path of the variable inside the value.
func findVariable(value *ast.Value, name string) (ast.Path, bool) {
	if value.Kind == ast.Variable {
		return nil, value.Raw == name
	}
	for _, child := range value.Children {
		if path, ok := findVariable(child.Value, name); ok && child.Name != "" {
			return append(ast.Path{ast.PathName(child.Name)}, path...), true
		}
	}
	return nil, false
}

// inputField formats a path as clients know it: "input.attributes[1].name". It
// stops at a part that is not a GraphQL name, which is client input.
func inputField(path ast.Path) string {
	var b strings.Builder
	for _, part := range path {
		switch part := part.(type) {
		case ast.PathIndex:
			fmt.Fprintf(&b, "[%d]", int(part))
		case ast.PathName:
			if !isName(string(part)) {
				return b.String()
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(part))
		}
	}
	return b.String()
}

// isName reports whether s is a GraphQL name of a plausible length.
func isName(s string) bool {
	if s == "" || len(s) > 64 || (s[0] >= '0' && s[0] <= '9') {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// quoted matches a quotation in a parser's message, closed or truncated.
var quoted = regexp.MustCompile(`\s*"(?:[^"\\]|\\.)*"?`)

// withoutLiterals removes quotations from a parser's message. A missing quotation
// mark turns a password into a name, so names are removed as well.
func withoutLiterals(message string) string {
	return quoted.ReplaceAllString(message, "")
}

// validationMessage returns the message of a validation error. One rule quotes
// values; only messages that name just fields are kept.
func validationMessage(ctx context.Context, err *gqlerror.Error) string {
	switch {
	case err.Rule == "" && graphql.GetOperationContext(ctx).Doc == nil:
		return "The document has no operation."
	case err.Rule == "":
		return "operationName must name one of the document's operations."
	case !strings.HasPrefix(err.Rule, "ValuesOfCorrectType"):
		return err.Message
	}
	for _, start := range []string{`Field "`, `OneOf Input Object "`} {
		if strings.HasPrefix(err.Message, start) {
			return err.Message
		}
	}
	return "A value in the document has the wrong type."
}

// extensions returns errors[].extensions.
func extensions(ctx context.Context, e *apierr.Error) map[string]any {
	x := map[string]any{"code": string(e.Code), "status": e.HTTPStatus()}
	if e.Field != "" {
		x["field"] = e.Field
	}
	if e.Code.Retryable() {
		x["retryable"] = true
	}
	if e.RetryAfter > 0 {
		x["retryAfterSeconds"] = int(math.Ceil(e.RetryAfter.Seconds()))
	}
	if e.Required != nil {
		x["required"] = e.Required
	}
	if id := reqctx.FromContext(ctx).ID; id != "" {
		x["requestId"] = id
	}
	return x
}

// codeOf returns the code of a presented error.
func codeOf(err *gqlerror.Error) string {
	code, _ := err.Extensions["code"].(string)
	return code
}

// logFault logs a server error, or an error of Cognito's, with its cause.
func (p presenter) logFault(ctx context.Context, e *apierr.Error) {
	level := slog.LevelDebug
	switch status := e.HTTPStatus(); {
	case status == 503, status == 502:
		level = slog.LevelWarn
	case status >= 500:
		level = slog.LevelError
	}
	p.log.LogAttrs(ctx, level, "graphql error",
		slog.String("code", string(e.Code)),
		slog.String("path", responsePath(ctx).String()),
		slog.String("request_id", reqctx.FromContext(ctx).ID),
		slog.Any("err", e.Cause),
	)
}

// recover implements [graphql.RecoverFunc]: a panic is a server error.
func (p presenter) recover(_ context.Context, value any) error {
	p.observePanic()
	return &apierr.Error{
		Code:    apierr.Internal,
		Message: "Internal server error",
		Cause:   fmt.Errorf("panic: %v\n%s", value, debug.Stack()),
	}
}

func truncate(message string) string {
	message = strings.ToValidUTF8(message, "")
	if utf8.RuneCountInString(message) <= maxMessage {
		return message
	}
	return string([]rune(message)[:maxMessage-1]) + "…"
}
