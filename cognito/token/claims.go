package token

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of one JSON object in a token. Cognito's own tokens have about 15 claims and
// nest only in claims that a Lambda trigger adds.
const (
	maxMembers   = 100
	maxDepth     = 16
	maxNumberLen = 32
	maxGroups    = 100 // Cognito's quota of groups per user
)

// maxNumericDate is the last second of the year 9999, the last that RFC 3339 can express.
const maxNumericDate = 253402300799

// header holds the members of a JOSE header (RFC 7515, section 4.1) that the verifier
// checks.
type header struct {
	alg, kid, typ string
	hasType       bool
	hasForbidden  bool // a member that changes the meaning of the token
}

// parseHeader parses a JOSE header.
func parseHeader(data []byte) (header, error) {
	var h header
	err := readObject(data, func(r *valueReader, name string) {
		switch name {
		case "alg":
			h.alg = r.text()
		case "kid":
			h.kid = r.text()
		case "typ":
			h.typ, h.hasType = r.text(), true
		case "crit", "b64", // extensions that must be understood (RFC 7515, 4.1.11; RFC 7797)
			"enc", "zip", // members of encrypted tokens (RFC 7516)
			"jku", "jwk", "x5u", "x5c": // keys supplied by the token itself (RFC 8725, 3.10)
			h.hasForbidden = true
			r.skip()
		default:
			r.skip()
		}
	})
	return h, err
}

// claims holds the claims that the verifier reads. An absent claim is a zero value.
type claims struct {
	issuer, tokenUse, clientID   string
	subject, username, originJTI string
	scope                        string
	audience, groups             []string
	hasAudience                  bool
	expires, issued, notBefore   time.Time
	authenticated                time.Time
}

// parseClaims parses the claims of an access token
// (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html).
// A known claim must have the type that Cognito gives it. Other claims, which Lambda
// triggers can add, may have any value.
func parseClaims(data []byte) (claims, error) {
	var c claims
	err := readObject(data, func(r *valueReader, name string) {
		switch name {
		case "iss":
			c.issuer = r.text()
		case "token_use":
			c.tokenUse = r.text()
		case "client_id":
			c.clientID = r.text()
		case "aud":
			c.audience, c.hasAudience = r.textOrTexts(), true
		case "sub":
			c.subject = r.text()
		case "username":
			c.username = r.text()
		case "origin_jti":
			c.originJTI = r.text()
		case "scope":
			c.scope = r.text()
		case "cognito:groups":
			c.groups = r.texts()
		case "exp":
			c.expires = r.numericDate()
		case "iat":
			c.issued = r.numericDate()
		case "nbf":
			c.notBefore = r.numericDate()
		case "jti", "event_id", "device_key":
			r.text()
		case "auth_time":
			c.authenticated = r.numericDate()
		default:
			r.skip()
		}
	})
	return c, err
}

var (
	errType    = errors.New("unexpected type")
	errLimit   = errors.New("limit exceeded")
	errDate    = errors.New("not a valid NumericDate")
	errTrailer = errors.New("data after the object")
)

// readObject calls read for each member of the JSON object in data. read must consume
// the member's value.
//
// It is as strict as jsontext is by default: names are case-sensitive and unique, and
// text is valid UTF-8. encoding/json ignores the case of names and takes the last of two
// members, so {"client_id":"other","CLIENT_ID":"mine"} reads as mine. Parsers that
// disagree about a signed text make forgeries possible (RFC 8725, section 2.6).
func readObject(data []byte, read func(r *valueReader, name string)) error {
	r := &valueReader{decoder: jsontext.NewDecoder(bytes.NewBuffer(data))}
	r.expect('{')
	for members := 0; r.err == nil && r.decoder.PeekKind() != '}'; members++ {
		if members == maxMembers {
			return errLimit
		}
		if name := r.text(); r.err == nil {
			read(r, name)
		}
	}
	r.expect('}')
	if r.err != nil {
		return r.err
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return errTrailer
	}
	return nil
}

// valueReader reads JSON values. The first error sets err, and later reads do nothing.
type valueReader struct {
	decoder *jsontext.Decoder
	err     error
}

func (r *valueReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// expect reads a token of that kind.
func (r *valueReader) expect(kind jsontext.Kind) jsontext.Token {
	if r.err != nil {
		return jsontext.Token{}
	}
	token, err := r.decoder.ReadToken()
	if err == nil && token.Kind() != kind {
		err = errType
	}
	if err != nil {
		r.fail(err)
		return jsontext.Token{}
	}
	return token
}

// text reads a string.
func (r *valueReader) text() string {
	token := r.expect('"')
	if r.err != nil {
		return ""
	}
	return token.String()
}

// texts reads an array of at most maxGroups strings.
func (r *valueReader) texts() []string {
	r.expect('[')
	var list []string
	for r.err == nil && r.decoder.PeekKind() != ']' {
		if len(list) == maxGroups {
			r.fail(errLimit)
		}
		list = append(list, r.text())
	}
	r.expect(']')
	return list
}

// textOrTexts reads a string or an array of strings, the two forms of aud (RFC 7519,
// section 4.1.3).
func (r *valueReader) textOrTexts() []string {
	if r.err == nil && r.decoder.PeekKind() == '"' {
		return []string{r.text()}
	}
	return r.texts()
}

// numericDate reads a NumericDate (RFC 7519, section 2): a number of seconds since 1970
// that may have a fraction. It must be between 1 and maxNumericDate, so that arithmetic
// on the result cannot overflow and the zero time means "absent".
func (r *valueReader) numericDate() time.Time {
	token := r.expect('0')
	if r.err != nil {
		return time.Time{}
	}
	digits := token.String()
	seconds, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(digits) > maxNumberLen || seconds < 1 || seconds > maxNumericDate {
		r.fail(errDate)
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9))
}

// skip reads a value of any kind, with at most maxDepth nested arrays and objects.
func (r *valueReader) skip() {
	start := r.decoder.StackDepth()
	for r.err == nil {
		if _, err := r.decoder.ReadToken(); err != nil {
			r.fail(err)
		}
		switch depth := r.decoder.StackDepth() - start; {
		case depth == 0:
			return
		case depth > maxDepth:
			r.fail(errLimit)
		}
	}
}
