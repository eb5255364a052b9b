package scripts_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"authgraph/internal/testutil"
)

// traceReceiver is a collector for OpenTelemetry traces.
type traceReceiver struct {
	mu    sync.Mutex
	spans []*trace.Span
	text  strings.Builder
}

func (c *traceReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(body)
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

func (c *traceReceiver) named(name string) *trace.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.spans, func(s *trace.Span) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return c.spans[i]
}

func (c *traceReceiver) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, span := range c.spans {
		if span.Name == name {
			n++
		}
	}
	return n
}

// With OTEL_* set, a request joins its caller's trace, down to the call to Cognito. Spans
// contain nothing that the client sent.
func TestTraces(t *testing.T) {
	t.Parallel()
	receiver := &traceReceiver{}
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	g := testutil.NewReplicas(t, 1, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_BSP_SCHEDULE_DELAY=50")[0]
	g.Cognito.RejectAll()
	request := g.Request(http.MethodPost, "/graphql", []byte(testutil.RequestBody(`mutation{signin(input:{email:"needle@example.com",password:"Needle-Horse-1"}){__typename}}`)))
	request.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	request.Header.Set("Authorization", "Bearer needle.needle.needle")
	if _, err := g.Send(request); err != nil {
		t.Fatal(err)
	}
	const served, field, call = "POST /graphql", "graphql Mutation.signin", "cognito InitiateAuth"
	testutil.Eventually(t, "the spans", testutil.Timeout, func() bool {
		return receiver.named(served) != nil && receiver.named(field) != nil && receiver.named(call) != nil
	})
	if string(receiver.named(served).ParentSpanId) != "\xb7\xad\x6b\x71\x69\x20\x33\x31" {
		t.Error("the request is not part of its caller's trace")
	}
	for child, parent := range map[string]string{field: served, call: field} {
		c, p := receiver.named(child), receiver.named(parent)
		if string(c.ParentSpanId) != string(p.SpanId) || string(c.TraceId) != string(p.TraceId) {
			t.Errorf("%q is not a child of %q", child, parent)
		}
	}
	if text := receiver.text.String(); strings.Contains(strings.ToLower(text), "needle") {
		t.Errorf("the trace contains what was sent: %q", text)
	}
	if status := receiver.named(call).Status.GetMessage(); status != "NotAuthorizedException" {
		t.Errorf("the call's status is %q", status)
	}
}

// Every operation has a span, also a repeated query.
func TestEveryOperationIsTraced(t *testing.T) {
	t.Parallel()
	receiver := &traceReceiver{}
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	g := testutil.NewReplicas(t, 1, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_BSP_SCHEDULE_DELAY=50")[0]
	token := g.SignIn(t, "ada", "1")
	for range 3 {
		if r, err := g.Post("{me{id}}", "Bearer "+token); err != nil || r.Code() != "absent" {
			t.Fatalf("me: %v %v", r.Code(), err)
		}
	}
	if _, err := g.Post("{me{id}}", "Bearer "+token+"x"); err != nil {
		t.Fatal(err)
	}
	testutil.Eventually(t, "a span for each me, and for the sign-in", testutil.Timeout, func() bool {
		return receiver.count("graphql Query.me") == 4 && receiver.count("graphql Mutation.signin") == 1
	})
}

// Traces can be turned off.
func TestNoTraces(t *testing.T) {
	t.Parallel()
	receiver := &traceReceiver{}
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	g := testutil.NewReplicas(t, 1, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_TRACES_EXPORTER=none", "OTEL_BSP_SCHEDULE_DELAY=50")[0]
	if _, err := g.Post("{__typename}"); err != nil {
		t.Fatal(err)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if len(receiver.spans) > 0 {
		t.Errorf("%d spans", len(receiver.spans))
	}
}
