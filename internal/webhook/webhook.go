// Package webhook POSTs events to another service as Standard Webhooks specifies
// (https://www.standardwebhooks.com): signed, with an id that lets the receiver
// detect duplicates, and retried for some minutes.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

const (
	// maxQueued is the maximum number of events that wait to be sent.
	maxQueued = 1024
	// maxAttempts is how often an event is sent. With backoff, that takes about four
	// minutes.
	maxAttempts = 8
	// sendTimeout is the timeout of one attempt.
	sendTimeout = 5 * time.Second
	// senders is the number of events that are sent concurrently, so that one slow
	// response does not delay the others.
	senders = 4
)

// Options are the options of [New].
type Options struct {
	// URL receives the events. Required.
	URL string
	// Key signs the events. Required.
	Key []byte
	// Pause is the first pause between attempts. It doubles with each attempt.
	// Default: 1 s.
	Pause time.Duration
	// Observe is called with the outcome of each event: "delivered", "failed" (all
	// attempts failed) or "dropped" (the queue was full). Default: none.
	Observe func(outcome string)
	// Log receives the errors of events that were not delivered. Default: none.
	Log *slog.Logger
}

// Hook sends events in the background.
type Hook struct {
	options Options
	client  *http.Client
	events  chan event
}

// event is one message. Its id and body are the same in all attempts.
type event struct {
	id   string
	body []byte
}

// New returns a Hook. Events are sent while [Hook.Run] runs.
func New(o Options) *Hook {
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	if o.Observe == nil {
		o.Observe = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Hook{
		options: o,
		events:  make(chan event, maxQueued),
		client: &http.Client{
			Timeout: sendTimeout,
			// A redirect would send events to another service.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// message is the body of an event.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// Send queues an event without blocking. data must marshal to JSON.
func (h *Hook) Send(kind string, data any) {
	body, err := json.Marshal(message{kind, time.Now().UTC(), data})
	if err != nil {
		h.giveUp("failed", err)
		return
	}
	select {
	case h.events <- event{id: "msg_" + rand.Text(), body: body}:
	default:
		h.giveUp("dropped", errors.New("the queue is full"))
	}
}

func (h *Hook) giveUp(outcome string, err error) {
	h.options.Observe(outcome)
	h.options.Log.Warn("webhook delivery failed", "outcome", outcome, "err", err)
}

// Run sends queued events until ctx is done. Then it makes one last attempt for each
// event in the queue, within the timeout of one attempt.
func (h *Hook) Run(ctx context.Context) {
	done := make(chan struct{})
	for range senders {
		go func() {
			h.send(ctx)
			done <- struct{}{}
		}()
	}
	for range senders {
		<-done
	}
}

func (h *Hook) send(ctx context.Context) {
	for {
		select {
		case e := <-h.events:
			h.deliver(ctx, e)
		case <-ctx.Done():
			h.drain()
			return
		}
	}
}

func (h *Hook) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	for {
		select {
		case e := <-h.events:
			h.sendOnce(ctx, e)
		default:
			return
		}
	}
}

// recovered logs a panic, which ends only the delivery of one event. It must be deferred.
func (h *Hook) recovered() {
	if cause := recover(); cause != nil {
		h.options.Log.Error("webhook delivery panicked", "err", fmt.Sprint(cause), "stack", string(debug.Stack()))
	}
}

// sendOnce sends one event without retries.
func (h *Hook) sendOnce(ctx context.Context, e event) {
	defer h.recovered()
	h.settle(h.attempt(ctx, e))
}

// deliver sends one event, with retries.
func (h *Hook) deliver(ctx context.Context, e event) {
	defer h.recovered()
	pause := h.options.Pause
	for n := 1; ; n++ {
		// Finish an attempt that has begun, even during shutdown.
		err := h.attempt(context.WithoutCancel(ctx), e)
		if err == nil || n == maxAttempts || ctx.Err() != nil {
			h.settle(err)
			return
		}
		timer := time.NewTimer(pause + mathrand.N(pause/2))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		pause *= 2
	}
}

func (h *Hook) settle(err error) {
	if err != nil {
		h.giveUp("failed", err)
		return
	}
	h.options.Observe("delivered")
}

// attempt POSTs the event once. Any status from 200 to 299 is a success.
func (h *Hook) attempt(ctx context.Context, e event) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.options.URL, bytes.NewReader(e.body))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Webhook-Id", e.id)
	request.Header.Set("Webhook-Timestamp", timestamp)
	request.Header.Set("Webhook-Signature", Sign(h.options.Key, e.id, timestamp, e.body))
	response, err := h.client.Do(request)
	if err != nil {
		return err
	}
	// Read the body, so that the connection can be reused.
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
	_ = response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// Sign returns the signature of a message: HMAC-SHA-256 of its id, its Unix time in
// seconds and its body, joined by dots.
func Sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
