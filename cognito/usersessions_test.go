package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"authgraph/cognito/token"
	"authgraph/internal/apierr"
	"authgraph/internal/sessionstore"
)

// begin is when the sessions of the tests begin: a full second, as in auth_time.
func begin() time.Time { return time.Date(2026, 11, 3, 7, 5, 9, 0, time.UTC) }

// at returns a time, in milliseconds after begin.
func at(ms int64) time.Time { return begin().Add(time.Duration(ms) * time.Millisecond) }

// listedSession is a session in Cognito's list.
func listedSession(id string, created int64) sessionDescription {
	return sessionDescription{
		SessionID: id, SessionType: typeToken, ClientID: "the-client",
		CreateDate: epochSeconds(float64(at(created).UnixMilli()) / 1000), LastActiveDate: epochSeconds(float64(at(created).UnixMilli()) / 1000),
		DeviceType: "Go 1 / Linux", LastIPAddress: "10.0.0.1",
	}
}

// recorded is the record of a session that began here within 40 ms after the time.
func recorded(origin string, began int64) sessionstore.Record {
	return sessionstore.Record{
		OriginJTI: origin, ClientID: "the-client", AuthenticatedAt: at(began).Truncate(time.Second),
		Began: at(began), Ended: at(began + 40), TokenLifetime: time.Hour, Device: "Firefox", Address: "192.0.2." + origin,
	}
}

func TestMatchSessions(t *testing.T) {
	learned := func(r sessionstore.Record, id string) sessionstore.Record {
		r.SessionID = id
		return r
	}
	sso := listedSession("sso", 20)
	sso.SessionType = typeSSO
	elsewhere := listedSession("b", 20)
	elsewhere.ClientID = "another-client"
	refreshedOnly := recorded("1", 0)
	refreshedOnly.Began, refreshedOnly.Ended = time.Time{}, time.Time{}
	tests := []struct {
		name    string
		listed  []sessionDescription
		records []sessionstore.Record
		want    string // session id, and the origin_jti of its records
	}{
		{"nothing", nil, nil, ""},
		{"one", []sessionDescription{listedSession("a", 20)}, []sessionstore.Record{recorded("1", 0)}, "a:1"},
		{
			"in one second",
			[]sessionDescription{listedSession("b", 220), listedSession("a", 20), listedSession("c", 420)},
			[]sessionstore.Record{recorded("1", 0), recorded("2", 200), recorded("3", 400)},
			"a:1 b:2 c:3",
		},
		{
			"clocks differ by a second",
			[]sessionDescription{listedSession("a", 1020), listedSession("b", 1220)},
			[]sessionstore.Record{recorded("1", 0), recorded("2", 200)},
			"a:1 b:2",
		},
		{
			"minutes apart",
			[]sessionDescription{listedSession("b", 120_020), listedSession("a", 20)},
			[]sessionstore.Record{recorded("1", 0), recorded("2", 120_000)},
			"a:1 b:2",
		},
		{
			"begun elsewhere",
			[]sessionDescription{listedSession("a", 20), listedSession("b", 60_020)},
			[]sessionstore.Record{recorded("1", 60_000)},
			"b:1",
		},
		{
			"ended",
			[]sessionDescription{listedSession("b", 60_020)},
			[]sessionstore.Record{recorded("1", 0), recorded("2", 60_000)},
			"b:2",
		},
		{
			"ended in the same second",
			[]sessionDescription{listedSession("b", 220)},
			[]sessionstore.Record{recorded("1", 0), recorded("2", 200)},
			"b:1,2",
		},
		{
			"learned in the same second",
			[]sessionDescription{listedSession("b", 220), listedSession("a", 20)},
			[]sessionstore.Record{learned(recorded("1", 0), "b"), recorded("2", 200)},
			"a:2 b:1",
		},
		{"learned, not listed yet", nil, []sessionstore.Record{learned(recorded("1", 0), "a")}, "a:1"},
		{
			"at the same time",
			[]sessionDescription{listedSession("a", 20), listedSession("b", 30)},
			[]sessionstore.Record{recorded("1", 0), recorded("2", 10)},
			"a:1,2 b:1,2",
		},
		{"single sign-on", []sessionDescription{sso}, []sessionstore.Record{recorded("1", 0)}, ""},
		{"of another app client", []sessionDescription{listedSession("a", 20), elsewhere}, []sessionstore.Record{recorded("1", 0)}, "a:1"},
		{"refreshed here", []sessionDescription{listedSession("a", 20)}, []sessionstore.Record{refreshedOnly}, "a:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for id, records := range matchSessions(tt.listed, tt.records) {
				origins := make([]string, len(records))
				for i, r := range records {
					origins[i] = r.OriginJTI
				}
				got = append(got, id+":"+strings.Join(origins, ","))
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("got %q, want %q", text, tt.want)
			}
		})
	}
}

