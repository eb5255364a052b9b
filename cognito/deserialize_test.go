package cognito

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// says answers every call with the same status and body.
type says struct {
	status int
	body   string
}

func (s says) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: s.status, Header: http.Header{"X-Amzn-Requestid": {"id"}}, Body: io.NopCloser(strings.NewReader(s.body)), Request: r,
	}, nil
}

// tokenAnswers are answers to operations that bring tokens.
func tokenAnswers() []says {
	return []says{
		{200, okTokens},
		{200, `{"AuthenticationResult":{"AccessToken":"a","ExpiresIn":3600,"IdToken":"i","RefreshToken":"r","TokenType":"Bearer","NewDeviceMetadata":{"DeviceGroupKey":"g","DeviceKey":"k"}},"ChallengeParameters":{}}`},
		{200, `{"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"u","FRIENDLY_DEVICE_NAME":"x"},"Session":"s"}`},
		{200, `{"AvailableChallenges":["PASSWORD","WEB_AUTHN"],"ChallengeName":"SELECT_CHALLENGE","Session":"s"}`},
		{200, `{"AuthenticationResult":null,"ChallengeName":"A_NEW_ONE","Unknown":{"a":[1]}}`},
		{200, `{"AuthenticationResult":{"AccessToken":"a","ExpiresIn":3600,"IdToken":"i","RefreshToken":"r","TokenType":"Bearer"},"ChallengeParameters":{}}`},
		{200, ` { "AuthenticationResult" : { "AccessToken" : "a\\u00e9\\n\\"", "ExpiresIn" : -1 } , "ChallengeParameters" : { } } `},
		{200, `{"AuthenticationResult":{},"ChallengeParameters":{"a":"b"}}`},
		{200, `{"AuthenticationResult":{"AccessToken":"a","ExpiresIn":36e2}}`},
		{200, `{"AuthenticationResult":{"AccessToken":"a","IdToken":null,"RefreshToken":null}}`},
		{200, `{"AuthenticationResult":{"AccessToken":7}}`},
		{200, `{"AuthenticationResult":{"AccessToken":"a","New":[1]},"New":{}}`},
		{200, `{"AuthenticationResult":{"AccessToken":"a"},"Session":"s"}`},
		{200, "{\"AuthenticationResult\":{\"AccessToken\":\"\xff\"}}"},
		{200, `{}`},
		{200, ``},
		{200, `null`},
		{200, `<html>`},
		{200, `{"AuthenticationResult":`},
		{200, `[]`},
		{200, `{"AuthenticationResult":{"ExpiresIn":"x"}}`},
		{400, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`},
		{500, `<html>`},
		{503, ``},
		{400, `{}`},
	}
}

// A call is one packet, headers and body: an answer cannot overtake the body then.
func TestCallIsOneWrite(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	first := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		buffer := make([]byte, 64<<10)
		n, _ := conn.Read(buffer)
		first <- string(buffer[:n])
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(okTokens), okTokens)
	}()
	client, err := New(Options{Region: "us-east-1", ClientID: "c", Endpoint: "http://" + listener.Addr().String(), UsernameAttribute: "name"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SignIn(t.Context(), "ada@example.com", "Right-Horse-1", nil); err != nil {
		t.Fatal(err)
	}
	if got := <-first; !strings.Contains(got, "Right-Horse-1") {
		t.Errorf("the body does not come with the headers:\n%s", got)
	}
}
