package graph

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// FuzzVariables compares what is read of variables with what encoding/json reads.
func FuzzVariables(f *testing.F) {
	for _, text := range []string{
		`null`, `{}`, `[]`, `"text"`, `1`, `true`,
		`{"input":{"email":"ada@example.com","password":"a\"b\\cé\uD83D\uDE00\ud800"}}`,
		`{"a":1,"b":-0,"c":1.0,"d":1e3,"e":9007199254740992,"f":9007199254740993,"g":1.5,"h":1e400,"i":-1e-400}`,
		" \t\r\n{\"a\":1} ", ` { "a" : [ ] , "b" : [ 1 , "x" , null , true , false , { } ] } `,
		`{"a":1,"a":{"b":2,"b":3}}`, "{\"\xff\":\"\xff\"}", `{"":""}`, `{"a":[[[{"b":[{}]}]]]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return // is refused before it comes here
		}
		var got, want map[string]any
		err := unmarshalVariables([]byte(text), &got)
		wantErr := json.Unmarshal([]byte(text), &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, withInt64(want)) {
			t.Errorf("got  %#v\nwant %#v", got, want)
		}
	})
}

// withInt64 returns the value with whole numbers up to 2^53 as int64.
func withInt64(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = withInt64(member)
		}
	case []any:
		for i, item := range value {
			value[i] = withInt64(item)
		}
	case float64:
		if value == math.Trunc(value) && math.Abs(value) <= 1<<53 {
			return int64(value)
		}
	}
	return value
}
