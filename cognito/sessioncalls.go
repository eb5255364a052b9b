package cognito

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// This file calls ListUserSessions and RevokeUserSession, which version 1.61 of the AWS SDK
// for Go lacks. Once the SDK has the operations, replace call by the SDK's methods and the
// types below by the SDK's, and delete this file. Members and exceptions are those of
// @aws-sdk/client-cognito-identity-provider 3.1169.

type listUserSessionsInput struct {
	AccessToken string
	NextToken   *string `json:",omitempty"`
}

type listUserSessionsOutput struct {
	Sessions  []sessionDescription
	NextToken *string
}

// sessionDescription is Cognito's SessionDescriptionType.
type sessionDescription struct {
	SessionID        string `json:"SessionId"`
	SessionType      string
	ClientID         string `json:"ClientId"`
	CreateDate       epochSeconds
	LastActiveDate   epochSeconds
	DeviceType       string
	LastIPAddress    string
	LastLocation     struct{ City, Country string }
	OriginSessionID  string `json:"OriginSessionId"`
	IsCurrentSession bool
}

type revokeUserSessionInput struct {
	AccessToken              string
	SessionID                string `json:"SessionId"`
	RevokeAssociatedSessions string // NONE or LINKED
}

type revokeUserSessionOutput struct{}

// epochSeconds is a time as AWS JSON writes it: seconds since 1970 with a fraction.
type epochSeconds float64

// time returns the time in milliseconds, the precision of Cognito.
func (s epochSeconds) time() time.Time {
	return time.UnixMilli(int64(math.Round(float64(s) * 1000))).UTC()
}

// call returns a function that calls an operation with the endpoint and the HTTP client of
// the SDK, without a signature. Its errors have the types of the SDK's.
func call[In, Out any](api *sdk.Client, op operation) func(context.Context, *In, ...func(*sdk.Options)) (*Out, error) {
	return func(ctx context.Context, in *In, _ ...func(*sdk.Options)) (*Out, error) {
		o := api.Options()
		request, err := newRequest(ctx, o, op, in)
		if err != nil {
			return nil, err
		}
		response, err := o.HTTPClient.Do(request)
		if err != nil {
			return nil, &smithyhttp.RequestSendError{Err: err}
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, responseError(response, &smithy.DeserializationError{Err: err})
		}
		if response.StatusCode < 200 || response.StatusCode >= 300 {
			return nil, responseError(response, readException(response, body))
		}
		out := new(Out)
		if err := json.Unmarshal(body, out); err != nil {
			return nil, responseError(response, &smithy.DeserializationError{Err: err})
		}
		return out, nil
	}
}

// newRequest returns the request of an operation in the protocol AWS JSON 1.1.
func newRequest(ctx context.Context, o sdk.Options, op operation, in any) (*http.Request, error) {
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, sdk.EndpointParameters{
		Region: &o.Region, Endpoint: o.BaseEndpoint, UseFIPS: aws.Bool(false), UseDualStack: aws.Bool(false),
	})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint.URI.String(), "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+string(op))
	request.Header.Set("User-Agent", "authgraph")
	return request, nil
}

func responseError(response *http.Response, err error) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: response}, Err: err}
}

// readException returns the exception in a response, as an [smithy.APIError].
func readException(response *http.Response, body []byte) error {
	exception, message, err := restjson.GetErrorInfo(json.NewDecoder(bytes.NewReader(body)))
	if err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	exception = cmp.Or(restjson.SanitizeErrorCode(response.Header.Get("X-Amzn-ErrorType")), exception)
	if exception == "" {
		return &smithy.DeserializationError{Err: errors.New("the response names no exception")}
	}
	return &smithy.GenericAPIError{Code: exception, Message: message}
}
