package web

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
	errNoRuntime = errors.New("web: AWS_LAMBDA_RUNTIME_API is not set: this is no Lambda function")
	errNoHTTP    = errors.New("web: the event is no HTTP request of API Gateway, a function URL or a load balancer")
)

// ServeLambda serves h as an AWS Lambda function behind API Gateway (REST and
// HTTP APIs), a function URL or an Application Load Balancer, until ctx ends.
// Requests carry the values of ctx and end at the function's deadline. When the
// runtime goes away the process ends, as the Lambda runtime wants it.
func ServeLambda(ctx context.Context, h http.Handler) error {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return errNoRuntime
	}
	// It returns at no signal, and Lambda sends none while a request is under way.
	go lambda.StartWithOptions(newLambdaHandler(h), lambda.WithContext(context.WithoutCancel(ctx)))
	<-ctx.Done()
	return nil
}

// lambdaHandler adds to algnhsa what it leaves out: load balancers whose target
// group has no multi-value headers, stages and base paths in front of our
// routes, and an answer for requests that are malformed.
type lambdaHandler struct{ adapter lambda.Handler }

func newLambdaHandler(h http.Handler) lambdaHandler {
	return lambdaHandler{algnhsa.New(fromEvent(h), nil)}
}

// Invoke answers one event.
func (l lambdaHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event lambdaEvent
	if err := json.Unmarshal(payload, &event); err != nil || !event.isHTTP() {
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

// lambdaEvent is what tells the forms of events apart.
type lambdaEvent struct {
	HTTPMethod        string              `json:"httpMethod"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
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

// isSingleValueALB tells whether a load balancer sent the event as it does
// unless told otherwise, with one value for each header.
func (e *lambdaEvent) isSingleValueALB() bool { return e.isALB() && len(e.MultiValueHeaders) == 0 }

// invokeSingleValueALB turns the event into the form with lists, and the
// response back: a load balancer takes only the form that it uses itself.
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

// badEvent answers a request that cannot be read (a malformed path, say) in a
// form that API Gateway and load balancers both take. An error instead would be
// a 502, as if the function were broken.
func badEvent() ([]byte, error) {
	const body = `{"errors":[{"message":"Malformed request","extensions":{"code":"BAD_REQUEST","status":400}}]}`
	header := map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	}
	return json.Marshal(events.ALBTargetGroupResponse{
		StatusCode: http.StatusBadRequest, Headers: header, MultiValueHeaders: asLists(header), Body: body,
	})
}

// fromEvent makes the request what it would have been over TCP.
func fromEvent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Compressed bodies would have to be sent as base64, which a REST API
		// decodes only when it is set up for it. Gateways compress by themselves.
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

// setPath takes from the path what API Gateway puts before our routes: the base
// path of a custom domain, the resource above {proxy+}, the stage of an HTTP API.
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

// lastForwarded returns the address that the load balancer itself was called
// from: it appends it to what the client sent, and the event has it nowhere else.
func lastForwarded(h http.Header) string {
	list := strings.Join(h["X-Forwarded-For"], ",")
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}
