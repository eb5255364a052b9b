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

// Response is what a server said last.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Value  any // the body, where it is JSON
}

func ReadResponse(response *http.Response) (*Response, error) {
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	return NewResponse(response.StatusCode, response.Header, body), nil
}

func NewResponse(status int, header http.Header, body []byte) *Response {
	a := &Response{Status: status, Header: header, Body: body}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // so that 1e6 is not the same as 1000000
	_ = d.Decode(&a.Value)
	return a
}

// Indented writes JSON the same way whoever made it, and anything else as it is.
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

// Dump writes status, headers and body, as in the protocol.
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

// errAbsent says that there is nothing at a path.
var errAbsent = errors.New("absent")

// At returns the value at a path such as errors.0.extensions.code. The step
// length is that of a list.
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

// Text returns the value at a path in the form that scripts write it in: text
// as it is, everything else as JSON, and "absent" for nothing at all.
func (a *Response) Text(path string) string {
	value, err := a.At(path)
	if err != nil {
		return "absent"
	}
	if s, ok := value.(string); ok {
		return s
	}
	// It came from JSON.
	b, _ := json.Marshal(value)
	return string(b)
}
