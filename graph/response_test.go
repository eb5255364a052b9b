package graph

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

func raw(s string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, s) })
}

// What is written late stands where gqlgen would have written it.
func TestUnwrittenValues(t *testing.T) {
	tests := []struct {
		name   string
		fields []graphql.Marshaler // nil is one that leaves no gap
	}{
		{"none", nil},
		{"one", []graphql.Marshaler{raw(`{"accessToken":"a"}`)}},
		{"several", []graphql.Marshaler{raw("1"), nil, raw(""), raw(`"é"`), nil}},
		{"next to each other", []graphql.Marshaler{raw("null"), raw("null")}},
	}
	for _, tt := range tests {
		for _, errs := range []gqlerror.List{nil, {{Message: "failed"}}} {
			ctx, unwritten := withUnwritten(t.Context())
			var late, whole bytes.Buffer
			late.WriteString("{")
			whole.WriteString("{")
			for _, field := range tt.fields {
				late.WriteString(`"field":`)
				whole.WriteString(`"field":`)
				if field == nil {
					late.WriteString("7")
					whole.WriteString("7")
					continue
				}
				leaveGap(ctx, field).MarshalGQL(&late)
				field.MarshalGQL(&whole)
			}
			late.WriteString("}")
			whole.WriteString("}")
			var got, want bytes.Buffer
			response{&graphql.Response{Data: late.Bytes(), Errors: errs}, *unwritten}.encode(&got)
			response{&graphql.Response{Data: whole.Bytes(), Errors: errs}, nil}.encode(&want)
			if got.String() != want.String() {
				t.Errorf("%s: got  %s\nwant %s", tt.name, got.String(), want.String())
			}
		}
	}
}

// A value is written at once where nobody would write it later.
func TestNoGapIsLeftForNobody(t *testing.T) {
	var data bytes.Buffer
	leaveGap(t.Context(), raw("1")).MarshalGQL(&data)
	ctx, unwritten := withUnwritten(t.Context())
	var other strings.Builder
	leaveGap(ctx, raw("2")).MarshalGQL(&other)
	if data.String() != "1" || other.String() != "2" || len(*unwritten) > 0 {
		t.Errorf("%q, %q, %d gaps", data.String(), other.String(), len(*unwritten))
	}
}
