package cognito

import (
	"context"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Request is what all operations that one request asks for have in common. Cognito's
// threat protection weighs from where they come: without that, every user seems to sit
// where this server does.
type Request struct {
	// IPAddress is the user's. It is sent only with [Options.SendClientAddress].
	IPAddress netip.Addr
	// EncodedData is what Amazon's script in the client collected; it is passed on
	// as it is.
	EncodedData string
	// Deadline is when the operations together are out of time, however many they are.
	// Default: each has its own time-out alone.
	Deadline time.Time
}

type requestKey struct{}

// WithRequest returns a context whose operations are part of the request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// deadline returns when an operation that begins now is out of time.
func (c *Client) deadline(ctx context.Context) time.Time {
	own, all := time.Now().Add(c.options.Timeout), requestOf(ctx).Deadline
	if all.IsZero() || own.Before(all) {
		return own
	}
	return all
}

// userContext returns what Cognito is told of the user, nil when there is nothing.
func (c *Client) userContext(ctx context.Context) *types.UserContextDataType {
	r := requestOf(ctx)
	sendsAddress := c.options.SendClientAddress && r.IPAddress.IsValid()
	if r.EncodedData == "" && !sendsAddress {
		return nil
	}
	data := &types.UserContextDataType{EncodedData: optional(r.EncodedData)}
	if sendsAddress {
		// A zone means something on this machine only.
		data.IpAddress = aws.String(r.IPAddress.Unmap().WithZone("").String())
	}
	return data
}
