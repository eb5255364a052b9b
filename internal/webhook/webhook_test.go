package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/internal/webhook"
)

var key = []byte("a-secret-of-the-receiver")

type delivery struct {
	id, timestamp, signature string
	body                     []byte
}

// receiver returns a server that responds with the given statuses, then with 204.
func receiver(t *testing.T, statuses ...int) (url string, seen <-chan delivery) {
	deliveries := make(chan delivery, 100)
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		deliveries <- delivery{r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature"), body}
		if i := int(n.Add(1)); i <= len(statuses) {
			w.WriteHeader(statuses[i-1])
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server.URL, deliveries
}

func start(t *testing.T, url string) (hook *webhook.Hook, outcomes <-chan string, stop func()) {
	ended := make(chan string, 2000)
	hook = webhook.New(webhook.Options{
		URL: url, Key: key, Pause: time.Millisecond, Observe: func(outcome string) { ended <- outcome },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		hook.Run(ctx)
		close(done)
	}()
	return hook, ended, func() { cancel(); <-done }
}

func TestDelivery(t *testing.T) {
	url, seen := receiver(t, 500, 302, 429)
	hook, outcomes, stop := start(t, url)
	defer stop()
	hook.Send("session.ended", map[string]string{"userId": "u"})
	var first delivery
	for i := range 4 {
		d := <-seen
		if i == 0 {
			first = d
		}
		if d.id != first.id || string(d.body) != string(first.body) {
			t.Errorf("attempt %d differs from the first", i+1)
		}
		if d.signature != webhook.Sign(key, d.id, d.timestamp, d.body) {
			t.Errorf("attempt %d is signed %s", i+1, d.signature)
		}
	}
	if outcome := <-outcomes; outcome != "delivered" {
		t.Errorf("outcome %s", outcome)
	}
	var message struct {
		Type      string
		Timestamp time.Time
		Data      struct{ UserID string }
	}
	if err := json.Unmarshal(first.body, &message); err != nil || message.Type != "session.ended" || message.Data.UserID != "u" || message.Timestamp.IsZero() {
		t.Errorf("%v: %s", err, first.body)
	}
}

// The vector is from the libraries of the specification.
func TestSign(t *testing.T) {
	// base64 of the key: MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
	vectorKey := []byte("\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4\xb0")
	got := webhook.Sign(vectorKey, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGivesUp(t *testing.T) {
	url, seen := receiver(t, 500, 500, 500, 500, 500, 500, 500, 500, 500)
	hook, outcomes, stop := start(t, url)
	defer stop()
	hook.Send("e", nil)
	if outcome := <-outcomes; outcome != "failed" {
		t.Errorf("outcome %s", outcome)
	}
	if len(seen) != 8 {
		t.Errorf("%d attempts", len(seen))
	}
}

// During shutdown, queued events are sent once more.
func TestShutdownSendsQueue(t *testing.T) {
	url, seen := receiver(t)
	hook := webhook.New(webhook.Options{URL: url, Key: key})
	for range 10 {
		hook.Send("e", nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hook.Run(ctx)
	if len(seen) != 10 {
		t.Errorf("received %d of 10 events", len(seen))
	}
}

func TestQueueIsBounded(t *testing.T) {
	dropped := 0
	hook := webhook.New(webhook.Options{URL: "http://127.0.0.1:1", Key: key, Observe: func(outcome string) {
		if outcome == "dropped" {
			dropped++
		}
	}})
	for range 1034 {
		hook.Send("e", nil)
	}
	if dropped != 10 {
		t.Errorf("%d dropped", dropped)
	}
}

// A panic ends one delivery, and neither the process nor later deliveries.
func TestDeliveryPanics(t *testing.T) {
	url, seen := receiver(t)
	var calls atomic.Int64
	delivered := make(chan string, 1)
	hook := webhook.New(webhook.Options{URL: url, Key: key, Observe: func(outcome string) {
		if calls.Add(1) <= 10 { // more than there are senders
			panic("a bug")
		}
		delivered <- outcome
	}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		hook.Run(ctx)
		close(done)
	}()
	for range 11 {
		hook.Send("session.ended", nil)
		<-seen
	}
	if got := <-delivered; got != "delivered" {
		t.Errorf("outcome %q", got)
	}
	cancel()
	<-done
}

// A panic during shutdown ends one delivery, too.
func TestDeliveryPanicsAtShutdown(t *testing.T) {
	url, seen := receiver(t)
	hook := webhook.New(webhook.Options{URL: url, Key: key, Observe: func(string) { panic("a bug") }})
	for range 10 {
		hook.Send("session.ended", nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hook.Run(ctx)
	if len(seen) != 10 {
		t.Errorf("received %d of 10 events", len(seen))
	}
}
