package directives_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/cognito"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/audit"
	"authgraph/internal/reqctx"
	"authgraph/internal/store"
)

// ways is the same API twice: once with all its short ways, once without any, where
// every token is verified anew and every document parsed and executed.
type ways struct {
	pool      *pool
	short     http.Handler
	long      http.Handler
	signedOut map[string]bool // sub
	limited   bool            // there were too many forged tokens
	now       time.Time
	told      [2][]string // what observers heard of one request: short, long
	mu        sync.Mutex
}

func newWays(t *testing.T) *ways {
	t.Helper()
	w := &ways{pool: newPool(t), signedOut: map[string]bool{}, now: time.Now()}
	handler := func(n int, long bool) http.Handler {
		// The verifier of the long way is new with each request, so it remembers nothing.
		verifier := func() *cognito.Verifier {
			keys, err := cognito.NewKeySet(cognito.KeySetOptions{URL: w.pool.URL})
			if err != nil {
				t.Fatal(err)
			}
			v, err := cognito.NewVerifier(cognito.VerifierOptions{
				Issuers: []string{w.pool.URL}, ClientID: "c", Keys: keys, Now: func() time.Time { return w.now },
				Revoked: func(c *cognito.AccessClaims) error {
					if w.signedOut[c.Subject] {
						return cognito.ErrTokenRevoked
					}
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		build := func() http.Handler {
			v := verifier()
			auth := &directives.Auth{Verifier: v, Client: w.pool.auth.Client, Limit: &directives.RateLimit{
				Counters: attempts{take: func(a store.Attempt) store.Decision {
					w.seen(n, "counted "+a.Budgets[0].Name)
					if w.limited {
						return store.Decision{Refused: a.Budgets[0].Name, RetryAfter: 90*time.Second + time.Millisecond}
					}
					return store.Decision{}
				}},
				Rates:   map[string]directives.Rate{"forged-token": {Burst: 1, Every: time.Minute}},
				Observe: func(budget string) { w.seen(n, "refused by "+budget) },
			}}
			options := graph.Options{
				Cognito: w.pool.auth.Client, Verifier: v, Log: slog.New(slog.DiscardHandler),
				Directives: generated.DirectiveRoot{
					Auth: auth.Directive, Constraint: (&directives.Constraint{}).Directive, RateLimit: (&directives.RateLimit{}).Directive,
				},
				Observe: func(_, field, code string, _ time.Duration) { w.seen(n, "observed "+field+" "+code) },
				Audit:   func(_ context.Context, e audit.Event) { w.seen(n, fmt.Sprintf("audited %+v", e)) },
			}
			if !long {
				options.Caller = auth.Caller
			}
			api, err := graph.NewHandler(options)
			if err != nil {
				t.Fatal(err)
			}
			return api
		}
		if !long {
			return build()
		}
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { build().ServeHTTP(rw, r) })
	}
	w.short, w.long = handler(0, false), handler(1, true)
	return w
}

// seen notes what an observer of one of the two ways is told.
func (w *ways) seen(n int, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told[n] = append(w.told[n], what)
}

// attempts decides on attempts, and can do nothing else.
type attempts struct {
	store.Counters
	take func(store.Attempt) store.Decision
}

func (a attempts) Take(_ context.Context, attempt store.Attempt) (store.Decision, error) {
	return a.take(attempt), nil
}

// question is one request.
type question struct {
	method, accept, contentType, token, body string
}

func (q question) ask(h http.Handler) string {
	target := "/graphql"
	if q.method == http.MethodGet {
		target += "?query=" + strings.ReplaceAll(q.body, " ", "%20")
	}
	r := httptest.NewRequest(q.method, target, strings.NewReader(q.body))
	r.Header.Set("Content-Type", q.contentType)
	if q.accept != "" {
		r.Header.Set("Accept", q.accept)
	}
	recorder := httptest.NewRecorder()
	request := &reqctx.Request{ID: `the <id> & "é"`, Bearer: q.token}
	h.ServeHTTP(recorder, r.WithContext(reqctx.NewContext(context.Background(), request)))
	return fmt.Sprint(recorder.Code, recorder.Header(), sorted(recorder.Body.Bytes()))
}

// sorted is an answer with its errors in an order of their own: fields are executed
// side by side, and which of several fails first is chance.
func sorted(body []byte) string {
	var answer struct {
		Data   json.RawMessage
		Errors []json.RawMessage
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Errors) < 2 {
		return string(body)
	}
	slices.SortFunc(answer.Errors, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	return fmt.Sprintf("%s %s", answer.Data, answer.Errors)
}

// The short ways give what the long way gives: for honest and hostile requests, in
// any order and again and again, while sessions are signed out, tokens expire and
// keys are withdrawn.
func TestShortWaysAreEqual(t *testing.T) {
	w := newWays(t)
	random := rand.New(rand.NewPCG(1, 2))
	now := w.now.Unix()
	claims := func(sub string, more map[string]any) map[string]any {
		all := map[string]any{"sub": sub, "username": sub, "origin_jti": "o-" + sub, "cognito:groups": []string{"g-" + sub}, "exp": now + 600}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	ada := w.pool.token(t, claims("ada", nil))
	tokens := []string{
		ada, w.pool.token(t, claims("eve", nil)), w.pool.token(t, claims("bob", map[string]any{"exp": now + 60})), w.pool.token(t, claims("ada", map[string]any{"jti": "2"})),
		w.pool.token(t, claims("ada", map[string]any{"exp": now - 3600})), w.pool.token(t, claims("ada", map[string]any{"client_id": "other"})),
		w.pool.token(t, claims("ada", map[string]any{"token_use": "id"})),
		ada[:len(ada)-6] + "AAAAAA", ada + "A", ada + ".", ada[1:], strings.ToUpper(ada), strings.Replace(ada, ".", "..", 1), "", "nonsense",
	}
	query := func(q string) string { return `{"query":"` + q + `"}` }
	bodies := []string{
		query("{me{id}}"), query("{me{id groups}}"), query("query A{me{id __typename groups}}"), query("{a:me{x:id} b:me{groups}}"), query("{\\n  who: me { id id:id groups }\\n}"), query("{me{id x:id}}"),
		query("{me{id} me{groups}}"), query("{me{__typename}}"), query("{me{id email}}"),
		query("{me{id @skip(if:true) groups}}"), query("{me @include(if:false){id}}"), query("{me{...f}} fragment f on User{id}"), query("{me{...{id}}}"),
		query("{__typename}"), query("{__typename me{id}}"), query("{me{id}} "), " " + query("{me{id}}"), query("{me{id"), query("{you{id}}"),
		query("query A{me{id}} query B{me{groups}}"), `{"query":"query A{me{id}} query B{me{groups}}","operationName":"B"}`,
		`{"query":"query($b:Boolean=true){me{id groups @include(if:$b)}}","variables":{"b":false}}`, `{"query":"{me{id}}","variables":{"unused":1}}`,
		`{"query":"{me{id}}","query":"{me{groups}}"}`, `{"QUERY":"{me{id}}"}`, `[{"query":"{me{id}}"}]`, "", "{", "null",
		query("mutation{logout{success}}"), query("{" + strings.Repeat("a:me{id} ", 30) + "}"), query("{tokenStatus(token:\\\"x\\\"){active}}"),
		query("{me{" + strings.Repeat("id ", 400) + "}}"), query("{me{id}}" + strings.Repeat(" ", 2000)),
	}
	accepts := []string{"", "application/json", "application/graphql-response+json", "*/*", "text/html", "application/json;q=0"}
	asked, different := 0, 0
	for round := range 6000 {
		switch round {
		case 1500:
			w.signedOut["ada"] = true
		case 3000:
			w.now = w.now.Add(2 * time.Minute) // bob's token is past its time
		case 3500, 4000:
			w.limited = round == 3500
		case 4500:
			w.signedOut["ada"] = false
			w.now = w.now.Add(time.Hour) // and now all are
		}
		q := question{http.MethodPost, accepts[0], "application/json", tokens[0], bodies[random.IntN(len(bodies))]}
		if random.IntN(3) > 0 {
			q.body = bodies[random.IntN(4)] // those that are kept
		}
		if random.IntN(2) > 0 {
			q.token = tokens[random.IntN(len(tokens))]
		}
		switch random.IntN(12) {
		case 0:
			q.accept = accepts[random.IntN(len(accepts))]
		case 1:
			q.contentType = "text/plain"
		case 2:
			q.method = http.MethodGet
		case 3:
			q.method = http.MethodPut
		}
		asked++
		before := w.pool.calls.Load()
		short := q.ask(w.short)
		between := w.pool.calls.Load()
		long := q.ask(w.long)
		if calls := between - before; calls != w.pool.calls.Load()-between {
			t.Errorf("round %d, %+v: the short way made %d calls to Cognito", round, q, calls)
		}
		slices.Sort(w.told[0])
		slices.Sort(w.told[1])
		if !slices.Equal(w.told[0], w.told[1]) {
			t.Errorf("round %d, %+v: observers were told %q by the short way, %q by the long one", round, q, w.told[0], w.told[1])
		}
		w.told = [2][]string{}
		if short != long {
			different++
			if different < 5 {
				t.Errorf("round %d, %+v\nshort %s\nlong  %s", round, q, short, long)
			}
		}
	}
	t.Logf("%d requests, %d answered differently", asked, different)
}
