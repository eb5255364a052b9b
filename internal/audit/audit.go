// Package audit writes the security events of the API: who tried what, from
// where, and how it ended. It is a stream of its own beside the log, one JSON
// object a line, for those who watch over the accounts and not over the program.
package audit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"

	"authgraph/internal/account"
	"authgraph/internal/jsontext"
	"authgraph/internal/reqctx"
)

// Event is one security event, as it is told. What it holds of names is not
// written down; see [Record].
type Event struct {
	// Name is the field of the schema that was executed, or one of the names
	// below.
	Name string
	// Outcome is OK or a code of the schema's enum ErrorCode.
	Outcome string
	// Account names the account that it is about, as somebody wrote it: an e-mail
	// address or a user's id. It may be empty.
	Account string
	// Subject is the id of a user who is known by a verified token, or by tokens
	// that Cognito has just given. It may be empty.
	Subject string
}

// The events that are no fields of the schema.
const (
	// SessionStarted is told when a sign-in has led to tokens, which the field
	// signin alone does not say: it may have led to a challenge.
	SessionStarted = "session.started"
	// SessionEnded is told when a sign-out is in force here.
	SessionEnded = "session.ended"
)

// Record is one line. Its fields are stable.
type Record struct {
	// Time is in UTC.
	Time time.Time `json:"time"`
	// Run and Seq order the lines of one start of the program: a gap in Seq is a
	// line that was lost or taken out.
	Run     string `json:"run"`
	Seq     uint64 `json:"seq"`
	Event   string `json:"event"`
	Outcome string `json:"outcome"`
	// Account is the account's key (see package account), never its address.
	Account string `json:"account,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Client is the caller's address.
	Client    string `json:"client,omitempty"`
	UserAgent string `json:"userAgent,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// Log writes events. It is safe for concurrent use.
type Log struct {
	accounts account.Keys
	failed   func(error)
	run      string

	mu   sync.Mutex
	w    io.Writer
	seq  uint64
	text []byte // what is to be written
}

// New returns a log that writes to w, whole lines in each call of Write. failed is told
// of every call that did not succeed; the requests go on.
func New(w io.Writer, accounts account.Keys, failed func(error)) *Log {
	return &Log{w: w, accounts: accounts, failed: failed, run: rand.Text()[:8]}
}

// Record writes one event with what is known of its request. A session that has started
// is written together with the field that started it, which is recorded next.
func (l *Log) Record(ctx context.Context, e Event) {
	request := reqctx.FromContext(ctx)
	r := Record{
		Run: l.run, Event: e.Name, Outcome: e.Outcome, Account: l.accounts.Of(e.Account), Subject: e.Subject,
		UserAgent: request.UserAgent, RequestID: request.ID,
	}
	if request.ClientAddr.IsValid() {
		r.Client = request.ClientAddr.String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	r.Seq, r.Time = l.seq, time.Now().UTC()
	l.text = r.append(l.text)
	if e.Name == SessionStarted {
		return
	}
	if _, err := l.w.Write(l.text); err != nil {
		l.failed(err)
	}
	l.text = l.text[:0]
}

// append writes the record as encoding/json does, at a quarter of the cost: every sign-in
// is two of them.
func (r *Record) append(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = appendText(append(b, '"'), "run", r.Run)
	b = strconv.AppendUint(append(b, `,"seq":`...), r.Seq, 10)
	b = appendText(b, "event", r.Event)
	b = appendText(b, "outcome", r.Outcome)
	for _, member := range []struct{ name, text string }{
		{"account", r.Account}, {"subject", r.Subject}, {"client", r.Client}, {"userAgent", r.UserAgent}, {"requestId", r.RequestID},
	} {
		if member.text != "" {
			b = appendText(b, member.name, member.text)
		}
	}
	return append(b, '}', '\n')
}

// appendText writes a member.
func appendText(b []byte, name, text string) []byte {
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	if !jsontext.IsPlain(text) {
		// Text cannot fail to marshal.
		quoted, _ := json.Marshal(text)
		return append(b, quoted...)
	}
	return append(append(append(b, '"'), text...), '"')
}
