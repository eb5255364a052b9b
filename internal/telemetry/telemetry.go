// Package telemetry exports traces with OpenTelemetry (OTLP over HTTP), if
// OpenTelemetry's environment variables enable it.
//
// Other packages use it as plain functions, which are nil if tracing is off.
package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// flushTimeout is how long shutdown waits for the last spans to be exported.
const flushTimeout = 5 * time.Second

// Tracer creates spans. A nil Tracer creates none.
type Tracer struct {
	provider   *sdktrace.TracerProvider
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
}

// Start returns a Tracer if the environment has OTEL_TRACES_EXPORTER=otlp or an
// endpoint, and nil otherwise. Endpoint, sampling and service name are configured by
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
func Start(ctx context.Context, getenv func(string) string) (*Tracer, error) {
	if !isEnabled(getenv) {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	named := resource.NewSchemaless(attribute.String("service.name", "authgraph"))
	// The environment overrides the name.
	all, err := resource.Merge(named, resource.Environment())
	if err != nil {
		return nil, fmt.Errorf("telemetry: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(all))
	return &Tracer{
		provider:   provider,
		tracer:     provider.Tracer("authgraph"),
		propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	}, nil
}

func isEnabled(getenv func(string) string) bool {
	if off, _ := strconv.ParseBool(getenv("OTEL_SDK_DISABLED")); off {
		return false
	}
	switch strings.ToLower(getenv("OTEL_TRACES_EXPORTER")) {
	case "otlp":
		return true
	case "":
		return getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	default: // none, or an exporter that is not supported
		return false
	}
}

// Close exports the remaining spans.
func (t *Tracer) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// Serve creates a span for each request, in the caller's trace if the request has one.
// The span contains nothing of the query string, the headers or the body.
func (t *Tracer) Serve(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := t.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, nameOf(r), trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r.WithContext(ctx))
		span.SetAttributes(
			attribute.Int("http.response.status_code", seen.status),
			attribute.String("authgraph.request_id", w.Header().Get("X-Request-Id")),
		)
		if seen.status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

// nameOf returns the name of a span. Clients cannot choose it.
func nameOf(r *http.Request) string {
	if (r.Method == http.MethodPost || r.Method == http.MethodGet) && r.URL.Path == "/graphql" {
		return r.Method + " /graphql"
	}
	return "HTTP"
}

// statusWriter records the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader records the final status, after any 1xx.
func (s *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Field returns a function that starts a span for a GraphQL root field, and returns a
// function that ends it with the outcome.
func (t *Tracer) Field() func(ctx context.Context, name string) (context.Context, func(outcome string)) {
	return t.spans("graphql ", "graphql.field", trace.SpanKindInternal)
}

// Call returns a function like [Tracer.Field]'s for calls to Cognito.
func (t *Tracer) Call() func(ctx context.Context, name string) (context.Context, func(outcome string)) {
	return t.spans("cognito ", "rpc.method", trace.SpanKindClient)
}

func (t *Tracer) spans(
	prefix, attributeName string, kind trace.SpanKind,
) func(ctx context.Context, name string) (context.Context, func(outcome string)) {
	if t == nil {
		return nil
	}
	return func(ctx context.Context, name string) (context.Context, func(string)) {
		ctx, span := t.tracer.Start(ctx, prefix+name, trace.WithSpanKind(kind),
			trace.WithAttributes(attribute.String(attributeName, name)))
		return ctx, func(outcome string) {
			span.SetAttributes(attribute.String("authgraph.outcome", outcome))
			if outcome != "OK" {
				span.SetStatus(codes.Error, outcome)
			}
			span.End()
		}
	}
}
