package scripts_test

// Commands for the user pool; see scripts_test.go.

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"authgraph/internal/testutil"
)

func (s *script) code(args []string) {
	s.need(args, 2, 2, "code NAME EMAIL")
	if s.cognitoLocal != nil {
		s.Setenv(args[0], s.cognitoLocal.code(s, args[1]))
		return
	}
	response, err := testutil.NewClient().Get(s.Getenv("POOL") + "/inbox?to=" + url.QueryEscape(args[1]))
	s.Check(err)
	inbox, err := testutil.ReadResponse(response)
	s.Check(err)
	newest := inbox.Text("0.code")
	if newest == "absent" {
		s.Fatalf("no message was sent to %s", args[1])
	}
	s.Setenv(args[0], newest)
}

func (s *script) totp(args []string) {
	s.need(args, 2, 3, "totp NAME SECRET [next]")
	at := time.Now()
	if len(args) == 3 {
		at = at.Add(totpStep)
	}
	code, err := totpCode(args[1], at)
	s.Check(err)
	s.Setenv(args[0], code)
}

const totpStep = 30 * time.Second

// totpCode returns the code of an authenticator app (RFC 6238, SHA-1, six digits).
func totpCode(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/int64(totpStep.Seconds()))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000), nil
}

func (s *script) cognito(neg bool, args []string) {
	if len(args) == 0 {
		s.Fatalf("usage: cognito OPERATION [NAME=VALUE…]")
	}
	in := s.members(args[1:])
	for member, variable := range map[string]string{"UserPoolId": "POOL_ID", "ClientId": "CLIENT_ID"} {
		if _, given := in[member]; !given {
			in[member] = s.Getenv(variable)
		}
	}
	answered, err := callCognito(s.Getenv("POOL"), args[0], in)
	s.Check(err)
	s.last = answered
	fmt.Fprint(s.Stdout(), s.last.Indented())
	if (s.last.Status == http.StatusOK) == neg {
		s.Fatalf("%s: status %d\n%s", args[0], s.last.Status, s.last.Indented())
	}
}

// callCognito makes an unsigned call of Cognito's protocol (AWS JSON 1.1).
func callCognito(endpoint, operation string, in any) (*testutil.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	response, err := testutil.NewClient().Do(request)
	if err != nil {
		return nil, err
	}
	return testutil.ReadResponse(response)
}
