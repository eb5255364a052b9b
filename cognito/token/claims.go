package token

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"authgraph/internal/jsontext"
)

// Limits of one JSON object of a token. Cognito's own tokens stay far below
// them: some 15 claims, no nesting except in claims that a Lambda trigger adds.
const (
	maxMembers   = 100
	usualMembers = 20
	maxDepth     = 16
	maxNumberLen = 32
	maxGroups    = 100 // Cognito's quota of groups per user
)

// maxNumericDate is the last second of the year 9999: what lies beyond cannot
// be written as an RFC 3339 time and is no honest NumericDate.
const maxNumericDate = 253402300799

// header holds what the verifier reads of a JOSE header (RFC 7515, section 4.1).
// The slices point into the token's decoded bytes.
type header struct {
	alg, kid, typ []byte
	typed         bool // there is a typ member
	forbidden     bool // there is a member that changes the meaning of the token
}

// parseHeader reads a JOSE header. It reports false when data is not exactly
// one JSON object of the expected form.
func parseHeader(data []byte) (header, bool) {
	var h header
	r := objectReader{data: data}
	for r.next() {
		switch string(r.name) {
		case "alg":
			h.alg = r.text()
		case "kid":
			h.kid = r.text()
		case "typ":
			h.typ = r.text()
			h.typed = true
		case "crit", "b64", // extensions that must be understood (RFC 7515, 4.1.11; RFC 7797)
			"enc", "zip", // members of encrypted tokens (RFC 7516)
			"jku", "jwk", "x5u", "x5c": // keys that the token brings along itself (RFC 8725, 3.10)
			h.forbidden = true
			r.skip()
		default:
			r.skip()
		}
	}
	return h, !r.failed
}

// claims holds what the verifier reads of a claims set. The slices point into
// the token's decoded bytes; a claim that is absent leaves its zero value.
type claims struct {
	issuer, tokenUse, clientID   []byte
	subject, username, originJTI []byte
	scope                        []byte
	audience, groups             [][]byte
	hasAudience                  bool
	expires, issued, notBefore   time.Time
}

// parseClaims reads the claims of an access token
// (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html).
// It reports false when data is not exactly one JSON object, or a claim that is
// known here has another type than Cognito gives it. Other claims may hold
// anything: Lambda triggers add them.
func parseClaims(data []byte) (claims, bool) {
	var c claims
	r := objectReader{data: data}
	for r.next() {
		switch string(r.name) {
		case "iss":
			c.issuer = r.text()
		case "token_use":
			c.tokenUse = r.text()
		case "client_id":
			c.clientID = r.text()
		case "aud":
			c.audience = r.textOrTexts()
			c.hasAudience = true
		case "sub":
			c.subject = r.text()
		case "username":
			c.username = r.text()
		case "origin_jti":
			c.originJTI = r.text()
		case "scope":
			c.scope = r.text()
		case "cognito:groups":
			c.groups = r.texts(maxGroups)
		case "exp":
			c.expires = r.numericDate()
		case "iat":
			c.issued = r.numericDate()
		case "nbf":
			c.notBefore = r.numericDate()
		case "jti", "event_id", "device_key": // nobody asks for them
			r.text()
		case "auth_time":
			r.numericDate()
		default:
			r.skip()
		}
	}
	return c, !r.failed
}

// objectReader reads one JSON object (RFC 8259) member by member, strictly:
// names are compared exactly, a name may come once only, numbers and escapes
// keep to the grammar, text is valid UTF-8, and nothing follows the object.
//
// It exists because encoding/json matches member names without regard to case
// and lets the last of several win, so that {"client_id":"other",
// "CLIENT_ID":"mine"} reads as mine; two readers that disagree on a signed
// text are how tokens get forged (RFC 8725, section 2.6).
//
// After each next that reports true exactly one of text, texts, textOrTexts,
// numericDate, number, value or skip must be called. The first fault sets failed and ends the
// reading; the results of everything read are then worthless.
type objectReader struct {
	data    []byte
	pos     int
	name    []byte
	failed  bool
	members int
	seen    [usualMembers][]byte // the first ones; all of them would make many a stack grow
	more    [][]byte             // the others
}

