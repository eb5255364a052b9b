package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"authgraph/internal/apierr"
)

// readBody returns the JSON body without the surrounding white space. It is
// never empty.
func (e exchange) readBody() ([]byte, *apierr.Error) {
	if refusal := checkContentType(e.r.Header); refusal != nil {
		return nil, refusal
	}
	body, err := io.ReadAll(http.MaxBytesReader(e.w, e.r.Body, int64(e.MaxBodyBytes)))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge("body", e.MaxBodyBytes)
	}
	if err != nil {
		return nil, apierr.New(apierr.BadRequest, "The body could not be read completely.").WithCause(err)
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, apierr.New(apierr.BadRequest, `The body is empty. Send {"query": "…"}.`)
	}
	return body, nil
}

func tooLarge(what string, limit int) *apierr.Error {
	return apierr.New(apierr.PayloadTooLarge, fmt.Sprintf("The %s is larger than %d bytes.", what, limit))
}

// parseBatch parses a JSON array of at most limit operations.
func parseBatch(body []byte, limit int) ([]*graphql.RawParams, *apierr.Error) {
	if limit == 1 {
		return nil, apierr.New(apierr.BadRequest, "Batches are disabled. Send one operation per request.")
	}
	var elements []jsontext.Value
	if json.Unmarshal(body, &elements, jsonOptions()) != nil || len(elements) == 0 {
		return nil, apierr.New(apierr.BadRequest, "The body is not an array of JSON objects.")
	}
	if len(elements) > limit {
		return nil, apierr.New(apierr.OperationLimitExceeded,
			fmt.Sprintf("The batch exceeds the limit of %d operations.", limit))
	}
	operations := make([]*graphql.RawParams, len(elements))
	for i, element := range elements {
		params, refusal := parseParams(element)
		if refusal != nil {
			return nil, refusal
		}
		operations[i] = params
	}
	return operations, nil
}

// parseParams parses the parameters of a request, section 5.1 of the
// specification. A body that repeats a member means one thing to us and another
// to the next parser, so it is rejected.
func parseParams(body []byte) (*graphql.RawParams, *apierr.Error) {
	var p struct {
		Query         string         `json:"query"`
		DocumentID    string         `json:"documentId"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	if body[0] != '{' {
		return nil, notAnObject()
	}
	err := json.Unmarshal(body, &p, jsonOptions())
	mismatch, isMismatch := errors.AsType[*json.SemanticError](err)
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return nil, duplicateKey("The body")
	case isMismatch:
		// The pointer begins with one of the members above: others are skipped.
		for name := range mismatch.JSONPointer.Tokens() {
			return nil, wrongType(name)
		}
		return nil, notAnObject()
	case err != nil:
		return nil, notAnObject()
	}
	return checkParams(&graphql.RawParams{
		Query: p.Query, OperationName: p.OperationName, Variables: p.Variables, Extensions: p.Extensions,
	}, p.DocumentID)
}

// parseQueryString parses the parameters of a GET request. It rejects a repeated
// parameter for the same reason as [parseParams] a repeated member.
func parseQueryString(query string) (*graphql.RawParams, *apierr.Error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, apierr.New(apierr.BadRequest, "The query string is malformed.")
	}
	for _, list := range values {
		if len(list) > 1 {
			return nil, duplicateKey("The query string")
		}
	}
	p := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for name, target := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		value := values.Get(name)
		if value == "" {
			continue
		}
		switch err := json.Unmarshal([]byte(value), target, jsonOptions()); {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return nil, duplicateKey(name)
		case err != nil:
			return nil, wrongType(name)
		}
	}
	return checkParams(p, values.Get("documentId"))
}

// checkParams completes the parameters. The id of a persisted document (appendix A of
// the specification) becomes what Apollo's clients send for one, so that the server
// handles one form only. It may be the hash of the document, after sha256:, or any id in
// the server's list.
func checkParams(p *graphql.RawParams, documentID string) (*graphql.RawParams, *apierr.Error) {
	if documentID != "" {
		if p.Extensions["persistedQuery"] != nil {
			return nil, apierr.New(apierr.BadRequest, "Send either documentId or extensions.persistedQuery.")
		}
		if p.Extensions == nil {
			p.Extensions = map[string]any{}
		}
		p.Extensions["persistedQuery"] = map[string]any{
			"version": int64(1), "sha256Hash": strings.TrimPrefix(documentID, "sha256:"),
		}
	}
	if _, persisted := p.Extensions["persistedQuery"]; p.Query == "" && !persisted {
		return nil, apierr.New(apierr.BadRequest, "query is missing. Send it, or the documentId of a persisted document.")
	}
	return p, nil
}

func notAnObject() *apierr.Error {
	return apierr.New(apierr.BadRequest, "The body is not a single JSON object.")
}

func duplicateKey(where string) *apierr.Error {
	return apierr.New(apierr.BadRequest, where+" contains a duplicate key.")
}

func wrongType(name string) *apierr.Error {
	return apierr.New(apierr.BadRequest, name+" has the wrong JSON type.")
}

// jsonOptions makes gqlgen's Int, which rejects float64, work: whole numbers become
// int64. [encoding/json.Number] is no alternative, since gqlparser takes it for a string.
// Invalid UTF-8 is replaced, as encoding/json does.
//
// It is computed once, since the library caches what it knows of types in the options.
var jsonOptions = sync.OnceValue(func() json.Options { //nolint:gochecknoglobals // a constant
	return json.JoinOptions(
		jsontext.AllowInvalidUTF8(true),
		json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalNumber)),
	)
})

// unmarshalNumber unmarshals a number, and leaves other values to the library.
func unmarshalNumber(d *jsontext.Decoder, value *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	number, err := strconv.ParseFloat(token.String(), 64)
	if err != nil {
		return err
	}
	// Beyond 2^53 a float64 is no longer the number that was sent.
	if number == math.Trunc(number) && math.Abs(number) <= 1<<53 {
		*value = int64(number)
	} else {
		*value = number
	}
	return nil
}
