package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/cognito"
	"authgraph/internal/apierr"
	"authgraph/internal/buffers"
	"authgraph/internal/reqctx"
)

// The media types of an answer. The first is what a client gets that has no
// preference: its statuses suit clients that look at nothing else.
const (
	mediaTypeJSON     = "application/json"
	mediaTypeResponse = "application/graphql-response+json"
)

// transport is GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/):
// POST with a JSON body, GET for queries. It is the only transport, takes every
// request and answers each in JSON.
//
// It stands in place of gqlgen's own, which put the body of a malformed request
// into the answer, take the first JSON value of a body and leave the rest, and
// match member names without regard to case.
type transport struct {
	exec         *executor
	present      presenter
	observe      func(operation, field, code string, took time.Duration)
	limits       Limits
	tokenQueries *tokenQueries // nil: every request is executed
}

// ServeHTTP implements http.Handler.
func (t *transport) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	mediaType, acceptable := negotiate(r.Header["Accept"])
	if !acceptable {
		t.refuse(r.Context(), w, mediaTypeJSON, apierr.New(apierr.NotAcceptable,
			"This server answers in application/graphql-response+json or application/json."))
		return
	}
	switch r.Method {
	case http.MethodPost:
		body, release, refusal := t.readBody(w, r)
		if refusal != nil {
			release()
			t.refuse(r.Context(), w, mediaType, refusal)
			return
		}
		t.post(w, r, mediaType, body, release, start)
	case http.MethodGet:
		params, refusal := t.readGet(r)
		if refusal != nil {
			t.refuse(r.Context(), w, mediaType, refusal)
			return
		}
		response, status, _ := t.execute(operationContext(r), w, r, params, mediaType)
		write(w, mediaType, status, response)
	default:
		w.Header().Set("Allow", "GET, POST")
		t.refuse(r.Context(), w, mediaType, apierr.New(apierr.MethodNotAllowed, "GraphQL takes POST, and GET for queries."))
	}
}

// operationContext is the context that the operations of a request are carried out in.
func operationContext(r *http.Request) context.Context {
	request := reqctx.FromContext(r.Context())
	return cognito.WithRequest(r.Context(), cognito.Request{
		IPAddress: request.ClientAddr, EncodedData: request.DeviceData, Deadline: time.Now().Add(requestTimeout),
	})
}

// post answers a body, by the token alone where that is enough.
func (t *transport) post(
	w http.ResponseWriter, r *http.Request, mediaType string, body []byte, release func(), start time.Time,
) {
	key, short := t.tokenQueries.key(r.Context(), body)
	if short && t.tokenQueries.answer(r.Context(), w, mediaType, key, start) {
		release()
		return
	}
	requests, isBatch, refusal := t.readOperations(body)
	// What was read are copies; an operation may wait for Cognito.
	release()
	if refusal != nil {
		t.refuse(r.Context(), w, mediaType, refusal)
		return
	}
	ctx := operationContext(r)
	if isBatch {
		responses := make([]response, len(requests))
		for i, params := range requests {
			responses[i], _, _ = t.execute(ctx, w, r, params, mediaType)
		}
		writeBatch(w, mediaType, responses)
		return
	}
	response, status, operation := t.execute(ctx, w, r, requests[0], mediaType)
	write(w, mediaType, status, response)
	if short && operation != nil {
		t.tokenQueries.learn(key, operation)
	}
}

// execute carries out one operation and returns its response, with the status
// that goes with it when it is the only one, and the operation if it was executed.
func (t *transport) execute(
	ctx context.Context, w http.ResponseWriter, r *http.Request, params *graphql.RawParams, mediaType string,
) (response, int, *ast.OperationDefinition) {
	start := time.Now()
	x, errs := t.exec.prepare(ctx, params)
	if errs != nil {
		refused := t.exec.refused(ctx, x, errs)
		t.observe("none", "none", codeOf(refused.Errors[0]), time.Since(start))
		return response{Response: refused}, requestErrorStatus(mediaType, refused.Errors), nil
	}
	if r.Method == http.MethodGet && x.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		response, status := t.refusal(ctx, apierr.New(apierr.MethodNotAllowed, "GET is for queries. Send mutations by POST."))
		return response, status, nil
	}
	ctx, unwritten := withUnwritten(ctx)
	operation := x.Operation
	result := t.exec.execute(ctx, x)
	return response{result, *unwritten}, http.StatusOK, operation
}

