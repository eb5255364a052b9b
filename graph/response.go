package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// response is gqlgen's, and what its data lacks.
type response struct {
	*graphql.Response
	unwritten []gap
}

// gap is a place in the data of a response where a value belongs.
//
// gqlgen writes data into a buffer of its own, out of which they are copied into the
// answer. The tokens of a session are some kilobytes, so what mutations return is written
// into the answer itself, and leaves a gap in the data.
type gap struct {
	at    int
	value graphql.Marshaler
}

type unwrittenKey struct{}

// withUnwritten returns a context in which an operation is executed, and what its data
// will lack.
func withUnwritten(ctx context.Context) (context.Context, *[]gap) {
	unwritten := new([]gap)
	return context.WithValue(ctx, unwrittenKey{}, unwritten), unwritten
}

// leaveGap returns a value that leaves a gap where gqlgen writes it.
func leaveGap(ctx context.Context, value graphql.Marshaler) graphql.Marshaler {
	unwritten, ok := ctx.Value(unwrittenKey{}).(*[]gap)
	if !ok {
		return value
	}
	return graphql.WriterFunc(func(w io.Writer) {
		data, ok := w.(*bytes.Buffer)
		if !ok {
			value.MarshalGQL(w)
			return
		}
		*unwritten = append(*unwritten, gap{data.Len(), value})
	})
}

// encode writes the response as section 7.1 of the GraphQL specification asks: no data
// where nothing was executed. gqlgen's Response writes null there, and the data, which is
// JSON already, would be copied and checked twice.
func (r response) encode(b *bytes.Buffer) {
	if len(r.Errors) > maxErrors {
		r.Errors = r.Errors[:maxErrors]
	}
	b.Grow(len(r.Data) + 512)
	b.WriteByte('{')
	if len(r.Errors) > 0 {
		// Errors are made by the presenter, of strings and numbers.
		errs, _ := json.Marshal(r.Errors)
		b.WriteString(`"errors":`)
		b.Write(errs)
	}
	if r.Data != nil {
		if len(r.Errors) > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"data":`)
		written := 0
		for _, gap := range r.unwritten {
			b.Write(r.Data[written:gap.at])
			gap.value.MarshalGQL(b)
			written = gap.at
		}
		b.Write(r.Data[written:])
	}
	b.WriteByte('}')
}
