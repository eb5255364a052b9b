package bench

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// client sends requests to one server over kept connections. It is fasthttp's, because
// net/http's uses several times the CPU of the floor: the floor would be idle most of the
// time, and the cost of waking up would be part of every figure.
type client struct {
	http fasthttp.HostClient
	uri  string
}

func newClient(addr string, connections int) *client {
	return &client{
		http: fasthttp.HostClient{Addr: addr, MaxConns: connections, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second},
		uri:  "http://" + addr + "/graphql",
	}
}

// send returns an error unless the response is right.
func (c *client) send(r request) error {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(c.uri)
	req.Header.SetMethod("POST")
	req.Header.SetContentType("application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.SetUserAgent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	req.SetBodyString(r.body)
	if err := c.http.Do(req, res); err != nil {
		return err
	}
	if !r.right(res.StatusCode(), res.Body()) {
		return fmt.Errorf("wrong response: status %d, %.400s", res.StatusCode(), res.Body())
	}
	return nil
}

// load describes how requests are sent.
type load struct {
	connections int
	duration    time.Duration
	count       int // number of requests; if set, duration is ignored
	rate        int // requests a second, however long responses take; 0: each connection sends the next one after a response
}

// contender is one or several replicas of a server, and the requests to send in turn.
type contender struct {
	servers  []*process
	requests []request
}

// sample holds the measurements of one run of a contender.
type sample struct {
	cpu       float64 // µs a request
	perSecond float64
	p50, p99  float64 // ms
	newShare  float64 // new connections to Cognito, in % of the calls to it
}

// run puts a contender under load. A wrong response fails the test.
func (b *bench) run(c contender, l load) sample {
	before, calls, connections := b.cpu(c.servers), b.cognito.total(), b.cognito.connections.Load()
	began := time.Now()
	latencies, err := l.send(c)
	elapsed := time.Since(began)
	if err != nil {
		b.Fatalf("%v\n%s", err, c.servers[0].lastLines())
	}
	used := b.cpu(c.servers) - before
	for _, p := range c.servers {
		b.check(os.Truncate(p.log, 0)) // a million log lines would fill the disk
	}
	slices.Sort(latencies)
	n := len(latencies)
	s := sample{
		cpu: float64(used.Microseconds()) / float64(n), perSecond: float64(n) / elapsed.Seconds(),
		p50: milliseconds(latencies[n/2]), p99: milliseconds(latencies[n*99/100]),
	}
	if calls = b.cognito.total() - calls; calls > 0 {
		s.newShare = 100 * float64(b.cognito.connections.Load()-connections) / float64(calls)
	}
	return s
}

// send sends the requests and returns the time that each response took.
func (l load) send(c contender) ([]time.Duration, error) {
	var clients []*client
	for _, p := range c.servers {
		clients = append(clients, newClient(p.addr, l.connections))
		defer clients[len(clients)-1].http.CloseIdleConnections()
	}
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	results := make([][]time.Duration, l.connections)
	for worker := range l.connections {
		wg.Go(func() {
			for failed.Load() == nil {
				n := int(next.Add(1)) - 1
				due := time.Now()
				if l.rate > 0 {
					// The time counts from when the request was due.
					due = began.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
				}
				if l.count > 0 && n >= l.count || l.count == 0 && due.Sub(began) >= l.duration {
					return
				}
				time.Sleep(time.Until(due))
				if err := clients[n%len(clients)].send(c.requests[n%len(c.requests)]); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				results[worker] = append(results[worker], time.Since(due))
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return slices.Concat(results...), nil
}

// compare lets the contenders take turns, and returns their samples by round. A warm-up
// round comes first and does not count.
func (b *bench) compare(l load, contenders ...contender) [][]sample {
	samples := make([][]sample, len(contenders))
	for round := range b.rounds + 1 {
		for i, c := range contenders {
			if s := b.run(c, l); round > 0 {
				samples[i] = append(samples[i], s)
			}
		}
	}
	return samples
}

// over returns the median, over all rounds, of what f makes of the samples of two
// contenders in the same round.
func over(x, y []sample, f func(x, y sample) float64) float64 {
	var values []float64
	for i := range x {
		values = append(values, f(x[i], y[i]))
	}
	return median(values)
}

func cpuRatio(x, y sample) float64 { return x.cpu / y.cpu }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
