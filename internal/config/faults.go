package config

import (
	"fmt"
	"strings"
)

// Faults are all the faults of one start, each a sentence that says what is
// wrong and how to mend it. It is an error.
type Faults []string

// Error returns the faults as a numbered list.
func (f Faults) Error() string {
	var b strings.Builder
	switch len(f) {
	case 1:
		b.WriteString("authgraph cannot start: a setting needs mending")
	default:
		fmt.Fprintf(&b, "authgraph cannot start: %d settings need mending", len(f))
	}
	for i, fault := range f {
		fmt.Fprintf(&b, "\n  %d. %s", i+1, fault)
	}
	return b.String()
}

func (f *Faults) add(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}
