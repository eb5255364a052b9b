// Package metrics defines the Prometheus metrics of the process.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the metrics of one process, in a registry of their own. Other packages
// receive the Observe methods as plain functions.
//
// Every label value comes from a closed set, so that clients cannot create time
// series: arguments must be names from the schema, from Cognito's API or from this
// program, never request data.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	panics   prometheus.Counter

	fields       *prometheus.CounterVec
	fieldLatency *prometheus.HistogramVec

	cognito        *prometheus.CounterVec
	cognitoLatency *prometheus.HistogramVec

	jwks *prometheus.CounterVec

	rateLimited *prometheus.CounterVec
	store       *prometheus.CounterVec
	revocations *prometheus.CounterVec
	tokens      *prometheus.CounterVec
	webhook     *prometheus.CounterVec
	unrecorded  prometheus.Counter
}

// New returns metrics with all counters at zero.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("http_requests_total",
			"HTTP requests by route, method and class of status.", "route", "method", "class"),
		latency: histogram("http_request_duration_seconds",
			"Time from the headers of a request to the end of its response.", "route"),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "authgraph_http_requests_in_flight", Help: "HTTP requests in flight.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "authgraph_panics_total", Help: "Panics that ended a request or a field.",
		}),
		fields: counter("graphql_fields_total",
			"Executed root fields by operation (query, mutation), field and error code (OK for success).", "operation", "field", "code"),
		fieldLatency: histogram("graphql_field_duration_seconds",
			"Execution time of a root field.", "field"),
		cognito: counter("cognito_calls_total",
			"Cognito API calls by operation, quota category and outcome.", "operation", "category", "outcome"),
		cognitoLatency: histogram("cognito_call_duration_seconds",
			"Duration of a Cognito API call, including retries.", "operation"),
		jwks: counter("jwks_fetches_total",
			"Fetches of the user pool's key set by outcome.", "outcome"),
		rateLimited: counter("rate_limited_total",
			"Attempts refused by rate limits, by the exhausted budget.", "budget"),
		store: counter("store_calls_total",
			"Rate limit checks by outcome: ok, failed (store error), local (counted in this process while the store was down).", "outcome"),
		tokens: counter("token_cache_total",
			"Access tokens by cache result: hit, or miss, which costs a signature check.", "outcome"),
		revocations: counter("revocation_log_total",
			"Operations on the log of sign-outs by outcome: ok, failed, full (an entry was dropped before it expired).", "outcome"),
		webhook: counter("signout_webhook_events_total",
			"Sign-out webhook events by outcome.", "outcome"),
		unrecorded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "authgraph_audit_failures_total", Help: "Security events that could not be written to the audit log.",
		}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.latency, m.inFlight, m.panics,
		m.fields, m.fieldLatency, m.cognito, m.cognitoLatency, m.jwks,
		m.rateLimited, m.store, m.tokens, m.revocations, m.webhook, m.unrecorded,
	)
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "authgraph_" + name, Help: help}, labels)
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "authgraph_" + name,
		Help: help,
		// From a response out of memory to the timeout of Cognito calls.
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, labels)
}

// Handler serves the metrics in Prometheus's text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// ObserveField counts an executed root field. operation is query or mutation, code an
// ErrorCode or OK.
func (m *Metrics) ObserveField(operation, field, code string, d time.Duration) {
	m.fields.WithLabelValues(operation, field, code).Inc()
	m.fieldLatency.WithLabelValues(field).Observe(d.Seconds())
}

// ObserveCognito counts a Cognito API call. outcome is OK or the name of the exception.
func (m *Metrics) ObserveCognito(operation, category, outcome string, d time.Duration) {
	m.cognito.WithLabelValues(operation, category, outcome).Inc()
	m.cognitoLatency.WithLabelValues(operation).Observe(d.Seconds())
}

// ObserveJWKS counts a fetch of the user pool's key set.
func (m *Metrics) ObserveJWKS(outcome string) { m.jwks.WithLabelValues(outcome).Inc() }

// ObserveRateLimit counts an attempt that exceeded a budget.
func (m *Metrics) ObserveRateLimit(budget string) { m.rateLimited.WithLabelValues(budget).Inc() }

// ObserveStore counts a rate limit check.
func (m *Metrics) ObserveStore(outcome string) { m.store.WithLabelValues(outcome).Inc() }

// ObserveRevocationLog counts an operation on the log of sign-outs.
func (m *Metrics) ObserveRevocationLog(outcome string) { m.revocations.WithLabelValues(outcome).Inc() }

// ObserveWebhook counts a sign-out webhook event.
func (m *Metrics) ObserveWebhook(outcome string) { m.webhook.WithLabelValues(outcome).Inc() }

// ObserveAuditFailure counts a security event that could not be written.
func (m *Metrics) ObserveAuditFailure() { m.unrecorded.Inc() }

// ObserveGauge registers a gauge whose value is read at every scrape. The prefix
// authgraph_ is added to the name.
func (m *Metrics) ObserveGauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "authgraph_" + name, Help: help}, value))
}

// ObserveToken counts an access token by cache result, "hit" or "miss".
func (m *Metrics) ObserveToken(outcome string) { m.tokens.WithLabelValues(outcome).Inc() }

// ObservePanic counts a panic in a request or in a field.
func (m *Metrics) ObservePanic() { m.panics.Inc() }

// RequestStarted counts a request as in flight.
func (m *Metrics) RequestStarted() { m.inFlight.Inc() }

// RequestDone counts a finished request. route and method must be from closed sets.
func (m *Metrics) RequestDone(route, method string, status int, d time.Duration) {
	m.inFlight.Dec()
	m.requests.WithLabelValues(route, method, class(status)).Inc()
	m.latency.WithLabelValues(route).Observe(d.Seconds())
}

// class returns the class of a status, such as 2xx.
func class(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return strconv.Itoa(status/100) + "xx"
}
