// Package validation checks the input of operations against Cognito's service model, and answers violations in the
// words of the real service.
package validation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"authgraph/cognito/userpool/internal/exception"
)

// check is one constrained member of an input.
type check struct {
	index    []int
	name     string // in JSON
	path     string // in messages
	required bool
	items    int // longest list that is accepted; 0 means no limit
	shape    shape
	nested   []check // of a structure, or of each structure in a list
}

// checksOf reads the tags of an input type, once when the table of operations is built. It panics on a tag that names
// no shape, which is a mistake in this program. In the tag "is", itemsN limits the length of a list. The tag "at" has
// the name of a member in messages, where that is not the name in JSON with a lower-case initial.
func checksOf(t reflect.Type, known Model) []check {
	var checks []check
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		c := check{index: f.Index, name: memberName(f), path: f.Tag.Get("at")}
		if c.path == "" {
			c.path = strings.ToLower(c.name[:1]) + c.name[1:]
		}
		for tag := range strings.SplitSeq(f.Tag.Get("is"), ",") {
			items, err := strconv.Atoi(strings.TrimPrefix(tag, "items"))
			switch s, ok := known[tag]; {
			case tag == "required":
				c.required = true
			case err == nil:
				c.items = items
			case ok:
				c.shape = s
			case tag != "":
				panic("userpool: " + t.Name() + "." + f.Name + " is tagged with an unknown shape: " + tag)
			}
		}
		inner := f.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			c.nested = checksOf(inner, known)
		}
		if f.Tag.Get("is") != "" || len(c.nested) > 0 {
			checks = append(checks, c)
		}
	}
	return checks
}

func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
}

// validate checks an input and returns all violations in one exception, as the service does. raw is the input's JSON,
// which tells absent members from empty ones.
func validate(checks []check, v reflect.Value, raw []byte) error {
	var found []string
	for _, c := range checks {
		found = c.appendViolations(found, "", v, raw)
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return exception.InvalidParameter("1 validation error detected: %s", found[0])
	}
	return exception.InvalidParameter("%d validation errors detected: %s", len(found), strings.Join(found, "; "))
}

func (c check) appendViolations(found []string, path string, v reflect.Value, raw []byte) []string {
	field := v.FieldByIndex(c.index)
	at := path + c.path
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return c.appendAbsent(found, at)
		}
		field = field.Elem()
	}
	switch field.Kind() {
	case reflect.String:
		if field.Len() == 0 && !present(raw, c.name) {
			return c.appendAbsent(found, at)
		}
		return c.text(found, at, field.String())
	case reflect.Int:
		if field.Int() == 0 && !present(raw, c.name) {
			return c.appendAbsent(found, at)
		}
		return c.number(found, at, int(field.Int()))
	case reflect.Map:
		if field.IsNil() {
			return c.appendAbsent(found, at)
		}
	case reflect.Slice:
		if field.IsNil() {
			return c.appendAbsent(found, at)
		}
		return c.list(found, at, field, raw)
	case reflect.Struct:
		for _, n := range c.nested {
			found = n.appendViolations(found, at+".", field, member(raw, c.name))
		}
	}
	return found
}

func (c check) appendAbsent(found []string, at string) []string {
	if !c.required {
		return found
	}
	return append(found, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", at))
}

func (c check) list(found []string, at string, list reflect.Value, raw []byte) []string {
	if c.items > 0 && list.Len() > c.items {
		return append(found, fmt.Sprintf("Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", at, c.items))
	}
	var items []json.RawMessage
	if len(c.nested) > 0 {
		_ = json.Unmarshal(member(raw, c.name), &items)
	}
	for i := range list.Len() {
		item := list.Index(i)
		place := at + "." + strconv.Itoa(i+1) + ".member"
		if item.Kind() == reflect.String {
			found = c.text(found, place, item.String())
		}
		for _, n := range c.nested {
			if i < len(items) {
				found = n.appendViolations(found, place+".", item, items[i])
			}
		}
	}
	return found
}

func (c check) text(found []string, at, value string) []string {
	s := c.shape
	n := utf8.RuneCountInString(value)
	if n < s.min {
		found = append(found, s.violation(at, value, fmt.Sprintf("Member must have length greater than or equal to %d", s.min)))
	}
	if s.max > 0 && n > s.max {
		found = append(found, s.violation(at, value, fmt.Sprintf("Member must have length less than or equal to %d", s.max)))
	}
	if s.pattern != nil && value != "" && !s.pattern.MatchString(value) {
		found = append(found, s.violation(at, value, "Member must satisfy regular expression pattern: "+s.source))
	}
	for _, allowed := range s.enum {
		if value == allowed {
			return found
		}
	}
	if s.enum != nil {
		found = append(found, s.violation(at, value, "Member must satisfy enum value set: ["+strings.Join(s.enum, ", ")+"]"))
	}
	return found
}

func (c check) number(found []string, at string, value int) []string {
	if s := c.shape; s.max > 0 && value > s.max {
		return append(found, s.violation(at, strconv.Itoa(value), fmt.Sprintf("Member must have value less than or equal to %d", s.max)))
	} else if value < s.min {
		return append(found, s.violation(at, strconv.Itoa(value), fmt.Sprintf("Member must have value greater than or equal to %d", s.min)))
	}
	return found
}

func (s shape) violation(at, value, constraint string) string {
	if s.sensitive {
		return fmt.Sprintf("Value at '%s' failed to satisfy constraint: %s", at, constraint)
	}
	return fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", exception.Shorten(value), at, constraint)
}

// present reports whether an object has a member that is not null.
func present(raw []byte, name string) bool { return len(member(raw, name)) > 0 }

func member(raw []byte, name string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	v := members[name]
	if string(v) == "null" {
		return nil
	}
	return v
}

// Reader returns a function that decodes the body of a request into an In and validates it.
func Reader[In any](known Model) func(body []byte) (*In, error) {
	checks := checksOf(reflect.TypeFor[In](), known)
	return func(body []byte) (*In, error) {
		in := new(In)
		if err := decode(body, in); err != nil {
			return nil, err
		}
		return in, validate(checks, reflect.ValueOf(in).Elem(), body)
	}
}

// decode decodes the body of a request. Unknown members are ignored. An empty body is an empty object, as some
// clients send for operations without input.
func decode(body []byte, in any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if bytes.TrimSpace(body)[0] != '{' {
		return exception.New("SerializationException", "The body is not a JSON object.")
	}
	err := json.Unmarshal(body, in)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return exception.New("SerializationException", "A member of the body has the wrong JSON type: %s", exception.Shorten(wrongType.Field))
	}
	return exception.New("SerializationException", "The body is not valid JSON.")
}