// refusal is the response to a request that is not one of GraphQL over HTTP, or
// that cannot be carried out.
func (t *transport) refusal(ctx context.Context, e *apierr.Error) (response, int) {
	t.observe("none", "none", string(e.Code), 0)
	return response{Response: &graphql.Response{Errors: gqlerror.List{t.present.present(ctx, e)}}}, e.HTTPStatus()
}

func (t *transport) refuse(ctx context.Context, w http.ResponseWriter, mediaType string, e *apierr.Error) {
	response, status := t.refusal(ctx, e)
	write(w, mediaType, status, response)
}

// requestErrorStatus is the status of an answer without data: by section 6.4 of
// the specification 200 for application/json, whose clients read the body, and
// an error's own status else.
func requestErrorStatus(mediaType string, errs gqlerror.List) int {
	if mediaType == mediaTypeJSON {
		return http.StatusOK
	}
	if status, ok := errs[0].Extensions["status"].(int); ok {
		return status
	}
	return http.StatusBadRequest
}

// write answers with the response.
func write(w http.ResponseWriter, mediaType string, status int, r response) {
	if after, ok := retryAfter(r.Errors); ok {
		w.Header().Set("Retry-After", strconv.Itoa(after))
	}
	buffer := answers.Get()
	defer answers.Put(buffer)
	r.encode(buffer)
	send(w, mediaType, status, buffer.Bytes())
}

// writeBatch answers a list of operations by the list of their responses.
func writeBatch(w http.ResponseWriter, mediaType string, responses []response) {
	buffer := answers.Get()
	defer answers.Put(buffer)
	buffer.WriteByte('[')
	for i, r := range responses {
		if i > 0 {
			buffer.WriteByte(',')
		}
		r.encode(buffer)
	}
	buffer.WriteByte(']')
	send(w, mediaType, http.StatusOK, buffer.Bytes())
}

func send(w http.ResponseWriter, mediaType string, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = contentTypes[mediaType]
	if len(body) > countedByServer {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	// A client that has gone away is no fault.
	_, _ = w.Write(body)
}

// countedByServer is up to how many bytes net/http counts by itself. A header more than
// eight would make its map, and the copy that net/http takes of it, four times as large.
const countedByServer = 2 << 10

// contentTypes are the headers of the two media types; nobody changes them.
var contentTypes = map[string][]string{ //nolint:gochecknoglobals // a constant, if Go had maps among them
	mediaTypeJSON:     {mediaTypeJSON + "; charset=utf-8"},
	mediaTypeResponse: {mediaTypeResponse + "; charset=utf-8"},
}

// retryAfter returns what the first error says of when to come back.
func retryAfter(errs gqlerror.List) (seconds int, ok bool) {
	if len(errs) == 0 {
		return 0, false
	}
	seconds, ok = errs[0].Extensions["retryAfterSeconds"].(int)
	return seconds, ok
}

// negotiate chooses the media type of the answer: the acceptable one of the two
// with the higher quality, application/json where nothing is said or both are
// as good.
func negotiate(accept []string) (mediaType string, acceptable bool) {
	switch {
	case len(accept) == 0:
		return mediaTypeJSON, true
	case len(accept) == 1 && (accept[0] == mediaTypeJSON || accept[0] == "*/*"):
		return mediaTypeJSON, true
	}
	best := 0.0
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		candidate, parameters, err := mime.ParseMediaType(part)
		if err != nil || !isUTF8(parameters) {
			continue
		}
		quality := 1.0
		if q, ok := parameters["q"]; ok {
			quality, err = strconv.ParseFloat(q, 64)
			if err != nil {
				continue
			}
		}
		switch candidate {
		case "*/*", "application/*":
			candidate = mediaTypeJSON
		case mediaTypeJSON, mediaTypeResponse:
		default:
			continue
		}
		if quality > best {
			best, mediaType = quality, candidate
		}
	}
	return mediaType, best > 0
}

