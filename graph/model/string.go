package model

import (
	"io"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/internal/jsontext"
)

// MarshalString marshals the scalar String.
func MarshalString(s string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { WriteString(w, s) })
}

// WriteString writes the scalar String as gqlgen does. Text that stands for itself, such as
// tokens, which are kilobytes, is not looked at character by character.
func WriteString(w io.Writer, s string) {
	if jsontext.PlainPrefix(s) < len(s) {
		graphql.MarshalString(s).MarshalGQL(w)
		return
	}
	_, _ = io.WriteString(w, `"`)
	_, _ = io.WriteString(w, s)
	_, _ = io.WriteString(w, `"`)
}

// UnmarshalString reads the scalar String as gqlgen does.
func UnmarshalString(v any) (string, error) { return graphql.UnmarshalString(v) }
