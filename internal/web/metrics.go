package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counters of one process, in a registry of their own. The
// Observe methods are handed to other packages as plain functions.
//
// Every label comes from a closed set, so that no client can make the memory
// grow: what the methods are given must be names of the schema, of Cognito's API
// or of this program, never something that was sent.
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

// NewMetrics returns metrics with everything at nought.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("http_requests_total",
			"HTTP requests by route, method and class of status.", "route", "method", "class"),
		latency: histogram("http_request_duration_seconds",
			"Time from a request's headers to the end of its response.", "route"),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "authgraph_http_requests_in_flight", Help: "HTTP requests that are being answered.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "authgraph_panics_total", Help: "Bugs that ended one request.",
		}),
		fields: counter("graphql_fields_total",
			"Executed root fields by operation (query, mutation), field and error code (OK without one).", "operation", "field", "code"),
		fieldLatency: histogram("graphql_field_duration_seconds",
			"Time that a root field took.", "field"),
		cognito: counter("cognito_calls_total",
			"Calls of Cognito's API by operation, quota category and outcome.", "operation", "category", "outcome"),
		cognitoLatency: histogram("cognito_call_duration_seconds",
			"Time that a call of Cognito's API took, retries included.", "operation"),
		jwks: counter("jwks_fetches_total",
			"Fetches of the pool's public keys by outcome.", "outcome"),
		rateLimited: counter("rate_limited_total",
			"Attempts that were refused, by the budget that was used up.", "budget"),
		store: counter("store_calls_total",
			"Counts of attempts by outcome: ok, failed (the store did), local (counted here, as the store was down).", "outcome"),
		tokens: counter("token_cache_total",
			"Access tokens by whether they were remembered: hit, or miss, which costs a signature check.", "outcome"),
		revocations: counter("revocation_log_total",
			"Uses of the log of sign-outs by outcome: ok, failed, full (one was dropped before its time).", "outcome"),
		webhook: counter("signout_webhook_events_total",
			"Sign-outs told to the webhook, by outcome.", "outcome"),
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
		// From an answer out of memory to the longest that Cognito is waited for.
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, labels)
}

// Handler serves the metrics in the form that Prometheus reads.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// ObserveField counts one executed root field of GraphQL. operation is query or
// mutation, field the schema's name, code the error code or OK.
func (m *Metrics) ObserveField(operation, field, code string, d time.Duration) {
	m.fields.WithLabelValues(operation, field, code).Inc()
	m.fieldLatency.WithLabelValues(field).Observe(d.Seconds())
}

// ObserveCognito counts one call of Cognito's API. outcome is ok or the name of
// the exception.
func (m *Metrics) ObserveCognito(operation, category, outcome string, d time.Duration) {
	m.cognito.WithLabelValues(operation, category, outcome).Inc()
	m.cognitoLatency.WithLabelValues(operation).Observe(d.Seconds())
}

// ObserveJWKS counts one fetch of the pool's public keys.
func (m *Metrics) ObserveJWKS(outcome string) { m.jwks.WithLabelValues(outcome).Inc() }

// ObserveRateLimit counts one attempt that a budget refused.
func (m *Metrics) ObserveRateLimit(budget string) { m.rateLimited.WithLabelValues(budget).Inc() }

// ObserveStore counts one use of the store that replicas share.
func (m *Metrics) ObserveStore(outcome string) { m.store.WithLabelValues(outcome).Inc() }

// ObserveRevocationLog counts one use of the log of sign-outs.
func (m *Metrics) ObserveRevocationLog(outcome string) { m.revocations.WithLabelValues(outcome).Inc() }

// ObserveWebhook counts one sign-out that the webhook was, or was not, told of.
func (m *Metrics) ObserveWebhook(outcome string) { m.webhook.WithLabelValues(outcome).Inc() }

// ObserveAuditFailure counts one security event that could not be written.
func (m *Metrics) ObserveAuditFailure() { m.unrecorded.Inc() }

// ObserveGauge reports a figure, which is asked for whenever the metrics are read.
// name is without the program's, as in "token_cache_entries".
func (m *Metrics) ObserveGauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "authgraph_" + name, Help: help}, value))
}

// ObserveToken counts one access token, which was remembered ("hit") or not.
func (m *Metrics) ObserveToken(outcome string) { m.tokens.WithLabelValues(outcome).Inc() }

// ObservePanic counts a bug that ended one request, or one field of it.
func (m *Metrics) ObservePanic() { m.panics.Inc() }

func (m *Metrics) requestStarted() { m.inFlight.Inc() }

func (m *Metrics) requestDone(route, method string, status int, d time.Duration) {
	m.inFlight.Dec()
	m.requests.WithLabelValues(route, method, class(status)).Inc()
	m.latency.WithLabelValues(route).Observe(d.Seconds())
}

// class returns 2xx for 204, and so on.
func class(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return strconv.Itoa(status/100) + "xx"
}
