package config

import (
	"fmt"
	"strings"
)

// Errors are all errors in the settings, each a sentence that says what is wrong
// and how to fix it.
type Errors []string

// Error returns the errors as a numbered list.
func (e Errors) Error() string {
	var b strings.Builder
	b.WriteString("invalid configuration")
	if len(e) > 1 {
		fmt.Fprintf(&b, ": %d errors", len(e))
	}
	for i, text := range e {
		fmt.Fprintf(&b, "\n  %d. %s", i+1, text)
	}
	return b.String()
}

func (e *Errors) add(format string, args ...any) {
	*e = append(*e, fmt.Sprintf(format, args...))
}
