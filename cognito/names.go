package cognito

import (
	"fmt"
	"strings"
	"unicode"
)

// IsText reports whether text is safe to display to other people: it has no control
// characters other than tabs and line breaks, and none that override, embed or isolate
// the direction of text, which can make it look like something else.
// https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
func IsText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) || changesDirection(r)
	})
}

// IsName reports whether text is safe to display as a name: like [IsText],
// without line breaks and tabs.
func IsName(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || changesDirection(r)
	})
}

func changesDirection(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// checkAttribute returns an error for an attribute that is a name and cannot be shown as
// one. path and index are those of the attribute in the input.
func (c *Client) checkAttribute(path string, index int, a Attribute) error {
	switch a.Name {
	case c.options.UsernameAttribute, c.options.ModeAttribute, "name", "given_name", "middle_name", "family_name", "nickname", "preferred_username":
		if !IsName(a.Value) {
			field := fmt.Sprintf("%s[%d].value", path, index)
			return badInput(field, field+" "+NotAName+".")
		}
	}
	return nil
}

// NotAName is the error text for values that fail [IsName].
const NotAName = "must not contain line breaks or control characters, including bidirectional ones"
