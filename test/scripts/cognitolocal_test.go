package scripts_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"authgraph/internal/testutil"
)

// cognitoLocalLacks are the scripts that fail on cognito-local 5.3.0, each with what it
// lacks or does differently from Amazon Cognito. They run all the same: a script that
// passes must be removed from the list. If only some lines of a script are affected, the
// script skips them with [cognito-local].
var cognitoLocalLacks = map[string]string{
	"account-attribute-code":               "verifying an unchanged address is not supported",
	"account-factors":                      "GetUserAuthFactors is unsupported",
	"account-feedback":                     "UpdateAuthEventFeedback is unsupported",
	"account-change-password":              "a wrong password is InvalidPasswordException",
	"account-forgotten-password":           "the password policy is not enforced",
	"account-forgotten-unknown":            "ForgotPassword always reveals whether a user exists",
	"auth-revoked":                         "RevokeToken does not revoke the session's access tokens",
	"challenge-new-password":               "the password policy is not enforced",
	"flow-client-secret":                   "GetTokensFromRefreshToken, which takes a client secret, is unsupported",
	"flow-email-in-any-case":               "e-mail addresses are case-sensitive",
	"flow-logout-everywhere":               "GlobalSignOut is unsupported",
	"flow-logout-one-session":              "RevokeToken does not revoke the session's access tokens",
	"flow-logout-twice":                    "RevokeToken rejects a revoked token",
	"account-password-ends-sessions":       "tokens have no origin_jti, so no session can be excepted",
	"flow-password-as-typed":               "a wrong password is InvalidPasswordException",
	"flow-refresh":                         "tokens have no origin_jti, and refreshing moves auth_time",
	"flow-refresh-rotation":                "refresh tokens are never rotated",
	"flow-user-of-signin":                  "the ID token has hardly any attributes",
	"logout-access-token-as-refresh-token": "RevokeToken never returns UnsupportedTokenTypeException",
	"logout-malformed":                     "values are not validated against the patterns of Cognito's model",
	"logout-revoked":                       "GlobalSignOut is unsupported",
	"refresh-foreign":                      "the app clients of a pool share their refresh tokens",
	"refresh-malformed":                    "values are not validated against the patterns of Cognito's model",
	"resend-confirmed":                     "ResendConfirmationCode is unsupported",
	"resend-unknown-user":                  "ResendConfirmationCode is unsupported",
	"signin-by-choice":                     "USER_AUTH is unsupported",
	"signin-by-srp":                        "USER_SRP_AUTH is unsupported",
	"signin-disabled-user":                 "disabled users can sign in",
	"signin-flow-off":                      "every app client permits every flow",
	"signin-password-reset":                "AdminResetUserPassword is unsupported",
	"signin-unknown-user":                  "a wrong password is InvalidPasswordException, and an unknown user always NotAuthorizedException",
	"signin-wrong-client-secret":           "client secrets are not checked",
	"signup-again":                         "user names are case-sensitive",
	"signup-again-by-choice":               "a wrong password is InvalidPasswordException",
	"signup-again-by-srp":                  "a wrong password is InvalidPasswordException",
	"signup-again-in-secret":               "a wrong password is InvalidPasswordException",
	"signup-again-keeping-sessions":        "USER_AUTH is unsupported, so the address is restricted and not the user",
	"signup-again-new-address":             "USER_AUTH is unsupported",
	"signup-disabled":                      "AllowAdminCreateUserOnly is ignored",
	"signup-no-privilege":                  "users can write email_verified",
	"signup-password-policy":               "the password policy is not enforced",
	"signup-unknown-attribute":             "attributes are not validated against the pool's schema",
	"verify-again":                         "a repeated ConfirmSignUp is ExpiredCodeException",
	"verify-disabled-user":                 "disabled users can verify their address",
	"verify-replaced-code":                 "ResendConfirmationCode is unsupported",
	"verify-unknown-user":                  "an unknown user is always NotAuthorizedException",
}

// cognitoLocalScripts matches the scripts about the user pool. The others are about this
// program or its embedded pool only.
var cognitoLocalScripts = regexp.MustCompile(`^(flow|signup|verify|resend|signin|refresh|logout|account|challenge)-` +
	`|^auth-(no-token|malformed-header|id-token|wrong-client|deleted-user|revoked)$`)

// TestScriptsOnCognitoLocal runs the scripts on a user pool that shares no code with the
// embedded one.
func TestScriptsOnCognitoLocal(t *testing.T) {
	t.Parallel()
	directory := cognitoLocalDirectory(t)
	testutil.Build(t)
	server := startCognitoLocal(t, directory)

	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	unknown := map[string]bool{}
	for name := range cognitoLocalLacks {
		unknown[name] = true
	}
	var able []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		reason, lacks := cognitoLocalLacks[name]
		delete(unknown, name)
		switch {
		case !cognitoLocalScripts.MatchString(name):
		case lacks:
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if passes(t, params(file, server)) {
					t.Errorf("the script passes on cognito-local now; remove it from the list (it failed because %s)", reason)
				}
			})
		default:
			able = append(able, file)
		}
	}
	for name := range unknown {
		t.Errorf("there is no script %s, but it is in the list", name)
	}
	p := params("", server)
	p.Files = able
	testscript.Run(t, p)
}

