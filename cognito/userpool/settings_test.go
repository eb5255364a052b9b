package userpool_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// A setting is a row of the tables of how Cognito treats the settings of pools and app clients: what is required, what
// excludes what, and what an update keeps. The tables are in settings_pool_test.go, settings_client_test.go and
// settings_mfa_test.go. Requests and results are JSON with the members of the API.
type setting struct {
	name      string
	pool      string // members that the pool is created with, besides its name
	client    string // members that the app client is created with, besides its name
	operation string
	request   string // members of the request, besides the names of pool and client
	// refused is the exception and its message, separated by a colon and a space. Without a message, the service's is not
	// known.
	refused string
	// result has members of the pool, client or MFA configuration after an accepted request. Null is an absent member.
	result string
}

// settingsBench runs rows against the pools of one file.
type settingsBench struct {
	*bench
	mu     sync.Mutex
	shared map[string]*string // ids of pools that no row changes, by what they were created with
}

func runSettings(t *testing.T, rows []setting) {
	t.Helper()
	accepted := map[string][]any{}
	for _, row := range rows {
		in := newInput(row.operation)
		decode(t, row.request, in)
		if row.refused == "" {
			accepted[row.operation] = append(accepted[row.operation], in)
		}
	}
	for operation, inputs := range accepted {
		everyMember(t, operation, inputs...)
	}
	s := &settingsBench{bench: start(t), shared: map[string]*string{}}
	t.Run("rows", func(t *testing.T) {
		for _, row := range rows {
			t.Run(row.operation+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				s.run(t, row)
			})
		}
	})
}

// unset are members that no accepted row sets, with the reason.
var unset = map[string]string{
	"CreateUserPool.PoolName": byTest, "UpdateUserPool.UserPoolId": byTest, "SetUserPoolMfaConfig.UserPoolId": byTest,
	"CreateUserPoolClient.UserPoolId": byTest, "CreateUserPoolClient.ClientName": byTest,
	"UpdateUserPoolClient.UserPoolId": byTest, "UpdateUserPoolClient.ClientId": byTest,
}

// byTest is for the names of pools and clients, which the test sets for every row.
const byTest = "set for every row"

// everyMember checks that each member of an operation's input, at any depth, is set in one of the inputs.
func everyMember(t *testing.T, operation string, inputs ...any) {
	t.Helper()
	set := map[string]bool{}
	for _, in := range inputs {
		eachMember("", reflect.ValueOf(in), func(path string, value reflect.Value) {
			set[path] = set[path] || !value.IsZero()
		})
	}
	for _, path := range slices.Sorted(maps.Keys(set)) {
		name := operation + path
		if _, exempt := unset[name]; set[path] == exempt {
			t.Errorf("%s: set in an accepted row: %t, exempt: %t", name, set[path], exempt)
		}
	}
}

// eachMember calls f for each member below a value. It goes through absent ones, too.
func eachMember(path string, v reflect.Value, f func(path string, value reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v = reflect.New(v.Type().Elem())
		}
		eachMember(path, v.Elem(), f)
	case reflect.Slice:
		eachMember(path, reflect.Zero(v.Type().Elem()), f)
		for i := range v.Len() {
			eachMember(path, v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				f(path+"."+field.Name, v.Field(i))
				eachMember(path+"."+field.Name, v.Field(i), f)
			}
		}
	}
}

// newInput returns an empty input of an operation.
func newInput(operation string) any {
	switch operation {
	case "CreateUserPool":
		return &cognito.CreateUserPoolInput{}
	case "UpdateUserPool":
		return &cognito.UpdateUserPoolInput{}
	case "CreateUserPoolClient":
		return &cognito.CreateUserPoolClientInput{}
	case "UpdateUserPoolClient":
		return &cognito.UpdateUserPoolClientInput{}
	default:
		return &cognito.SetUserPoolMfaConfigInput{}
	}
}

