package scripts_test

// Commands for the API; see scripts_test.go.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"authgraph/internal/testutil"
)

func (s *script) graphql(args []string) {
	given, args := options(args, "-token", "-header", "-status")
	if len(args) == 0 {
		s.Fatalf("usage: graphql [-token TOKEN] [-header 'K: V'] [-status N] [-background] DOCUMENT [NAME=VALUE…]")
	}
	request := s.newGraphQLRequest(args[0], args[1:])
	for _, token := range given["-token"] {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	s.setHeaders(request, given["-header"])
	if given["-background"] != nil {
		s.pending = make(chan pendingAnswer, 1)
		go func(to chan<- pendingAnswer) {
			response, err := testutil.NewClient().Do(request)
			if err != nil {
				to <- pendingAnswer{nil, err}
				return
			}
			a, err := testutil.ReadResponse(response)
			to <- pendingAnswer{a, err}
		}(s.pending)
		return
	}
	s.do(request)
	s.checkStatus(given["-status"], "200")
	fmt.Fprint(s.Stdout(), s.last.Indented())
}

// pendingAnswer is the result of a background request.
type pendingAnswer struct {
	answer *testutil.Response
	err    error
}

func (s *script) answer(args []string) {
	given, args := options(args, "-status")
	s.need(args, 0, 0, "answer [-status N]")
	p := <-s.pending
	s.Check(p.err)
	s.last = p.answer
	s.checkStatus(given["-status"], "200")
	fmt.Fprint(s.Stdout(), s.last.Indented())
}

func (s *script) newGraphQLRequest(document string, args []string) *http.Request {
	var input, variables []string
	for _, arg := range args {
		if name, found := strings.CutPrefix(arg, "@"); found {
			variables = append(variables, name)
		} else {
			input = append(input, arg)
		}
	}
	all := s.members(variables)
	if len(input) > 0 {
		all["input"] = s.members(input)
	}
	body, err := json.Marshal(map[string]any{"query": s.document(document), "variables": all})
	s.Check(err)
	request, err := http.NewRequest(http.MethodPost, s.Getenv("API")+"/graphql", bytes.NewReader(body))
	s.Check(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	return request
}

// document returns the text of a GraphQL document, given as text or by its name in
// testdata/documents.
func (s *script) document(name string) string {
	if strings.Contains(name, "{") {
		return name
	}
	text, err := os.ReadFile(filepath.Join(s.documents, name+".graphql"))
	s.Check(err)
	return string(text)
}

func (s *script) setHeaders(request *http.Request, lines []string) {
	for _, line := range lines {
		name, value, found := strings.Cut(line, ": ")
		if !found {
			s.Fatalf("%q is not a header line", line)
		}
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(name, value)
	}
}

// do sends a request and stores the last response.
func (s *script) do(request *http.Request) {
	response, err := testutil.NewClient().Do(request)
	s.Check(err)
	s.last, err = testutil.ReadResponse(response)
	s.Check(err)
}

func (s *script) checkStatus(wanted []string, otherwise string) {
	want := otherwise
	if len(wanted) > 0 {
		want = wanted[0]
	}
	if want != "" && strconv.Itoa(s.last.Status) != want {
		s.Fatalf("the HTTP status is %d, want %s\n%s", s.last.Status, want, s.last.Dump())
	}
}

func (s *script) request(args []string) {
	given, args := options(args, "-header", "-status")
	s.need(args, 2, 4, "request [-header 'K: V'] [-status N] METHOD PATH|URL [BODY | -file NAME | -fill BYTES]")
	body := ""
	switch {
	case len(args) == 4 && args[2] == "-file":
		body = s.ReadFile(args[3])
	case len(args) == 4 && args[2] == "-fill":
		size, err := strconv.Atoi(args[3])
		s.Check(err)
		body = strings.Repeat(" ", size)
	case len(args) == 3:
		body = args[2]
	}
	url := args[1]
	if strings.HasPrefix(url, "/") {
		url = s.Getenv("API") + url
	}
	request, err := http.NewRequest(args[0], url, strings.NewReader(body))
	s.Check(err)
	s.setHeaders(request, given["-header"])
	s.do(request)
	s.checkStatus(given["-status"], "")
	fmt.Fprint(s.Stdout(), s.last.Dump())
}

func (s *script) account(args []string) {
	s.need(args, 1, 2, "account EMAIL [PASSWORD]")
	s.graphql([]string{"signup", "email=" + args[0], "password=" + s.password(args[1:]), "username=Ada", "mode=reader"})
	s.succeeded()
	s.code([]string{"CODE", args[0]})
	s.graphql([]string{"verifyAccount", "email=" + args[0], "confirmationCode=" + s.Getenv("CODE")})
	s.succeeded()
}

func (s *script) session(args []string) {
	s.need(args, 1, 2, "session EMAIL [PASSWORD]")
	s.graphql([]string{"signin", "email=" + args[0], "password=" + s.password(args[1:])})
	s.succeeded()
	s.keep([]string{"ACCESS", "data.signin.accessToken"})
	s.keep([]string{"ID", "data.signin.idToken"})
	s.keep([]string{"REFRESH", "data.signin.refreshToken"})
}

func (s *script) password(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return s.Getenv("PASSWORD")
}

func (s *script) succeeded() {
	if got := s.last.Text("errors"); got != "absent" {
		s.Fatalf("unexpected errors:\n%s", s.last.Indented())
	}
}
