package e2e

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

// answer is what a server said last.
type answer struct {
	status int
	header http.Header
	body   []byte
	value  any // the body, where it is JSON
}

func readAnswer(response *http.Response) (*answer, error) {
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	return newAnswer(response.StatusCode, response.Header, body), nil
}

func newAnswer(status int, header http.Header, body []byte) *answer {
	a := &answer{status: status, header: header, body: body}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // so that 1e6 is not the same as 1000000
	_ = d.Decode(&a.value)
	return a
}

// pretty writes JSON the same way whoever made it, and anything else as it is.
func (a *answer) pretty() string {
	if a.value == nil {
		return string(a.body) + "\n"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	_ = e.Encode(a.value)
	return b.String()
}

// raw writes status, headers and body, as in the protocol.
func (a *answer) raw() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", a.status, http.StatusText(a.status))
	var lines []string
	for name, values := range a.header {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "\n") + "\n\n" + string(a.body) + "\n"
}

// errAbsent says that there is nothing at a path.
var errAbsent = errors.New("absent")

// at returns the value at a path such as errors.0.extensions.code. The step
// length is that of a list.
func (a *answer) at(path string) (any, error) {
	value := a.value
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

// text returns the value at a path in the form that scripts write it in: text
// as it is, everything else as JSON, and "absent" for nothing at all.
func (a *answer) text(path string) string {
	value, err := a.at(path)
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
