package security_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// attackOnParser is a hostile GraphQL request.
type attackOnParser struct {
	name string
	// Exactly one of these is sent.
	document string
	body     string // body of a POST
	query    string // query string of a GET

	variables     map[string]any
	introspection bool   // sent to a program with introspection on
	want          string // error code, or answered
}

// Error codes.
const (
	overLimit = "OPERATION_LIMIT_EXCEEDED"
	unparsed  = "GRAPHQL_PARSE_FAILED"
	misfit    = "GRAPHQL_VALIDATION_FAILED"
	malformed = "BAD_REQUEST"
	tooLarge  = "PAYLOAD_TOO_LARGE"
	badInput  = "BAD_USER_INPUT"
	answered  = "absent" // no error: see TimedResponse.Code
)

// numbered repeats text, formatting %d as the iteration.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// referencesTo returns n entity references to users.
func referencesTo(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"__typename": "User", "id": fmt.Sprintf("7c1e58c4-0000-4000-8000-%012d", i)}
	}
	return list
}

func nest(n int, open, inside, closing string) string {
	return strings.Repeat(open, n) + inside + strings.Repeat(closing, n)
}

// bomb is a document whose n fragments each double the number of fields.
func bomb(n int) string {
	doc := "{...F0}"
	for i := range n {
		doc += fmt.Sprintf(" fragment F%d on Query{...F%d ...F%d}", i, i+1, i+1)
	}
	return doc + fmt.Sprintf(" fragment F%d on Query{__typename}", n)
}

const (
	aSignin = `signin(input:{email:"ada@example.com",password:"Correct-Horse-7"}){__typename}`
	aSignup = `signup(input:{username:"Ada",email:"ada@example.com",password:"Correct-Horse-7",mode:"reader"}){userId}`
)

