package cognito

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"authgraph/internal/apierr"
)

// inProcess calls a handler without a network, so that tests can use the fake clock of
// testing/synctest.
type inProcess struct{ http.Handler }

// Do implements the SDK's HTTPClient.
func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	request := r.Clone(r.Context())
	request.Host, request.RequestURI, request.RemoteAddr = r.URL.Host, r.URL.RequestURI(), "192.0.2.1:1234"
	recorder, done := httptest.NewRecorder(), make(chan error, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- io.ErrUnexpectedEOF
			}
		}()
		p.ServeHTTP(recorder, request)
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return recorder.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// standIn responds to every call as the test says and records the requests.
type standIn struct {
	mu     sync.Mutex
	called []string
	bodies []map[string]any
	answer func(operation string, r *http.Request) (status int, body string)
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	s.mu.Lock()
	s.called, s.bodies = append(s.called, operation), append(s.bodies, body)
	answer := s.answer
	s.mu.Unlock()
	status, text := answer(operation, r)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (s *standIn) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.called)
}

// log returns the requests so far.
func (s *standIn) log() (operations []string, bodies []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.called), slices.Clone(s.bodies)
}

// set changes the response from now on.
func (s *standIn) set(answer func(string, *http.Request) (int, string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func always(status int, body string) func(string, *http.Request) (int, string) {
	return func(string, *http.Request) (int, string) { return status, body }
}

// neverAnswer blocks until the caller gives up.
func neverAnswer(_ string, r *http.Request) (int, string) {
	<-r.Context().Done()
	return http.StatusServiceUnavailable, ""
}

// breakOff closes the connection.
func breakOff(string, *http.Request) (int, string) { panic(http.ErrAbortHandler) }

// newInProcess returns a client of the handler.
func newInProcess(t *testing.T, upstream http.Handler, change func(*Options)) *Client {
	t.Helper()
	o := Options{Region: "us-east-1", UserPoolID: "us-east-1_Pool", ClientID: "the-client", Endpoint: "http://cognito.test", UsernameAttribute: "preferred_username", ModeAttribute: "custom:mode"}
	if change != nil {
		change(&o)
	}
	client, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	client = newClient(client.options, inProcess{upstream})
	return client
}

// exception returns the body of an exception.
func exception(name, text string) string {
	return fmt.Sprintf(`{"__type":%q,"message":%q}`, name, text)
}

const (
	okTokens   = `{"AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":60}}`
	tooManyNow = `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`
)

func signIn(ctx context.Context, c *Client) *apierr.Error {
	_, err := c.SignIn(ctx, SigninInput{Identifier: ByEmail("ada@example.com"), Password: "Secret-Passw0rd"})
	return apierr.From(err)
}

// unsigned returns an unsigned JWT. Tokens that come from Cognito itself are not
// verified.
func unsigned(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}
