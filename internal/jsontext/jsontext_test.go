package jsontext_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"authgraph/internal/jsontext"
)

// FuzzValid compares with encoding/json.
func FuzzValid(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{`, `}`, `{}`, ` { } `, `[]`, `[`, `[ 1 , 2 ]`, `[1,]`, `[,1]`, `{"a":1,}`, `{"a" 1}`, `{"a":}`, `{a:1}`, `{"a":1}x`,
		`{"query":"query Me { me { id groups } }","variables":{"a":[1,-2.5e+7,true,false,null,"\u00e9\n\"\\"]}}`,
		`"`, `"a`, `"\`, `"\u12`, `"\u12g4"`, `"\x"`, "\"\x1f\"", "\"\x7f\xff\"", "\"12345678\x01\"", `"12345678"`, `"1234567\"8"`,
		`0`, `-0`, `01`, `-`, `1.`, `.1`, `1.5`, `1e`, `1e+`, `1E-7`, `+1`, `1 2`, `tru`, `truex`, `nul`, "\x00", "[1]\x00", "[\x00]", "\ufeff{}",
		strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
		strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000), strings.Repeat(`{"a":`, 10001) + "1" + strings.Repeat("}", 10001),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := jsontext.Valid(text), json.Valid(text); got != want {
			t.Errorf("%v, encoding/json says %v", got, want)
		}
	})
}

// FuzzPlainPrefix compares with a look at each character.
func FuzzPlainPrefix(f *testing.F) {
	for n := range 20 {
		for _, c := range []byte{'"', '\\', 0, 0x1f, ' ', 0x7f, 0x80, 0xa2, 0xff} {
			f.Add(append(bytes.Repeat([]byte{'a'}, n), c, 'b', '"', '\\', 'c'))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := bytes.IndexFunc(text, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' })
		if want < 0 {
			want = len(text)
		}
		if got := jsontext.PlainPrefix(text); got != want {
			t.Errorf("%d, want %d", got, want)
		}
		if got := jsontext.PlainPrefix(string(text)); got != want {
			t.Errorf("of a string: %d, want %d", got, want)
		}
	})
}

// FuzzIsPlain compares with a look at each character.
func FuzzIsPlain(f *testing.F) {
	for c := range 256 {
		for _, n := range []int{0, 7, 8, 13} {
			f.Add(strings.Repeat("~", n) + string([]byte{byte(c)}) + "0 }")
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		isSpecial := func(c rune) bool { return c < ' ' || c > '~' || strings.ContainsRune(`"\<>&`, c) }
		if got, want := jsontext.IsPlain(text), !strings.ContainsFunc(text, isSpecial); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func BenchmarkPlainPrefix(b *testing.B) {
	text := strings.Repeat("ab3_", 450)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if jsontext.PlainPrefix(text) != len(text) {
			b.Fatal("not plain")
		}
	}
}

func BenchmarkValid(b *testing.B) {
	text := []byte(`{"query":"mutation($i:RefreshTokenInput!){refreshToken(input:$i){accessToken}}","variables":{"i":{"refreshToken":"` + strings.Repeat("ab3_", 450) + `"}}}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if !jsontext.Valid(text) {
			b.Fatal("not valid")
		}
	}
}

func BenchmarkIsPlain(b *testing.B) {
	text := strings.Repeat("ab3_", 450)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if !jsontext.IsPlain(text) {
			b.Fatal("not plain")
		}
	}
}
