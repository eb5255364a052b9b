package cognito

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// sent is an HTTPClient that keeps what was sent and answers it.
type sent struct {
	answer   says
	requests []string
}

func (s *sent) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	header := r.Header.Clone()
	for _, ofOneCall := range []string{"Amz-Sdk-Invocation-Id", "Amz-Sdk-Request"} {
		header.Del(ofOneCall)
	}
	s.requests = append(s.requests, fmt.Sprintf("%s %s host %s %d bytes\n%v\n%s", r.Method, r.URL, r.Host, r.ContentLength, header, body))
	return s.answer.Do(r)
}

// publicOperations are the operations that end users call.
func publicOperations() []operation {
	return append(withAccessToken(), opSignUp, opConfirmSignUp, opResendConfirmationCode, opInitiateAuth,
		opGetTokensFromRefreshToken, opRevokeToken, opGlobalSignOut, opRespondToAuthChallenge, opForgotPassword,
		opConfirmForgotPassword, opUpdateAuthEventFeedback)
}

// callBoth makes a call as the SDK does it and by its prepared steps.
type callBoth struct {
	method reflect.Value
	full   sdk.HTTPClient
	short  sdk.HTTPClient
}

func newCallBoth(t *testing.T, op operation, endpoint string, full, short sdk.HTTPClient) callBoth {
	t.Helper()
	api := newAPI(Options{Region: "eu-west-1", Endpoint: endpoint}, full, aws.AnonymousCredentials{})
	method := reflect.ValueOf(api).MethodByName(string(op))
	if !method.IsValid() {
		t.Fatalf("the SDK has no operation %s", op)
	}
	return callBoth{method, full, short}
}

// input is a new value of the operation's input.
func (c callBoth) input() reflect.Value { return reflect.New(c.method.Type().In(1).Elem()) }

func (c callBoth) theirs(ctx context.Context, in reflect.Value, change ...func(*sdk.Options)) (any, error) {
	arguments := []reflect.Value{reflect.ValueOf(ctx), in}
	for _, f := range change {
		arguments = append(arguments, reflect.ValueOf(f))
	}
	out := c.method.Call(arguments)
	err, _ := out[1].Interface().(error)
	if err != nil {
		return nil, err
	}
	out[0].Elem().FieldByName("ResultMetadata").SetZero() // when it was answered, and the like
	return out[0].Interface(), nil
}

func (c callBoth) prepare(in reflect.Value) (*preparedCall, error) {
	return prepare(func(change func(*sdk.Options)) error {
		_, err := c.theirs(context.Background(), in, change)
		return err
	})
}

// fill gives every member of the value some content, with n in it.
func fill(v reflect.Value, n int) { fillWith(v, n, "text %d é \" \\ <&> \u2028 \x00") }

// fillWith has texts be of that format.
func fillWith(v reflect.Value, n int, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillWith(v.Elem(), n, text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillWith(v.Field(i), n+i, text)
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type())) // of one member: maps have no order
		value := reflect.New(v.Type().Elem()).Elem()
		fillWith(value, n, text)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("key %d", n)).Convert(v.Type().Key()), value)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillWith(v.Index(0), n, text)
		fillWith(v.Index(1), n+1, text)
	case reflect.String:
		v.SetString(fmt.Sprintf(text, n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Interface:
		if v.Type() == reflect.TypeFor[document.Interface]() {
			v.Set(reflect.ValueOf(document.NewLazyDocument(map[string]any{"id": fmt.Sprint(n)})))
		}
	}
}

// A prepared call sends byte for byte what the SDK sends, whatever the input was that it
// was prepared with, and refuses the inputs that the SDK refuses.
func TestPreparedCallsAreSentAsTheSDKDoes(t *testing.T) {
	for _, endpoint := range []string{"", "http://127.0.0.1:9229", "https://proxy.example.com/cognito"} {
		for _, op := range publicOperations() {
			full, short := &sent{answer: says{status: 200, body: "{}"}}, &sent{answer: says{status: 200, body: "{}"}}
			both := newCallBoth(t, op, endpoint, full, short)
			first := both.input()
			fill(first.Elem(), 100)
			p, err := both.prepare(first)
			if err != nil {
				t.Errorf("%s: %v", op, err)
				continue
			}
			for n := range 3 {
				in := both.input()
				if n > 0 { // else an empty one
					fill(in.Elem(), n)
				}
				_, wantErr := both.theirs(t.Context(), in)
				_, gotErr := p.do(t.Context(), short, in.Interface())
				if (gotErr == nil) != (wantErr == nil) {
					t.Errorf("%s: %v, the SDK %v", op, gotErr, wantErr)
				}
				var invalid smithy.InvalidParamsError
				if errors.As(wantErr, &invalid) && invalid.Error() != gotErr.Error() {
					t.Errorf("%s: %v, the SDK %v", op, gotErr, invalid)
				}
			}
			if !reflect.DeepEqual(short.requests, full.requests) || len(full.requests) < 2 {
				t.Errorf("%s sends\n%s\nthe SDK\n%s", op, strings.Join(short.requests, "\n"), strings.Join(full.requests, "\n"))
			}
		}
	}
}

