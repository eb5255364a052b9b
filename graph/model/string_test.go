package model_test

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/graph/model"
)

func FuzzMarshalString(f *testing.F) {
	for _, text := range []string{"", "plain", "plain, and long enough", "\"", "\\", "1234567\n", "12345678\x1f", "é\u2028\xff", "<&>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want strings.Builder
		model.MarshalString(text).MarshalGQL(&got)
		graphql.MarshalString(text).MarshalGQL(&want)
		if got.String() != want.String() {
			t.Errorf("%s, gqlgen writes %s", got.String(), want.String())
		}
	})
}