// next goes to the next member, leaves its name in r.name and reports whether
// there is one.
func (r *objectReader) next() bool {
	if r.failed {
		return false
	}
	if r.members == 0 {
		if !utf8.Valid(r.data) || !r.take('{') {
			return r.fail()
		}
		if r.take('}') {
			return r.end()
		}
	} else {
		if r.take('}') {
			return r.end()
		}
		if !r.take(',') {
			return r.fail()
		}
	}
	name := r.text()
	if r.failed || !r.take(':') || r.members == maxMembers {
		return r.fail()
	}
	isName := func(earlier []byte) bool { return bytes.Equal(earlier, name) }
	if slices.ContainsFunc(r.seen[:min(r.members, usualMembers)], isName) || slices.ContainsFunc(r.more, isName) {
		return r.fail()
	}
	if r.members < usualMembers {
		r.seen[r.members] = name
	} else {
		r.more = append(r.more, name)
	}
	r.members++
	r.name = name
	return true
}

// end makes sure that only white space follows the object.
func (r *objectReader) end() bool {
	r.space()
	if r.pos != len(r.data) {
		r.failed = true
	}
	return false
}

func (r *objectReader) fail() bool {
	r.failed = true
	return false
}

func (r *objectReader) space() {
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// take steps over c, and white space before it, if c is what comes next.
func (r *objectReader) take(c byte) bool {
	r.space()
	if r.pos < len(r.data) && r.data[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// text reads a string. Without escapes, as Cognito writes them all, the result
// is a part of the data.
func (r *objectReader) text() []byte {
	if !r.take('"') {
		r.fail()
		return nil
	}
	start := r.pos
	r.pos += jsontext.PlainPrefix(r.data[start:])
	if r.pos == len(r.data) {
		r.fail()
		return nil
	}
	switch r.data[r.pos] {
	case '"':
		r.pos++
		return r.data[start : r.pos-1]
	case '\\':
		return r.escapedText(start)
	default:
		r.fail()
		return nil
	}
}

// textOf is text as a part of whole, which must be what the data is, unless it has
// escapes.
func (r *objectReader) textOf(whole string) string {
	text := r.text()
	end := r.pos - 1 // before the quotation mark
	if start := end - len(text); start >= 0 && whole[start:end] == string(text) {
		return whole[start:end]
	}
	return string(text)
}

// escapedText reads on in a string that began at start and has its first escape
// at r.pos.
func (r *objectReader) escapedText(start int) []byte {
	text := bytes.Clone(r.data[start:r.pos])
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		r.pos++
		switch {
		case c == '"':
			return text
		case c < ' ':
			r.fail()
			return nil
		case c != '\\':
			text = append(text, c)
			continue
		}
		if r.pos == len(r.data) {
			break
		}
		c = r.data[r.pos]
		r.pos++
		switch c {
		case '"', '\\', '/':
			text = append(text, c)
		case 'b':
			text = append(text, '\b')
		case 'f':
			text = append(text, '\f')
		case 'n':
			text = append(text, '\n')
		case 'r':
			text = append(text, '\r')
		case 't':
			text = append(text, '\t')
		case 'u':
			char := r.hex4()
			if utf16.IsSurrogate(char) {
				// Half a pair stands for no character (RFC 7493, section 2.1);
				// to put a replacement there would make unequal names equal.
				if r.pos+2 > len(r.data) || r.data[r.pos] != '\\' || r.data[r.pos+1] != 'u' {
					r.fail()
					return nil
				}
				r.pos += 2
				char = utf16.DecodeRune(char, r.hex4())
				if char == utf8.RuneError {
					r.fail()
				}
			}
			if r.failed {
				return nil
			}
			text = utf8.AppendRune(text, char)
		default:
			r.fail()
			return nil
		}
	}
	r.fail()
	return nil
}

// hex4 reads the four hexadecimal digits of a \u escape.
func (r *objectReader) hex4() rune {
	var char rune
	for range 4 {
		if r.pos == len(r.data) {
			r.fail()
			return 0
		}
		c := r.data[r.pos]
		r.pos++
		switch {
		case '0' <= c && c <= '9':
			char = char<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			char = char<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			char = char<<4 | rune(c-'A'+10)
		default:
			r.fail()
			return 0
		}
	}
	return char
}

// texts reads an array of at most limit strings.
func (r *objectReader) texts(limit int) [][]byte {
	if !r.take('[') {
		r.fail()
		return nil
	}
	if r.take(']') {
		return nil
	}
	var list [][]byte
	for {
		text := r.text()
		if r.failed || len(list) == limit {
			r.fail()
			return nil
		}
		list = append(list, text)
		if r.take(']') {
			return list
		}
		if !r.take(',') {
			r.fail()
			return nil
		}
	}
}

// textOrTexts reads a string or an array of strings: the two forms of aud
// (RFC 7519, section 4.1.3).
func (r *objectReader) textOrTexts() [][]byte {
	r.space()
	if r.pos < len(r.data) && r.data[r.pos] == '"' {
		return [][]byte{r.text()}
	}
	return r.texts(maxGroups)
}

// numericDate reads a NumericDate (RFC 7519, section 2): seconds since 1970 as
// a JSON number, which may have a fraction. Zero, negative and absurdly large
// ones are faults, so that no arithmetic on the result can overflow and the
// zero [time.Time] means "absent" only.
func (r *objectReader) numericDate() time.Time {
	digits := r.number()
	if r.failed || len(digits) > maxNumberLen {
		r.fail()
		return time.Time{}
	}
	seconds, err := strconv.ParseFloat(string(digits), 64)
	if err != nil || seconds < 1 || seconds > maxNumericDate {
		r.fail()
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9))
}

// number reads a number and returns its text.
func (r *objectReader) number() []byte {
	r.space()
	start := r.pos
	r.accept('-')
	if !r.accept('0') && !r.digits() {
		r.fail()
	}
	if r.accept('.') && !r.digits() {
		r.fail()
	}
	if r.accept('e') || r.accept('E') {
		if !r.accept('+') {
			r.accept('-')
		}
		if !r.digits() {
			r.fail()
		}
	}
	return r.data[start:r.pos]
}

// accept is take without white space.
func (r *objectReader) accept(c byte) bool {
	if r.pos < len(r.data) && r.data[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// digits steps over a run of digits and reports whether there was one.
func (r *objectReader) digits() bool {
	start := r.pos
	for r.pos < len(r.data) && '0' <= r.data[r.pos] && r.data[r.pos] <= '9' {
		r.pos++
	}
	return r.pos > start
}

// skip steps over a value of any kind. What is skipped is never looked at, so
// names inside it may repeat; its grammar counts all the same.
func (r *objectReader) skip() { r.skipValue(maxDepth) }

// value returns the text of a value of any kind.
func (r *objectReader) value() []byte {
	r.space()
	start := r.pos
	r.skip()
	return r.data[start:r.pos]
}

func (r *objectReader) skipValue(depth int) {
	r.space()
	if r.pos == len(r.data) || depth == 0 {
		r.fail()
		return
	}
	switch r.data[r.pos] {
	case '{':
		r.skipList('}', depth)
	case '[':
		r.skipList(']', depth)
	case '"':
		r.text()
	case 't':
		r.skipWord("true")
	case 'f':
		r.skipWord("false")
	case 'n':
		r.skipWord("null")
	default:
		r.number()
	}
}

// skipList steps over an object or an array, which ends with the byte end.
func (r *objectReader) skipList(end byte, depth int) {
	r.pos++
	if r.take(end) {
		return
	}
	for !r.failed {
		if end == '}' {
			r.text()
			if r.failed || !r.take(':') {
				r.fail()
				return
			}
		}
		r.skipValue(depth - 1)
		if r.failed || r.take(end) {
			return
		}
		if !r.take(',') {
			r.fail()
		}
	}
}

func (r *objectReader) skipWord(word string) {
	if !bytes.HasPrefix(r.data[r.pos:], []byte(word)) {
		r.fail()
		return
	}
	r.pos += len(word)
}