// What is written directly is what the SDK writes: with each member alone beside those that
// are required, so that none is left out that a later SDK has, and with all of them.
func TestInputsAreWrittenAsTheSDKDoes(t *testing.T) {
	for _, op := range []operation{opInitiateAuth, opGetTokensFromRefreshToken} {
		full, short := &sent{answer: says{status: 200, body: "{}"}}, &sent{answer: says{status: 200, body: "{}"}}
		both := newCallBoth(t, op, "", full, short)
		filled := both.input()
		fillWith(filled.Elem(), 1, "plain %d")
		p, err := both.prepare(filled)
		if err != nil {
			t.Fatal(err)
		}
		written := 0
		compare := func(in reflect.Value) {
			t.Helper()
			_, wantErr := both.theirs(t.Context(), in)
			_, gotErr := p.do(t.Context(), short, in.Interface())
			if wantErr != nil || gotErr != nil {
				t.Fatal(op, wantErr, gotErr)
			}
			if _, ok := appendDirectly(nil, in.Interface()); ok {
				written++
			}
		}
		type change func(in reflect.Value, field int)
		for _, set := range []change{
			func(in reflect.Value, field int) { in.Elem().Field(field).Set(filled.Elem().Field(field)) },
			func(in reflect.Value, field int) { fillWith(in.Elem().Field(field), 0, "%.0d") },
			func(in reflect.Value, field int) { fillWith(in.Elem().Field(field), 1, "\x7f %d") },
			func(in reflect.Value, field int) { fillWith(in.Elem().Field(field), 1, "a&b %d") },
		} {
			for field := range filled.Elem().NumField() {
				if !filled.Elem().Type().Field(field).IsExported() {
					continue
				}
				in := both.input()
				for _, required := range []string{"AuthFlow", "ClientId", "RefreshToken"} {
					if member := in.Elem().FieldByName(required); member.IsValid() {
						fillWith(member, 7, "required %d")
					}
				}
				if in.Elem().Type().Field(field).Name != "AuthFlow" { // which must not be empty
					set(in, field)
				}
				compare(in)
			}
		}
		compare(filled)
		if !reflect.DeepEqual(short.requests, full.requests) {
			t.Errorf("%s sends\n%s\nthe SDK\n%s", op, strings.Join(short.requests, "\n"), strings.Join(full.requests, "\n"))
		}
		if written < 5 {
			t.Errorf("%s: %d inputs were written directly", op, written)
		}
	}
}

// An empty input refuses to be prepared where the SDK refuses it.
func TestInvalidInputIsNotPrepared(t *testing.T) {
	both := newCallBoth(t, opSignUp, "", nil, nil)
	p, err := both.prepare(both.input())
	var invalid smithy.InvalidParamsError
	if p != nil || !errors.As(err, &invalid) {
		t.Errorf("%v %v", p, err)
	}
}

