package security_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/internal/testutil"
)

// Every secret starts with one of these marks, so that there are few texts to search for.
// The first is used wherever possible, the others for codes of six digits and for
// hexadecimal numbers.
const (
	mark      = "Zqx7Kw"
	markCode  = "739184"
	markHex   = "7a0f1e3b5d9c2468ace0"
	markExtra = `9v"<é&\` // characters that JSON and URLs escape
)

// Secrets in Cognito's responses.
const (
	markAccess  = mark + "ACCESS"
	markID      = mark + "IDTOKEN"
	markRefresh = mark + "REFRESH"
	markSession = mark + "SESSION"
	markTOTP    = mark + "TOTP"
	markOptions = mark + "OPTIONS"
	markAsked   = mark + "ASKED" // parameters of a challenge
)

// markForms are the encodings of a mark to search for.
func markForms() *regexp.Regexp {
	var forms []string
	add := func(form string) { forms = append(forms, regexp.QuoteMeta(form)) }
	for _, secret := range []string{mark, strings.ToLower(mark), markHex} {
		add(hex.EncodeToString([]byte(secret)))
		for shift := range 3 {
			// The neighboring characters affect both ends of its base64 form.
			encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), secret...))
			from, to := (shift*8+5)/6, (shift+len(secret))*8/6
			add(encoded[from:to])
		}
	}
	plain := `(?i:` + mark + `|` + markHex + `)`
	code := `(?:^|[^0-9.])` + markCode + `(?:[^0-9]|$)`
	return regexp.MustCompile(plain + "|" + code + "|" + strings.Join(forms, "|"))
}

// marker generates secrets that are valid values of the schema.
type marker struct {
	schema *ast.Schema
	n      int
}

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "schema.graphqls"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// secret returns a value of a string type.
func (m *marker) secret(directives ast.DirectiveList) string {
	m.n++
	form, pattern, most := "", "", 0
	if constraint := directives.ForName("constraint"); constraint != nil {
		for _, argument := range constraint.Arguments {
			switch argument.Name {
			case "format":
				form = argument.Value.Raw
			case "pattern":
				pattern = argument.Value.Raw
			case "maxLength":
				_, _ = fmt.Sscan(argument.Value.Raw, &most)
			}
		}
	}
	long := fmt.Sprintf("%s%d%s", mark, m.n, markExtra)
	for _, value := range []string{long, fmt.Sprintf("%s%d", mark, m.n), mark, markHex, markCode} {
		fits := most == 0 || len([]rune(value)) <= most
		if form == "EMAIL" {
			value, fits = fmt.Sprintf("%s%d@example.com", strings.ToLower(mark), m.n), true
		}
		if matched, err := regexp.MatchString(pattern, value); fits && err == nil && matched {
			return value
		}
	}
	panic("no secret fits " + pattern)
}

// values returns values of a type: with all optional members, with none, and with each
// alone.
func (m *marker) values(of *ast.Type, directives ast.DirectiveList, description string) []any {
	if of.Elem != nil {
		var lists []any
		for _, value := range m.values(of.Elem, directives, description) {
			lists = append(lists, []any{value})
		}
		return lists
	}
	definition := m.schema.Types[of.NamedType]
	switch {
	case definition.Kind == ast.Enum:
		var all []any
		for _, value := range definition.EnumValues {
			all = append(all, value.Name)
		}
		return all
	case definition.Kind == ast.InputObject:
		return m.objects(definition)
	case of.NamedType == "Boolean":
		return []any{true}
	case of.NamedType == "Int":
		return []any{1}
	case strings.Contains(description, "as a JSON string"):
		return []any{`{"id":` + quote(m.secret(directives)) + `}`, m.secret(directives)}
	default:
		return []any{m.secret(directives)}
	}
}

func (m *marker) objects(definition *ast.Definition) []any {
	oneOf := definition.Directives.ForName("oneOf") != nil
	var all []any
	begin := func() map[string]any {
		object := map[string]any{}
		for _, field := range definition.Fields {
			// Accounts are named by e-mail address here.
			isName := field.Name == "email" && definition.Fields.ForName("phoneNumber") != nil
			if isName || field.Type.NonNull && field.DefaultValue == nil {
				object[field.Name] = m.values(field.Type, field.Directives, field.Description)[0]
			}
		}
		return object
	}
	if !oneOf {
		full := begin()
		for _, field := range definition.Fields {
			isOtherName := definition.Fields.ForName("phoneNumber") != nil && definition.Name != "SignupInput" &&
				(field.Name == "phoneNumber" || field.Name == "username")
			if !isOtherName {
				full[field.Name] = m.values(field.Type, field.Directives, field.Description)[0]
			}
		}
		all = append(all, begin(), full)
	}
	for _, field := range definition.Fields {
		for i, value := range m.values(field.Type, field.Directives, field.Description) {
			if i > 0 || !field.Type.NonNull {
				object := begin()
				object[field.Name] = value
				all = append(all, object)
			}
		}
	}
	return all
}

// selection returns a selection set of all fields, to a depth. Names inside fragments are
// aliased, since types disagree on their types.
func (m *marker) selection(of *ast.Type, deep int, suffix string) string {
	definition := m.schema.Types[of.Name()]
	switch definition.Kind {
	case ast.Scalar, ast.Enum:
		return ""
	case ast.Union, ast.Interface:
		all := "{__typename"
		for _, possible := range m.schema.GetPossibleTypes(definition) {
			all += fmt.Sprintf(" ...on %s%s", possible.Name, m.selection(ast.NamedType(possible.Name, nil), deep, "_"+possible.Name))
		}
		return all + "}"
	}
	all := "{__typename"
	for _, field := range definition.Fields {
		kind := m.schema.Types[field.Type.Name()].Kind
		if strings.HasPrefix(field.Name, "__") || deep == 0 && kind != ast.Scalar && kind != ast.Enum {
			continue
		}
		arguments := ""
		for _, argument := range field.Arguments {
			// Without a cursor of this server's, nothing else of the user would be returned.
			isCursor := field.Name == "sessions" && argument.Name == "after"
			if argument.Type.NamedType == "String" && !isCursor {
				arguments += argument.Name + ":" + quote(m.secret(argument.Directives)) + " "
			}
		}
		if arguments != "" {
			arguments = "(" + arguments + ")"
		}
		all += " "
		if suffix != "" {
			all += field.Name + suffix + ":"
		}
		all += field.Name + arguments + m.selection(field.Type, deep-1, "")
	}
	return all + "}"
}

// ask is a document with its secrets.
type ask struct {
	field     string
	document  string
	variables map[string]any
	challenge string // the challenge whose session it needs
}

// answersTo returns the challenge for each member of ChallengeAnswer.
var answersTo = map[string]string{
	"code": "SMS_MFA", "mfaType": "SELECT_MFA_TYPE", "mfaSetup": "MFA_SETUP", "newPassword": "NEW_PASSWORD_REQUIRED", "password": "PASSWORD", "srpA": "PASSWORD_SRP", "srp": "PASSWORD_VERIFIER",
	"factor": "SELECT_CHALLENGE", "passkey": "WEB_AUTHN", "custom": "CUSTOM_CHALLENGE", "deviceSrp": "DEVICE_SRP_AUTH", "parameters": "OF_TOMORROW",
}

// asks returns documents for all fields of Query and Mutation.
func (m *marker) asks(t *testing.T) []ask {
	t.Helper()
	var all []ask
	for _, root := range []*ast.Definition{m.schema.Query, m.schema.Mutation} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			selection := m.selection(field.Type, 5, "")
			operation := strings.ToLower(root.Name)
			if len(field.Arguments) == 0 {
				all = append(all, ask{field: field.Name, document: operation + "{" + field.Name + selection + "}"})
				continue
			}
			if len(field.Arguments) > 1 {
				t.Fatalf("%s has %d arguments: this test supports only fields with one", field.Name, len(field.Arguments))
			}
			argument := field.Arguments[0]
			for _, value := range m.values(argument.Type, argument.Directives, argument.Description) {
				a := ask{
					field:     field.Name,
					document:  fmt.Sprintf("%s($a:%s){%s(%s:$a)%s}", operation, argument.Type, field.Name, argument.Name, selection),
					variables: map[string]any{"a": value},
				}
				if input, ok := value.(map[string]any); ok && input["answer"] != nil {
					for member := range input["answer"].(map[string]any) {
						if a.challenge = answersTo[member]; a.challenge == "" {
							t.Fatalf("no challenge for the answer %s", member)
						}
					}
				}
				all = append(all, a)
			}
		}
	}
	return all
}

// ways are the outcomes of a call, with responses that repeat the request wherever Cognito
// could.
func (s *secrets) ways() map[string]http.HandlerFunc {
	exceptions := []string{
		"InvalidParameterException", "NotAuthorizedException", "InvalidPasswordException", "CodeMismatchException", "UserLambdaValidationException", "UnexpectedLambdaException", "InvalidLambdaResponseException", "UserNotFoundException", "UsernameExistsException", "ResourceNotFoundException", "SomethingNewException", "ValidationException", "SerializationException", "PasswordHistoryPolicyViolationException",
	}
	forms := []string{
		"%s", "1 validation error detected: Value '%s' at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\S]+", "Attributes did not conform to the schema: %s: Attribute does not exist in the schema.\n", "user.%s: Attribute is not defined", "Password did not conform with policy: %s not long enough", "Invalid code %s provided, please request a code again.",
	}
	var mu sync.Mutex
	n := 0
	next := func() int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n
	}
	body := func(r *http.Request) string {
		text, _ := r.Context().Value(askedKey{}).(string)
		return text
	}
	return map[string]http.HandlerFunc{
		"succeeds": wellBehaved(s.answers),
		"refuses": func(w http.ResponseWriter, r *http.Request) {
			throws(400, exceptions[next()%len(exceptions)], "Refused.")(w, r)
		},
		"echoes": func(w http.ResponseWriter, r *http.Request) {
			n := next()
			throws(400, exceptions[n%len(exceptions)], fmt.Sprintf(forms[n/len(exceptions)%len(forms)], body(r)))(w, r)
		},
		"echoes in other ways": func(w http.ResponseWriter, r *http.Request) {
			switch next() % 6 {
			case 0:
				responds(200, amzJSON, strings.TrimSuffix(body(r), "}"))(w, r)
			case 1:
				responds(200, amzJSON, quote(body(r)))(w, r)
			case 2:
				responds(500, "text/html", "<html>"+body(r))(w, r)
			case 3:
				responds(400, "text/plain", body(r))(w, r)
			case 4:
				responds(200, amzJSON, `{"AuthenticationResult":`+quote(body(r))+`,"UserSub":[`+quote(body(r))+`],"CodeDeliveryDetails":`+quote(body(r))+`,"UserAttributes":`+quote(body(r))+`}`)(w, r)
			default:
				http.Redirect(w, r, "http://127.0.0.1:1/?"+url.QueryEscape(body(r)), http.StatusTemporaryRedirect)
			}
		},
		"throws of itself": func(w http.ResponseWriter, r *http.Request) {
			throws(500, "InternalErrorException", body(r))(w, r)
		},
		"hangs up": hijacked(reset),
	}
}

type askedKey struct{}

// secrets is a program whose secrets are all known.
type secrets struct {
	*target
	marker  *marker
	answers map[string]string
	audit   string // file; empty: stdout
	bearer  string
	forms   *regexp.Regexp

	users int
	sent  int
	found []string
}

// leak records a secret in the wrong place.
func (s *secrets) search(where, text string) {
	for _, at := range s.forms.FindAllStringIndex(text, 20) {
		s.found = append(s.found, fmt.Sprintf("%s: …%q…", where, text[max(0, at[0]-120):min(len(text), at[1]+60)]))
	}
}

// mayHold returns the response fields that may contain a secret of Cognito's.
var mayHold = map[string][]string{
	markAccess:  {"accessToken"},
	markID:      {"idToken"},
	markRefresh: {"refreshToken"},
	markSession: {"session"},
	markTOTP:    {"secret", "otpauthUri"},
	markOptions: {"options"},
	markAsked:   {"value", "salt", "srpB", "secretBlock", "deviceKey", "userIdForSrp", "options", "deviceName"},
}

// searchResponse searches a response. Its data may have the secrets that the schema
// defines.
func (s *secrets) searchResponse(a ask, r testutil.TimedResponse) {
	for name, values := range r.Header {
		s.search("header "+name+" of "+a.field, strings.Join(values, "\n"))
	}
	answer, ours := r.Value.(map[string]any)
	if !ours {
		s.search("body of "+a.field, string(r.Body))
		return
	}
	for name, value := range answer {
		if name == "data" {
			s.searchData(a.field, "data", value)
			continue
		}
		s.search(name+" of "+a.field, jsonOf(value))
	}
}

func (s *secrets) searchData(path, name string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for member, inside := range value {
			s.searchData(path+"."+member, member, inside)
		}
	case []any:
		for _, inside := range value {
			s.searchData(path, name, inside)
		}
	case string:
		name, _, _ = strings.Cut(name, "_") // an alias ends with the type
		if name == "session" {
			return // opaque, for the next call
		}
		for gift, names := range mayHold {
			if slices.Contains(names, name) && (strings.Contains(value, gift) || strings.Contains(value, b64of(gift))) {
				return
			}
		}
		s.search(path, value)
	}
}

// b64of returns the form of a secret inside a token.
func b64of(gift string) string { return b64(`{"jti":"` + gift)[:24] }

// token returns a token like Cognito's that contains a secret.
func (s *secrets) token(gift string) string {
	s.users++
	f, user := newForger(s.Issuer), fmt.Sprintf(`"7c1e58c4-0000-4000-8000-%012d"`, s.users)
	claims := f.claims.with("sub", user).with("username", user).with("origin_jti", user)
	return f.sign(f.header, append(ordered{{"jti", quote(gift)}, {"cognito:groups", `["services"]`}}, claims.without("jti")...))
}

func newSecrets(t *testing.T, settings ...string) *secrets {
	t.Helper()
	s := &secrets{marker: &marker{schema: loadSchema(t)}, forms: markForms()}
	hook := httptest.NewServer(responds(500, "text/plain", "refused"))
	t.Cleanup(hook.Close)
	settings = append([]string{
		"LOG_LEVEL=debug", "SERVICE_GROUPS=services", "GRAPHQL_LIMITS=tokens=100000,depth=50,aliases=5000,fields=50000,complexity=1000000",
		"AWS_COGNITO_APP_CLIENT_SECRET=" + mark + "ClientSecret," + mark + "Second", "USER_CONTEXT_DATA=on",
		"SIGNOUT_WEBHOOK_URL=" + hook.URL, "SIGNOUT_WEBHOOK_SECRET=whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(mark, 5))),
	}, settings...)
	for _, setting := range settings {
		if file, found := strings.CutPrefix(setting, "AUDIT_LOG=/"); found {
			s.audit = "/" + file
		}
	}
	s.target = newTarget(t, settings...)
	s.bearer = "Bearer " + s.token(mark+"BEARER")
	s.answers = cognitoAnswers(cognitoSecrets{
		access: s.token(markAccess), id: s.token(markID), refresh: markRefresh, session: markSession, secret: markTOTP, options: markOptions,
	})
	return s
}

// during sets the behaviour of the stand-in, given the body of each call.
func (s *secrets) during(way http.HandlerFunc) {
	s.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
		all := s.Cognito.Calls()
		way(w, r.WithContext(context.WithValue(r.Context(), askedKey{}, all[len(all)-1])))
	})
}