func (s *settingsBench) run(t *testing.T, row setting) {
	t.Helper()
	got, err := s.call(t, row)
	if row.refused != "" {
		exception, message, _ := strings.Cut(row.refused, ": ")
		if err == nil {
			t.Fatalf("accepted, want %s", row.refused)
		}
		(&bench{T: t}).refused(err, exception, message)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal([]byte(row.result), &want); err != nil {
		t.Fatalf("result of the row: %v", err)
	}
	if differences := unlike("", want, got); len(differences) > 0 {
		t.Error(strings.Join(differences, "\n"))
	}
}

// call sends the request of a row and returns what the API shows afterwards.
func (s *settingsBench) call(t *testing.T, row setting) (any, error) {
	t.Helper()
	switch row.operation {
	case "CreateUserPool":
		in := input(t, row.request, &cognito.CreateUserPoolInput{PoolName: aws.String("pool")})
		out, err := s.sdk.CreateUserPool(t.Context(), in)
		if err != nil {
			return nil, err
		}
		return s.describePool(t, out.UserPool.Id)
	case "UpdateUserPool":
		pool := s.poolFor(t, row)
		in := input(t, row.request, &cognito.UpdateUserPoolInput{UserPoolId: pool})
		if _, err := s.sdk.UpdateUserPool(t.Context(), in); err != nil {
			return nil, err
		}
		return s.describePool(t, pool)
	case "CreateUserPoolClient":
		in := input(t, row.request, &cognito.CreateUserPoolClientInput{UserPoolId: s.poolFor(t, row), ClientName: aws.String("client")})
		out, err := s.sdk.CreateUserPoolClient(t.Context(), in)
		if err != nil {
			return nil, err
		}
		return s.describeClient(t, out.UserPoolClient.UserPoolId, out.UserPoolClient.ClientId)
	case "UpdateUserPoolClient":
		pool := s.poolFor(t, row)
		made, err := s.sdk.CreateUserPoolClient(t.Context(), input(t, row.client, &cognito.CreateUserPoolClientInput{UserPoolId: pool, ClientName: aws.String("client")}))
		if err != nil {
			t.Fatal(err)
		}
		in := input(t, row.request, &cognito.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: made.UserPoolClient.ClientId})
		if _, err := s.sdk.UpdateUserPoolClient(t.Context(), in); err != nil {
			return nil, err
		}
		return s.describeClient(t, pool, in.ClientId)
	case "SetUserPoolMfaConfig":
		pool := s.poolFor(t, row)
		in := input(t, row.request, &cognito.SetUserPoolMfaConfigInput{UserPoolId: pool})
		if _, err := s.sdk.SetUserPoolMfaConfig(t.Context(), in); err != nil {
			return nil, err
		}
		return s.describePool(t, pool)
	}
	t.Fatalf("unknown operation %s", row.operation)
	return nil, nil
}

// poolFor returns the id of a pool as the row wants it. Rows that do not change it share one, since making keys is
// slow.
func (s *settingsBench) poolFor(t *testing.T, row setting) *string {
	t.Helper()
	if row.pool == "embedded" {
		return aws.String(s.bench.pool.ID())
	}
	sharable := row.refused != "" || strings.HasSuffix(row.operation, "Client")
	if sharable {
		s.mu.Lock()
		defer s.mu.Unlock()
		if id := s.shared[row.pool]; id != nil {
			return id
		}
	}
	id := s.createPool(t, row.pool)
	if sharable {
		s.shared[row.pool] = id
	}
	return id
}

// createPool creates a pool. Members of SetUserPoolMfaConfig are set by it.
func (s *settingsBench) createPool(t *testing.T, members string) *string {
	t.Helper()
	members, mfa, _ := strings.Cut(members, " + ")
	out, err := s.sdk.CreateUserPool(t.Context(), input(t, members, &cognito.CreateUserPoolInput{PoolName: aws.String("pool")}))
	if err != nil {
		t.Fatal(err)
	}
	if mfa != "" {
		if _, err := s.sdk.SetUserPoolMfaConfig(t.Context(), input(t, mfa, &cognito.SetUserPoolMfaConfigInput{UserPoolId: out.UserPool.Id})); err != nil {
			t.Fatal(err)
		}
	}
	return out.UserPool.Id
}

// describePool returns the members of DescribeUserPool and GetUserPoolMfaConfig. The attributes of the schema are by
// name.
func (s *settingsBench) describePool(t *testing.T, id *string) (any, error) {
	t.Helper()
	described, err := s.sdk.DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: id})
	if err != nil {
		return nil, err
	}
	mfa, err := s.sdk.GetUserPoolMfaConfig(t.Context(), &cognito.GetUserPoolMfaConfigInput{UserPoolId: id})
	if err != nil {
		return nil, err
	}
	members := membersOf(t, mfa)
	for name, value := range membersOf(t, described.UserPool) {
		members[name] = value
	}
	schema := map[string]any{}
	for _, attribute := range described.UserPool.SchemaAttributes {
		schema[*attribute.Name] = membersOf(t, attribute)
	}
	members["SchemaAttributes"] = schema
	return members, nil
}

func (s *settingsBench) describeClient(t *testing.T, pool, client *string) (any, error) {
	t.Helper()
	out, err := s.sdk.DescribeUserPoolClient(t.Context(), &cognito.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client})
	if err != nil {
		return nil, err
	}
	return membersOf(t, out.UserPoolClient), nil
}

// input fills in the input of an operation. The SDK names fields after the members of the API.
func input[In any](t *testing.T, members string, in *In) *In {
	t.Helper()
	if members != "" {
		decode(t, members, in)
	}
	return in
}

func decode(t *testing.T, members string, in any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(members))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		t.Fatalf("%s: %v", members, err)
	}
}

// membersOf returns the members of an output of the SDK.
func membersOf(t *testing.T, out any) map[string]any {
	t.Helper()
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]any{}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&members); err != nil {
		t.Fatal(err)
	}
	return members
}

// unlike compares the members in want, at any depth, and returns the differences.
func unlike(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		members, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, want %v", path, got, want)}
		}
		var list []string
		for name, value := range want {
			list = append(list, unlike(path+"."+name, value, members[name])...)
		}
		return list
	case nil:
		if got == nil || got == "" || got == false || got == 0.0 {
			return nil
		}
	default:
		if text(want) == text(got) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %s, want %s", path, text(got), text(want))}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
