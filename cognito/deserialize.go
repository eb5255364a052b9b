package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK reads every answer into maps first, through a buffer of one kilobyte; for
// an answer with tokens that is more than half of what the call costs here. So the
// successes of the operations that bring tokens are read straight into the SDK's own
// types, whose fields are called as Cognito's are. Everything else, errors above
// all, stays with the SDK.

// readTokensDirectly exchanges the SDK's deserializer of those operations.
func readTokensDirectly(stack *middleware.Stack) error {
	var empty func() any
	switch stack.ID() {
	case "InitiateAuth":
		empty = func() any { return &sdk.InitiateAuthOutput{} }
	case "RespondToAuthChallenge":
		empty = func() any { return &sdk.RespondToAuthChallengeOutput{} }
	case "GetTokensFromRefreshToken":
		empty = func() any { return &sdk.GetTokensFromRefreshTokenOutput{} }
	default:
		return nil
	}
	const id = "OperationDeserializer"
	theirs, found := stack.Deserialize.Get(id)
	if !found {
		return fmt.Errorf("cognito: the SDK has no middleware %s", id)
	}
	_, err := stack.Deserialize.Swap(id, directDeserializer{theirs, empty})
	return err
}

type directDeserializer struct {
	theirs middleware.DeserializeMiddleware
	empty  func() any
}

// ID implements middleware.DeserializeMiddleware.
func (d directDeserializer) ID() string { return d.theirs.ID() }

// HandleDeserialize implements middleware.DeserializeMiddleware.
func (d directDeserializer) HandleDeserialize(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode != http.StatusOK {
		return d.theirs.HandleDeserialize(ctx, in, received{out, metadata, err})
	}
	var buffer bytes.Buffer
	if response.ContentLength > 0 && response.ContentLength < maxResponseBytes {
		buffer.Grow(int(response.ContentLength) + bytes.MinRead)
	}
	if _, err := buffer.ReadFrom(response.Body); err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	body := buffer.Bytes()
	result := d.empty()
	if len(body) > 0 {
		if err := json.Unmarshal(body, result); err != nil {
			// The SDK's own text has a part of the body in it; nobody needs that.
			return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("the answer is not as expected: %w", err)}
		}
	}
	out.Result = result
	return out, metadata, nil
}

// received hands over what came already.
type received struct {
	out      middleware.DeserializeOutput
	metadata middleware.Metadata
	err      error
}

// HandleDeserialize implements middleware.DeserializeHandler.
func (r received) HandleDeserialize(context.Context, middleware.DeserializeInput) (middleware.DeserializeOutput, middleware.Metadata, error) {
	return r.out, r.metadata, r.err
}