// session starts a sign-in that leads to a challenge, and returns its session.
func (s *secrets) session(t *testing.T, challenge string) string {
	t.Helper()
	s.during(responds(200, amzJSON, `{"ChallengeName":`+quote(challenge)+`,"Session":"`+markSession+strings.Repeat("s", 20)+`","AvailableChallenges":["PASSWORD","EMAIL_OTP"],"ChallengeParameters":{"USER_ID_FOR_SRP":"`+markAsked+`","SALT":"`+markAsked+`","SRP_B":"`+markAsked+`","SECRET_BLOCK":"`+markAsked+`","CREDENTIAL_REQUEST_OPTIONS":"`+markAsked+`","MFAS_CAN_CHOOSE":"[\"SMS_MFA\"]","MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","FRIENDLY_DEVICE_NAME":"`+markAsked+`","question":"`+markAsked+`"}}`))
	field := s.marker.schema.Mutation.Fields.ForName("signin")
	a := ask{field: "signin", document: "mutation{" + strings.Replace(aSignin, "{__typename}", s.marker.selection(field.Type, 1, ""), 1) + "}"}
	r := s.send(t, a)
	challenged, _ := r.At("data.signin")
	for name, value := range asObject(challenged) {
		if strings.HasPrefix(name, "session") {
			return value.(string)
		}
	}
	t.Fatalf("no session of %s: %.600s", challenge, r.Body)
	return ""
}