// sessionAPI is a stand-in for Cognito's operations on sessions, for one user.
type sessionAPI struct {
	standIn
	pages   [][]sessionDescription
	revoked []string
	refuse  map[string]string // operation, or session to revoke → exception
}

func newSessionAPI(pages ...[]sessionDescription) *sessionAPI {
	s := &sessionAPI{pages: pages, refuse: map[string]string{}}
	s.answer = s.respond
	return s
}

// ServeHTTP keeps the body for respond.
func (s *sessionAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	s.standIn.ServeHTTP(w, r)
}

func (s *sessionAPI) respond(operation string, r *http.Request) (int, string) {
	var in struct{ SessionID, RevokeAssociatedSessions, NextToken string }
	body, _ := r.GetBody()
	_ = json.NewDecoder(body).Decode(&in)
	for _, what := range []string{operation, in.SessionID} {
		if name := s.refuse[what]; name != "" {
			return 400, exception(name, "Access Token has been revoked")
		}
	}
	switch operation {
	case "ListUserSessions":
		page := 0
		_, _ = fmt.Sscan(in.NextToken, &page)
		out := map[string]any{"Sessions": s.pages[page]}
		if page+1 < len(s.pages) {
			out["NextToken"] = fmt.Sprint(page + 1)
		}
		body, _ := json.Marshal(out)
		return 200, string(body)
	case "RevokeUserSession":
		s.mu.Lock()
		s.revoked = append(s.revoked, in.SessionID+":"+in.RevokeAssociatedSessions)
		s.mu.Unlock()
		return 200, "{}"
	default:
		return 200, `{"Username":"ada","UserAttributes":[]}`
	}
}

// sessionCaller returns the caller of a session, with the sessions that are known here.
func sessionCaller(t *testing.T, api *sessionAPI, origin string, store sessionstore.Store) *Caller {
	t.Helper()
	client := newInProcess(t, api, func(o *Options) {
		o.KnownSessions = KnownSessions{
			Of: store.Of,
			Learn: func(ctx context.Context, subject string, learned sessionstore.Record) error {
				return store.Update(ctx, subject, learned.OriginJTI, func(r *sessionstore.Record, _ bool) {
					r.SessionID, r.ActiveAt = learned.SessionID, time.Now()
				})
			},
		}
	})
	return client.NewCaller(&token.AccessClaims{
		Subject: "the-sub", Username: "ada", OriginJTI: origin, AuthenticatedAt: begin(), IssuedAt: begin(), ExpiresAt: begin().Add(time.Hour),
	}, "access")
}

