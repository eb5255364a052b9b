package graph

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"authgraph/internal/apierr"
	"authgraph/internal/jsontext"
)

// Bodies are read here once they have been found valid, so that they can be taken apart by
// their quotation marks, brackets and commas alone.

// member is one of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// nameSet is the names that were seen. The first few, which are all that honest requests
// have, need no map.
type nameSet struct {
	first [8]string
	n     int
	more  map[string]bool
}

// add returns false when the name is there already.
func (s *nameSet) add(name string) bool {
	if slices.Contains(s.first[:s.n], name) || s.more[name] {
		return false
	}
	if s.n < len(s.first) {
		s.first[s.n] = name
		s.n++
		return true
	}
	if s.more == nil {
		s.more = map[string]bool{}
	}
	s.more[name] = true
	return true
}

// readMembers splits a JSON object into its members. A body that is several
// values, or names a member twice, means one thing to us and another to the
// next reader, so it is refused.
func readMembers(body []byte) ([]member, *apierr.Error) {
	if len(body) == 0 || body[0] != '{' || !jsontext.Valid(body) {
		return nil, apierr.New(apierr.BadRequest, "The body is not one JSON object.")
	}
	// What is valid is taken apart by its quotation marks and brackets alone.
	members := make([]member, 0, 4) // as many as the specification has
	var names nameSet
	rest := body[1:]
	for {
		rest = bytes.TrimLeft(rest, ", \t\r\n")
		if rest[0] == '}' {
			return members, nil
		}
		end := valueEnd(rest)
		name, _ := readText(rest[:end]) // a valid string
		rest = bytes.TrimLeft(rest[end:], ": \t\r\n")
		end = valueEnd(rest)
		if !names.add(name) {
			return nil, apierr.New(apierr.BadRequest, "A member of the body is given twice.")
		}
		members = append(members, member{name, rest[:end]})
		rest = rest[end:]
	}
}

// readText is json.Unmarshal of a string, quick for one that has no \u in it: documents are
// sent with their line breaks, and some with their quotation marks.
func readText(value json.RawMessage) (string, error) {
	if value[0] != '"' || !utf8.Valid(value) {
		return unmarshalText(value)
	}
	rest := value[1 : len(value)-1]
	n := bytes.IndexByte(rest, '\\')
	if n < 0 {
		return string(rest), nil
	}
	var b strings.Builder
	b.Grow(len(rest))
	for ; n >= 0; n = bytes.IndexByte(rest, '\\') {
		c := unescaped(rest[n+1])
		if c == 0 {
			return unmarshalText(value)
		}
		b.Write(rest[:n])
		b.WriteByte(c)
		rest = rest[n+2:]
	}
	b.Write(rest)
	return b.String(), nil
}

func unmarshalText(value json.RawMessage) (text string, err error) {
	err = json.Unmarshal(value, &text)
	return text, err
}

// unescaped returns what a character stands for behind a backslash, or 0 for that of \u.
func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'u':
		return 0
	default: // stands for itself
		return c
	}
}

// valueEnd returns where the first value of valid JSON ends.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i += 1 + jsontext.PlainPrefix(text[i+1:]); text[i] != '"'; i += jsontext.PlainPrefix(text[i:]) {
				i += 2 // a backslash, and what is behind it
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // a number or a word that is the last
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// unmarshalVariables is json.Unmarshal, but that whole numbers become int64: gqlgen takes no
// float64 for an Int. None becomes a json.Number, whose kind is that of a string: gqlparser
// would take it where the schema asks for text.
func unmarshalVariables(value json.RawMessage, variables *map[string]any) error {
	r := valueReader{rest: value}
	r.skip(" \t\r\n")
	if r.rest[0] != '{' {
		return json.Unmarshal(value, variables) // null, or an error
	}
	*variables = r.object()
	return r.err
}

// valueReader reads values of valid JSON one after the other.
type valueReader struct {
	rest []byte
	err  error // the first one
}

func (r *valueReader) value() any {
	switch r.rest[0] {
	case '{':
		return r.object()
	case '[':
		return r.list()
	case '"':
		return r.text()
	case 't':
		r.take()
		return true
	case 'f':
		r.take()
		return false
	case 'n':
		r.take()
		return nil
	default:
		return r.number()
	}
}

func (r *valueReader) object() map[string]any {
	members := map[string]any{}
	r.rest = r.rest[1:]
	for r.skip(", \t\r\n"); r.rest[0] != '}'; r.skip(", \t\r\n") {
		name := r.text()
		r.skip(": \t\r\n")
		members[name] = r.value()
	}
	r.rest = r.rest[1:]
	return members
}

func (r *valueReader) list() []any {
	items := []any{}
	r.rest = r.rest[1:]
	for r.skip(", \t\r\n"); r.rest[0] != ']'; r.skip(", \t\r\n") {
		items = append(items, r.value())
	}
	r.rest = r.rest[1:]
	return items
}

func (r *valueReader) text() string {
	text, _ := readText(r.take()) // a valid string
	return text
}

// number returns a whole one as int64, but for those beyond 2^53: as float64 they are not
// the numbers that were sent.
func (r *valueReader) number() any {
	f, err := strconv.ParseFloat(string(r.take()), 64)
	if err != nil && r.err == nil {
		r.err = err
	}
	if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return int64(f)
	}
	return f
}

// take takes the next value away, one that is no object or list.
func (r *valueReader) take() []byte {
	end := valueEnd(r.rest)
	value := r.rest[:end]
	r.rest = r.rest[end:]
	return value
}

func (r *valueReader) skip(separators string) { r.rest = bytes.TrimLeft(r.rest, separators) }
