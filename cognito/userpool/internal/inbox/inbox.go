// Package inbox keeps the mails and text messages that the pool would have sent, and shows them as JSON or as a page.
package inbox

import (
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/db"
)

const (
	maxKept  = 10_000 // messages in the file
	maxShown = 200    // messages in one response
)

// Kinds of messages.
const (
	KindSignUp      = "SIGN_UP"
	KindResend      = "RESEND"
	KindForgot      = "FORGOT_PASSWORD"
	KindAdminReset  = "ADMIN_RESET"
	KindInvitation  = "INVITATION" // the code is the temporary password
	KindUpdate      = "UPDATE_ATTRIBUTE"
	KindVerifyAgain = "VERIFY_ATTRIBUTE"
	KindMFA         = "MFA"
	KindSignIn      = "SIGN_IN" // as a first factor
)

// Buckets of the inbox: messages by number, and numbers by address.
const (
	messagesBucket  = "inbox"
	addressesBucket = "inboxTo"
)

// Buckets returns the names of the buckets that the inbox needs.
func Buckets() []string { return []string{messagesBucket, addressesBucket} }

// Message is a mail or text message that was not sent.
type Message struct {
	To     string    `json:"to"`
	Kind   string    `json:"kind"`
	Medium string    `json:"medium"` // EMAIL or SMS
	Code   string    `json:"code"`
	SentAt time.Time `json:"sentAt"`
}

// addressKey folds case and trims, so that an inbox is found under every spelling of its address.
func addressKey(address string) []byte {
	return db.Key(strings.ToLower(strings.TrimSpace(address)), "")
}

// Put adds a message and removes the oldest one beyond the limit.
func Put(tx *bbolt.Tx, m Message) error {
	box, index := tx.Bucket([]byte(messagesBucket)), tx.Bucket([]byte(addressesBucket))
	n, err := box.NextSequence()
	if err != nil {
		return err
	}
	number := binary.BigEndian.AppendUint64(nil, n)
	if err := db.Save(box, number, m); err != nil {
		return err
	}
	if err := index.Put(append(addressKey(m.To), number...), nil); err != nil {
		return err
	}
	if n <= maxKept {
		return nil
	}
	old := binary.BigEndian.AppendUint64(nil, n-maxKept)
	rec, err := db.Load[Message](box, old)
	if err != nil || rec == nil {
		return err
	}
	if err := index.Delete(append(addressKey(rec.To), old...)); err != nil {
		return err
	}
	return box.Delete(old)
}

// Read returns messages, newest first: those to an address, or all if it is empty.
func Read(file *bbolt.DB, to string) ([]Message, error) {
	messages := []Message{}
	err := file.View(func(tx *bbolt.Tx) error {
		box := tx.Bucket([]byte(messagesBucket))
		for _, number := range newestNumbers(tx, to) {
			m, err := db.Load[Message](box, number)
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
		c := tx.Bucket([]byte(messagesBucket)).Cursor()
		for k, _ := c.Last(); k != nil && len(numbers) < maxShown; k, _ = c.Prev() {
			numbers = append(numbers, k)
		}
		return numbers
	}
	_ = db.ForEachWithPrefix(tx.Bucket([]byte(addressesBucket)), addressKey(to), func(number, _ []byte) error {
		numbers = append(numbers, number)
		return nil
	})
	slices.Reverse(numbers)
	return numbers[:min(len(numbers), maxShown)]
}

// Handler serves the inbox, as JSON or as a page.
type Handler struct {
	file *bbolt.DB
	log  *slog.Logger
	page page
}

// NewHandler returns a handler for the inbox in a file.
func NewHandler(file *bbolt.DB, log *slog.Logger) *Handler {
	return &Handler{file: file, log: log, page: newPage()}
}

// ServeHTTP handles GET /inbox. It sets no CORS headers: codes are for people at this machine, not for web pages.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	messages, err := Read(h.file, to)
	if err != nil {
		h.fail(w, err)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Vary", "Accept")
	if !prefersHTML(r.Header.Get("Accept")) {
		header.Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(messages)
		return
	}
	html, err := h.page.render(to, messages)
	if err != nil {
		h.fail(w, err)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", contentSecurityPolicy())
	_, _ = w.Write(html)
}

func (h *Handler) fail(w http.ResponseWriter, err error) {
	h.log.Error("userpool: reading the inbox failed", "err", err)
	http.Error(w, "The inbox cannot be read.", http.StatusInternalServerError)
}

// prefersHTML reports whether text/html comes before any form of JSON in an Accept header, as it does in browsers.
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
