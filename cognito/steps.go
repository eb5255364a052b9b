package cognito

import (
	"fmt"

	"github.com/aws/smithy-go/middleware"
)

// leaveOutIdleSteps takes those steps out of the SDK's for a call that have nothing to do
// in one that is neither signed nor repeated. Each is two or three functions deep: with
// all of them, a call that waits for Cognito holds 64 kilobytes of stack, without these
// 32, and a goroutine that takes calls in turn grows and moves its stack less often.
func leaveOutIdleSteps(stack *middleware.Stack) error {
	for _, part := range []struct {
		remove func(id string) error
		ids    []string
	}{
		{removeFrom(stack.Initialize), []string{"legacyEndpointContextSetter", "SetLogger"}},
		{removeFrom(stack.Serialize), []string{"ResolveEndpoint"}},
		{removeFrom(stack.Build), []string{"ClientRequestID", "SetCredentialSourceMiddleware", "RecursionDetection"}},
		{removeFrom(stack.Finalize), []string{
			"spanRetryLoop", "InterceptBeforeRetryLoop", "Retry", "InterceptAttempt", "RetryMetricsHeader",
			"disableHTTPS", "setLegacyContextSigningOptions", "Signing",
		}},
		{removeFrom(stack.Deserialize), []string{"AddRawResponseToMetadata", "RecordResponseTiming", "RequestResponseLogger"}},
	} {
		for _, id := range part.ids {
			if err := part.remove(id); err != nil {
				return fmt.Errorf("cognito: a step of the SDK: %w", err)
			}
		}
	}
	return nil
}

func removeFrom[M any](step interface{ Remove(id string) (M, error) }) func(id string) error {
	return func(id string) error {
		_, err := step.Remove(id)
		return err
	}
}