// What a prepared call returns, and what the table of errors makes of it, is the SDK's.
func TestPreparedCallsAreReadAsTheSDKDoes(t *testing.T) {
	answers := append(tokenAnswers(),
		says{200, `{"Username":"u","UserAttributes":[{"Name":"email","Value":"a@b.c"}],"MFAOptions":null,"UserSub":"s","UserConfirmed":true}`},
		says{200, `{"Devices":[{"DeviceKey":"k","DeviceCreateDate":1.7e9}],"Credentials":[{"CredentialId":"c","CreatedAt":1700000000}],"SecretCode":"S"}`},
		says{200, `{"CredentialCreationOptions":{"challenge":"x","n":[1,{"a":null}]},"UserConfirmationNecessary":true}`},
		says{200, `{"UserAttributes":7}`},
		says{200, strings.Repeat(" ", 2000) + "}"},
		says{400, `{"__type":"com.amazonaws.cognito#UserNotFoundException","message":"User does not exist."}`},
		says{400, `{"__type":"ANewException","Message":"hm"}`},
		says{400, `{"__type":"TooManyRequestsException"}`},
		says{400, `{"__type":7,"message":{}}`},
		says{301, ``}, says{429, `slow down`}, says{502, `<html>`}, says{504, `{"message":"Endpoint request timed out"}`},
		says{204, ``}, says{299, `{}`},
	)
	table := newErrorTable("name")
	for _, op := range publicOperations() {
		for _, answer := range answers {
			both := newCallBoth(t, op, "http://127.0.0.1:9229", answer, answer)
			in := both.input()
			fill(in.Elem(), 1)
			p, err := both.prepare(in)
			if err != nil {
				t.Fatal(err)
			}
			want, wantErr := both.theirs(t.Context(), in, func(o *sdk.Options) { o.APIOptions = nil })
			got, gotErr := p.do(t.Context(), answer, in.Interface())
			if (gotErr == nil) != (wantErr == nil) || wantErr == nil && !sameOutput(got, want) {
				t.Errorf("%s of %d %.80s\nours   %+v %v\ntheirs %+v %v", op, answer.status, answer.body, got, gotErr, want, wantErr)
				continue
			}
			if wantErr == nil {
				continue
			}
			if table.outcome(gotErr) != table.outcome(wantErr) || table.finding(gotErr) != table.finding(wantErr) ||
				isTransient(gotErr) != isTransient(wantErr) || statusOf(gotErr) != statusOf(wantErr) {
				t.Errorf("%s of %d %.80s: %v, the SDK %v", op, answer.status, answer.body, gotErr, wantErr)
			}
			ours, theirs := table.translate(op, gotErr), table.translate(op, wantErr)
			var ourFault, theirFault *Fault
			if !errors.As(ours, &ourFault) || !errors.As(theirs, &theirFault) {
				t.Fatalf("%v %v", ours, theirs)
			}
			ourFault.Err, theirFault.Err = nil, nil
			if !reflect.DeepEqual(ours, theirs) {
				t.Errorf("%s of %d %.80s: %+v %+v, the SDK %+v %+v", op, answer.status, answer.body, ours, ourFault, theirs, theirFault)
			}
		}
	}
}

// sameOutput compares outputs; documents are compared by what they hold.
func sameOutput(a, b any) bool {
	started, ok := a.(*sdk.StartWebAuthnRegistrationOutput)
	if !ok {
		return reflect.DeepEqual(a, b)
	}
	hold := func(d document.Interface) string {
		if d == nil {
			return ""
		}
		var value any
		if err := d.UnmarshalSmithyDocument(&value); err != nil {
			return err.Error()
		}
		return fmt.Sprint(value)
	}
	return hold(started.CredentialCreationOptions) == hold(b.(*sdk.StartWebAuthnRegistrationOutput).CredentialCreationOptions)
}

// fails is an HTTPClient that never gets an answer, or breaks in the middle of one.
type fails struct {
	err  error
	body string
}

func (f fails) Do(r *http.Request) (*http.Response, error) {
	if f.body == "" {
		return nil, f.err
	}
	return &http.Response{
		StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(f.body), broken{f.err})), Request: r,
	}, nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Calls without an answer, and those that are given up, fail as the SDK's do.
func TestPreparedCallsFailAsTheSDKsDo(t *testing.T) {
	table := newErrorTable("name")
	ended, end := context.WithCancel(t.Context())
	end()
	late, done := context.WithTimeout(t.Context(), -1)
	defer done()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		client fails
	}{
		{"no connection", t.Context(), fails{err: io.ErrUnexpectedEOF}},
		{"given up", ended, fails{err: context.Canceled}},
		{"too late", late, fails{err: errors.New("i/o timeout")}},
		{"broken answer", t.Context(), fails{io.ErrUnexpectedEOF, `{"A`}},
		{"given up while reading", t.Context(), fails{context.Canceled, `{"A`}},
		{"too late while reading", t.Context(), fails{context.DeadlineExceeded, `{"A`}},
	} {
		for _, op := range publicOperations() {
			both := newCallBoth(t, op, "http://127.0.0.1:9229", tt.client, tt.client)
			in := both.input()
			fill(in.Elem(), 1)
			p, err := both.prepare(in)
			if err != nil {
				t.Fatal(err)
			}
			_, want := both.theirs(tt.ctx, in, func(o *sdk.Options) { o.HTTPClient = tt.client })
			_, got := p.do(tt.ctx, tt.client, in.Interface())
			if got == nil || want == nil || table.outcome(got) != table.outcome(want) || table.finding(got) != table.finding(want) ||
				isTransient(got) != isTransient(want) || transportFault(got) != transportFault(want) || statusOf(got) != statusOf(want) {
				t.Errorf("%s, %s: %v, the SDK %v", op, tt.name, got, want)
			}
		}
	}
}

// The steps are taken by their names, which are the SDK's to change.
func TestStepsThatAreMissing(t *testing.T) {
	stack := middleware.NewStack("SignUp", smithyhttp.NewStackRequest)
	if err := new(preparedCall).takeSteps(stack); err == nil {
		t.Error("steps that are not there were taken")
	}
}
