package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/cognito"
	"authgraph/graph/model"
	"authgraph/internal/apierr"
	"authgraph/internal/audit"
	"authgraph/internal/jsontext"
	"authgraph/internal/recent"
	"authgraph/internal/reqctx"
)

const (
	// keptQueries bounds how many bodies are known to be such queries, each of at
	// most maxKeptBody bytes.
	keptQueries = 1 << 11
	maxKeptBody = 1 << 10
)

// tokenQueries answers queries for `me` that select nothing but what the access token
// holds. They are the short way for what clients ask most: once such a body has been
// parsed, validated and executed, all that later ones of its like depend on is the
// token.
//
// The token goes through the same check as always, @auth's: its signature,
// its time, its key and sign-outs, and what is counted of forged ones. What is not done
// again is to parse, validate and execute the document.
type tokenQueries struct {
	known   *recent.Map[*tokenQuery] // by the digest of a body
	caller  func(context.Context) (*cognito.Caller, error)
	audit   func(context.Context, audit.Event)
	observe func(operation, field, code string, took time.Duration)
	log     *slog.Logger
}

// tokenQuery is the answer to a query, with gaps for what the token holds.
type tokenQuery struct {
	parts  []part
	fields int // how often `me` is asked for
	// at and null are of the only `me`, for an error that is about it: where it
	// happened, and what is there in place of the user.
	at, null string
}

// part is a text, and which claim comes behind it.
type part struct {
	text  string
	claim claim
}

type claim int

const (
	noClaim claim = iota
	subject
	groups
)

func newTokenQueries(o Options) *tokenQueries {
	return &tokenQueries{
		known: recent.New[*tokenQuery](keptQueries), caller: o.Caller, audit: o.Audit, observe: o.Observe, log: o.Log,
	}
}

// key is what a body with a token is known by, and whether it may be known at all.
func (q *tokenQueries) key(ctx context.Context, body []byte) (key recent.Key, ok bool) {
	if q == nil || reqctx.FromContext(ctx).Bearer == "" || len(body) > maxKeptBody {
		return key, false
	}
	return sha256.Sum256(body), true
}

// answer answers a body that is known, or returns false: then it takes the long way, on
// which the token is not verified again.
func (q *tokenQueries) answer(ctx context.Context, w http.ResponseWriter, mediaType string, key recent.Key, start time.Time) bool {
	query, ok := q.known.Get(key)
	if !ok {
		return false
	}
	b := answers.Get()
	defer answers.Put(b)
	caller, err := q.caller(ctx)
	if err != nil {
		refused, ok := q.refuse(ctx, query, err, start)
		if !ok {
			return false
		}
		if refused.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds(refused)))
		}
		query.writeRefusal(b, refused, reqctx.FromContext(ctx).ID)
	} else {
		for range query.fields {
			q.observe(string(ast.Query), "me", "OK", time.Since(start))
		}
		query.write(b, caller.Claims)
	}
	send(w, mediaType, http.StatusOK, b.Bytes())
	return true
}

// refuse counts and records a token that is refused, as the long way does, on which
// stays what is logged.
func (q *tokenQueries) refuse(ctx context.Context, query *tokenQuery, err error, start time.Time) (*apierr.Error, bool) {
	refused, ok := errors.AsType[*apierr.Error](err)
	if !ok || query.fields != 1 || refused.Field != "" || refused.Required != nil ||
		refused.HTTPStatus() >= 500 || q.log.Enabled(ctx, slog.LevelDebug) {
		return nil, false
	}
	code := string(refused.Code)
	q.observe(string(ast.Query), "me", code, time.Since(start))
	if isAuditedRefusal(code) {
		q.audit(ctx, audit.Event{Name: "me", Outcome: code, Subject: reqctx.FromContext(ctx).Subject()})
	}
	return refused, true
}

