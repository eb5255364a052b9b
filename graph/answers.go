package graph

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/internal/recent"
	"authgraph/internal/reqctx"
)

const (
	// keptAnswers bounds how many answers are kept, each of at most maxKeptAnswer
	// bytes.
	keptAnswers   = 1 << 15
	maxKeptAnswer = 1 << 10
)

// answers keeps whole answers that follow from the token and the request's body
// alone: a query for `me` that selects nothing but what the token holds. They are
// the short way for what clients ask most.
//
// Nothing is skipped on it whose outcome could be another one than before. How the
// request was sent is checked before it. The token goes through the very same
// [cognito.Verifier.Verify]: its time, its key and sign-outs count as always. What is
// not done again is to parse, validate and execute the same document for the same
// claims, which gives the same text. Whatever is not a plain success takes the long
// way.
type answers struct {
	kept   *recent.Map[answer]
	verify func(ctx context.Context, token string) bool
}

// answer is one that was given before.
type answer struct {
	body   []byte
	fields int // how often `me` was asked for in it
}

func newAnswers(verify func(ctx context.Context, token string) bool) *answers {
	return &answers{kept: recent.New[answer](keptAnswers), verify: verify}
}

// key is of everything that such an answer depends on.
func (a *answers) key(mediaType, token string, body []byte) recent.Key {
	text := make([]byte, 0, 2048)
	text = append(append(text, mediaType...), 0)
	text = append(append(text, token...), 0)
	return sha256.Sum256(append(text, body...))
}

// find returns the answer to a request that came before with the same token, if the
// token is still good.
func (a *answers) find(ctx context.Context, key recent.Key) (answer, bool) {
	found, ok := a.kept.Get(key)
	if !ok || !a.verify(ctx, reqctx.FromContext(ctx).Bearer) {
		return answer{}, false
	}
	return found, true
}

// keep keeps an answer, when nothing but the token and the body made it what it is.
func (a *answers) keep(key recent.Key, op *graphql.OperationContext, response *graphql.Response, body []byte) {
	if len(response.Errors) > 0 || len(body) > maxKeptAnswer || op.Operation.Operation != ast.Query {
		return
	}
	if fields, ok := countTokenFields(op.Operation.SelectionSet); ok {
		a.kept.Add(key, answer{body: body, fields: fields})
	}
}

// countTokenFields counts `me` at the top of a query, and tells whether there is
// nothing else, and nothing in it but what a token holds.
func countTokenFields(set ast.SelectionSet) (n int, only bool) {
	for _, selection := range set {
		field, ok := selection.(*ast.Field)
		if !ok || field.Name != "me" || len(field.Directives) > 0 || !isHeldByToken(field.SelectionSet) {
			return 0, false
		}
		n++
	}
	return n, true
}

func isHeldByToken(set ast.SelectionSet) bool {
	for _, selection := range set {
		field, ok := selection.(*ast.Field)
		if !ok || len(field.Directives) > 0 {
			return false
		}
		switch field.Name {
		case "id", "groups", "__typename":
		default:
			return false
		}
	}
	return true
}

// observeFields reports the fields of an answer that was kept as if they had been
// executed.
func (t transport) observeFields(found answer, start time.Time) {
	for range found.fields {
		t.observe(string(ast.Query), "me", "OK", time.Since(start))
	}
}
