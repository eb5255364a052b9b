package cognito

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// inMemory responds from memory, so that the benchmark measures only the client.
type inMemory struct{ body []byte }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: io.NopCloser(bytes.NewReader(m.body)), Request: r, ContentLength: int64(len(m.body)),
	}, nil
}

func BenchmarkSignIn(b *testing.B) {
	client, err := New(Options{Region: "us-east-1", ClientID: "c", Endpoint: "http://127.0.0.1:1", UsernameAttribute: "name"})
	if err != nil {
		b.Fatal(err)
	}
	token := string(bytes.Repeat([]byte("a"), 1000))
	client = newClient(client.options, &http.Client{Transport: inMemory{[]byte(`{"AuthenticationResult":{"AccessToken":"` + token + `","IdToken":"` + token + `","RefreshToken":"` + token + token + `","ExpiresIn":3600,"TokenType":"Bearer"}}`)}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.SignIn(b.Context(), SigninInput{Identifier: ByEmail("ada@example.com"), Password: "Right-Horse-1"}); err != nil {
			b.Fatal(err)
		}
	}
}
