package userpool_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/cognito/userpool"
)

const target = "AWSCognitoIdentityProviderService."

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWireForm(t *testing.T) {
	t.Parallel()
	b := start(t)
	uuidForm := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	signUp := `{"ClientId":"` + *b.client + `","Username":"a@example.com","Password":"` + goodPassword + `"}`
	tests := []struct {
		name, operation, body string
		status                int
		exception, message    string // of errors
	}{
		{name: "success", operation: target + "SignUp", body: signUp, status: 200},
		{name: "taken", operation: target + "SignUp", body: signUp, status: 400, exception: "UsernameExistsException", message: "User already exists"},
		{
			name: "unknown operation", operation: target + "ListDevicesOfMars", body: "{}", status: 400, exception: "UnknownOperationException",
			message: "ListDevicesOfMars is not an operation that the embedded user pool implements.",
		},
		{name: "no target", body: "{}", status: 400, exception: "UnknownOperationException"},
		{name: "other service", operation: "DynamoDB.SignUp", body: "{}", status: 400, exception: "UnknownOperationException"},
		{name: "name without service", operation: "SignUp", body: "{}", status: 400, exception: "UnknownOperationException"},
		{name: "hostile name", operation: target + "<script>", body: "{}", status: 400, exception: "UnknownOperationException"},
		{name: "not JSON", operation: target + "SignUp", body: "{", status: 400, exception: "SerializationException"},
		{name: "not an object", operation: target + "SignUp", body: "[]", status: 400, exception: "SerializationException"},
		{name: "trailing data", operation: target + "SignUp", body: "{}{}", status: 400, exception: "SerializationException"},
		{name: "wrong type", operation: target + "SignUp", body: `{"Username":5}`, status: 400, exception: "SerializationException"},
		{name: "too large", operation: target + "SignUp", body: strings.Repeat(" ", 200<<10), status: 413, exception: "SerializationException"},
		{
			name: "members missing", operation: target + "SignUp", body: `{}`, status: 400, exception: "InvalidParameterException",
			message: "2 validation errors detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null; " +
				"Value null at 'username' failed to satisfy constraint: Member must not be null",
		},
		{
			name: "enum", operation: target + "InitiateAuth", body: `{"ClientId":"x","AuthFlow":"NO"}`, status: 400, exception: "InvalidParameterException",
			message: "1 validation error detected: Value 'NO' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]",
		},
		{
			name: "sensitive pattern", operation: target + "GetUser", body: `{"AccessToken":"a b"}`, status: 400, exception: "InvalidParameterException",
			message: "1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+",
		},
		{
			name: "nested", operation: target + "SignUp", body: `{"ClientId":"x","Username":"y","UserAttributes":[{"Value":"z"}]}`, status: 400,
			exception: "InvalidParameterException",
			message:   "1 validation error detected: Value null at 'userAttributes.1.member.name' failed to satisfy constraint: Member must not be null",
		},
		{
			name: "spaced password", operation: target + "SignUp", body: `{"ClientId":"x","Username":"y","Password":" Secret-99"}`, status: 400,
			exception: "InvalidParameterException",
			message:   `1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`,
		},
		{
			name: "unknown client", operation: target + "SignUp", body: `{"ClientId":"x","Username":"y"}`, status: 400,
			exception: "ResourceNotFoundException", message: "User pool client x does not exist.",
		},
	}
	for _, tt := range tests {
		resp := b.raw("POST", "/", tt.body, "X-Amz-Target", tt.operation)
		text := body(t, resp)
		h := resp.Header
		if resp.StatusCode != tt.status || h.Get("Content-Type") != "application/x-amz-json-1.1" || !uuidForm.MatchString(h.Get("x-amzn-RequestId")) {
			t.Errorf("%s: %d %v %s", tt.name, resp.StatusCode, h, text)
		}
		if h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("Access-Control-Expose-Headers") != "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date" {
			t.Errorf("%s: CORS headers %v", tt.name, h)
		}
		if tt.exception == "" {
			continue
		}
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil || e.Type != tt.exception || h.Get("x-amzn-ErrorType") != tt.exception+":" {
			t.Errorf("%s: %s %v", tt.name, text, h)
		}
		if tt.message != "" && (e.Message != tt.message || h.Get("x-amzn-ErrorMessage") != tt.message) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, e.Message, tt.message)
		}
	}
}

