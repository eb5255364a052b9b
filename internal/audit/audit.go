// Package audit writes the security events of the API: who tried what, from where,
// and with what outcome. The audit log is separate from the program's log and has one
// JSON object per line.
package audit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"sync"
	"time"

	"authgraph/internal/reqctx"
)

// Event is one security event. Names of accounts in it are not written; see [Record].
type Event struct {
	// Name is the name of a root field in the schema, or one of the names below.
	Name string
	// Outcome is OK or a code of the schema's enum ErrorCode.
	Outcome string
	// Account is the account as the client named it: an address, a user name or a user id.
	// It may be empty.
	Account string
	// Subject is the user id in a verified token, or in tokens that Cognito has just
	// issued. It may be empty.
	Subject string
}

// Events that are not root fields of the schema.
const (
	// SessionStarted is recorded when a sign-in returns tokens. The field signin alone
	// may have returned a challenge.
	SessionStarted = "session.started"
	// SessionEnded is recorded when a sign-out takes effect in this process.
	SessionEnded = "session.ended"
)

// Record is one line of the log. Its fields are stable.
type Record struct {
	// Time is in UTC.
	Time time.Time `json:"time"`
	// Run identifies one run of the program, and Seq numbers its lines: a gap is a line
	// that was lost or removed.
	Run     string `json:"run"`
	Seq     uint64 `json:"seq"`
	Event   string `json:"event"`
	Outcome string `json:"outcome"`
	// Account is the key of the account (see package account), never an address.
	Account string `json:"account,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Client is the caller's address.
	Client    string `json:"client,omitempty"`
	UserAgent string `json:"userAgent,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// Log writes events. It is safe for concurrent use.
type Log struct {
	key    func(ctx context.Context, name string) string
	failed func(error)
	run    string

	mu      sync.Mutex
	encoder *json.Encoder
	seq     uint64
}

// New returns a log that writes to w, one record in each call of Write. key returns the key
// of the account with a name (see package account). failed is called with the error of a
// record that could not be written.
func New(w io.Writer, key func(ctx context.Context, name string) string, failed func(error)) *Log {
	return &Log{encoder: json.NewEncoder(w), key: key, failed: failed, run: rand.Text()[:8]}
}

// Record writes one event, with the request in ctx.
func (l *Log) Record(ctx context.Context, e Event) {
	request := reqctx.FromContext(ctx)
	r := Record{
		Run: l.run, Event: e.Name, Outcome: e.Outcome, Account: l.key(ctx, e.Account), Subject: e.Subject,
		UserAgent: request.UserAgent, RequestID: request.ID,
	}
	if request.ClientAddr.IsValid() {
		r.Client = request.ClientAddr.String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	r.Seq, r.Time = l.seq, time.Now().UTC()
	if err := l.encoder.Encode(r); err != nil {
		l.failed(err)
	}
}