// learn remembers a body that was executed, when nothing but the token made its answer
// what it is.
func (q *tokenQueries) learn(key recent.Key, op *ast.OperationDefinition) {
	if op.Operation != ast.Query {
		return
	}
	if query, ok := newTokenQuery(op.SelectionSet); ok {
		q.known.Add(key, query)
	}
}

// newTokenQuery makes the answer's text for a selection of `me`, once or under several
// names, with fields that the token holds, each once.
func newTokenQuery(set ast.SelectionSet) (*tokenQuery, bool) {
	q := &tokenQuery{}
	fields, ok := plainFields(set)
	if !ok {
		return nil, false
	}
	text := `{"data":{`
	for i, me := range fields {
		inner, ok := plainFields(me.SelectionSet)
		if me.Name != "me" || !ok {
			return nil, false
		}
		text += comma(i) + `"` + me.Alias + `":{`
		for j, field := range inner {
			text += comma(j) + `"` + field.Alias + `":`
			switch field.Name {
			case "id":
				q.parts, text = append(q.parts, part{text, subject}), ""
			case "groups":
				q.parts, text = append(q.parts, part{text, groups}), ""
			case "__typename":
				text += `"User"`
			default:
				return nil, false
			}
		}
		text += "}"
		q.at = fmt.Sprintf(`"path":["%s"],"locations":[{"line":%d,"column":%d}]`, me.Alias, me.Position.Line, me.Position.Column)
		q.null = `{"` + me.Alias + `":null}`
	}
	q.fields = len(fields)
	q.parts = append(q.parts, part{text + "}}", noClaim})
	return q, true
}

// plainFields returns the selection when it is fields alone, without directives, each
// with a name of its own in the answer.
func plainFields(set ast.SelectionSet) ([]*ast.Field, bool) {
	list := make([]*ast.Field, 0, len(set))
	names := map[string]bool{}
	for _, selection := range set {
		field, ok := selection.(*ast.Field)
		if !ok || len(field.Directives) > 0 || names[field.Alias] {
			return nil, false
		}
		names[field.Alias] = true
		list = append(list, field)
	}
	return list, true
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// write writes the answer for a token.
func (q *tokenQuery) write(b *bytes.Buffer, claims *cognito.AccessClaims) {
	for _, part := range q.parts {
		b.WriteString(part.text)
		switch part.claim {
		case subject:
			model.WriteString(b, claims.Subject)
		case groups:
			b.WriteByte('[')
			for i, group := range claims.Groups {
				b.WriteString(comma(i))
				model.WriteString(b, group)
			}
			b.WriteByte(']')
		}
	}
}

// writeRefusal writes what encoding/json makes of the presenter's error. The names of
// extensions are in the order of their letters.
func (q *tokenQuery) writeRefusal(b *bytes.Buffer, refused *apierr.Error, requestID string) {
	b.WriteString(`{"errors":[{"message":`)
	quoteJSON(b, truncate(refused.Message))
	b.WriteByte(',')
	b.WriteString(q.at)
	b.WriteString(`,"extensions":{"code":`)
	quoteJSON(b, string(refused.Code))
	if requestID != "" {
		b.WriteString(`,"requestId":`)
		quoteJSON(b, requestID)
	}
	if refused.RetryAfter > 0 {
		b.WriteString(`,"retryAfterSeconds":`)
		b.WriteString(strconv.Itoa(retryAfterSeconds(refused)))
	}
	if refused.Code.Retryable() {
		b.WriteString(`,"retryable":true`)
	}
	b.WriteString(`,"status":`)
	b.WriteString(strconv.Itoa(refused.HTTPStatus()))
	b.WriteString(`}}],"data":`)
	b.WriteString(q.null)
	b.WriteByte('}')
}

// quoteJSON writes a string as encoding/json does.
func quoteJSON(b *bytes.Buffer, text string) {
	if !jsontext.IsPlain(text) {
		// Text cannot fail to marshal.
		quoted, _ := json.Marshal(text)
		b.Write(quoted)
		return
	}
	model.WriteString(b, text)
}
