package security_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/testutil"
)

// serveSessions makes Cognito list sessions by their access tokens, each with the time when it
// began, and accept every other call. Ids are the origin_jti, with a prefix.
func (g *target) serveSessions(sessions map[string]time.Time, origins map[string]string) {
	g.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListUserSessions") {
			_, _ = io.WriteString(w, "{}")
			return
		}
		list := []map[string]any{}
		for token, began := range sessions {
			list = append(list, map[string]any{
				"SessionId": "tkn" + origins[token], "SessionType": "TOKEN", "ClientId": testutil.FakeClientID,
				"CreateDate": float64(began.UnixMilli()) / 1000, "LastActiveDate": float64(began.UnixMilli()) / 1000,
				"IsCurrentSession": strings.Contains(string(body), token),
			})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Sessions": list})
	})
}

// P33: a session that is ended at one replica is out at all of them, the one where it began and
// the others, and no other session is.
func TestAttackSessionsOverReplicas(t *testing.T) {
	t.Parallel()
	replicas := newReplicas(t, 3, "REDIS_URL="+redistest.Start(t).URL())
	sessions, origins := map[string]time.Time{}, map[string]string{}
	signIn := func(g *target, origin string) string {
		token := g.SignIn(t, "ada", origin)
		sessions[token], origins[token] = time.Now(), origin
		return token
	}
	phone, tablet, laptop := signIn(replicas[0], "phone"), signIn(replicas[1], "tablet"), signIn(replicas[2], "laptop")
	eve := replicas[0].NewToken(t, "eve", "tv")
	for _, g := range replicas {
		testutil.Eventually(t, "the store to be read", 5*time.Second, func() bool { return g.whoami(t, phone) == "absent" })
	}
	replicas[2].serveSessions(sessions, origins)

	r, err := replicas[2].Post(`mutation{revokeSession(input:{id:"tknphone"}){success}}`, "Bearer "+laptop)
	if err != nil || r.Code() != "absent" {
		t.Fatalf("%v %s", err, r.Body)
	}
	for i, g := range replicas {
		took := testutil.Eventually(t, "the session to be out", 2*time.Second, func() bool { return g.whoami(t, phone) == "TOKEN_REVOKED" })
		t.Logf("replica %d knew after %v", i, took.Round(time.Millisecond))
		for _, other := range []string{tablet, laptop, eve} {
			if got := g.whoami(t, other); got != "absent" {
				t.Errorf("another session got %s", got)
			}
		}
	}
	// The ended session can end none of the others.
	for _, document := range []string{
		`mutation{revokeSession(input:{id:"tknlaptop"}){success}}`, `mutation{logout(input:{others:true}){success}}`,
	} {
		r, err := replicas[0].Post(document, "Bearer "+phone)
		if err != nil || r.Code() != "TOKEN_REVOKED" {
			t.Errorf("%s: %v %s", document, err, r.Body)
		}
	}

	r, err = replicas[1].Post(`mutation{logout(input:{others:true}){success}}`, "Bearer "+tablet)
	if err != nil || r.Code() != "absent" {
		t.Fatalf("%v %s", err, r.Body)
	}
	for _, g := range replicas {
		testutil.Eventually(t, "the other session to be out", 2*time.Second, func() bool { return g.whoami(t, laptop) == "TOKEN_REVOKED" })
		if got := g.whoami(t, tablet) + g.whoami(t, eve); got != "absentabsent" {
			t.Errorf("the sessions that go on got %s", got)
		}
	}
}

// P33: what is wrong with a request never reaches Cognito.
func TestAttackSessions(t *testing.T) {
	t.Parallel()
	g := newTarget(t)
	token := g.NewToken(t, "ada", "laptop")
	calls := len(g.Cognito.Calls())
	for _, tt := range []struct{ document, token, code string }{
		{`{me{sessions{nodes{id}}}}`, "", "UNAUTHENTICATED"},
		{`{me{sessions{nodes{id}}}}`, token + "x", "INVALID_TOKEN"},
		{`mutation{revokeSession(input:{id:"tkn1"}){success}}`, "", "UNAUTHENTICATED"},
		{`mutation{logout(input:{others:true}){success}}`, "", "UNAUTHENTICATED"},
		{`mutation{logout(input:{others:true,thisSession:true}){success}}`, token, "BAD_USER_INPUT"},
		{`mutation{logout(input:{others:true,refreshToken:"r"}){success}}`, "", "BAD_USER_INPUT"},
		{`{me{sessions(first:0){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(first:-1){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(first:101){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(first:2147483648){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(after:""){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(after:"x"){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(after:"Li4vLi4v"){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{me{sessions(after:"` + strings.Repeat("A", 5000) + `"){nodes{id}}}}`, token, "BAD_USER_INPUT"},
		{`{_entities(representations:[{__typename:"User",id:"7c1e58c4-0000-4000-8000-000000000002"}]){... on User{sessions{nodes{id}}}}}`, token, "FORBIDDEN"},
	} {
		var authorization []string
		if tt.token != "" {
			authorization = []string{"Bearer " + tt.token}
		}
		r, err := g.Post(tt.document, authorization...)
		code := r.Code()
		if code == "GRAPHQL_VALIDATION_FAILED" && strings.Contains(tt.document, "2147483648") {
			code = tt.code
		}
		if err != nil || code != tt.code {
			t.Errorf("%.100s: %v %s, want %s", tt.document, err, r.Body, tt.code)
		}
	}
	g.unharmed(t, calls)
}

