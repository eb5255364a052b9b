package testutil

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Response is an HTTP response that has been read completely.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Value  any // the body, if it is JSON
}

// ReadResponse reads and closes the body of a response.
func ReadResponse(response *http.Response) (*Response, error) {
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	return NewResponse(response.StatusCode, response.Header, body), nil
}

// NewResponse returns a response with these parts.
func NewResponse(status int, header http.Header, body []byte) *Response {
	a := &Response{Status: status, Header: header, Body: body}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // so that 1e6 is not the same as 1000000
	_ = d.Decode(&a.Value)
	return a
}

// Indented returns the body as indented JSON, or unchanged if it is not JSON.
func (a *Response) Indented() string {
	if a.Value == nil {
		return string(a.Body) + "\n"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	_ = e.Encode(a.Value)
	return b.String()
}

// Dump returns status, sorted headers and body.
func (a *Response) Dump() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", a.Status, http.StatusText(a.Status))
	var lines []string
	for name, values := range a.Header {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "\n") + "\n\n" + string(a.Body) + "\n"
}

// errAbsent reports that a path has no value.
var errAbsent = errors.New("absent")

// At returns the value at a path such as errors.0.extensions.code. A step "length"
// returns the length of a list.
func (a *Response) At(path string) (any, error) {
	value := a.Value
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			member, found := v[step]
			if !found {
				return nil, errAbsent
			}
			value = member
		case []any:
			if step == "length" {
				value = json.Number(strconv.Itoa(len(v)))
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil, errAbsent
			}
			value = v[i]
		default:
			return nil, errAbsent
		}
	}
	return value, nil
}

// Text returns the value at a path: a string as it is, any other value as JSON, and
// "absent" if there is none.
func (a *Response) Text(path string) string {
	value, err := a.At(path)
	if err != nil {
		return "absent"
	}
	if s, ok := value.(string); ok {
		return s
	}
	// The value was decoded from JSON, so it can be encoded.
	b, _ := json.Marshal(value)
	return string(b)
}
