package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The dashboard and the alert rules use existing metrics and labels, and every metric
// of Authgraph is used in one of them.
func TestDashboardsAndAlerts(t *testing.T) {
	h := newTestAPI(t)
	m := h.metrics
	// A counter with labels is listed only after its first event.
	m.ObserveField("mutation", "signin", "OK", time.Millisecond)
	m.ObserveCognito("InitiateAuth", "UserAuthentication", "OK", time.Millisecond)
	m.ObserveRateLimit("account")
	m.ObserveStore("ok")
	m.ObserveRevocationLog("ok")
	m.ObserveWebhook("delivered")
	h.serve(h.token(t, 1), meBody)
	text := h.get("/metrics")

	labels := map[string][]string{} // by metric
	for _, line := range regexp.MustCompile(`(?m)^([a-z_]+)(?:\{([^}]*)\})? `).FindAllStringSubmatch(text, -1) {
		for _, label := range regexp.MustCompile(`([a-z_]+)="`).FindAllStringSubmatch(line[2], -1) {
			labels[line[1]] = append(labels[line[1]], label[1])
		}
		if labels[line[1]] == nil {
			labels[line[1]] = []string{}
		}
	}
	used := map[string]bool{}
	metric := regexp.MustCompile(`\b((?:authgraph|go|process)_[a-z_]+)(?:\{((?:[^}"]|"[^"]*")*)\})?`)
	for _, file := range []string{"../../deploy/grafana/authgraph.json", "../../deploy/prometheus/alerts.yml"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, use := range metric.FindAllStringSubmatch(strings.ReplaceAll(string(source), `\"`, `"`), -1) {
			found++
			used[strings.TrimSuffix(use[1], "_bucket")] = true
			known, exists := labels[use[1]]
			if !exists {
				t.Errorf("%s: no metric %s", file, use[1])
			}
			for _, label := range regexp.MustCompile(`([a-z_]+)(?:=|!=|=~|!~)"`).FindAllStringSubmatch(use[2], -1) {
				if label[1] != "job" && !slices.Contains(known, label[1]) {
					t.Errorf("%s: %s has no label %s, only %v", file, use[1], label[1], known)
				}
			}
		}
		if found < 10 {
			t.Errorf("%s: found only %d metrics", file, found)
		}
	}
	for name := range labels {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "authgraph_") && !used[base] && !used[name] {
			t.Errorf("%s is not used in the dashboard or an alert", name)
		}
	}
}

// get returns the body of a GET request.
func (h *testAPI) get(path string) string {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Body.String()
}

// Operations make only the calls to Cognito that they need.
func TestCallsToCognito(t *testing.T) {
	h := newTestAPI(t)
	token := h.token(t, 1)
	if body := h.serve(token, meBody).Body.String(); body != `{"data":{"me":{"id":"7c1e58c4-0000-4000-8000-000000000001","groups":["admins","staff"]}}}` {
		t.Fatal(body)
	}
	for _, tt := range []struct {
		name, token, document string
		calls                 int64
	}{
		{"me from the token", token, "{me{id groups}}", 0},
		{"me from the profile", token, "{me{id email username emailVerified attributes{name}} again:me{email}}", 1},
		{"signin", "", `mutation{signin(input:{email:"ada@example.com",password:"Right-Horse-1"}){__typename}}`, 1},
		{"refreshToken", "", `mutation{refreshToken(input:{refreshToken:"r"}){accessToken}}`, 1},
		{"a forged token", token[:len(token)-6] + "AAAAAA", "{me{email}}", 0},
		{"tokenStatus of another token", token, `{tokenStatus(token:"x"){active}}`, 0},
		{"logout everywhere", token, "mutation{logout{success}}", 1},
	} {
		before := h.calls.Load()
		h.serve(tt.token, `{"query":"`+strings.ReplaceAll(tt.document, `"`, `\"`)+`"}`)
		if got := h.calls.Load() - before; got != tt.calls {
			t.Errorf("%s: %d calls to Cognito, want %d", tt.name, got, tt.calls)
		}
	}
}
