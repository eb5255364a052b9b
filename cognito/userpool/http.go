package userpool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/tokens"
)

const (
	contentType  = "application/x-amz-json-1.1"
	targetPrefix = "AWSCognitoIdentityProviderService."
	bodyLimit    = 128 << 10
)

const about = "This is an embedded user pool that speaks the Amazon Cognito user pools API.\n" +
	"Point an AWS SDK at it with AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER; read what it would have mailed at /inbox.\n"

// ServeHTTP serves the routes in the package comment.
func (p *Pool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("x-amzn-RequestId", id)
	defer p.recoverPanic(w, id)
	if !p.isOwnHost(r.Host) {
		p.writeError(w, &exception.Error{
			Type: "ForbiddenException", Status: http.StatusForbidden,
			Message: "The Host of the request is not a name of this pool; it answers to loopback names and to the host of its own URL.",
		})
		return
	}
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/":
		p.serveOperation(w, r, id)
	case r.Method == http.MethodOptions && r.URL.Path != "/inbox" && r.URL.Path != "/metadata":
		servePreflight(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS, POST")
		http.Error(w, "The wire protocol is POST to /.", http.StatusMethodNotAllowed)
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, about)
	case r.URL.Path == "/inbox":
		p.inbox.ServeHTTP(w, r)
	case r.URL.Path == "/metadata":
		p.metadata.ServeHTTP(w, r)
	default:
		p.serveWellKnown(w, r)
	}
}

// recoverPanic responds to a panic as to any internal error. It logs the type and place of the panic but not its
// value, which might be a secret.
func (p *Pool) recoverPanic(w http.ResponseWriter, id string) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	what := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		what = err.Error()
	}
	p.log.Error("userpool: panic", "request", id, "panic", what, "stack", string(debug.Stack()))
	p.writeError(w, exception.Internal())
}

// isOwnHost reports whether a Host header names this pool. A page whose name resolves to 127.0.0.1 (DNS rebinding) is
// same-origin for the browser, but it cannot forge this header.
func (p *Pool) isOwnHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return slices.Contains(p.hosts, strings.ToLower(name))
}

// hostnameOf returns the lower-case host name in an absolute http or https address.
func hostnameOf(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", fmt.Errorf("userpool: URL is not an absolute http or https address")
	}
	return strings.ToLower(u.Hostname()), nil
}

// serveOperation handles one call of the wire protocol (AWS JSON 1.1).
func (p *Pool) serveOperation(w http.ResponseWriter, r *http.Request, id string) {
	start := time.Now()
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	h.Set("Cache-Control", "no-store")
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	out, err := p.operate(w, r, &service.Call{
		ID: id, Now: epoch.Of(p.now()), IP: hostOf(r.RemoteAddr), Agent: agentOf(r),
	}, name)
	if err == nil {
		err = writeOutput(w, out)
	}
	p.logCall(name, id, err, time.Since(start))
	if err != nil {
		p.writeError(w, asAPIError(err))
	}
}

// logCall logs a call. It does not repeat the name of an unknown operation.
func (p *Pool) logCall(name, id string, err error, took time.Duration) {
	if _, known := p.operations[name]; !known {
		name = "unknown"
	}
	outcome := "ok"
	if err != nil {
		outcome = asAPIError(err).Type
	}
	p.log.Debug("userpool: call", "operation", name, "outcome", outcome, "request", id, "took", took)
	var api *exception.Error
	if err != nil && !errors.As(err, &api) {
		p.log.Error("userpool: internal error", "operation", name, "request", id, "err", err)
	}
}

func asAPIError(err error) *exception.Error {
	var api *exception.Error
	if errors.As(err, &api) {
		return api
	}
	return exception.Internal()
}

func (p *Pool) operate(w http.ResponseWriter, r *http.Request, c *service.Call, name string) (any, error) {
	op, ok := p.operations[name]
	if !ok || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), targetPrefix) {
		return nil, unknownOperation(name)
	}
	if op.admin && r.Header.Get("Origin") != "" {
		return nil, &exception.Error{
			Type: "ForbiddenException", Status: http.StatusForbidden,
			Message: name + " changes or reads the pool with administrator rights and is not for browsers.",
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, &exception.Error{Type: "SerializationException", Message: "The body is too large.", Status: http.StatusRequestEntityTooLarge}
		}
		return nil, exception.New("SerializationException", "The body could not be read.")
	}
	p.metadata.add(name, body, p.now())
	return op.run(c, body)
}

// unknownOperation rejects an unknown operation. It repeats the name only if it could be the name of an operation.
func unknownOperation(name string) *exception.Error {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return !letter(r) }) {
		return exception.New("UnknownOperationException", "The X-Amz-Target header names no operation of %s*.", targetPrefix)
	}
	return exception.New("UnknownOperationException", "%s is not an operation that the embedded user pool implements.", name)
}

func writeOutput(w http.ResponseWriter, out any) error {
	var body []byte
	if out != nil {
		var err error
		if body, err = json.Marshal(out); err != nil {
			return fmt.Errorf("userpool: encoding the response: %w", err)
		}
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
	return nil
}

// writeError writes an exception. Its name and message are in the body and in two headers, where the SDKs look first.
// The colon is the service's.
func (p *Pool) writeError(w http.ResponseWriter, e *exception.Error) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("x-amzn-ErrorType", e.Type+":")
	h.Set("x-amzn-ErrorMessage", headerText(e.Message))
	body, err := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.Type, e.Message})
	if err != nil {
		body = []byte(`{"__type":"InternalErrorException"}`)
	}
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(body)
}

// headerText reduces a message to one line of printable ASCII. Schema errors contain line breaks.
func headerText(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s))
}

// servePreflight lets any page call the public operations, as the real service does.
func servePreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST, GET")
	h.Set("Access-Control-Max-Age", "172800")
	h.Set("Vary", "Access-Control-Request-Headers")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && len(asked) <= 1024 {
		h.Set("Access-Control-Allow-Headers", headerText(asked))
	}
	w.WriteHeader(http.StatusOK)
}

// serveWellKnown serves the key set and the discovery document of a pool.
func (p *Pool) serveWellKnown(w http.ResponseWriter, r *http.Request) {
	poolID, document, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/.well-known/")
	ring := p.service.Keys.ForPool(poolID)
	var out any
	switch {
	case ring == nil:
	case document == "jwks.json":
		out = map[string]any{"keys": []tokens.JWK{ring.ID.JWK(), ring.Access.JWK()}}
	case document == "openid-configuration":
		out = p.discovery(poolID)
	}
	if out == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(out)
}

// discovery returns the OpenID Connect discovery document, as Cognito does for a pool without a domain. The endpoints
// of managed login do not exist here, but clients insist on their presence.
func (p *Pool) discovery(poolID string) map[string]any {
	issuer := p.service.Issuer(poolID)
	return map[string]any{
		"authorization_endpoint":                issuer + "/oauth2/authorize",
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/.well-known/jwks.json",
		"response_types_supported":              []string{"code", "token"},
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []string{"public"},
		"token_endpoint":                        issuer + "/oauth2/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"userinfo_endpoint":                     issuer + "/oauth2/userInfo",
	}
}

// agentOf returns the beginning of the User-Agent header.
func agentOf(r *http.Request) string {
	const most = 512
	agent := r.UserAgent()
	return strings.ToValidUTF8(agent[:min(len(agent), most)], "")
}

// hostOf returns the address of the client without the port.
func hostOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return ""
	}
	return host
}
