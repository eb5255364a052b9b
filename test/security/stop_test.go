package security_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// exitsWell waits for exit code 0 after SIGTERM, and returns how long that took.
func (g *target) exitsWell(t *testing.T, since time.Time) time.Duration {
	t.Helper()
	if err := g.AwaitExit(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	took := time.Since(since)
	if took > slack(15*time.Second) {
		t.Errorf("the program took %v to exit", took)
	}
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
	return took
}

// inFlight waits until n calls are in flight at the stand-in.
func inFlight(t *testing.T, open *atomic.Int64, n int64) {
	t.Helper()
	testutil.Eventually(t, fmt.Sprintf("%d calls to be out", n), testutil.Timeout, func() bool { return open.Load() >= n })
}

// P22: accepted requests are finished, even if they take seconds, and idle connections are
// closed immediately.
func TestAttackStopUnderLoad(t *testing.T) {
	t.Parallel()
	const slow, busy, idle = 60, 30, 50
	g := newTarget(t, "LOG_LEVEL=info") // every accepted request is logged
	f := newForger(g.Issuer)
	honest := "Bearer " + f.honest()
	good := wellBehaved(cognitoAnswers(cognitoSecrets{access: f.honest(), id: f.honest(), refresh: "r"}))
	var open atomic.Int64
	g.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
		if cognitoOperation(r) == "InitiateAuth" {
			n := open.Add(1)
			defer open.Add(-1)
			time.Sleep(1500*time.Millisecond + time.Duration(n%10)*100*time.Millisecond) // as slow as Lambda triggers
		}
		good(w, r)
	})

	// Clients with idle connections.
	var idleClosed atomic.Int64
	var idleSlowest atomic.Int64
	var idlers, slowOnes, busyOnes sync.WaitGroup
	var stopped atomic.Int64 // time of SIGTERM
	for range idle {
		c := g.dial(t)
		if err := getHealthz(c); err != nil {
			t.Fatal(err)
		}
		idlers.Go(func() {
			_ = c.SetReadDeadline(time.Now().Add(2 * testutil.Timeout))
			_, err := io.Copy(io.Discard, c)
			if took := time.Now().UnixNano() - stopped.Load(); err == nil && stopped.Load() > 0 {
				idleClosed.Add(1)
				if took > idleSlowest.Load() {
					idleSlowest.Store(took)
				}
			}
		})
	}
	var served, lost, late atomic.Int64
	for n := range slow {
		slowOnes.Go(func() {
			r, err := g.Post("mutation{" + guess(fmt.Sprintf("slow%d@example.com", n), 1) + "}")
			if err != nil || r.Code() != answered {
				lost.Add(1)
				t.Errorf("a sign-in was lost: %v %v", err, r.Response)
				return
			}
			served.Add(1)
		})
	}
	// Other clients send requests one after another, until the connection is refused.
	var pushed atomic.Int64
	var queued sync.Map // ids of requests that were not accepted
	for worker := range busy {
		busyOnes.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("busy-%d-%d-end", worker, n)
				request := g.Request(http.MethodPost, "/graphql", []byte(testutil.RequestBody("{me{id email}}")))
				request.Header.Set("Authorization", honest)
				request.Header.Set("X-Request-Id", id)
				r, err := g.Send(request)
				switch {
				case err == nil && r.Code() == answered:
					pushed.Add(1)
				case errors.Is(err, syscall.ECONNREFUSED):
					return
				case err != nil && stopped.Load() > 0:
					// Its connection was in the accept queue, or was being closed as idle:
					// it was not accepted, or it would be in the log.
					late.Add(1)
					queued.Store(id, err)
					return
				default:
					lost.Add(1)
					t.Errorf("a request was lost: %v %v", err, r.Response)
					return
				}
			}
		})
	}
	inFlight(t, &open, slow)
	testutil.Eventually(t, "the others to be served", testutil.Timeout, func() bool { return pushed.Load() > 3*busy })
	start := time.Now()
	stopped.Store(start.UnixNano())
	if err := g.Process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	slowOnes.Wait()
	busyOnes.Wait()
	took := g.exitsWell(t, start)
	idlers.Wait()
	log := g.Stderr.String()
	if !strings.Contains(log, "busy-0-0-end") {
		t.Error("the log has no request ids")
	}
	queued.Range(func(id, err any) bool {
		if strings.Contains(log, id.(string)) {
			t.Errorf("an accepted request was lost: %v", err)
		}
		return true
	})
	t.Logf("%d slow sign-ins and %d quick requests served, %d lost, %d never accepted; %d of %d idle connections closed, the last after %v; exit after %v",
		served.Load(), pushed.Load(), lost.Load(), late.Load(), idleClosed.Load(), idle, time.Duration(idleSlowest.Load()).Round(time.Millisecond), took.Round(time.Millisecond))
	if served.Load() != slow {
		t.Errorf("%d of %d slow sign-ins were served", served.Load(), slow)
	}
	if idleClosed.Load() != idle || time.Duration(idleSlowest.Load()) > slack(8*time.Second) {
		t.Errorf("%d of %d idle connections were closed well, the last after %v", idleClosed.Load(), idle, time.Duration(idleSlowest.Load()))
	}
}

