package cognito

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"authgraph/internal/buffers"
)

// preparedCall is how the SDK makes a call that nobody signs: what it sends in each one, and
// the three of its steps that depend on what is asked and answered.
//
// The SDK sets up some forty steps anew for each call and goes through them one inside
// the other, so that a call that waits for Cognito holds 64 kilobytes of stack. Most of
// them find out each time what cannot have changed: where the endpoint is, that nothing is
// signed and nothing repeated, what the client is called. So the SDK does all that once
// for each operation, and what it would have sent is kept.
type preparedCall struct {
	request *http.Request // what is the same in each; nothing of it is ever written
	head    []byte        // the request in HTTP/1.1, up to the body's length
	direct  atomic.Pointer[connections]

	validate    middleware.InitializeMiddleware // nil where any input is valid
	serialize   middleware.SerializeMiddleware
	deserialize middleware.DeserializeMiddleware
}

// prepare has the SDK make a call up to the point where it would be sent. It fails where
// the SDK refuses the input.
func prepare(call func(change func(*sdk.Options)) error) (*preparedCall, error) {
	p := &preparedCall{}
	err := call(func(o *sdk.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), p.takeSteps)
		o.HTTPClient = p
	})
	if p.request == nil {
		return nil, err
	}
	return p, nil
}

// takeSteps keeps the steps of an operation. All operations have those two.
func (p *preparedCall) takeSteps(stack *middleware.Stack) error {
	p.validate, _ = stack.Initialize.Get("OperationInputValidation")
	var found1, found2 bool
	p.serialize, found1 = stack.Serialize.Get("OperationSerializer")
	p.deserialize, found2 = stack.Deserialize.Get("OperationDeserializer")
	if !found1 || !found2 {
		return errors.New("cognito: the SDK has no step OperationSerializer or OperationDeserializer")
	}
	return nil
}

// errPrepared ends the call that is made for its steps.
var errPrepared = errors.New("cognito: nothing is sent")

// Do implements the SDK's HTTPClient: it keeps what would be sent.
func (p *preparedCall) Do(r *http.Request) (*http.Response, error) {
	p.request = &http.Request{Method: r.Method, URL: r.URL, Header: r.Header.Clone()}
	for _, ofOneCall := range []string{"Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "X-Amzn-Trace-Id"} {
		p.request.Header.Del(ofOneCall)
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.URL.Host)
	_ = p.request.Header.Write(&head) // into memory
	head.WriteString("Content-Length: ")
	p.head = head.Bytes()
	return nil, errPrepared
}

// do makes a call. Its errors are those that the SDK would return, without the names of
// the service and the operation.
func (p *preparedCall) do(ctx context.Context, client sdk.HTTPClient, in any) (any, error) {
	body := inputs.Get()
	if err := p.writeBody(body, in); err != nil {
		inputs.Put(body)
		return nil, err
	}
	response, err := p.send(ctx, client, body)
	if err != nil {
		if ctx.Err() != nil {
			return nil, &smithy.CanceledError{Err: ctx.Err()}
		}
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer func() {
		// Read to its end, so that the connection can be used again.
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}()
	return p.result(response)
}

// inputs are what bodies are written into.
var inputs buffers.Pool //nolint:gochecknoglobals // a pool is shared by nature

// send sends the body, which is used up, and returns the answer.
func (p *preparedCall) send(ctx context.Context, client sdk.HTTPClient, body *bytes.Buffer) (*http.Response, error) {
	if direct := p.directTo(client); direct != nil {
		return direct.exchange(ctx, func(message *bytes.Buffer) error {
			message.Write(p.head)
			message.Write(strconv.AppendInt(message.AvailableBuffer(), int64(body.Len()), 10))
			message.WriteString("\r\n\r\n")
			message.Write(body.Bytes())
			inputs.Put(body)
			return nil
		})
	}
	text := bytes.Clone(body.Bytes())
	inputs.Put(body)
	request := p.request.WithContext(ctx)
	// Asked for again only for connections that were closed before anything was sent on
	// them.
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	request.Body, _ = request.GetBody()
	request.ContentLength = int64(len(text))
	return client.Do(request)
}

// directTo returns the connections to where the call goes, if it goes over HTTP/1.1.
func (p *preparedCall) directTo(client sdk.HTTPClient) *connections {
	if direct := p.direct.Load(); direct != nil {
		return direct
	}
	c, ok := client.(*httpClient)
	if !ok {
		return nil
	}
	direct := c.directTo(p.request)
	p.direct.Store(direct)
	return direct
}

// writeBody writes the input as JSON.
func (p *preparedCall) writeBody(body *bytes.Buffer, in any) error {
	ctx := context.Background() // of what the steps look for in it there is nothing
	if p.validate != nil {
		if _, _, err := p.validate.HandleInitialize(ctx, middleware.InitializeInput{Parameters: in}, valid{}); err != nil {
			return err
		}
	}
	if text, ok := appendDirectly(body.AvailableBuffer(), in); ok {
		body.Write(text)
		return nil
	}
	var out serialized
	_, _, err := p.serialize.HandleSerialize(ctx, middleware.SerializeInput{Parameters: in, Request: smithyhttp.NewStackRequest()}, &out)
	if err != nil {
		return err
	}
	if _, err := body.ReadFrom(out.request.GetStream()); err != nil {
		return &smithy.SerializationError{Err: err}
	}
	return nil
}

// result reads the answer.
func (p *preparedCall) result(response *http.Response) (any, error) {
	raw := &smithyhttp.Response{Response: response}
	out, _, err := p.deserialize.HandleDeserialize(context.Background(), middleware.DeserializeInput{},
		received{out: middleware.DeserializeOutput{RawResponse: raw}})
	if err != nil {
		return nil, &smithyhttp.ResponseError{Response: raw, Err: err}
	}
	return out.Result, nil
}

// What follows stands where the SDK's next step would be.

type valid struct{}

// HandleInitialize implements middleware.InitializeHandler.
func (valid) HandleInitialize(context.Context, middleware.InitializeInput) (middleware.InitializeOutput, middleware.Metadata, error) {
	return middleware.InitializeOutput{}, middleware.Metadata{}, nil
}

type serialized struct{ request *smithyhttp.Request }

// HandleSerialize implements middleware.SerializeHandler.
func (s *serialized) HandleSerialize(_ context.Context, in middleware.SerializeInput) (middleware.SerializeOutput, middleware.Metadata, error) {
	s.request, _ = in.Request.(*smithyhttp.Request)
	return middleware.SerializeOutput{}, middleware.Metadata{}, nil
}