func isUTF8(parameters map[string]string) bool {
	charset, ok := parameters["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

// bodies are of requests; answers are several times as large.
var bodies, answers buffers.Pool //nolint:gochecknoglobals // a pool is shared by nature

// readBody reads a body of JSON into a buffer that is good until release.
func (t *transport) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), refusal *apierr.Error) {
	buffer := bodies.Get()
	release = func() { bodies.Put(buffer) }
	if refusal := checkContentType(r.Header); refusal != nil {
		return nil, release, refusal
	}
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, int64(t.limits.BodyBytes)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, release, t.tooLarge("body")
	case err != nil:
		return nil, release, apierr.New(apierr.BadRequest, "The body could not be read to its end.").WithCause(err)
	}
	body = bytes.TrimSpace(buffer.Bytes())
	if len(body) == 0 {
		return nil, release, apierr.New(apierr.BadRequest, `The body is empty. Send {"query": "…"}.`)
	}
	return body, release, nil
}

// readOperations reads the operations of a body: one, or a batch of them.
func (t *transport) readOperations(body []byte) (requests []*graphql.RawParams, isBatch bool, refusal *apierr.Error) {
	if body[0] == '[' {
		requests, refusal = t.readBatch(body)
		return requests, true, refusal
	}
	params, refusal := readOperation(body)
	return []*graphql.RawParams{params}, false, refusal
}

func (t *transport) tooLarge(what string) *apierr.Error {
	return apierr.New(apierr.PayloadTooLarge, fmt.Sprintf("The %s is larger than %d bytes.", what, t.limits.BodyBytes))
}

// readBatch reads a list of operations.
func (t *transport) readBatch(body []byte) ([]*graphql.RawParams, *apierr.Error) {
	if t.limits.Batch == 1 {
		return nil, apierr.New(apierr.BadRequest, "Batches are not taken: send one operation in a request.")
	}
	var operations []json.RawMessage
	if json.Unmarshal(body, &operations) != nil || len(operations) == 0 {
		return nil, apierr.New(apierr.BadRequest, "The body is no list of JSON objects.")
	}
	if len(operations) > t.limits.Batch {
		return nil, limitExceeded("batch", t.limits.Batch, "operations")
	}
	requests := make([]*graphql.RawParams, len(operations))
	for i, operation := range operations {
		params, refusal := readOperation(operation)
		if refusal != nil {
			return nil, refusal
		}
		requests[i] = params
	}
	return requests, nil
}

// readOperation reads one operation of a body.
func readOperation(text []byte) (*graphql.RawParams, *apierr.Error) {
	members, refusal := readMembers(text)
	if refusal != nil {
		return nil, refusal
	}
	return newParams(members)
}

// checkContentType lets JSON in and nothing else: a form or text/plain can be
// sent from a foreign page without asking (CSRF).
func checkContentType(h http.Header) *apierr.Error {
	if values := h["Content-Type"]; len(values) == 1 && values[0] == mediaTypeJSON {
		return nil // as nearly all clients write it
	}
	mediaType, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != mediaTypeJSON || !isUTF8(parameters) {
		return apierr.New(apierr.UnsupportedMediaType, "Send Content-Type: application/json.")
	}
	return nil
}

func (t *transport) readGet(r *http.Request) (*graphql.RawParams, *apierr.Error) {
	if len(r.URL.RawQuery) > t.limits.BodyBytes {
		return nil, t.tooLarge("query string")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, apierr.New(apierr.BadRequest, "The query string is malformed.")
	}
	var members []member
	for _, name := range []string{"query", "operationName"} {
		if value := values.Get(name); value != "" {
			// Strings cannot fail to marshal.
			text, _ := json.Marshal(value)
			members = append(members, member{name, text})
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		value := values.Get(name)
		if value == "" {
			continue
		}
		if !json.Valid([]byte(value)) {
			return nil, apierr.New(apierr.BadRequest, name+" is not JSON.")
		}
		members = append(members, member{name, json.RawMessage(value)})
	}
	return newParams(members)
}

// newParams reads the parameters of a request (section 5.1 of the specification).
func newParams(members []member) (*graphql.RawParams, *apierr.Error) {
	p := &graphql.RawParams{}
	for _, m := range members {
		var err error
		switch m.name {
		case "query":
			p.Query, err = readText(m.value)
		case "operationName":
			p.OperationName, err = readText(m.value)
		case "variables":
			err = unmarshalVariables(m.value, &p.Variables)
		case "extensions":
			err = json.Unmarshal(m.value, &p.Extensions)
		}
		if err != nil {
			return nil, apierr.New(apierr.BadRequest, m.name+" has the wrong JSON type.")
		}
	}
	if _, persisted := p.Extensions["persistedQuery"]; p.Query == "" && !persisted {
		return nil, apierr.New(apierr.BadRequest, "query is missing.")
	}
	return p, nil
}