func TestErrorHeaderIsOneLine(t *testing.T) {
	t.Parallel()
	b := start(t)
	resp := b.raw("POST", "/", `{"ClientId":"`+*b.client+`","Username":"a@example.com","Password":"`+goodPassword+`","UserAttributes":[{"Name":"username","Value":"x"}]}`,
		"X-Amz-Target", target+"SignUp")
	const want = "Attributes did not conform to the schema: username: Attribute does not exist in the schema."
	if got := resp.Header.Get("x-amzn-ErrorMessage"); got != want {
		t.Errorf("header %q", got)
	}
	if text := body(t, resp); !strings.Contains(text, `schema.\n"`) {
		t.Errorf("the body lacks the line break: %s", text)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	b := start(t)
	resp := b.raw("OPTIONS", "/", "", "Origin", "http://app.example", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "cache-control,content-type,x-amz-target,x-amz-user-agent")
	h := resp.Header
	if resp.StatusCode != 200 || h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") ||
		h.Get("Access-Control-Allow-Headers") != "cache-control,content-type,x-amz-target,x-amz-user-agent" || h.Get("Access-Control-Max-Age") != "172800" {
		t.Errorf("%d %v", resp.StatusCode, h)
	}
	if h.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials are allowed")
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	b := start(t)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:9229": 200, "127.0.0.1": 200, "[::1]:80": 200, "[::1]": 200, "LOCALHOST": 200,
		"evil.example": 403, "evil.example:9229": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403, "10.0.0.1": 403,
	} {
		for _, path := range []string{"/", "/inbox"} {
			if resp := b.raw("GET", path, "", "Host", host); resp.StatusCode != want {
				t.Errorf("%s%s: %d", host, path, resp.StatusCode)
			}
		}
	}
}

