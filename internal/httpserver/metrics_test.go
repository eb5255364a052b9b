package httpserver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"authgraph/internal/httpserver"
	"authgraph/internal/metrics"
)

func TestMetrics(t *testing.T) {
	counted := metrics.New()
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Metrics: counted})
	counted.ObserveField("mutation", "signin", "INVALID_CREDENTIALS", 20*time.Millisecond)
	counted.ObserveCognito("InitiateAuth", "UserAuthentication", "NotAuthorizedException", 20*time.Millisecond)
	counted.ObserveJWKS("ok")
	counted.ObservePanic()
	send(handler, "POST", "/graphql")
	send(handler, "GET", "/nowhere")

	text := body(t, send(handler, "GET", "/metrics"))
	for _, want := range []string{
		`authgraph_graphql_fields_total{code="INVALID_CREDENTIALS",field="signin",operation="mutation"} 1`,
		`authgraph_graphql_field_duration_seconds_count{field="signin"} 1`,
		`authgraph_cognito_calls_total{category="UserAuthentication",operation="InitiateAuth",outcome="NotAuthorizedException"} 1`,
		`authgraph_cognito_call_duration_seconds_count{operation="InitiateAuth"} 1`,
		`authgraph_jwks_fetches_total{outcome="ok"} 1`,
		`authgraph_panics_total 1`,
		`authgraph_http_requests_total{class="2xx",method="POST",route="/graphql"} 1`,
		`authgraph_http_requests_total{class="4xx",method="GET",route="other"} 1`,
		`authgraph_http_requests_in_flight 1`, // the one for /metrics itself
		`go_goroutines `,
		`process_open_fds `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

// TestMetricsAreBounded checks that requests cannot add time series without limit.
func TestMetricsAreBounded(t *testing.T) {
	counted := metrics.New()
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Metrics: counted, Playground: true})
	series := func() int {
		lines := strings.Split(body(t, send(counted.Handler(), "GET", "/")), "\n")
		return len(slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "authgraph_http_requests_total{") }))
	}
	sendMany := func(round int) {
		for i := range 50 {
			name := fmt.Sprintf("%d-%d", round, i)
			for _, path := range []string{"/" + name, "/graphql/" + name, "/playground/" + name, "/playground/../" + name, "//" + name, "/graphql?" + name} {
				send(handler, "GET", path)
				send(handler, "M"+name, path)
			}
		}
	}
	sendMany(0)
	first := series()
	sendMany(1)
	if second := series(); second != first {
		t.Errorf("the number of time series rose from %d to %d", first, second)
	}
	if first > 12 {
		t.Errorf("%d time series, want at most 12", first)
	}
}

// Metrics may have a listener of their own, which serves nothing else.
func TestSeparateMetrics(t *testing.T) {
	counted := metrics.New()
	public := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Metrics: counted, SeparateMetrics: true})
	private := httpserver.Metrics(counted)
	if got := send(public, "GET", "/metrics"); got.StatusCode != 404 {
		t.Errorf("/metrics beside the API: %d", got.StatusCode)
	}
	if got := send(private, "GET", "/metrics"); got.StatusCode != 200 || !strings.Contains(body(t, got), `route="other"} 1`) {
		t.Errorf("/metrics: %d", got.StatusCode)
	}
	for path, status := range map[string]int{"/graphql": 404, "/": 404, "/healthz": 404} {
		if got := send(private, "GET", path); got.StatusCode != status {
			t.Errorf("%s beside the metrics: %d", path, got.StatusCode)
		}
	}
	if got := send(private, "POST", "/metrics"); got.StatusCode != 405 {
		t.Errorf("POST /metrics: %d", got.StatusCode)
	}
}