// getHealthz requests /healthz over a connection that stays open.
func getHealthz(c net.Conn) error {
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(testutil.Timeout))
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 1<<10), nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return errors.Join(err, response.Body.Close(), c.SetReadDeadline(time.Time{}))
}

// P22: while Cognito hangs, callers get an error and shutdown completes.
func TestAttackStopWhileHanging(t *testing.T) {
	t.Parallel()
	const callers = 90
	g := newTarget(t, "LOG_LEVEL=warn")
	honest := "Bearer " + newForger(g.Issuer).honest()
	var open atomic.Int64
	g.Cognito.RespondWith(func(_ http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		<-r.Context().Done()
	})
	var all sync.WaitGroup
	var told atomic.Int64
	for n := range callers {
		all.Go(func() {
			call := faultyCalls[n%len(faultyCalls)]
			r, err := g.Post(fmt.Sprintf(call.document, fmt.Sprintf("caller%d@example.com", n)), honest)
			if err != nil || r.Code() != "SERVICE_UNAVAILABLE" {
				t.Errorf("%s: %v %v", call.operation, err, r.Response)
				return
			}
			told.Add(1)
		})
	}
	inFlight(t, &open, callers)
	start := time.Now()
	if err := g.Process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	took := g.exitsWell(t, start)
	t.Logf("%d of %d callers got a response; exit after %v", told.Load(), callers, took.Round(time.Millisecond))
}

// P22: further signals during shutdown change nothing.
func TestAttackStopTwice(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	f := newForger(g.Issuer)
	good := wellBehaved(cognitoAnswers(cognitoSecrets{access: f.honest(), id: f.honest(), refresh: "r"}))
	var open atomic.Int64
	g.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		time.Sleep(time.Second)
		good(w, r)
	})
	// A client that has sent half a request does not delay shutdown forever.
	half := g.dial(t)
	if _, err := io.WriteString(half, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		if r, err := g.Post("mutation{" + aSignin + "}"); err != nil || r.Code() != answered {
			t.Errorf("%v %v", err, r.Response)
		}
	})
	inFlight(t, &open, 1)
	start := time.Now()
	for range 2 {
		if err := g.Process.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	_ = half.Close()
	t.Logf("exit after %v", g.exitsWell(t, start).Round(time.Millisecond))
}

// P23: thousands of idle connections and of half-sent requests do not affect other
// clients.
func TestAttackIdleConnections(t *testing.T) {
	t.Parallel()
	idle, half := 10_000, 2_000
	if testutil.RaceEnabled {
		idle, half = 4_000, 800 // the race detector allows a process 8,128 goroutines
	}
	if room := roomFor(idle + half); room < idle+half {
		idle, half = room*5/6, room/6
	}
	g := newTarget(t, "LOG_LEVEL=error")
	honest := "Bearer " + newForger(g.Issuer).honest()
	base, before := g.metric(t, "go_goroutines"), g.memory(t)
	host := strings.TrimPrefix(g.APIURL(), "http://")
	connections := make([]net.Conn, idle+half)
	defer func() {
		for _, c := range connections {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	var open atomic.Int64
	var all sync.WaitGroup
	const diallers = 16
	for dialler := range diallers {
		all.Go(func() {
			for i := dialler; i < len(connections); i += diallers {
				c, err := net.DialTimeout("tcp", host, testutil.Timeout)
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
				connections[i] = c
				if i < idle {
					err = getHealthz(c)
				} else {
					_, err = io.WriteString(c, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
				}
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
				open.Add(1)
			}
		})
	}
	over := make(chan struct{})
	go func() {
		all.Wait()
		close(over)
	}()
	served, slowest := 0, time.Duration(0)
	ask := func() {
		t.Helper()
		r, err := g.Post("{me{id}}", honest)
		if err != nil || r.Text("data.me.id") == "absent" {
			t.Fatalf("me{id}: %v", err)
		}
		served++
		slowest = max(slowest, r.Took)
	}
	for done := false; !done; {
		select {
		case <-over:
			done = true
		case <-time.After(10 * time.Millisecond):
		}
		ask()
	}
	most := g.metric(t, "go_goroutines")
	for range 100 {
		ask()
	}
	peak := g.peakMemory(t)
	if most < float64(open.Load())/2 {
		t.Errorf("the program has only %v goroutines: too few connections", most)
	}
	for _, c := range connections {
		if c != nil {
			_ = c.Close()
		}
	}
	after := g.settled(t, base)
	t.Logf("%d connections open (%d idle, %d with half a request); meanwhile %d times me{id}, slowest %v; memory at most %d MiB, before %d; goroutines %v, then %v, before %v",
		open.Load(), idle, half, served, slowest.Round(time.Millisecond), peak, before, most, after, base)
	if slowest > slack(maxResponseTime) {
		t.Errorf("me{id} took %v", slowest)
	}
	if peak > maxCrowdMemory() {
		t.Errorf("the program had %d MiB", peak)
	}
	g.unharmed(t, 0)
}
