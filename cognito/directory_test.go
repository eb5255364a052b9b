package cognito_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/internal/apierr"
)

// administration is a stub of the operations of administrators. Users whose id starts
// with "user-" exist.
type administration struct {
	mu      sync.Mutex
	calls   map[string]int // by operation and user
	out     int
	mostOut int
	failing bool
	release chan struct{} // calls wait for it unless it is nil
}

func (a *administration) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, _ := io.ReadAll(r.Body)
	var in struct{ Username, Filter string }
	_ = json.Unmarshal(body, &in)
	a.mu.Lock()
	a.calls[operation+" "+in.Username+in.Filter]++
	a.out++
	a.mostOut = max(a.mostOut, a.out)
	failing, release := a.failing, a.release
	a.mu.Unlock()
	if release != nil {
		<-release
	}
	a.mu.Lock()
	a.out--
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=none/"):
		w.WriteHeader(http.StatusForbidden)
	case failing:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"InternalErrorException"}`)
	case operation == "AdminGetUser" && strings.HasPrefix(in.Username, "user-"):
		_, _ = fmt.Fprintf(w, `{"Username":%q,"UserAttributes":[{"Name":"sub","Value":%q},{"Name":"name","Value":"name of %s"},{"Name":"email","Value":"%s@example.com"}]}`, in.Username, in.Username, in.Username, in.Username)
	case operation == "AdminListGroupsForUser":
		_, _ = io.WriteString(w, `{"Groups":[{"GroupName":"a"},{"GroupName":"b"}]}`)
	case operation == "ListUsers":
		_, _ = io.WriteString(w, `{"Users":[]}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"UserNotFoundException"}`)
	}
}

func (a *administration) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

func newAdministration(t *testing.T, credentials *cognito.Credentials) (*administration, *cognito.Client) {
	t.Helper()
	a := &administration{calls: map[string]int{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	client, err := cognito.New(cognito.Options{
		Region: "us-east-1", UserPoolID: "us-east-1_Abc", ClientID: "c", Endpoint: server.URL, UsernameAttribute: "name", ModeAttribute: "custom:mode", Credentials: credentials,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, client
}

func lookupBy(client *cognito.Client, ids ...string) cognito.Lookup {
	return cognito.Lookup{Caller: client.NewCaller(&token.AccessClaims{Subject: "me"}, "token"), IDs: ids, Profile: true}
}

// A hundred references with duplicates cost a call for each id, with limited concurrency,
// and no call when they are repeated.
func TestFindUsersDeduplicates(t *testing.T) {
	t.Parallel()
	a, client := newAdministration(t, cognito.DummyCredentials())
	var ids []string
	for i := range 100 {
		ids = append(ids, fmt.Sprintf("user-%d", i%80))
	}
	for range 2 {
		users := client.FindUsers(t.Context(), lookupBy(client, ids...))
		for i, user := range users {
			name, err := user.Username(t.Context())
			if err != nil || user.ID != ids[i] || *name != "name of "+ids[i] {
				t.Fatalf("user %d: %v %v", i, user, err)
			}
		}
	}
	if len(a.calls) != 80 {
		t.Errorf("%d users were looked up, want 80", len(a.calls))
	}
	for what, n := range a.calls {
		if n != 1 {
			t.Errorf("%s was called %d times", what, n)
		}
	}
	if a.mostOut > 16 {
		t.Errorf("%d calls were out at once", a.mostOut)
	}
}

// Concurrent look-ups of one user share a call.
func TestFindUsersSharesCalls(t *testing.T) {
	t.Parallel()
	a, client := newAdministration(t, cognito.DummyCredentials())
	release := make(chan struct{})
	a.release = release
	var asking sync.WaitGroup
	began := make(chan struct{}, 20)
	for range 20 {
		asking.Go(func() {
			began <- struct{}{}
			if users := client.FindUsers(t.Context(), lookupBy(client, "user-1")); users[0] == nil {
				t.Error("the user is missing")
			}
		})
	}
	for range 20 {
		<-began
	}
	close(release)
	asking.Wait()
	if n := a.calls["AdminGetUser user-1"]; n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestFindUsersMissingAndFailing(t *testing.T) {
	t.Parallel()
	a, client := newAdministration(t, cognito.DummyCredentials())
	users := client.FindUsers(t.Context(), lookupBy(client, "nobody", "user-1", "me", `x" or sub ^= "`))
	if users[0] != nil || users[1] == nil || users[2] == nil || users[3] != nil {
		t.Errorf("%v", users)
	}
	if n := a.calls[`ListUsers sub = "nobody"`]; n != 1 || len(a.calls) != 3 {
		t.Errorf("calls %v", a.calls)
	}
	// A failure is an error of the fields, and is not cached.
	a.set(func() { a.failing = true })
	user := client.FindUsers(t.Context(), lookupBy(client, "user-2"))[0]
	if _, err := user.Username(t.Context()); codeOf(err) != apierr.Internal {
		t.Errorf("%v", err)
	}
	a.set(func() { a.failing = false })
	user = client.FindUsers(t.Context(), lookupBy(client, "user-2"))[0]
	if name, err := user.Username(t.Context()); err != nil || *name != "name of user-2" {
		t.Errorf("%v", err)
	}
}

func codeOf(err error) apierr.Code {
	var e *apierr.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

// Withheld fields are neither returned nor looked up.
func TestFindUsersWithheldFields(t *testing.T) {
	t.Parallel()
	a, client := newAdministration(t, cognito.DummyCredentials())
	lookup := lookupBy(client, "user-1")
	lookup.Groups, lookup.Withheld = true, apierr.New(apierr.Forbidden, "no")
	user := client.FindUsers(t.Context(), lookup)[0]
	email, err := user.Email(t.Context())
	if email != nil || codeOf(err) != apierr.Forbidden {
		t.Errorf("e-mail: %v %v", email, err)
	}
	if attributes, err := user.Attributes(t.Context()); len(attributes) != 0 || codeOf(err) != apierr.Forbidden {
		t.Errorf("attributes: %v %v", attributes, err)
	}
	if groups, err := user.Groups(); len(groups) != 0 || codeOf(err) != apierr.Forbidden {
		t.Errorf("groups: %v %v", groups, err)
	}
	if name, err := user.Username(t.Context()); err != nil || *name != "name of user-1" {
		t.Errorf("user name: %v", err)
	}
	if len(a.calls) != 1 {
		t.Errorf("calls %v", a.calls)
	}
	lookup.Withheld = nil
	user = client.FindUsers(t.Context(), lookup)[0]
	groups, err := user.Groups()
	if err != nil || fmt.Sprint(groups) != "[a b]" {
		t.Errorf("groups: %v %v", groups, err)
	}
	if email, err := user.Email(t.Context()); err != nil || *email != "user-1@example.com" {
		t.Errorf("e-mail: %v", err)
	}
	// Cognito has no operation for these fields of other users.
	for what, err := range map[string]error{
		"first factors": func() error { _, err := user.AuthFactors(t.Context()); return err }(),
		"passkeys":      func() error { _, err := user.Passkeys(t.Context()); return err }(),
		"devices":       func() error { _, err := user.Devices(t.Context(), 1, nil); return err }(),
		"a device":      func() error { _, err := user.Device(t.Context(), "k"); return err }(),
	} {
		if codeOf(err) != apierr.Forbidden {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Without credentials, the id is available and other fields are errors.
func TestFindUsersWithoutCredentials(t *testing.T) {
	a, client := newAdministration(t, cognito.AmbientCredentials("us-east-1", false))
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none",
	} {
		t.Setenv(name, value)
	}
	user := client.FindUsers(t.Context(), lookupBy(client, "user-1"))[0]
	if user == nil || user.ID != "user-1" {
		t.Fatalf("%v", user)
	}
	if _, err := user.Username(t.Context()); codeOf(err) != apierr.NotEnabled {
		t.Errorf("%v", err)
	}
	if len(a.calls) != 0 {
		t.Errorf("calls %v", a.calls)
	}
}

// Look-ups use the quota of reads, and report when it is used up.
func TestFindUsersQuota(t *testing.T) {
	t.Parallel()
	a := &administration{calls: map[string]int{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	var mu sync.Mutex
	left := 3
	client, err := cognito.New(cognito.Options{
		Region: "us-east-1", UserPoolID: "us-east-1_Abc", ClientID: "c", Endpoint: server.URL, UsernameAttribute: "name", ModeAttribute: "custom:mode",
		Credentials: cognito.DummyCredentials(),
		Quota: func(_ context.Context, category string) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if category != "UserRead" || left == 0 {
				return time.Minute
			}
			left--
			return 0
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	limited := 0
	for _, user := range client.FindUsers(t.Context(), lookupBy(client, "user-1", "user-2", "user-3", "user-4", "user-5")) {
		if _, err := user.Username(t.Context()); codeOf(err) == apierr.RateLimited {
			limited++
		}
	}
	if limited != 2 || len(a.calls) != 3 {
		t.Errorf("%d are limited, after the calls %v", limited, a.calls)
	}
}