func TestAdminOperationsAreNotForBrowsers(t *testing.T) {
	t.Parallel()
	b := start(t)
	for name, want := range map[string]int{"ListUsers": 403, "AdminGetUser": 403, "CreateUserPool": 403, "UpdateUserPoolClient": 403, "GetUser": 400} {
		resp := b.raw("POST", "/", "{}", "X-Amz-Target", target+name, "Origin", "http://localhost:3000")
		if resp.StatusCode != want {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	if resp := b.raw("POST", "/", `{"UserPoolId":"`+b.pool.ID()+`"}`, "X-Amz-Target", target+"ListUsers"); resp.StatusCode != 200 {
		t.Errorf("without an origin: %d", resp.StatusCode)
	}
}

func TestResponsesWithoutBody(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("a@example.com")
	tokens := b.tokens("a@example.com")
	for _, tt := range []struct{ operation, body, want string }{
		{"GlobalSignOut", `{"AccessToken":"` + *tokens.AccessToken + `"}`, "{}"},
		{"AdminDeleteUser", `{"UserPoolId":"` + b.pool.ID() + `","Username":"a@example.com"}`, ""},
	} {
		resp := b.raw("POST", "/", tt.body, "X-Amz-Target", target+tt.operation)
		if text := body(t, resp); resp.StatusCode != 200 || text != tt.want {
			t.Errorf("%s: %d %q", tt.operation, resp.StatusCode, text)
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	b := start(t)
	tests := []struct {
		method, path string
		status       int
		contains     string
	}{
		{"GET", "/", 200, "embedded user pool"},
		{"GET", "/nothing", 404, ""},
		{"PUT", "/", 405, ""},
		{"POST", "/inbox", 405, ""},
		{"OPTIONS", "/inbox", 405, ""},
		{"GET", "/us-east-1_nothing/.well-known/jwks.json", 404, ""},
		{"GET", "/" + b.pool.ID() + "/.well-known/other", 404, ""},
		{"GET", "/" + b.pool.ID() + "/.well-known/openid-configuration", 200, `"issuer":"` + b.pool.Issuer() + `"`},
		{"GET", "/" + b.pool.ID() + "/.well-known/jwks.json", 200, `"kty":"RSA"`},
	}
	for _, tt := range tests {
		resp := b.raw(tt.method, tt.path, "")
		text := body(t, resp)
		if resp.StatusCode != tt.status || !strings.Contains(text, tt.contains) {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, resp.StatusCode, text)
		}
		wellKnown := resp.StatusCode == 200 && strings.Contains(tt.path, ".well-known")
		if allowed := resp.Header.Get("Access-Control-Allow-Origin") == "*"; wellKnown != allowed {
			t.Errorf("%s %s: readable from everywhere: %v", tt.method, tt.path, allowed)
		}
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	b := start(t)
	_, err := b.signUp("Ann@example.com")
	b.must(err)
	_, err = b.signUp("bob@example.com")
	b.must(err)
	list := b.inbox("ann@EXAMPLE.com")
	if len(list) != 1 || list[0].To != "Ann@example.com" || list[0].Kind != "SIGN_UP" || list[0].Medium != "EMAIL" ||
		!regexp.MustCompile(`^\d{6}$`).MatchString(list[0].Code) || !list[0].SentAt.Equal(b.clock.Now()) {
		t.Errorf("%+v", list)
	}
	if all := b.inbox(""); len(all) != 2 || all[0].To != "bob@example.com" {
		t.Errorf("all: %+v", all)
	}
	resp := b.raw("GET", "/inbox?to=nobody", "", "Origin", "http://evil.example")
	if text := body(t, resp); text != "[]\n" || resp.Header.Get("Access-Control-Allow-Origin") != "" || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%q %v", text, resp.Header)
	}
	page := b.raw("GET", "/inbox?to=%3Cscript%3Ealert(1)%3C/script%3E", "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	text, policy := body(t, page), page.Header.Get("Content-Security-Policy")
	_, style, _ := strings.Cut(text, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the policy does not permit the page's style: %s", policy)
	}
	if strings.Contains(text, "<script>") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%s\n%s", policy, text)
	}
	if text := body(t, b.raw("GET", "/inbox", "", "Accept", "text/html")); !strings.Contains(text, list[0].Code) {
		t.Errorf("the page lacks the code: %s", text)
	}
}

// Addresses and temporary passwords are chosen by others. The page has them in text, in a quoted attribute and in a link.

func TestInboxPageEscapes(t *testing.T) {
	t.Parallel()
	b := start(t)
	id := b.pool.ID()
	to, password := `o'neil&lt+%26=x@example.com`, `Aa1"><b>'&lt;</div>`
	_, err := b.sdk.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{
		UserPoolId: &id, Username: &to, TemporaryPassword: &password, UserAttributes: []types.AttributeType{attr("email", to)},
		DesiredDeliveryMediums: []types.DeliveryMediumType{types.DeliveryMediumTypeEmail},
	})
	b.must(err)
	// html/template escapes the plus sign too.
	text := strings.ReplaceAll(body(t, b.raw("GET", "/inbox?to="+url.QueryEscape(to), "", "Accept", "text/html")), "&#43;", "+")
	for _, hostile := range []string{"<b>", "'", "neil&lt", `Aa1"`} {
		if strings.Contains(text, hostile) {
			t.Errorf("the page has %s:\n%s", hostile, text)
		}
	}
	escaped := html.EscapeString(to)
	for _, wanted := range []string{
		"<title>Inbox of " + escaped + "</title>",
		` value="` + escaped + `"`,
		`">` + escaped + "</a>",
		`<div class="code">` + html.EscapeString(password) + "</div>",
	} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the page lacks %s:\n%s", wanted, text)
		}
	}
	_, link, _ := strings.Cut(text, `<a href="`)
	link, _, _ = strings.Cut(link, `"`)
	if u, err := url.Parse(html.UnescapeString(link)); err != nil || u.Path != "/inbox" || u.Query().Get("to") != to {
		t.Errorf("the link is %s", link)
	}
	text = body(t, b.raw("GET", "/inbox?to="+url.QueryEscape(`"><b>'&lt;`), "", "Accept", "text/html"))
	escaped = "&#34;&gt;&lt;b&gt;&#39;&amp;lt;"
	if strings.Contains(text, "<b>") || strings.Count(text, escaped) != 3 || !strings.Contains(text, "<p>Nothing has been sent to "+escaped+" yet.</p>") {
		t.Errorf("the page of an address without messages is\n%s", text)
	}
}

