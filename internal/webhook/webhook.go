// Package webhook tells another service of events by POST, as Standard Webhooks
// has it (https://www.standardwebhooks.com): signed, with an id by which the
// receiver knows a repetition, and tried again for some minutes.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	// queued is how many events wait at most. They are few bytes each, and a
	// receiver that is away for long will ask anyway.
	queued = 1024
	// attempts is how often one event is sent; with the pauses between, over about
	// four minutes.
	attempts = 8
	// sendTimeout bounds one attempt.
	sendTimeout = 5 * time.Second
	// senders is how many events are under way at the same time, so that one slow
	// answer does not hold the others up.
	senders = 4
)

// Options are what [New] needs.
type Options struct {
	// URL is where events are POSTed to. Required.
	URL string
	// Key is what they are signed with. Required.
	Key []byte
	// Pause is the first pause between attempts; each later one is twice as long.
	// Default: 1 s.
	Pause time.Duration
	// Observe is told how events ended: "delivered", "failed" (given up) or
	// "dropped" (too many were waiting). Default: nobody.
	Observe func(outcome string)
	// Log is told why an event was not delivered. Default: nowhere.
	Log *slog.Logger
}

// Hook sends events in the background.
type Hook struct {
	options Options
	client  *http.Client
	events  chan event
}

// event is one message, whose id and body stay the same in all attempts.
type event struct {
	id   string
	body []byte
}

// New returns a Hook; [Hook.Run] makes it send.
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
		events:  make(chan event, queued),
		client: &http.Client{
			Timeout: sendTimeout,
			// A redirect would carry events to wherever it points.
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

// Send queues an event and returns at once. data must marshal to JSON.
func (h *Hook) Send(kind string, data any) {
	body, err := json.Marshal(message{kind, time.Now().UTC(), data})
	if err != nil {
		h.giveUp("failed", err)
		return
	}
	select {
	case h.events <- event{id: "msg_" + rand.Text(), body: body}:
	default:
		h.giveUp("dropped", fmt.Errorf("%d events wait already", queued))
	}
}

func (h *Hook) giveUp(outcome string, cause error) {
	h.options.Observe(outcome)
	h.options.Log.Warn("an event was not delivered to the webhook", "outcome", outcome, "cause", cause)
}

// Run sends what is queued until ctx ends. Then it makes one last attempt for
// each event that still waits, within the time-out of one.
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
			h.settle(h.attempt(ctx, e))
		default:
			return
		}
	}
}

// deliver sends one event until it is taken or has been tried often enough.
func (h *Hook) deliver(ctx context.Context, e event) {
	pause := h.options.Pause
	for n := 1; ; n++ {
		// An attempt that has begun is finished, also when the program ends.
		err := h.attempt(context.WithoutCancel(ctx), e)
		if err == nil || n == attempts || ctx.Err() != nil {
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

// attempt POSTs the event once. Any status of 200 to 299 means that it was taken.
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
	// What it says is of no interest, but its end frees the connection.
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
	_ = response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %d", response.StatusCode)
	}
	return nil
}

// Sign returns the signature of a message: HMAC-SHA-256 over its id, its time in
// seconds and its body, joined by dots.
func Sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
