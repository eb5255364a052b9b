package graph

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"authgraph/graph/generated"
)

// variableDocuments have every kind of variable that the schema has.
var variableDocuments = []string{ //nolint:gochecknoglobals // of the test below
	`mutation($input: SigninInput!) { signin(input: $input) { __typename } }`,
	`mutation($email: String!, $password: String = "a") { signin(input: {email: $email, password: $password}) { __typename } }`,
	`mutation($input: UpdateUserInput!) { updateUser(input: $input) { __typename } }`,
	`mutation($input: RespondToChallengeInput!) { respondToChallenge(input: $input) { __typename } }`,
	`query($first: Int, $after: String, $with: Boolean!) { me { devices(first: $first, after: $after) { nodes { key @include(if: $with) } } } }`,
	`query($first: Int!) { me { devices(first: $first) { nodes { key } } } }`,
	`mutation($names: [String!]!) { deleteUserAttributes(input: {names: $names}) { __typename } }`,
	`query($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }`,
	`{ me { id } }`,
}

// FuzzCoerceVariables compares with gqlparser's own coercion.
func FuzzCoerceVariables(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"input":null}`, `{"input":{}}`, `{"input":{"email":"a","password":"b"}}`, `{"input":{"email":"a","password":null}}`,
		`{"input":{"email":"a","password":"b","deviceKey":"c"}}`, `{"input":{"email":"a","password":"b","deviceKey":null}}`,
		`{"input":{"email":"a","password":"b","other":"c"}}`, `{"input":{"email":"a","password":"b","__typename":"SigninInput"}}`,
		`{"input":{"email":1,"password":"b"}}`, `{"input":{"email":["a"],"password":"b"}}`, `{"input":["a"]}`, `{"input":"a"}`,
		`{"input":{"email":"a","password":"b"},"more":1}`, `{"email":"a"}`, `{"email":"a","password":"b"}`, `{"email":"a","password":null}`,
		`{"input":{"attributes":[{"name":"a","value":"b"}]}}`, `{"input":{"attributes":{"name":"a","value":"b"}}}`,
		`{"input":{"session":"a","challenge":"TOTP","answer":{"code":"1"}}}`, `{"input":{"session":"a","answer":{"code":1}}}`,
		`{"first":1,"after":null,"with":true}`, `{"first":1.5,"with":true}`, `{"first":"1","with":"true"}`, `{"first":3000000000,"with":false}`,
		`{"names":["a",null]}`, `{"names":"a"}`, `{"representations":[{"__typename":"User","id":1}]}`,
	} {
		for document := range variableDocuments {
			f.Add(document, text)
		}
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	ops := make([]*ast.OperationDefinition, len(variableDocuments))
	for i, text := range variableDocuments {
		doc, err := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules())
		if err != nil {
			f.Fatalf("%s: %v", text, err)
		}
		ops[i] = doc.Operations[0]
	}
	f.Fuzz(func(t *testing.T, document int, text string) {
		if document < 0 || document >= len(ops) || !json.Valid([]byte(text)) {
			return
		}
		var values, same map[string]any
		if unmarshalVariables([]byte(text), &values) != nil || unmarshalVariables([]byte(text), &same) != nil {
			return
		}
		got, err := coerceVariables(schema, ops[document], values)
		want, wantErr := validator.VariableValues(schema, ops[document], same)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if !maps.EqualFunc(got, want, func(a, b any) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("got  %#v\nwant %#v", got, want)
		}
	})
}

// What clients send usually takes the short way.
func TestUsualVariablesFit(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, text := range []string{
		`{"email":"ada@example.com","password":"Right-Horse-1"}`,
		`{"email":"ada@example.com","password":"Right-Horse-1","deviceKey":null}`,
	} {
		doc, err := gqlparser.LoadQueryWithRules(schema, variableDocuments[0], rules.NewDefaultRules())
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := unmarshalVariables([]byte(`{"input":`+text+`}`), &values); err != nil {
			t.Fatal(err)
		}
		if !fitVariables(schema, doc.Operations[0], values) {
			t.Errorf("%s goes the long way", text)
		}
	}
}
