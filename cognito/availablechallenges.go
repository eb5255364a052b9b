package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// withAvailableChallenges stores the factors that follow the answer to a challenge, which
// Cognito returns in AvailableChallenges. It can go once RespondToAuthChallengeOutput of the
// Go SDK has that member, as InitiateAuthOutput does (service/cognitoidentityprovider
// v1.61.0 lacks it).
func withAvailableChallenges(available *[]types.ChallengeNameType) func(*sdk.Options) {
	read := middleware.DeserializeMiddlewareFunc("AvailableChallenges", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok {
			return out, metadata, err
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
		var members struct{ AvailableChallenges []types.ChallengeNameType }
		if json.Unmarshal(body, &members) == nil { // the SDK reports what is malformed
			*available = members.AvailableChallenges
		}
		return out, metadata, err
	})
	return func(o *sdk.Options) {
		// After the SDK's own deserializer means closer to the network.
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Deserialize.Add(read, middleware.After)
		})
	}
}
