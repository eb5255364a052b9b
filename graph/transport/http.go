// Package transport serves GraphQL over HTTP
// (https://graphql.github.io/graphql-over-http/draft/) as a transport of
// gqlgen's server: POST with a JSON body, GET for queries, and batches where
// they are enabled.
//
// It replaces gqlgen's own POST and GET transports, which repeat a malformed
// body, and any password in it, in the error message, ignore whatever follows
// the first JSON value, and match member names regardless of case.
package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/internal/apierr"
)

// HTTP is a [graphql.Transport] that handles every request. All fields are
// required.
type HTTP struct {
	// MaxBodyBytes limits the body of a POST and the query string of a GET.
	MaxBodyBytes int
	// MaxBatch is the largest number of operations in one request. With 1,
	// batches are rejected.
	MaxBatch int
	// MaxErrors limits the errors of one response; the rest is dropped.
	MaxErrors int
	// Context returns the context in which the operations of a request run. It
	// is called once the whole request has been read.
	Context func(*http.Request) context.Context
	// Recover converts a panic to an error. gqlgen calls its own for panics in fields;
	// this one is for panics before and after that.
	Recover graphql.RecoverFunc
	// Observe is called for every operation that is rejected before it runs,
	// with its error code.
	Observe func(code string, took time.Duration)
}

var _ graphql.Transport = HTTP{}

// Supports implements [graphql.Transport].
func (HTTP) Supports(*http.Request) bool { return true }

// Do implements [graphql.Transport].
func (t HTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	e := exchange{HTTP: t, w: w, r: r, exec: exec, mediaType: mediaTypeJSON}
	// gqlgen's server recovers too, but responds without our media type.
	defer func() {
		if p := recover(); p != nil {
			e.refuse(apierr.From(t.Recover(r.Context(), p)))
		}
	}()
	mediaType, acceptable := negotiate(r.Header["Accept"])
	if !acceptable {
		e.refuse(apierr.New(apierr.NotAcceptable,
			"Responses are available as application/graphql-response+json and application/json."))
		return
	}
	e.mediaType = mediaType
	switch r.Method {
	case http.MethodPost:
		e.post()
	case http.MethodGet:
		e.get()
	default:
		w.Header().Set("Allow", "GET, POST")
		e.refuse(apierr.New(apierr.MethodNotAllowed, "Use POST, or GET for queries."))
	}
}

// exchange is one request and its response.
type exchange struct {
	HTTP
	w         http.ResponseWriter
	r         *http.Request
	exec      graphql.GraphExecutor
	mediaType string
}

func (e exchange) post() {
	body, refusal := e.readBody()
	if refusal != nil {
		e.refuse(refusal)
		return
	}
	if body[0] == '[' {
		e.batch(body)
		return
	}
	params, refusal := parseParams(body)
	if refusal != nil {
		e.refuse(refusal)
		return
	}
	e.respond(e.execute(e.Context(e.r), params))
}

func (e exchange) batch(body []byte) {
	operations, refusal := parseBatch(body, e.MaxBatch)
	if refusal != nil {
		e.refuse(refusal)
		return
	}
	ctx := e.Context(e.r)
	responses := make([]response, len(operations))
	for i, params := range operations {
		responses[i], _ = e.execute(ctx, params)
	}
	e.write(http.StatusOK, responses)
}

func (e exchange) get() {
	if len(e.r.URL.RawQuery) > e.MaxBodyBytes {
		e.refuse(tooLarge("query string", e.MaxBodyBytes))
		return
	}
	params, refusal := parseQueryString(e.r.URL.RawQuery)
	if refusal != nil {
		e.refuse(refusal)
		return
	}
	e.respond(e.execute(e.Context(e.r), params))
}

// execute runs one operation. It returns the response, and the status to send
// if it is the only operation of the request.
func (e exchange) execute(ctx context.Context, params *graphql.RawParams) (response, int) {
	start := time.Now()
	operation, errs := e.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		rejected := e.limit(e.exec.DispatchError(graphql.WithOperationContext(ctx, operation), errs))
		e.Observe(rejected.code(), time.Since(start))
		return rejected, e.rejectedStatus(rejected)
	}
	if e.r.Method == http.MethodGet && operation.Operation.Operation != ast.Query {
		e.w.Header().Set("Allow", http.MethodPost)
		return e.refusal(ctx, apierr.New(apierr.MethodNotAllowed, "GET is for queries. Send mutations by POST."))
	}
	next, ctx := e.exec.DispatchOperation(ctx, operation)
	result := next(ctx)
	if result == nil {
		// gqlgen runs nothing once the context has ended: the client is gone.
		return e.refusal(ctx, apierr.New(apierr.ServiceUnavailable, "The request was canceled before it ran."))
	}
	return e.limit(result), http.StatusOK
}

// rejectedStatus returns the status of a response without data. Section 6.4 of
// the specification asks for 200 with application/json, whose clients read the
// body, and for the status of the error otherwise.
func (e exchange) rejectedStatus(r response) int {
	if e.mediaType == mediaTypeJSON {
		return http.StatusOK
	}
	if status, ok := r.Errors[0].Extensions["status"].(int); ok {
		return status
	}
	return http.StatusBadRequest
}

// refuse rejects a request that is not valid GraphQL over HTTP.
func (e exchange) refuse(refusal *apierr.Error) {
	e.respond(e.refusal(e.r.Context(), refusal))
}

func (e exchange) refusal(ctx context.Context, refusal *apierr.Error) (response, int) {
	e.Observe(string(refusal.Code), 0)
	return e.limit(e.exec.DispatchError(ctx, gqlerror.List{{Err: refusal, Message: refusal.Message}})), refusal.HTTPStatus()
}

// response is what section 7.1 of the GraphQL specification calls a response:
// it has no data if nothing was executed, where [graphql.Response] has null.
type response struct {
	Errors gqlerror.List   `json:"errors,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
}

func (e exchange) limit(r *graphql.Response) response {
	return response{Errors: r.Errors[:min(len(r.Errors), e.MaxErrors)], Data: r.Data}
}

func (r response) code() string {
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// retryAfter returns how long the first error asks the client to wait.
func (r response) retryAfter() (seconds int, ok bool) {
	if len(r.Errors) == 0 {
		return 0, false
	}
	seconds, ok = r.Errors[0].Extensions["retryAfterSeconds"].(int)
	return seconds, ok
}

// respond sends the only response of the request.
func (e exchange) respond(r response, status int) {
	if seconds, ok := r.retryAfter(); ok {
		e.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	e.write(status, r)
}

// write sends a response or a list of them.
func (e exchange) write(status int, body any) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	// It holds strings, numbers and JSON that gqlgen has written, which cannot fail.
	_ = encoder.Encode(body)
	buffer.Truncate(buffer.Len() - len("\n"))
	header := e.w.Header()
	header.Set("Content-Type", e.mediaType+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(buffer.Len()))
	e.w.WriteHeader(status)
	// If the write fails, the client is gone.
	_, _ = buffer.WriteTo(e.w)
}
