package admission

import (
	"testing"
	"time"
)

// A burst that is throttled together causes one pause. Late successes do not end it, and
// an inconclusive probe makes room for the next.
func TestPauseForABurst(t *testing.T) {
	now := time.Unix(0, 0)
	p := &pause{}
	var tickets []ticket
	for range 10 {
		ticket, err := p.enter(now)
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	for _, ticket := range tickets[:8] {
		p.leave(ticket, Throttled, now)
	}
	if p.length != minPause {
		t.Errorf("the pause is %s", p.length)
	}
	p.leave(tickets[8], Responded, now)
	if p.remaining(now) == 0 {
		t.Error("a call from before the pause ended it")
	}
	p.leave(tickets[9], Failed, now)

	now = now.Add(maxPause)
	for _, outcome := range []Outcome{Inconclusive, Failed, Responded} {
		ticket, err := p.enter(now)
		if err != nil || !ticket.probe {
			t.Fatalf("no probe before %d: %v", outcome, err)
		}
		p.leave(ticket, outcome, now)
	}
	if ticket, err := p.enter(now); err != nil || ticket.probe {
		t.Errorf("the pause is not over: %v", err)
	}
}
