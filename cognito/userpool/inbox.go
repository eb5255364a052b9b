package userpool

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

const (
	inboxKept  = 10_000 // messages in the file
	inboxShown = 200    // messages in one answer
)

// The kinds of messages.
const (
	kindSignUp      = "SIGN_UP"
	kindResend      = "RESEND"
	kindForgot      = "FORGOT_PASSWORD"
	kindAdminReset  = "ADMIN_RESET"
	kindInvitation  = "INVITATION" // its code is the temporary password
	kindUpdate      = "UPDATE_ATTRIBUTE"
	kindVerifyAgain = "VERIFY_ATTRIBUTE"
	kindMFA         = "MFA"
	kindSignIn      = "SIGN_IN" // a first factor
)

// inboxRecord is a mail or text message that was not sent anywhere.
type inboxRecord struct {
	To     string    `json:"to"`
	Kind   string    `json:"kind"`
	Medium string    `json:"medium"` // EMAIL or SMS
	Code   string    `json:"code"`
	SentAt time.Time `json:"sentAt"`
}

// inboxKey folds the case of addresses and trims, so that an inbox is found under every spelling.
func inboxKey(address string) []byte { return key(strings.ToLower(strings.TrimSpace(address)), "") }

// deliver puts a message into the inbox and removes the one that is too old by now.
func (t *poolTx) deliver(m inboxRecord) error {
	box, index := t.tx.Bucket([]byte(inboxBucket)), t.tx.Bucket([]byte(inboxToBucket))
	n, err := box.NextSequence()
	if err != nil {
		return err
	}
	number := binary.BigEndian.AppendUint64(nil, n)
	if err := save(box, number, m); err != nil {
		return err
	}
	if err := index.Put(append(inboxKey(m.To), number...), nil); err != nil {
		return err
	}
	if n <= inboxKept {
		return nil
	}
	old := binary.BigEndian.AppendUint64(nil, n-inboxKept)
	rec, err := load[inboxRecord](box, old)
	if err != nil || rec == nil {
		return err
	}
	if err := index.Delete(append(inboxKey(rec.To), old...)); err != nil {
		return err
	}
	return box.Delete(old)
}

// readInbox gives messages, newest first: those to an address, or all if it is empty.
func (p *Pool) readInbox(to string) ([]inboxRecord, error) {
	messages := []inboxRecord{}
	err := p.db.View(func(tx *bbolt.Tx) error {
		box := tx.Bucket([]byte(inboxBucket))
		for _, number := range newestNumbers(tx, to) {
			m, err := load[inboxRecord](box, number)
			if err != nil {
				return err
			}
			if m != nil {
				messages = append(messages, *m)
			}
		}
		return nil
	})
	return messages, err
}

func newestNumbers(tx *bbolt.Tx, to string) [][]byte {
	var numbers [][]byte
	if to == "" {
		c := tx.Bucket([]byte(inboxBucket)).Cursor()
		for k, _ := c.Last(); k != nil && len(numbers) < inboxShown; k, _ = c.Prev() {
			numbers = append(numbers, k)
		}
		return numbers
	}
	_ = withPrefix(tx.Bucket([]byte(inboxToBucket)), inboxKey(to), func(number, _ []byte) error {
		numbers = append(numbers, number)
		return nil
	})
	slices.Reverse(numbers)
	return numbers[:min(len(numbers), inboxShown)]
}

// serveInbox answers GET /inbox. It has no CORS header: codes are for whoever sits at this machine, not for web pages.
func (p *Pool) serveInbox(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	messages, err := p.readInbox(to)
	if err != nil {
		p.log.Error("userpool: inbox", "error", err)
		http.Error(w, "The inbox cannot be read.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Vary", "Accept")
	if !prefersHTML(r.Header.Get("Accept")) {
		h.Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(messages)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", inboxPolicy())
	_ = p.inboxPage.Execute(w, struct {
		To       string
		Messages []inboxRecord
	}{to, messages})
}

// prefersHTML tells whether text/html comes before any form of JSON in an Accept header, as it does in browsers'.
func prefersHTML(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		mediaType, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(mediaType)) {
		case "text/html":
			return true
		case "application/json", "*/*":
			return false
		}
	}
	return false
}

// inboxPolicy lets the page have its own style, by hash, and a form that leads back to it; nothing else.
func inboxPolicy() string {
	_, rest, _ := strings.Cut(inboxPage, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func newInboxPage() *template.Template {
	return template.Must(template.New("inbox").Parse(inboxPage))
}

const inboxPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox{{with .To}} of {{.}}{{end}}</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --dim: #566171; --paper: #f6f7f9; --card: #fff; --line: #d9dee5; --link: #0b57d0 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaef; --dim: #a3adba; --paper: #14171c; --card: #1d2229; --line: #343c47; --link: #8ab4ff }
}
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem }
p { margin: 0 0 1rem; color: var(--dim) }
a { color: var(--link) }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 0 0 1.5rem }
label { flex: 1 1 14rem; font-size: .875rem; color: var(--dim) }
input, button { font: inherit; color: inherit; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card) }
input { display: block; width: 100%; margin-top: .25rem; font-size: 1rem; color: var(--ink) }
button { cursor: pointer }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem }
li { padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); overflow-wrap: anywhere }
.code { font: 600 1.5rem/1.3 ui-monospace, monospace; letter-spacing: .06em; user-select: all; margin: .25rem 0 }
.about { font-size: .875rem; color: var(--dim); display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between }
</style>
</head>
<body>
<main>
<h1>Inbox</h1>
<p>What the embedded user pool would have mailed or texted, newest first.</p>
<form action="/inbox" method="get">
<label>Address<input name="to" type="text" value="{{.To}}" autocomplete="off" spellcheck="false"></label>
<button>Show</button>
</form>
{{if .Messages}}<ol>{{range .Messages}}
<li>
<div class="about"><a href="/inbox?to={{.To}}">{{.To}}</a><span>{{.Kind}} &middot; {{.Medium}}</span></div>
<div class="code">{{.Code}}</div>
<div class="about"><time datetime="{{.SentAt.Format "2006-01-02T15:04:05Z07:00"}}">{{.SentAt.Format "2 Jan 2006, 15:04:05 MST"}}</time></div>
</li>{{end}}
</ol>{{else}}<p>Nothing has been sent{{with .To}} to {{.}}{{end}} yet.</p>{{end}}
</main>
</body>
</html>
`