func storeOf(t *testing.T, records ...sessionstore.Record) *sessionstore.Memory {
	t.Helper()
	store := sessionstore.NewMemory(time.Hour)
	for _, r := range records {
		err := store.Update(t.Context(), "the-sub", r.OriginJTI, func(stored *sessionstore.Record, _ bool) {
			*stored = r
			stored.ActiveAt = time.Now()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func current(s sessionDescription) sessionDescription {
	s.IsCurrentSession = true
	return s
}

func TestUserSessions(t *testing.T) {
	outside := listedSession("outside", 90_020)
	outside.DeviceType, outside.LastIPAddress, outside.LastLocation.Country = "Chrome 125 / macOS 15.0", "198.51.100.1", "Portugal"
	unseen := listedSession("unseen", 120_020)
	unseen.DeviceType, unseen.LastIPAddress, unseen.LastLocation.Country = "unknown", "", "unknown"
	unseen.OriginSessionID = "sso"
	api := newSessionAPI([]sessionDescription{current(listedSession("a", 20)), listedSession("b", 60_020)}, []sessionDescription{outside, unseen})
	store := storeOf(t, recorded("1", 0), recorded("2", 60_000))
	user := sessionCaller(t, api, "1", store).User()
	page, err := user.Sessions(t.Context(), 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	describe := func(s *Session) string {
		text := fmt.Sprintf("%s %v", s.ID, s.Current)
		for _, v := range []*string{s.Device, s.IPAddress, s.Origin} {
			if v != nil {
				text += " " + *v
			}
		}
		if s.Location != nil {
			text += " " + *s.Location.Country
		}
		return text
	}
	var got []string
	for _, s := range page.Nodes() {
		got = append(got, describe(s))
	}
	want := []string{"unseen false sso", "outside false Chrome 125 / macOS 15.0 198.51.100.1 Portugal", "b false Firefox 192.0.2.2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if info := page.PageInfo; !info.HasNextPage || info.HasPreviousPage || *info.EndCursor != page.Edges[2].Cursor {
		t.Errorf("page info %+v", info)
	}
	last, err := user.Sessions(t.Context(), 3, page.PageInfo.EndCursor)
	if err != nil || len(last.Edges) != 1 || describe(last.Edges[0].Node) != "a true Firefox 192.0.2.1" {
		t.Fatalf("the last page: %+v %v", last, err)
	}
	if last.PageInfo.HasNextPage || !last.PageInfo.HasPreviousPage || !last.Edges[0].Node.CreatedAt.Equal(at(20)) {
		t.Errorf("the last page: %+v %+v", last.PageInfo, last.Edges[0].Node)
	}
	if operations, _ := api.log(); len(operations) != 2 {
		t.Errorf("%d calls, want one for each page of Cognito's", len(operations))
	}
	records, _ := store.Of(t.Context(), "the-sub")
	if records[0].SessionID != "a" || records[1].SessionID != "" {
		t.Errorf("learned %+v", records)
	}
}

// A cursor is a position and nothing else: a forged one is rejected, or is a position in the
// caller's own list.
func TestForgedSessionCursors(t *testing.T) {
	user := sessionCaller(t, newSessionAPI([]sessionDescription{current(listedSession("a", 20))}), "1", storeOf(t)).User()
	for _, forged := range []string{"", "x", "!", "LTEueA==", "e30", strings.Repeat("A", 256), "a.b"} {
		_, err := user.Sessions(t.Context(), 1, &forged)
		if e := apierr.From(err); e == nil || e.Code != apierr.BadUserInput || e.Field != "after" {
			t.Errorf("%q: %v", forged, err)
		}
	}
	past := sessionCursor{0, "someone else's"}.String()
	page, err := user.Sessions(t.Context(), 1, &past)
	if err != nil || len(page.Edges) != 0 || page.PageInfo.StartCursor != nil {
		t.Errorf("%+v %v", page, err)
	}
	for _, size := range []int32{-1, 0, 101} {
		_, err := user.Sessions(t.Context(), size, nil)
		if e := apierr.From(err); e == nil || e.Code != apierr.BadUserInput || e.Field != "first" {
			t.Errorf("%d: %v", size, err)
		}
	}
}

func TestRevokeSession(t *testing.T) {
	sso, first, second := listedSession("sso", 0), listedSession("first", 30_020), listedSession("second", 60_020)
	sso.SessionType, first.OriginSessionID, second.OriginSessionID = typeSSO, "sso", "sso"
	alone := listedSession("alone", 90_020)
	tests := []struct {
		name    string
		current sessionDescription
		id      string
		linked  bool
		refuse  string
		revoked string
		ended   string // origin_jti of sessions whose tokens end here
		code    apierr.Code
	}{
		{"another", alone, "first", false, "", "first:NONE", "1", ""},
		{"single sign-on alone", alone, "sso", false, "", "sso:NONE", "", ""},
		{"single sign-on with its sessions", alone, "sso", true, "", "sso:LINKED", "1 2", ""},
		{"single sign-on of the caller's", second, "sso", true, "", "sso:LINKED", "1 2", ""},
		{"with its single sign-on", alone, "second", true, "", "second:LINKED", "2", ""},
		{"the current one", first, "first", false, "", "", "", apierr.BadUserInput},
		{"not in the list", alone, "unknown", false, "unknown", "", "", apierr.NotFound},
		{"not carried out", alone, "first", false, "first", "", "1", apierr.NotFound},
		{"list refused", alone, "first", false, "ListUserSessions", "", "", apierr.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			listed := []sessionDescription{sso, first, second, alone}
			for i := range listed {
				listed[i].IsCurrentSession = listed[i].SessionID == tt.current.SessionID
			}
			api := newSessionAPI(listed)
			if tt.refuse != "" {
				api.refuse[tt.refuse] = "ResourceNotFoundException"
			}
			origin := map[string]string{"first": "1", "second": "2", "alone": "3"}[tt.current.SessionID]
			caller := sessionCaller(t, api, origin, storeOf(t, recorded("1", 30_000), recorded("2", 60_000), recorded("3", 90_000)))
			var ended []string
			err := caller.RevokeSession(t.Context(), tt.id, tt.linked, func(out SignedOut) error {
				if left := time.Until(out.TokensExpire); out.Subject != "the-sub" || left < time.Hour || left > time.Hour+2*time.Minute {
					t.Errorf("ended %+v", out)
				}
				ended = append(ended, out.OriginJTI)
				return nil
			})
			slices.Sort(ended)
			if got := strings.Join(ended, " "); got != tt.ended {
				t.Errorf("ended %q, want %q", got, tt.ended)
			}
			if got := strings.Join(api.revoked, " "); got != tt.revoked {
				t.Errorf("revoked %q, want %q", got, tt.revoked)
			}
			want := tt.code
			if tt.name == "list refused" {
				want = apierr.ServiceMisconfigured
			}
			if e := apierr.From(err); (e == nil) != (want == "") || e != nil && e.Code != want {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
}

// A new session may not be listed yet. It is not taken for another one that began at the same
// time.
func TestRevokeSessionFromOneThatIsNotListed(t *testing.T) {
	for name, listed := range map[string][]sessionDescription{
		"the caller's is not listed": {listedSession("a", 20)}, "it is": {listedSession("a", 20), current(listedSession("b", 220))},
	} {
		for _, known := range []bool{true, false} {
			records := []sessionstore.Record{recorded("1", 0)}
			if known {
				records = append(records, recorded("2", 200))
			}
			api := newSessionAPI(listed)
			var ended []string
			err := sessionCaller(t, api, "2", storeOf(t, records...)).RevokeSession(t.Context(), "a", false, func(out SignedOut) error {
				ended = append(ended, out.OriginJTI)
				return nil
			})
			if err != nil || !slices.Equal(ended, []string{"1"}) || !slices.Equal(api.revoked, []string{"a:NONE"}) {
				t.Errorf("%s, %v: %v, ended %v, revoked %v", name, known, err, ended, api.revoked)
			}
		}
	}
}

// The caller's own session, and the single sign-on session of the same browser, go on.
func TestEndOtherSessions(t *testing.T) {
	sso, own := listedSession("sso", 0), current(listedSession("own", 20))
	sso.SessionType, own.OriginSessionID = typeSSO, "sso"
	listed := []sessionDescription{sso, own, listedSession("b", 30_020), listedSession("c", 60_020)}
	tests := []struct {
		name    string
		origin  string
		revoked error
		refuse  map[string]string
		calls   string // of Cognito, sorted
		ended   bool
		code    apierr.Code
	}{
		{"tracked", "1", nil, nil, "ListUserSessions RevokeUserSession RevokeUserSession", true, ""},
		{"not tracked", "1", nil, map[string]string{"ListUserSessions": "OperationNotEnabledException"}, "GetUser ListUserSessions", true, ""},
		{"an emulator", "1", nil, map[string]string{"ListUserSessions": "UnknownOperationException"}, "GetUser ListUserSessions", true, ""},
		{"not tracked, token revoked in Cognito", "1", nil, map[string]string{
			"ListUserSessions": "OperationNotEnabledException", "GetUser": "NotAuthorizedException",
		}, "GetUser ListUserSessions", false, apierr.TokenRevoked},
		{"token revoked in Cognito", "1", nil, map[string]string{"ListUserSessions": "NotAuthorizedException"}, "ListUserSessions", false, apierr.TokenRevoked},
		{"ended here", "1", token.ErrTokenRevoked, nil, "", false, apierr.TokenRevoked},
		{"unknown whether it ended", "1", token.ErrRevocationsUnknown, nil, "", false, apierr.ServiceUnavailable},
		{"no token revocation", "", nil, nil, "", false, apierr.NotEnabled},
		{"one has ended already", "1", nil, map[string]string{"b": "ResourceNotFoundException"}, "ListUserSessions RevokeUserSession RevokeUserSession", true, ""},
		{"one cannot be revoked", "1", nil, map[string]string{"b": "InternalErrorException"}, "ListUserSessions RevokeUserSession RevokeUserSession", true, apierr.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			api := newSessionAPI(listed)
			for what, name := range tt.refuse {
				api.refuse[what] = name
			}
			caller := sessionCaller(t, api, tt.origin, storeOf(t))
			caller.client.options.Revoked = func(*token.AccessClaims) error { return tt.revoked }
			ended := false
			err := caller.EndOtherSessions(t.Context(), func(out SessionsEnded) error {
				ended = true
				if out != (SessionsEnded{Subject: "the-sub", Username: "ada", OriginJTI: "1"}) {
					t.Errorf("ended %+v", out)
				}
				return nil
			})
			operations, _ := api.log()
			slices.Sort(operations)
			if got := strings.Join(operations, " "); got != tt.calls {
				t.Errorf("called %s, want %s", got, tt.calls)
			}
			if ended != tt.ended {
				t.Errorf("ended here: %v", ended)
			}
			if slices.Contains(api.revoked, "sso:NONE") || slices.Contains(api.revoked, "own:NONE") {
				t.Errorf("revoked %v", api.revoked)
			}
			if e := apierr.From(err); (e == nil) != (tt.code == "") || e != nil && e.Code != tt.code {
				t.Errorf("error %v, want %s", err, tt.code)
			}
		})
	}
}

// Without the records, nothing is revoked: the access tokens would go on here.
func TestRevokeSessionWithoutTheStore(t *testing.T) {
	api := newSessionAPI([]sessionDescription{listedSession("a", 20)})
	caller := sessionCaller(t, api, "1", storeOf(t))
	caller.client.options.KnownSessions.Of = func(context.Context, string) ([]sessionstore.Record, error) { return nil, errors.New("down") }
	err := caller.RevokeSession(t.Context(), "a", false, func(SignedOut) error { return nil })
	if e := apierr.From(err); e == nil || e.Code != apierr.ServiceUnavailable || len(api.revoked) != 0 {
		t.Errorf("%v, revoked %v", err, api.revoked)
	}
}