// FuzzServeHTTP sends any body to any operation. The response is never a 500 and always JSON.
func FuzzServeHTTP(f *testing.F) {
	content, err := premade()
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "pool.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		f.Fatal(err)
	}
	pool, err := userpool.Open(userpool.Options{Path: path})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = pool.Close() })
	client, id := pool.ClientID(), pool.ID()
	for _, seed := range []struct{ operation, body string }{
		{"SignUp", `{"ClientId":"` + client + `","Username":"a@b.co","Password":"Correct-horse-9","UserAttributes":[{"Name":"name","Value":"x"}]}`},
		{"InitiateAuth", `{"ClientId":"` + client + `","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"a@b.co","SRP_A":"ab12"}}`},
		{"InitiateAuth", `{"ClientId":"` + client + `","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"a.b.c.d.e"}}`},
		{"RespondToAuthChallenge", `{"ClientId":"` + client + `","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"a"}}`},
		{"GetUser", `{"AccessToken":"a.b.c"}`},
		{"InitiateAuth", `{"ClientId":"` + client + `","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"a@b.co","PREFERRED_CHALLENGE":"EMAIL_OTP"}}`},
		{"InitiateAuth", `{"ClientId":"` + client + `","AuthFlow":"USER_AUTH","Session":"abcdefghijklmnopqrstuvwxyz","AuthParameters":{"USERNAME":"a"}}`},
		{"RespondToAuthChallenge", `{"ClientId":"` + client + `","ChallengeName":"MFA_SETUP","Session":"abcdefghijklmnopqrstuvwxyz","ChallengeResponses":{"USERNAME":"a","EMAIL":"b"}}`},
		{"AssociateSoftwareToken", `{"Session":"abcdefghijklmnopqrstuvwxyz"}`},
		{"VerifySoftwareToken", `{"AccessToken":"a.b.c","UserCode":"123456"}`},
		{"SetUserMFAPreference", `{"AccessToken":"a.b.c","SMSMfaSettings":{},"EmailMfaSettings":{"Enabled":true}}`},
		{"AdminSetUserMFAPreference", `{"UserPoolId":"` + id + `","Username":"a@b.co","SoftwareTokenMfaSettings":{"Enabled":true,"PreferredMfa":true}}`},
		{"UpdateUserPool", `{"UserPoolId":"` + id + `","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}},"LambdaConfig":{"PreSignUp":"x"}}`},
		{"SetUserPoolMfaConfig", `{"UserPoolId":"` + id + `","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true}}`},
		{"UpdateAuthEventFeedback", `{"UserPoolId":"` + id + `","Username":"a","EventId":"e","FeedbackToken":"t","FeedbackValue":"Valid"}`},
		{"ListUsers", `{"UserPoolId":"` + id + `","Filter":"email ^= \"a\"","Limit":1,"PaginationToken":"x"}`},
		{"AdminCreateUser", `{"UserPoolId":"` + id + `","Username":"c@d.ef","MessageAction":"RESEND"}`},
		{"UpdateUserPoolClient", `{"UserPoolId":"` + id + `","ClientId":"x","TokenValidityUnits":{"AccessToken":"minutes"}}`},
		{"ListUserPoolClients", `{"UserPoolId":"` + id + `","MaxResults":1}`},
		{"CreateGroup", `{"UserPoolId":"` + id + `","GroupName":"g","Precedence":-1}`},
		{"AdminListGroupsForUser", `{"UserPoolId":"us-east-1_gone","Username":"x"}`},
		{"", "null"},
	} {
		f.Add(target+seed.operation, seed.body)
	}
	f.Fuzz(func(t *testing.T, operation, body string) {
		r := httptest.NewRequest("POST", "http://127.0.0.1/", strings.NewReader(body))
		r.Header["X-Amz-Target"] = []string{operation}
		w := httptest.NewRecorder()
		pool.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %q: %d %s", operation, body, w.Code, w.Body)
		}
		if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: not JSON: %s", operation, body, w.Body)
		}
	})
}
