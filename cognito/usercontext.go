package cognito

import (
	"context"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// UserContext is what Cognito's threat protection weighs of who asks: without it
// every user seems to sit where this server does.
type UserContext struct {
	// IPAddress is the user's. It is sent only with [Options.SendClientAddress].
	IPAddress netip.Addr
	// EncodedData is what Amazon's script in the client collected; it is passed on
	// as it is.
	EncodedData string
}

type userContextKey struct{}

// WithUserContext returns a context with which the operations that take it tell
// Cognito of the user.
func WithUserContext(ctx context.Context, user UserContext) context.Context {
	return context.WithValue(ctx, userContextKey{}, user)
}

// userContext returns what to send, nil when there is nothing.
func (c *Client) userContext(ctx context.Context) *types.UserContextDataType {
	user, _ := ctx.Value(userContextKey{}).(UserContext)
	data := &types.UserContextDataType{EncodedData: optional(user.EncodedData)}
	if c.options.SendClientAddress && user.IPAddress.IsValid() {
		// A zone means something on this machine only.
		data.IpAddress = aws.String(user.IPAddress.Unmap().WithZone("").String())
	}
	if data.EncodedData == nil && data.IpAddress == nil {
		return nil
	}
	return data
}