func hostileDocuments() []attackOnParser {
	fields := nest(6, "fields{type{", "name", "}}")
	all := []attackOnParser{
		// Size: rejected before anything is processed twice.
		{name: "10,000 fields", document: "{" + strings.Repeat("__typename ", 10_000) + "}", want: overLimit},
		{name: "990 fields", document: "{" + strings.Repeat("__typename ", 990) + "}", want: overLimit},
		{name: "3,000 me", document: "{" + strings.Repeat("me{id} ", 3000) + "}", want: overLimit},
		{name: "me 240 times", document: "{" + strings.Repeat("me{id} ", 240) + "}", want: overLimit},
		{name: "240 KiB of fields", document: "{" + strings.Repeat("a ", 120_000) + "}", want: overLimit},
		{name: "240 KiB of braces", document: strings.Repeat("{", 240_000), want: unparsed},
		{name: "240 KiB of closing braces", document: strings.Repeat("}", 240_000), want: unparsed},
		{name: "240 KiB of commas", document: "{__typename" + strings.Repeat(",", 240_000) + "}", want: answered},
		{name: "240 KiB of white space", document: "{__typename" + strings.Repeat(" \t\n", 45_000) + "}", want: answered},
		{name: "240 KiB of line breaks", document: strings.Repeat("\n", 110_000) + "{__typename}", want: answered},
		{name: "240 KiB of comments", document: strings.Repeat("#\n", 80_000) + "{__typename}", want: overLimit},
		{name: "one comment of 240 KiB", document: "{__typename}#" + strings.Repeat("x", 240_000), want: answered},
		{name: "a name of 240 KiB", document: "{" + strings.Repeat("a", 240_000) + "}", want: misfit},
		{name: "a string of 240 KiB", document: `{me(a:"` + strings.Repeat("x", 240_000) + `"){id}}`, want: misfit},
		{name: "a block string of 240 KiB", document: `{me(a:"""` + strings.Repeat("x\n  ", 40_000) + `"""){id}}`, want: misfit},
		{name: "a block string of quotation marks", document: `{me(a:"""` + strings.Repeat(`\"""`, 20_000) + `"""){id}}`, want: misfit},
		{name: "a number of 240 KiB", document: "{me(a:" + strings.Repeat("1", 240_000) + "){id}}", want: misfit},
		{name: "a fraction of 240 KiB", document: "{me(a:1." + strings.Repeat("1", 240_000) + "e9){id}}", want: misfit},
		{name: "300 KiB", document: "{__typename}" + strings.Repeat(" ", 300<<10), want: tooLarge},
		{name: "1 MiB", document: "{" + strings.Repeat("a", 1<<20) + "}", want: tooLarge},
		{name: "100,000 dots", document: "{" + strings.Repeat("...", 33_000) + "}", want: unparsed},
		{name: "100,000 at signs", document: "{__typename" + strings.Repeat("@", 100_000) + "}", want: unparsed},
		{name: "100,000 exclamation marks", document: "query($a:Int" + strings.Repeat("!", 100_000) + "){__typename}", want: unparsed},

		// Depth: recursion is bounded.
		{name: "50,000 deep", document: nest(50_000, "{a", "", "}"), want: overLimit},
		{name: "320 deep", document: nest(320, "{a", "", "}"), want: misfit},
		{name: "330 inline fragments deep", document: "{" + nest(330, "...{", "__typename", "}") + "}", want: answered},
		{name: "20,000 inline fragments deep", document: "{" + nest(20_000, "...on Query{", "__typename", "}") + "}", want: overLimit},
		{name: "80 inline fragments with aliases", document: "{" + strings.Repeat("...on Query{a:__typename b:__typename}", 80) + "}", want: overLimit},
		{name: "240 KiB of [", document: "{me(a:" + strings.Repeat("[", 240_000), want: overLimit},
		{name: "900 of [", document: "{me(a:" + nest(450, "[", "1", "]") + "){id}}", want: misfit},
		{name: "900 of [ in a type", document: "query($a:" + nest(450, "[", "Int", "]") + "){__typename}", want: misfit},
		{name: "100,000 of [ in a type", document: "query($a:" + strings.Repeat("[", 100_000) + "){__typename}", want: overLimit},
		{name: "200 objects deep", document: "{me(a:" + nest(200, "{a:", "1", "}") + "){id}}", want: misfit},
		{name: "80,000 objects deep", document: "{me(a:" + strings.Repeat("{a:", 80_000) + "){id}}", want: overLimit},
		{name: "12 unknown levels", document: "{...on Query{me{devices{" + nest(10, "a{", "b", "}") + "}}}}", want: misfit},

		// Fragments.
		{name: "2^40 by fragments", document: bomb(40), want: overLimit},
		{name: "2^90 by fragments", document: bomb(90), want: overLimit},
		{name: "fragment cycle", document: "{...A} fragment A on Query{...A}", want: misfit},
		{name: "fragment cycle below a field", document: "{...A} fragment A on Query{me{...B}} fragment B on User{...B}", want: misfit},
		{name: "two fragments of each other", document: "{...A} fragment A on Query{...B} fragment B on Query{...A}", want: misfit},
		{name: "a circle of 120 fragments", document: "{...F0}" + numbered(120, " fragment F%[1]d on Query{...F"+"%[1]d}"), want: misfit},
		{name: "unused fragments", document: "{__typename}" + numbered(140, " fragment F%d on Query{__typename}"), want: misfit},
		{name: "a fragment twice", document: "{...A} fragment A on Query{__typename} fragment A on Query{__typename}", want: misfit},
		{name: "unknown fragment, 300 times", document: "{" + numbered(300, "...F%d ") + "}", want: misfit},
		{name: "a spread 480 times", document: "{" + strings.Repeat("...A ", 480) + "} fragment A on Query{__typename}", want: overLimit},
		{name: "a spread 450 times over 2 fields", document: "{" + strings.Repeat("...A ", 450) + "} fragment A on Query{__typename b:__typename}", want: overLimit},
		{name: "a fragment called on", document: "{...on} fragment on on Query{__typename}", want: unparsed},
		{name: "fragments that overlap", document: "{" + strings.Repeat("...A ...B ", 50) + "} fragment A on Query{me{id ...C}} fragment B on Query{me{id ...C}} fragment C on User{id email}", want: overLimit},

		// Aliases, directives, operations, variables.
		{name: "101 aliases", document: "{" + numbered(101, "a%d:__typename ") + "}", want: overLimit},
		{name: "16 aliases", document: "{" + numbered(16, "a%d:__typename ") + "}", want: overLimit},
		{name: "16 aliases through a fragment", document: "{" + numbered(8, "...on Query{a%d:__typename} ") + "...F} fragment F on Query{" + numbered(8, "b%d:__typename ") + "}", want: overLimit},
		{name: "60 sign-ins", document: "mutation{" + numbered(60, "a%d:"+aSignin+" ") + "}", want: overLimit},
		{name: "16 sign-ins", document: "mutation{" + numbered(16, "a%d:"+aSignin+" ") + "}", want: overLimit},
		{name: "16 sign-ups by spreads", document: "mutation{...A ...B} fragment A on Mutation{" + numbered(8, "a%d:"+aSignup+" ") + "} fragment B on Mutation{" + numbered(8, "b%d:"+aSignup+" ") + "}", want: overLimit},
		{name: "aliases that collide", document: "{" + strings.Repeat("a:__typename a:me{id} ", 100) + "}", want: misfit},
		{name: "arguments that collide", document: "mutation{" + `signin(input:{email:"a@example.com",password:"x"}){__typename} signin(input:{email:"b@example.com",password:"x"}){__typename}` + "}", want: misfit},
		{name: "300 directives", document: "{__typename" + strings.Repeat("@a", 300) + "}", want: misfit},
		{name: "30,000 directives", document: "{__typename" + strings.Repeat("@a", 30_000) + "}", want: overLimit},
		{name: "@skip 140 times", document: "{__typename" + strings.Repeat("@skip(if:true)", 140) + "}", want: misfit},
		{name: "@include 110 times", document: "query($a:Boolean!){__typename" + strings.Repeat("@include(if:$a)", 110) + "}", variables: map[string]any{"a": true}, want: misfit},
		{name: "directives of the server", document: `{me@auth(groups:["admins"]){id}}`, want: misfit},
		{name: "@constraint taken off", document: `mutation($e:String!@constraint(maxLength:1)){signin(input:{email:$e,password:"x"}){__typename}}`, variables: map[string]any{"e": "ada@example.com"}, want: misfit},
		{name: "@defer", document: "{me{id ...@defer{email}}}", want: misfit},
		{name: "11 operations", document: numbered(11, "query Q%d{__typename} "), body: `{"operationName":"Q1","query":` + quote(numbered(11, "query Q%d{__typename} ")) + `}`, want: overLimit},
		{name: "190 operations", body: `{"operationName":"Q1","query":` + quote(numbered(190, "query Q%d{__typename} ")) + `}`, want: overLimit},
		{name: "operations of one name", document: "query A{__typename} query A{__typename}", want: misfit},
		{name: "operations without names", document: "{__typename} {__typename}", want: misfit},
		{name: "unknown operation", body: `{"operationName":"B","query":"query A{__typename}"}`, want: misfit},
		{name: "a mutation beside the query", body: `{"operationName":"A","query":` + quote("query A{__typename} mutation B{"+aSignup+"}") + `}`, want: answered},
		{name: "140 variables with defaults", document: "query(" + numbered(140, "$a%d:Int=1 ") + "){__typename}", want: misfit},
		{name: "a variable twice", document: "query($a:Int $a:Int){__typename}", want: misfit},
		{name: "a variable of no type", document: "query($a:Nothing){__typename}", want: misfit},
		{name: "a default with itself", document: "query($a:Int=$a){__typename}", want: unparsed},
		{name: "10,000 undeclared variables", document: "{__typename}", variables: undeclared(10_000), want: answered},
		{name: "a variable 9,000 deep", body: `{"query":"query($a:SigninInput!){__typename}","variables":{"a":` + nest(9_000, `{"a":`, "1", "}") + `}}`, want: misfit},
		{name: "a list variable with 100,000 values", body: `{"query":"mutation($a:UpdateUserInput!){updateUser(input:$a){__typename}}","variables":{"a":{"attributes":[` + strings.Repeat("1,", 100_000) + `1]}}}`, want: badInput},
		{name: "misplaced variable", document: "query($a:Int){__typename@include(if:$a)}", variables: map[string]any{"a": 1}, want: misfit},

		// Unknown names: the number of errors is limited.
		{name: "900 unknown fields", document: "{" + numbered(900, "f%d ") + "}", want: misfit},
		{name: "900 unknown fields of a user", document: "{me{" + numbered(900, "f%d ") + "}}", want: misfit},
		{name: "300 unknown arguments", document: "{me(" + numbered(300, "a%d:1 ") + "){id}}", want: misfit},
		{name: "150 unknown types", document: "{" + numbered(150, "...on T%d{a} ") + "}", want: misfit},
		{name: "300 unknown directives", document: "{" + numbered(300, "__typename@d%d ") + "}", want: misfit},
		{name: "300 unknown input fields", document: "mutation{signin(input:{" + numbered(300, "a%d:1 ") + "}){__typename}}", want: misfit},
		{name: "a long enum value", document: "mutation{startSignin(input:{email:\"a@example.com\" preferredFactor:" + strings.Repeat("X", 200) + "}){__typename}}", want: misfit},
		{name: "a subscription", document: "subscription{me{id}}", want: misfit},
		{name: "a schema", document: "type A{a:Int} extend type Query{b:Int}", want: unparsed},
		{name: "misspelled names", document: "{mee{id} meh{id} user{id}}", want: misfit},
		{name: "misspelled argument", document: `mutation{signin(inputt:{email:"a@example.com"}){__typename}}`, want: misfit},
		{name: "misspelled type", document: `mutation($a:SigninInputt!){signin(input:$a){__typename}}`, want: misfit},
		{name: "misspelled input field", document: `mutation{signin(input:{emial:"a@example.com",password:"x"}){__typename}}`, want: misfit},
		{name: "misspelled enum value", document: `mutation{startSignin(input:{email:"a@example.com",preferredFactor:PASSWORT}){__typename}}`, want: misfit},

		// Characters.
		{name: "byte order marks", document: strings.Repeat("\ufeff", 50_000) + "{__typename}", want: answered},
		{name: "one byte order mark", document: "\ufeff{__typename}", want: answered},
		{name: "NUL", document: "{__typename\x00}", want: unparsed},
		{name: "other control characters", document: "{__typename\x01\x02\x7f}", want: unparsed},
		{name: "other alphabets", document: "{__тypename}", want: unparsed},
		{name: "text turned round", document: "{__typename\u202e}", want: unparsed},
		{name: "not UTF-8", body: "{\"query\":\"{__typename \xff\xfe}\"}", want: unparsed},
		{name: "escapes without end", document: `{me(a:"` + strings.Repeat(`\u0041`, 30_000) + `"){id}}`, want: misfit},
		{name: "bad escapes", document: `{me(a:"\u{110000}\uD83D\x"){id}}`, want: unparsed},
		{name: "a string without end", document: `{me(a:"` + strings.Repeat("x", 100_000), want: unparsed},
		{name: "a string over two lines", document: "{me(a:\"x\ny\"){id}}", want: unparsed},
		{name: "empty document", document: " ", want: misfit},
		{name: "only a comment", document: "# nothing", want: misfit},

		// Introspection where it is off, and where it is on.
		{name: "schema", document: "{__schema{types{name}}}", want: misfit},
		{name: "type", document: `{__type(name:"Query"){name}}`, want: misfit},
		{name: "schema below an alias", document: "{a:__schema{a:types{a:name}}}", want: misfit},
		{name: "schema in an inline fragment", document: "{...on Query{...{__schema{types{name}}}}}", want: misfit},
		{name: "schema in a fragment", document: "{...__typename} fragment __typename on Query{__schema{types{name}}}", want: misfit},
		{name: "a fragment called __schema", document: "{...__schema} fragment __schema on Query{__typename}", want: answered},
		{name: "schema, skipped by a variable", document: "query($a:Boolean!){__schema@skip(if:$a){types{name}}}", variables: map[string]any{"a": false}, want: misfit},
		{name: "schema in the second operation", body: `{"operationName":"B","query":"query A{__typename} query B{__schema{types{name}}}"}`, want: misfit},
		{name: "schema of a mutation", document: "mutation{__schema{types{name}}}", want: misfit},
		{name: "service of a federation", document: "{_service{sdl}}", want: misfit},
		{name: "a reference with an object for an id", document: `{_entities(representations:[{__typename:"User",id:{` + nest(100, "a:{", "a:1", "}") + `}}]){__typename}}`, want: answered},
		{name: "3,000 references", document: "query($r:[_Any!]!){_entities(representations:$r){__typename}}", variables: map[string]any{"r": referencesTo(3_000)}, want: overLimit},
		{name: "300 references, by twelve names", document: "query($r:[_Any!]!){" + numbered(12, "a%d:_entities(representations:$r){__typename} ") + "}", variables: map[string]any{"r": referencesTo(25)}, want: overLimit},
		{name: "300 references, by fragments", document: "query($r:[_Any!]!){...A ...A ...{b:_entities(representations:$r){__typename}}} fragment A on Query{a:_entities(representations:$r){__typename}}", variables: map[string]any{"r": referencesTo(100)}, want: overLimit},
		{name: "deepest introspection", introspection: true, document: "{__schema{types{fields{type{" + nest(300, "ofType{", "name", "}") + "}}}}}", want: answered},
		{name: "circular introspection by fields", introspection: true, document: "{__schema{types{" + fields + "}}}", want: misfit},
		{name: "circular introspection in fragments", introspection: true, document: "{__schema{types{...T}}} fragment T on __Type{fields{type{...U}}} fragment U on __Type{fields{type{...V}}} fragment V on __Type{fields{type{fields{type{name}}}}}", want: misfit},
		{name: "introspection 16 times", introspection: true, document: "{" + numbered(16, "a%d:__schema{types{name}} ") + "}", want: overLimit},

		// The request around the document.
		{name: "a batch", body: `[{"query":"{__typename}"},{"query":"{__typename}"}]`, want: malformed},
		{name: "a batch of one", body: `[{"query":"{__typename}"}]`, want: malformed},
		{name: "a batch of 1,000 sign-ups", body: "[" + strings.TrimSuffix(strings.Repeat(`{"query":`+quote("mutation{"+aSignup+"}")+"},", 1000), ",") + "]", want: malformed},
		{name: "empty batch", body: "[]", want: malformed},
		{name: "lists without end", body: strings.Repeat("[", 250_000), want: malformed},
		{name: "objects without end", body: strings.Repeat(`{"query":`, 25_000), want: malformed},
		{name: "variables 100,000 deep", body: `{"query":"{__typename}","variables":` + strings.Repeat(`{"a":`, 50_000), want: malformed},
		{name: "extensions 9,000 deep", body: `{"query":"{__typename}","extensions":{"a":` + nest(9_000, "[", "", "]") + `}}`, want: answered},
		{name: "20,000 members", body: `{"query":"{__typename}"` + numbered(15_000, `,"m%d":0`) + `}`, want: answered},
		{name: "query twice", body: `{"query":"{__typename}","query":` + quote("mutation{"+aSignup+"}") + `}`, want: malformed},
		{name: "query and QUERY", body: `{"QUERY":` + quote("mutation{"+aSignup+"}") + `,"query":"{__typename}"}`, want: answered},
		{name: "only QUERY", body: `{"QUERY":"{__typename}"}`, want: malformed},
		{name: "a persisted query", body: `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("a", 64) + `"}}}`, want: "PERSISTED_QUERY_NOT_FOUND"},
		{name: "GET of 3,000 fields", query: "query=" + url.QueryEscape("{"+strings.Repeat("__typename ", 3_000)+"}"), want: overLimit},
		{name: "GET of a bomb", query: "query=" + url.QueryEscape(bomb(40)), want: overLimit},
		{name: "GET of a mutation", query: "query=" + url.QueryEscape("mutation{"+aSignup+"}"), want: "METHOD_NOT_ALLOWED"},
		{name: "GET of a mutation by name", query: "operationName=B&query=" + url.QueryEscape("query A{__typename} mutation B{"+aSignup+"}"), want: "METHOD_NOT_ALLOWED"},
		{name: "GET of two queries", query: "query={__typename}&query=" + url.QueryEscape("mutation{"+aSignup+"}"), want: malformed},
		{name: "GET of a batch", query: "query=" + url.QueryEscape(`[{"query":"{__typename}"}]`), want: unparsed},
		{name: "GET without query", query: "query=", want: malformed},
		{name: "GET of 100 KiB", query: "query=" + strings.Repeat("a", 100<<10), want: "431"},
		{name: "GET of a bad escape", query: "query=%zz", want: malformed},
		{name: "GET with invalid variables", query: "query={__typename}&variables=" + url.QueryEscape("[1"), want: malformed},
	}
	return all
}

// P9: caches of documents are bounded. No two of these documents are the same.
func TestAttackDocumentsRemembered(t *testing.T) {
	t.Parallel()
	const documents, bar = 600, 128 // MiB
	for _, attack := range []struct{ name, begins, inside, ends string }{
		{"short values", "mutation Q%d{deleteUserAttributes(input:{names:[", strings.Repeat(`"",`, 960), "]}){__typename}}"},
		{"fragments", "query Q%d{me{", strings.Repeat("...{__typename}", 190), "}}"},
	} {
		t.Run(attack.name, func(t *testing.T) {
			t.Parallel()
			g := newTarget(t, "LOG_LEVEL=error")
			before := g.heap(t)
			for i := range documents {
				r, err := g.Post(fmt.Sprintf(attack.begins, i) + attack.inside + attack.ends)
				if err != nil || r.Status != http.StatusOK {
					t.Fatalf("%v: %d %.300s", err, r.Status, r.Body)
				}
			}
			grown := g.heap(t) - before
			t.Logf("%d different documents: the program's heap may grow by %d MiB", documents, grown)
			if grown > bar {
				t.Errorf("want at most %d MiB", bar)
			}
		})
	}
}

// heap returns the heap size at which the next garbage collection starts, in MiB. Unlike
// resident memory, it does not depend on the race detector.
func (g *target) heap(t *testing.T) int {
	t.Helper()
	r, err := g.Send(g.Request(http.MethodGet, "/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(r.Body)) {
		var size float64
		if n, _ := fmt.Sscanf(line, "go_memstats_next_gc_bytes %g", &size); n == 1 {
			return int(size) >> 20
		}
	}
	t.Fatal("/metrics has no go_gc_heap_goal_bytes")
	return 0
}

func undeclared(n int) map[string]any {
	all := map[string]any{}
	for i := range n {
		all[fmt.Sprintf("v%d", i)] = i
	}
	return all
}

func (g *target) parse(a attackOnParser) (testutil.TimedResponse, error) {
	switch {
	case a.query != "":
		return g.Send(g.Request(http.MethodGet, "/graphql?"+a.query, nil))
	case a.body != "":
		return g.Send(g.Request(http.MethodPost, "/graphql", []byte(a.body)))
	default:
		return g.PostVariables(a.document, a.variables)
	}
}

// P9: every hostile document is cheap in time and memory, and has no effect. This test
// does not run in parallel, so that the times are the documents'.
func TestAttackDocuments(t *testing.T) {
	closed, open := newTarget(t), newTarget(t, "INTROSPECTION=on")
	attacks := hostileDocuments()
	held := 0
	before := closed.memory(t)
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			g := closed
			if attack.introspection {
				g = open
			}
			r, err := g.parse(attack)
			if err != nil {
				t.Fatal(err)
			}
			// me is rejected without a token, which is expected.
			code := r.Code()
			if code == absent {
				code = answered
			}
			if code != attack.want || r.Status >= 500 {
				t.Errorf("%d %s, want %s\n%.600s", r.Status, code, attack.want, r.Body)
			}
			if r.Took > maxResponseTime {
				t.Errorf("response after %v", r.Took)
			}
			if len(r.Body) > 64<<10 {
				t.Errorf("the response has %d bytes", len(r.Body))
			}
			var list struct{ Errors []json.RawMessage }
			if err := json.Unmarshal(r.Body, &list); err == nil && len(list.Errors) > 50 {
				t.Errorf("the response has %d errors", len(list.Errors))
			}
			if !attack.introspection && strings.Contains(string(r.Body), "Did you mean") {
				t.Errorf("suggestions: %s", r.Body)
			}
			if !t.Failed() {
				held++
			}
		})
	}
	grown := closed.memory(t) - before
	t.Logf("%d of %d hostile documents did no harm; the program grew by %d MiB", held, len(attacks), grown)
	if len(attacks) < 70 {
		t.Errorf("there are only %d attacks", len(attacks))
	}
	if grown > maxMemoryGain() {
		t.Errorf("the program grew by %d MiB", grown)
	}
	closed.unharmed(t, 0)
	open.unharmed(t, 0)
}
