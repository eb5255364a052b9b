package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"authgraph/internal/account"
	"authgraph/internal/audit"
	"authgraph/internal/reqctx"
)

func keyOf(_ context.Context, name string) string { return account.Keys{Pool: "p"}.Of(name) }

func TestRecord(t *testing.T) {
	var out bytes.Buffer
	log := audit.New(&out, keyOf, func(err error) { t.Error(err) })
	ctx := reqctx.NewContext(context.Background(), &reqctx.Request{
		ID: "req-1", ClientAddr: netip.MustParseAddr("192.0.2.7"), UserAgent: "a \"browser\" <é>\nwith a trick\u2028", Bearer: "the-token",
	})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			log.Record(ctx, audit.Event{Name: "signin", Outcome: "INVALID_CREDENTIALS", Account: "Ada@example.com", Subject: "sub"})
		})
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 50 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var r audit.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		want := audit.Record{
			Time: r.Time, Run: r.Run, Seq: uint64(i + 1), Event: "signin", Outcome: "INVALID_CREDENTIALS",
			Account: account.Keys{Pool: "p"}.Of("ada@example.com"), Subject: "sub",
			Client: "192.0.2.7", UserAgent: "a \"browser\" <é>\nwith a trick\u2028", RequestID: "req-1",
		}
		if r != want || r.Time.IsZero() || r.Run == "" {
			t.Fatalf("line %d is %+v", i, r)
		}
	}
	for _, secret := range []string{"example.com", "the-token"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteError(t *testing.T) {
	failures := 0
	log := audit.New(full{}, keyOf, func(error) { failures++ })
	log.Record(context.Background(), audit.Event{Name: "signin", Outcome: "OK"})
	if failures != 1 {
		t.Errorf("%d failures were reported, want 1", failures)
	}
}

// A session that has started is in the log at once, without waiting for the next
// event.
func TestSessionIsWrittenAtOnce(t *testing.T) {
	var out bytes.Buffer
	log := audit.New(&out, keyOf, func(err error) { t.Error(err) })
	log.Record(context.Background(), audit.Event{Name: audit.SessionStarted, Outcome: "OK"})
	var r audit.Record
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Event != audit.SessionStarted || r.Seq != 1 {
		t.Errorf("the log is %q", &out)
	}
}