// passes reports whether a script passes.
func passes(t *testing.T, p testscript.Params) bool {
	t.Helper()
	r := &recorder{t: t}
	testscript.RunT(r, p)
	return !r.failed
}

// recorder is a testscript.T that records a failure instead of failing the test.
type recorder struct {
	t      *testing.T
	failed bool
}

var _ testscript.T = (*recorder)(nil)

// Run runs f until it returns or fails, like a subtest.
func (r *recorder) Run(_ string, f func(testscript.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
}

func (r *recorder) FailNow() {
	r.failed = true
	runtime.Goexit()
}

// Errorf and Failed are used by the commands of the scripts.
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Failed() bool          { return r.failed }

func (r *recorder) Fatal(...any)  { r.FailNow() }
func (r *recorder) Skip(...any)   { r.FailNow() }
func (r *recorder) Log(...any)    {}
func (r *recorder) Parallel()     {}
func (r *recorder) Verbose() bool { return false }

// cognitoLocalDirectory returns the directory of cognito-local, or skips the test.
func cognitoLocalDirectory(t *testing.T) string {
	t.Helper()
	directory, err := filepath.Abs("cognitolocal")
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(directory, "node_modules", "cognito-local"))
	if err == nil {
		return directory
	}
	testutil.LeaveOut(t, "cognito-local: run npm ci in test/scripts/cognitolocal")
	return ""
}

// cognitoLocal is a running cognito-local. Each script gets its own pool.
type cognitoLocal struct {
	url string
	dir string // its data
}

func startCognitoLocal(t *testing.T, directory string) *cognitoLocal {
	t.Helper()
	// The configured address is in the tokens, so it cannot have port 0.
	host, port, _ := strings.Cut(testutil.FreeAddress(t), ":")
	c := &cognitoLocal{url: "http://" + host + ":" + port, dir: t.TempDir()}
	var log testutil.Output
	server := exec.Command("node", filepath.Join(directory, "node_modules", "cognito-local", "lib", "bin", "start.js"))
	server.Dir = c.dir
	server.Env = append(os.Environ(), "HOST="+host, "PORT="+port)
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	// The scripts are parallel subtests, which end before the cleanup.
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(testutil.Timeout); ; time.Sleep(10 * time.Millisecond) {
		if response, err := testutil.NewClient().Get(c.url + "/health"); err == nil {
			_ = response.Body.Close()
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("cognito-local did not start:\n%s", log.String())
		}
	}
}

// newPool creates a pool like the embedded one and returns the settings for it.
func (c *cognitoLocal) newPool(s *script) []string {
	call := func(operation string, in map[string]any) *testutil.Response {
		a, err := callCognito(c.url, operation, in)
		s.Check(err)
		if a.Status != http.StatusOK {
			s.Fatalf("%s: %s", operation, a.Dump())
		}
		return a
	}
	pool := call("CreateUserPool", map[string]any{
		"PoolName":               s.Name(),
		"UsernameAttributes":     []string{"email"},
		"AutoVerifiedAttributes": []string{"email"},
		"MfaConfiguration":       "OPTIONAL",
		"Schema":                 []any{map[string]any{"Name": "mode", "AttributeDataType": "String", "Mutable": true}},
	}).Text("UserPool.Id")
	client := call("CreateUserPoolClient", map[string]any{"UserPoolId": pool, "ClientName": "authgraph"}).Text("UserPoolClient.ClientId")
	s.Setenv("POOL", c.url)
	s.Setenv("POOL_ID", pool)
	s.Setenv("CLIENT_ID", client)
	return []string{
		"AWS_COGNITO_USER_POOL_ID=" + pool,
		"AWS_COGNITO_APP_CLIENT_ID=" + client,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + c.url,
	}
}

// code reads the current code of an address from the pool's file, since cognito-local
// sends no messages.
func (c *cognitoLocal) code(s *script, email string) string {
	text, err := os.ReadFile(filepath.Join(c.dir, ".cognito", "db", s.Getenv("POOL_ID")+".json"))
	s.Check(err)
	var file struct {
		Users map[string]struct {
			ConfirmationCode          string
			AttributeVerificationCode string // of a new address
			Attributes                []struct{ Name, Value string }
		}
	}
	s.Check(json.Unmarshal(text, &file))
	for _, user := range file.Users {
		for _, a := range user.Attributes {
			if a.Name == "email" && a.Value == email {
				return cmp.Or(user.AttributeVerificationCode, user.ConfirmationCode)
			}
		}
	}
	s.Check(fmt.Errorf("cognito-local has no user %s", email))
	return ""
}