func asObject(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// send sends a document, with secrets in the headers too.
func (s *secrets) send(t *testing.T, a ask) testutil.TimedResponse {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": a.document, "variables": a.variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.sendRequest(t, a, s.Request(http.MethodPost, "/graphql", body))
}

func (s *secrets) sendRequest(t *testing.T, a ask, request *http.Request) testutil.TimedResponse {
	t.Helper()
	for _, name := range []string{"Cookie", "X-Device-Data", "X-Api-Key", "X-Auth-Token", "Proxy-Authorization", "X-Amz-Security-Token", "X-Forwarded-For", "X-Csrf-Token", "Traceparent"} {
		request.Header.Set(name, mark+name)
	}
	request.Header.Set("Referer", "https://app.example/?token="+mark+"Referer")
	if request.Header.Get("Authorization") == "" {
		request.Header.Set("Authorization", s.bearer)
	}
	s.sent++
	r, err := s.target.Send(request)
	if err != nil {
		t.Fatalf("%s: %v", a.field, err)
	}
	s.searchResponse(a, r)
	return r
}

// malformed returns requests with secrets in unexpected places.
func (s *secrets) malformed() []*http.Request {
	var all []*http.Request
	post := func(body string) *http.Request {
		r := s.Request(http.MethodPost, "/graphql", []byte(body))
		all = append(all, r)
		return r
	}
	secret := quote(mark + markExtra)
	inline := func(literal string) string {
		return testutil.RequestBody("mutation{signin(input:{email:\"ada@example.com\",password:" + literal + "}){__typename}}")
	}
	// Names of fields and variables are not secret: messages may repeat them.
	for _, literal := range []string{
		"[" + secret + "]", "{a:" + secret + "}", mark, `"` + mark, `"""` + mark, `"` + mark + "\n\"", `"` + mark + `\x"`, "1" + markCode, markCode, markCode + ".5", "true", "[[" + secret + "]]", `"` + mark + `" "` + mark + `"`, `"` + strings.Repeat(mark, 100) + `"`, "@" + mark, "&" + mark,
	} {
		post(inline(literal))
	}
	for _, value := range []string{"[" + secret + "]", "{" + secret + ":" + secret + "}", markCode, secret, "[[" + secret + "]]", "null"} {
		post(`{"query":"mutation($i:SigninInput!){signin(input:$i){__typename}}","variables":{"i":{"email":` + value + `,"password":` + value + `}}}`)
		post(`{"query":"mutation($i:SigninInput!){signin(input:$i){__typename}}","variables":{"i":` + value + `}}`)
		post(`{"query":"mutation($i:String!){signin(input:{email:$i,password:$i}){__typename}}","variables":{"i":` + value + `}}`)
		post(`{"query":"mutation($i:StartSigninInput!){startSignin(input:$i){__typename}}","variables":{"i":{"email":"ada@example.com","preferredFactor":` + value + `,"custom":` + value + `}}}`)
		post(`{"query":` + value + `}`)
		post(`{"query":"{__typename}","operationName":` + value + `}`)
		post(`{"query":"{__typename}","variables":` + value + `}`)
		post(`{"query":"{__typename}","extensions":` + value + `}`)
	}
	for _, body := range []string{
		secret, "{" + secret, `{"query":` + secret, `{"password":` + secret + `,`, secret + secret, `[` + secret + `]`, `{"query":"{__typename}"}` + mark, "password=" + mark, `{"password":"` + mark + "\x00\"}", "\xff" + mark, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":` + secret + `}}}`, `{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":` + secret + `}}}`,
	} {
		post(body)
	}
	for _, path := range []string{
		"/graphql?query=" + mark, "/graphql?query={__typename}&token=" + mark, "/graphql?query={__typename}&variables=" + mark, "/graphql?query=%zz" + mark, "/graphql?query={__typename}&operationName=" + mark, "/" + mark, "/?token=" + mark, "/healthz?token=" + mark, "/readyz?" + mark, "/metrics?token=" + mark, "/" + mark + "/graphql", "/graphql/" + mark, "/playground/" + mark,
		"/graphql?query=" + url.QueryEscape("mutation{"+strings.Replace(aSignin, "Correct-Horse-7", mark, 1)+"}"), "/graphql?query=" + url.QueryEscape(`{tokenStatus(token:"`+mark+`"){active}}`),
	} {
		all = append(all, s.Request(http.MethodGet, path, nil))
	}
	for _, method := range []string{"PUT", "DELETE", "OPTIONS", "HEAD", "PROPFIND", mark} {
		all = append(all, s.Request(method, "/graphql?token="+mark, []byte(inline(secret))))
	}
	good := strings.TrimPrefix(s.bearer, "Bearer ")
	for _, authorization := range []string{
		mark, "Bearer " + mark, "Bearer " + mark + "." + mark + "." + mark, "Basic " + base64.StdEncoding.EncodeToString([]byte("ada:"+mark)), "Bearer  " + mark, "bearer " + good, "Bearer " + good + mark, "Bearer " + good[:len(good)-9] + mark, "Token " + good, good, "Bearer " + good + ", Bearer " + good, "Digest username=" + mark, "Bearer " + b64(`{"alg":"none","kid":"`+mark+`"}`) + "." + strings.SplitN(good, ".", 2)[1],
		"Bearer " + s.expired(),
	} {
		for _, text := range []string{"{me{id email}}", "mutation{" + aSignin + "}", "mutation{logout{success}}"} {
			post(testutil.RequestBody(text)).Header.Set("Authorization", authorization)
		}
	}
	for _, contentType := range []string{mark, "text/plain; a=" + mark, "multipart/form-data; boundary=" + mark, "application/json; charset=" + mark} {
		post(inline(secret)).Header.Set("Content-Type", contentType)
	}
	for _, header := range []string{"Accept", "Content-Encoding", "Origin", "Accept-Language", "X-Forwarded-Proto", "Access-Control-Request-Headers", "If-None-Match", "Upgrade"} {
		post(testutil.RequestBody("{__typename}")).Header.Set(header, mark)
	}
	return all
}

func (s *secrets) expired() string {
	f := newForger(s.Issuer)
	return f.sign(f.header, append(ordered{{"jti", quote(mark)}}, f.claims.without("jti").with("exp", f.at(-3600)).with("iat", f.at(-7200))...))
}

// P16: a secret in any part of a request or of Cognito's response appears nowhere but in
// the response field that is meant for it.
func TestAttackSecrets(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	for _, tt := range []struct {
		name     string
		settings func(t *testing.T) []string
		skips    []string // outcomes that are not repeated
	}{
		{"JSON, audit log in a file", func(t *testing.T) []string {
			return []string{"LOG_FORMAT=json", "AUDIT_LOG=" + filepath.Join(t.TempDir(), "audit.jsonl")}
		}, nil},
		{"text, audit log in stdout, hidden users", func(*testing.T) []string {
			return []string{"LOG_FORMAT=text", "AUDIT_LOG=stdout", "HIDE_USER_EXISTENCE=true"}
			// With HIDE_USER_EXISTENCE responses take a second, so only those that differ
			// are repeated.
		}, []string{"refuses", "echoes in other ways", "hangs up"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSecrets(t, tt.settings(t)...)
			asks := s.marker.asks(t)
			ways := s.ways()
			fields, successes, refusals := map[string]bool{}, map[string]int{}, 0
			for _, name := range slices.Sorted(maps.Keys(ways)) {
				if slices.Contains(tt.skips, name) {
					continue
				}
				for _, a := range asks {
					fields[a.field] = true
					if a.challenge != "" {
						a.variables["a"].(map[string]any)["session"] = s.session(t, a.challenge)
					}
					s.during(ways[name])
					r := s.send(t, a)
					if a.field == "logout" || a.field == "deleteAccount" {
						s.bearer = "Bearer " + s.token(mark+"BEARER")
					}
					if r.Code() == answered && name == "succeeds" {
						successes[a.field]++
					}
					if r.Code() != answered {
						refusals++
					}
					// Closes the circuit breaker.
					if code := r.Code(); code == "SERVICE_UNAVAILABLE" || code == "RATE_LIMITED" || code == "INTERNAL" {
						s.during(wellBehaved(s.answers))
						testutil.Eventually(t, "an answer", testutil.Timeout, func() bool {
							r := s.send(t, ask{field: "me", document: "{me{email}}"})
							return r.Code() == answered
						})
					}
				}
			}
			for _, root := range []*ast.Definition{s.marker.schema.Query, s.marker.schema.Mutation} {
				for _, field := range root.Fields {
					if !strings.HasPrefix(field.Name, "__") && successes[field.Name] == 0 {
						t.Errorf("no request of %s succeeded", field.Name)
					}
				}
			}
			s.during(wellBehaved(s.answers))
			malformed := s.malformed()
			for _, request := range malformed {
				s.sendRequest(t, ask{field: request.Method + " " + request.URL.Path[:min(9, len(request.URL.Path))]}, request)
			}
			metrics, err := s.target.Send(s.Request(http.MethodGet, "/metrics", nil))
			if err != nil {
				t.Fatal(err)
			}
			s.search("/metrics", string(metrics.Body))
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			outputs := map[string]string{"stdout": s.Stdout.String(), "log": s.Stderr.String()}
			if s.audit != "" {
				text, err := os.ReadFile(s.audit)
				if err != nil {
					t.Fatal(err)
				}
				outputs["audit log"] = string(text)
			}
			size := 0
			for where, text := range outputs {
				size += len(text)
				for line := range strings.Lines(text) {
					s.search(where, line)
				}
			}
			if lines := strings.Count(outputs["log"], "\n"); lines < s.sent {
				t.Errorf("the log has only %d lines", lines)
			}
			if !strings.Contains(outputs["audit log"]+outputs["stdout"], `"event":"signin"`) {
				t.Error("the audit log is empty")
			}
			t.Logf("%d fields, %d documents and %d malformed requests in %d ways: %d requests, %d refusals, %d KiB of logs; %d secrets found",
				len(fields), len(asks), len(malformed), len(ways), s.sent, refusals, size>>10, len(s.found))
			for i, leak := range s.found {
				if i < 15 {
					t.Errorf("%s", leak)
				}
			}
		})
	}
}

// P16: rejected settings are not repeated if they may contain a secret.
func TestAttackSecretsOfSettings(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	forms := markForms()
	const pool, client = "AWS_COGNITO_USER_POOL_ID=eu-west-1_Abc123456", "AWS_COGNITO_APP_CLIENT_ID=1example23456789"
	attacks := []struct {
		settings []string
		flags    []string
	}{
		{[]string{pool, client, "AWS_COGNITO_APP_CLIENT_SECRET=" + mark + " " + mark}, nil},
		{[]string{pool, client, "AWS_COGNITO_APP_CLIENT_SECRET=" + mark + "1," + mark + "2," + mark + "3"}, nil},
		{[]string{pool, client, "AWS_COGNITO_APP_CLIENT_SECRET=" + mark, "AWS_COGNITO_APP_CLIENT_SECRET_FILE=/dev/null"}, nil},
		{[]string{"AWS_COGNITO_APP_CLIENT_SECRET=" + mark}, nil},
		{[]string{pool, client, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=https://ada:" + mark + "@example.com"}, nil},
		{[]string{pool, client, "AWS_COGNITO_ISSUER=https://ada:" + mark + "@example.com"}, nil},
		{[]string{"REDIS_URL=" + mark}, nil},
		{[]string{"REDIS_URL=http://:" + mark + "@example.com"}, nil},
		{[]string{"REDIS_URL=redis://:" + mark + "%zz@example.com"}, nil},
		{[]string{"SIGNOUT_WEBHOOK_URL=https://example.com", "SIGNOUT_WEBHOOK_SECRET=" + mark}, nil},
		{[]string{"SIGNOUT_WEBHOOK_URL=https://example.com", "SIGNOUT_WEBHOOK_SECRET=whsec_" + base64.StdEncoding.EncodeToString([]byte(mark))}, nil},
		{[]string{"SIGNOUT_WEBHOOK_URL=https://ada:" + mark + "@example.com", "SIGNOUT_WEBHOOK_SECRET=whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 32)))}, nil},
		{[]string{"SIGNOUT_WEBHOOK_URL=https://example.com/?token=" + mark}, nil},
		{[]string{"POOL_CLIENT_SECRET=" + mark + "-"}, nil},
		{nil, []string{"--aws-cognito-app-client-secret", mark}},
		{nil, []string{"--aws-cognito-app-client-secret=" + mark + " x"}},
		{nil, []string{"--pool-client-secret=" + mark + "!"}},
		{nil, []string{"--redis-url=" + mark}},
		{nil, []string{"--signout-webhook-secret", mark}},
		{nil, []string{"--no-such-secret=" + mark}},
		{nil, []string{"--addr", "127.0.0.1:0", mark}},
		{nil, []string{"--passwordless-signup=" + mark}},
	}
	held := 0
	for i, attack := range attacks {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			p := testutil.Start(t, append([]string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "LOG_LEVEL=debug", "DATA_DIR=" + t.TempDir()}, attack.settings...), attack.flags)
			assertRefusal(t, p, "")
			if said := p.Stdout.String() + p.Stderr.String(); said == "" || forms.MatchString(said) {
				t.Errorf("%v %v: %s", attack.settings, attack.flags, said)
			}
			if !t.Failed() {
				held++
			}
		})
	}
	t.Logf("%d of %d refused settings are not repeated", held, len(attacks))
}

// TestMarkForms checks that the search finds every form of a secret.
func TestMarkForms(t *testing.T) {
	t.Parallel()
	forms := markForms()
	for _, text := range []string{
		"password=" + mark, strings.ToUpper(mark), quote(mark + markExtra), url.QueryEscape("é" + mark + markExtra), fmt.Sprintf("%q", mark), fmt.Sprintf("%x", mark+"1"), `"code":"` + markCode + `"`, markCode, "srp=" + strings.ToUpper(markHex),
		base64.StdEncoding.EncodeToString([]byte(mark)), base64.StdEncoding.EncodeToString([]byte("a" + mark + "b")), base64.URLEncoding.EncodeToString([]byte(`{"a":"` + mark + `"}`)), b64("ab" + mark + "cd"), b64("abc" + strings.ToLower(mark) + "@example.com"),
	} {
		if !forms.MatchString(text) {
			t.Errorf("%q is not found by %s", text, forms)
		}
	}
	for _, text := range []string{"", "0.739184", "17391842", "duration_ms=0.739184", "Zqx7K", "authgraph"} {
		if forms.MatchString(text) {
			t.Errorf("%q is found", text)
		}
	}
}