// P33: a list without end, and the header of a hostile browser, are cut.
func TestAttackSessionsWithoutEnd(t *testing.T) {
	t.Parallel()
	g := newTarget(t)
	token := g.NewToken(t, "ada", "laptop")
	g.Cognito.Respond(http.StatusOK, fmt.Sprintf(`{"AuthenticationResult":{"AccessToken":%q,"ExpiresIn":3600,"TokenType":"Bearer"}}`, token))
	agents := []string{
		strings.Repeat("Mozilla/5.0 (", 300), strings.Repeat(";/()", 2000), "<script>alert(1)</script>/1 (Linux)", "Chrome/99999999999999999999 (Macintosh)", "\u202e/1",
	}
	for _, agent := range agents {
		request := g.Request(http.MethodPost, "/graphql", []byte(testutil.RequestBody(`mutation{signin(input:{email:"ada@example.com",password:"Right-Horse-1"}){__typename}}`)))
		request.Header.Set("User-Agent", agent)
		if r, err := g.Send(request); err != nil || r.Code() != "absent" {
			t.Fatalf("%v %s", err, r.Body)
		}
	}
	calls := len(g.Cognito.Calls())
	var n atomic.Int64
	g.Cognito.RespondWith(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		began := float64(time.Now().UnixMilli()) / 1000
		fmt.Fprintf(w, `{"NextToken":"again","Sessions":[{"SessionId":"tkn%d","SessionType":"TOKEN","ClientId":%q,"CreateDate":%f,"LastActiveDate":%f}]}`,
			n.Add(1), testutil.FakeClientID, began, began)
	})
	r, err := g.Post(`{me{sessions{nodes{id device ipAddress}}}}`, "Bearer "+token)
	if err != nil || r.Code() != "absent" || r.Took > maxResponseTime {
		t.Fatalf("%v after %v: %s", err, r.Took, r.Body)
	}
	if made := len(g.Cognito.Calls()) - calls; made != 10 {
		t.Errorf("%d calls for a list without end", made)
	}
	if len(r.Body) > 10_000 {
		t.Errorf("%d bytes", len(r.Body))
	}
	g.unharmed(t, calls+10)
}

// The webhook reports a session that another one ended, and the end of all others.
func TestSessionsWebhook(t *testing.T) {
	t.Parallel()
	bodies := make(chan []byte, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- body
	}))
	t.Cleanup(receiver.Close)
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	g := newTarget(t, "SIGNOUT_WEBHOOK_URL="+receiver.URL, "SIGNOUT_WEBHOOK_SECRET=whsec_"+key)
	sessions, origins := map[string]time.Time{}, map[string]string{}
	for _, origin := range []string{"phone", "laptop"} {
		token := g.SignIn(t, "ada", origin)
		sessions[token], origins[token] = time.Now(), origin
	}
	laptop := g.NewToken(t, "ada", "laptop")
	g.serveSessions(sessions, origins)
	for _, tt := range []struct{ document, sessionID, except string }{
		{`mutation{revokeSession(input:{id:"tknphone"}){success}}`, "phone", ""},
		{`mutation{logout(input:{others:true}){success}}`, "", "laptop"},
	} {
		if r, err := g.Post(tt.document, "Bearer "+laptop); err != nil || r.Code() != "absent" {
			t.Fatalf("%v %s", err, r.Body)
		}
		var event struct {
			Type string
			Data struct {
				UserID, SessionID, ExceptSessionID string
				AuthenticatedBefore                *time.Time
			}
		}
		select {
		case body := <-bodies:
			if err := json.Unmarshal(body, &event); err != nil {
				t.Fatal(err)
			}
		case <-time.After(testutil.Timeout):
			t.Fatal("the webhook was not called")
		}
		if d := event.Data; event.Type != "session.ended" || d.UserID != "ada" || d.SessionID != tt.sessionID ||
			d.ExceptSessionID != tt.except || (d.AuthenticatedBefore != nil) != (tt.except != "") {
			t.Errorf("%s: %+v", tt.document, event)
		}
	}
}
