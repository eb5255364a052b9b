package userpool

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
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

// The buckets of the inbox: messages by number, and numbers by address.
const (
	inboxBucket   = "inbox"
	inboxToBucket = "inboxTo"
)

func inboxBuckets() []string { return []string{inboxBucket, inboxToBucket} }

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

// putMessage puts a message into the inbox and removes the one that is too old by now.
func putMessage(tx *bbolt.Tx, m inboxRecord) error {
	box, index := tx.Bucket([]byte(inboxBucket)), tx.Bucket([]byte(inboxToBucket))
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
func readInbox(db *bbolt.DB, to string) ([]inboxRecord, error) {
	messages := []inboxRecord{}
	err := db.View(func(tx *bbolt.Tx) error {
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

// inboxHandler serves the inbox, as JSON or as a page.
type inboxHandler struct {
	db  *bbolt.DB
	log *slog.Logger
}

// ServeHTTP answers GET /inbox. It has no CORS header: codes are for whoever sits at this machine, not for web pages.
func (h *inboxHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	messages, err := readInbox(h.db, to)
	if err != nil {
		h.log.Error("userpool: inbox", "error", err)
		http.Error(w, "The inbox cannot be read.", http.StatusInternalServerError)
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
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", inboxPolicy())
	_, _ = io.WriteString(w, inboxPage(to, messages))
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
