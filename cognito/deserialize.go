package cognito

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"authgraph/internal/buffers"
)

// The SDK reads every answer into maps first, through a buffer of one kilobyte; for
// an answer with tokens that is more than half of what the call costs here. So the
// successes of the operations that bring tokens are read straight into the SDK's own
// types: tokens as Cognito writes them in one pass, and whatever else by encoding/json,
// since the fields are called as Cognito's are. Everything else, errors above all, stays
// with the SDK.

// readTokensDirectly exchanges the SDK's deserializer of those operations.
func readTokensDirectly(stack *middleware.Stack) error {
	var newOutput func(tokensOutput) any
	switch stack.ID() {
	case "InitiateAuth":
		newOutput = func(o tokensOutput) any {
			return &sdk.InitiateAuthOutput{AuthenticationResult: o.result, ChallengeParameters: o.parameters}
		}
	case "RespondToAuthChallenge":
		newOutput = func(o tokensOutput) any {
			return &sdk.RespondToAuthChallengeOutput{AuthenticationResult: o.result, ChallengeParameters: o.parameters}
		}
	case "GetTokensFromRefreshToken":
		newOutput = func(o tokensOutput) any { return &sdk.GetTokensFromRefreshTokenOutput{AuthenticationResult: o.result} }
	default:
		return nil
	}
	const id = "OperationDeserializer"
	theirs, found := stack.Deserialize.Get(id)
	if !found {
		return fmt.Errorf("cognito: the SDK has no middleware %s", id)
	}
	_, err := stack.Deserialize.Swap(id, directDeserializer{theirs, newOutput})
	return err
}

type directDeserializer struct {
	theirs    middleware.DeserializeMiddleware
	newOutput func(tokensOutput) any // an empty one of the zero value
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
	buffer := answerBuffers.Get()
	defer answerBuffers.Put(buffer)
	if _, err := buffer.ReadFrom(response.Body); err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	tokens, isTokens := readTokens(buffer.Bytes())
	result := d.newOutput(tokens)
	if buffer.Len() > 0 && !isTokens {
		if err := json.Unmarshal(buffer.Bytes(), result); err != nil {
			// The SDK's own text has a part of the body in it; nobody needs that.
			return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("the answer is not as expected: %w", err)}
		}
	}
	out.Result = result
	return out, metadata, nil
}

// answerBuffers are what answers are read into.
var answerBuffers buffers.Pool //nolint:gochecknoglobals // a pool is shared by nature

// tokensOutput is what an answer with tokens has.
type tokensOutput struct {
	result     *types.AuthenticationResultType
	parameters map[string]string // empty, or nil
}

// readTokens reads an answer that is tokens and nothing else, as Cognito writes them. Of
// any other it returns false, be it only for a member that is new, or null. The tokens
// are parts of one copy of the body.
func readTokens(body []byte) (o tokensOutput, ok bool) {
	text := string(body)
	r := objectReader{data: body}
	for r.next() {
		switch string(r.name) {
		case "AuthenticationResult":
			value := r.value()
			o.result = readResult(value, text[r.pos-len(value):r.pos])
		case "ChallengeParameters":
			if string(r.value()) != "{}" {
				return tokensOutput{}, false
			}
			o.parameters = map[string]string{}
		default:
			return tokensOutput{}, false
		}
	}
	if r.failed || o.result == nil {
		return tokensOutput{}, false
	}
	return o, true
}

// readResult returns nil for a result that is not tokens alone. text is what data is.
func readResult(data []byte, text string) *types.AuthenticationResultType {
	result := &types.AuthenticationResultType{}
	r := objectReader{data: data}
	for r.next() {
		switch string(r.name) {
		case "AccessToken":
			result.AccessToken = aws.String(r.textOf(text))
		case "IdToken":
			result.IdToken = aws.String(r.textOf(text))
		case "RefreshToken":
			result.RefreshToken = aws.String(r.textOf(text))
		case "TokenType":
			result.TokenType = aws.String(r.textOf(text))
		case "ExpiresIn":
			seconds, err := strconv.ParseInt(string(r.number()), 10, 32)
			if err != nil {
				return nil
			}
			result.ExpiresIn = int32(seconds)
		default:
			return nil
		}
	}
	if r.failed {
		return nil
	}
	return result
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
