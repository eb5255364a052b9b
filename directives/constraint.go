package directives

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/internal/apierr"
)

// ConstraintFormat is a value of the schema's enum ConstraintFormat.
type ConstraintFormat string

// The formats.
const (
	// ConstraintFormatEmail is an e-mail address as users type it.
	ConstraintFormatEmail ConstraintFormat = "EMAIL"
	// ConstraintFormatPhoneNumber is a phone number in E.164 form.
	// https://www.itu.int/rec/T-REC-E.164
	ConstraintFormatPhoneNumber ConstraintFormat = "PHONE_NUMBER"
	// ConstraintFormatName is a name that other people are shown, see [cognito.IsName].
	ConstraintFormatName ConstraintFormat = "NAME"
	// ConstraintFormatText is text that other people are shown, see [cognito.IsText].
	ConstraintFormatText ConstraintFormat = "TEXT"
)

// Constraint implements @constraint. The zero value is ready for use.
type Constraint struct {
	// patterns holds the compiled patterns, which all come from the schema.
	patterns sync.Map // string → *regexp.Regexp
}

// Directive accepts strings, and lists of strings, that meet the constraint. It accepts
// a missing value, since the type determines whether the value is required.
func (c *Constraint) Directive(
	ctx context.Context, _ any, next graphql.Resolver,
	minLength, maxLength *int32, pattern *string, format *ConstraintFormat, minItems, maxItems *int32,
) (any, error) {
	value, err := next(ctx)
	if err != nil {
		return nil, err
	}
	if violation := checkItems(value, minItems, maxItems); violation != "" {
		return nil, refuse(inputPath(ctx), violation)
	}
	if texts, ok := value.([]string); ok {
		for i, text := range texts {
			if violation := c.check(text, minLength, maxLength, pattern, format); violation != "" {
				return nil, refuse(fmt.Sprintf("%s[%d]", inputPath(ctx), i), violation)
			}
		}
		return value, nil
	}
	text, ok := textOf(value)
	if !ok {
		return value, nil
	}
	if violation := c.check(text, minLength, maxLength, pattern, format); violation != "" {
		return nil, refuse(inputPath(ctx), violation)
	}
	return value, nil
}

func refuse(field, violation string) error {
	return &apierr.Error{
		Code: apierr.BadUserInput, Field: field, Message: fmt.Sprintf("%s %s.", field, violation),
	}
}

// checkItems returns how a list violates the limits on its length, "" if it does not or
// is not a list.
func checkItems(value any, minItems, maxItems *int32) string {
	list := reflect.ValueOf(value)
	switch {
	case minItems == nil && maxItems == nil, list.Kind() != reflect.Slice:
		return ""
	case maxItems != nil && list.Len() > int(*maxItems):
		return fmt.Sprintf("must have at most %d items", *maxItems)
	case minItems != nil && list.Len() < int(*minItems):
		return fmt.Sprintf("must have at least %d items", *minItems)
	default:
		return ""
	}
}

func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case *string:
		if v != nil {
			return *v, true
		}
	}
	return "", false
}

// check returns how the text violates the constraint, "" if it does not. It never quotes
// the text.
func (c *Constraint) check(
	text string, minLength, maxLength *int32, pattern *string, format *ConstraintFormat,
) string {
	if !utf8.ValidString(text) {
		return "is not valid Unicode text"
	}
	length := utf8.RuneCountInString(text)
	switch {
	case maxLength != nil && length > int(*maxLength):
		return fmt.Sprintf("must have at most %d characters", *maxLength)
	case minLength != nil && *minLength == 1 && length == 0:
		return "must not be empty"
	case minLength != nil && length < int(*minLength):
		return fmt.Sprintf("must have at least %d characters", *minLength)
	case pattern != nil && !c.compile(*pattern).MatchString(text):
		return fmt.Sprintf("must match the pattern %s", *pattern)
	case format != nil:
		return checkFormat(text, *format)
	default:
		return ""
	}
}

func checkFormat(text string, format ConstraintFormat) string {
	switch {
	case format == ConstraintFormatEmail && !isEmail(text):
		return "must be an e-mail address of the form local@domain"
	case format == ConstraintFormatPhoneNumber && !isPhoneNumber(text):
		return "must be a plus sign, the country code and the number, for example +14325551212"
	case format == ConstraintFormatName && !cognito.IsName(text):
		return cognito.NotAName
	case format == ConstraintFormatText && !cognito.IsText(text):
		return "must not contain control characters, including bidirectional ones"
	default:
		return ""
	}
}

// compile panics if the pattern is malformed, which is a mistake in the schema.
func (c *Constraint) compile(pattern string) *regexp.Regexp {
	if compiled, ok := c.patterns.Load(pattern); ok {
		return compiled.(*regexp.Regexp)
	}
	compiled := regexp.MustCompile(pattern)
	c.patterns.Store(pattern, compiled)
	return compiled
}

// inputPath returns the path of the value, such as "input.attributes[1].name".
func inputPath(ctx context.Context) string {
	var parts []string
	for p := graphql.GetPathContext(ctx); p != nil; p = p.Parent {
		switch {
		case p.Index != nil:
			parts = append(parts, fmt.Sprintf("[%d]", *p.Index))
		case p.Field != nil:
			parts = append(parts, "."+*p.Field)
		}
	}
	slices.Reverse(parts)
	return strings.TrimPrefix(strings.Join(parts, ""), ".")
}

// isPhoneNumber reports whether s is a plus sign and up to 15 digits, of which the first
// is not 0.
func isPhoneNumber(s string) bool {
	digits, found := strings.CutPrefix(s, "+")
	return found && len(digits) >= 2 && len(digits) <= 15 && digits[0] != '0' &&
		!strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// Limits of RFC 5321, section 4.5.3.1, and RFC 1035, section 2.3.4, in octets.
const (
	maxEmail = 254
	maxLocal = 64
	maxLabel = 63
)

// isEmail reports whether s is an address as users type it: a dot-atom (RFC 5322,
// section 3.2.3, with the letters of RFC 6531), an @, and a domain name with a
// dot. Display names, comments, quoted parts and address literals are legal in mail
// headers, but not as a user's address in Cognito.
func isEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && len(s) <= maxEmail && isLocalPart(local) && isDomain(domain)
}

func isLocalPart(s string) bool {
	if s == "" || len(s) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtomRune(r) }) {
			return false
		}
	}
	return true
}

func isAtomRune(r rune) bool {
	return isLetterOrDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func isDomain(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool { return r != '-' && !isLetterOrDigit(r) }) {
			return false
		}
	}
	// A numeric top-level domain does not exist; IP addresses end in a number.
	return strings.ContainsFunc(s[dot+1:], func(r rune) bool { return r < '0' || r > '9' })
}

// isLetterOrDigit accepts every letter, mark and digit of Unicode: addresses may use any
// script.
func isLetterOrDigit(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd)
}
