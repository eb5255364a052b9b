package httpserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/akrylysov/algnhsa"
	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

var (
	errNoRuntime = errors.New("httpserver: AWS_LAMBDA_RUNTIME_API is not set: not running in Lambda")
	errNoHTTP    = errors.New("httpserver: the event is not an HTTP request from API Gateway, a function URL or a load balancer")
)

// ServeLambda serves h as an AWS Lambda function behind API Gateway (REST and
// HTTP APIs), a function URL or an Application Load Balancer, until ctx ends.
// Requests inherit the values of ctx and end at the function's deadline. If the
// runtime goes away, the process exits.
func ServeLambda(ctx context.Context, h http.Handler) error {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return errNoRuntime
	}
	// StartWithOptions never returns; Lambda sends no signal during a request.
	go lambda.StartWithOptions(newLambdaHandler(h), lambda.WithContext(context.WithoutCancel(ctx)))
	<-ctx.Done()
	return nil
}

// lambdaHandler adds to algnhsa support for load balancers whose target group has no
// multi-value headers, for stages and base paths in front of our routes, and a
// response to malformed requests.
type lambdaHandler struct{ adapter lambda.Handler }

func newLambdaHandler(h http.Handler) lambdaHandler {
	return lambdaHandler{algnhsa.New(fromEvent(h), nil)}
}

// Invoke implements [lambda.Handler].
func (l lambdaHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event lambdaEvent
	err := json.Unmarshal(payload, &event)
	switch {
	case err == nil && event.isWarmUp():
		return []byte("null"), nil
	case err != nil || !event.isHTTP():
		return nil, errNoHTTP
	}
	if event.isSingleValueALB() {
		return l.invokeSingleValueALB(ctx, payload)
	}
	response, err := l.adapter.Invoke(ctx, payload)
	if err != nil {
		return badEvent()
	}
	return response, nil
}

// lambdaEvent has the members that distinguish the kinds of events.
type lambdaEvent struct {
	HTTPMethod        string              `json:"httpMethod"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Source            string              `json:"source"`
	DetailType        string              `json:"detail-type"`
	Warmer            bool                `json:"warmer"`
	RequestContext    struct {
		AccountID string          `json:"accountId"`
		ELB       json.RawMessage `json:"elb"`
		HTTP      struct {
			Method string `json:"method"`
		} `json:"http"`
	} `json:"requestContext"`
}

func (e *lambdaEvent) isALB() bool { return len(e.RequestContext.ELB) > 0 }

func (e *lambdaEvent) isHTTP() bool {
	return e.RequestContext.HTTP.Method != "" || (e.HTTPMethod != "" && (e.isALB() || e.RequestContext.AccountID != ""))
}

// isWarmUp reports whether the event only keeps the function warm: a schedule of
// EventBridge, or what the plug-ins serverless-plugin-warmup and lambda-warmer send. Any
// other event carries something that would be lost, so it is an error.
func (e *lambdaEvent) isWarmUp() bool {
	switch e.Source {
	case "aws.events", "aws.scheduler":
		return e.DetailType == "Scheduled Event"
	case "serverless-plugin-warmup":
		return true
	}
	return e.Warmer && !e.isHTTP()
}

// isSingleValueALB reports whether the event comes from a load balancer in its
// default form, with one value for each header.
func (e *lambdaEvent) isSingleValueALB() bool { return e.isALB() && len(e.MultiValueHeaders) == 0 }

// invokeSingleValueALB converts the event to the multi-value form, and the response
// back: a load balancer accepts only the form that it sends.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
func (l lambdaHandler) invokeSingleValueALB(ctx context.Context, payload []byte) ([]byte, error) {
	var event events.ALBTargetGroupRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return badEvent()
	}
	event.MultiValueHeaders = asLists(event.Headers)
	event.MultiValueQueryStringParameters = asLists(event.QueryStringParameters)
	lists, err := json.Marshal(event)
	if err != nil {
		return badEvent()
	}
	answer, err := l.adapter.Invoke(ctx, lists)
	if err != nil {
		return badEvent()
	}
	var response events.ALBTargetGroupResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, err
	}
	response.Headers = make(map[string]string, len(response.MultiValueHeaders))
	for name, values := range response.MultiValueHeaders {
		response.Headers[name] = strings.Join(values, ", ")
	}
	response.MultiValueHeaders = nil
	return json.Marshal(response)
}

func asLists(single map[string]string) map[string][]string {
	lists := make(map[string][]string, len(single))
	for name, value := range single {
		lists[name] = []string{value}
	}
	return lists
}

// badEvent returns the response to a malformed request, in a form that both API
// Gateway and load balancers accept. An error would become a 502, as if the function
// were broken.
func badEvent() ([]byte, error) {
	const body = `{"errors":[{"message":"Malformed request","extensions":{"code":"BAD_REQUEST","status":400}}]}`
	header := map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	}
	return json.Marshal(events.ALBTargetGroupResponse{
		StatusCode: http.StatusBadRequest, Headers: header, MultiValueHeaders: asLists(header), Body: body,
	})
}

// fromEvent restores the request as it would have arrived over TCP.
func fromEvent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A compressed response has to be base64, which a REST API decodes only if it
		// is configured to. Gateways can compress responses themselves.
		r.Header.Del("Accept-Encoding")
		r.ContentLength = -1 // algnhsa does not decode base64 to learn the length
		if event, ok := algnhsa.APIGatewayV2RequestFromContext(r.Context()); ok {
			_, resource, _ := strings.Cut(event.RouteKey, " ") // "ANY /auth/{proxy+}" or "$default"
			setPath(r, resource, event.PathParameters, event.RequestContext.Stage)
		}
		if event, ok := algnhsa.APIGatewayV1RequestFromContext(r.Context()); ok {
			setPath(r, event.Resource, event.PathParameters, event.RequestContext.Stage)
		}
		if _, ok := algnhsa.ALBRequestFromContext(r.Context()); ok {
			r.RemoteAddr = lastForwarded(r.Header)
		}
		next.ServeHTTP(w, r)
	})
}

// setPath removes from the path what API Gateway adds in front of our routes: the base
// path of a custom domain, the resource above {proxy+}, or the stage of an HTTP API.
// resource is the path of API Gateway's own route, or $default.
func setPath(r *http.Request, resource string, parameters map[string]string, stage string) {
	proxy, isProxy := parameters["proxy"]
	rest, hasStage := strings.CutPrefix(r.URL.Path, "/"+stage)
	switch {
	case isProxy && strings.HasSuffix(resource, "/{proxy+}"):
		r.URL.Path = path.Join("/", proxy)
	case strings.HasPrefix(resource, "/") && !strings.Contains(resource, "{"):
		r.URL.Path = resource
	case hasStage && (rest == "" || rest[0] == '/'):
		r.URL.Path = path.Join("/", rest)
	}
	r.URL.RawPath = ""
}

// lastForwarded returns the address that called the load balancer. It appends the
// address to the client's header, and the event contains it nowhere else.
func lastForwarded(h http.Header) string {
	list := strings.Join(h["X-Forwarded-For"], ",")
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}
