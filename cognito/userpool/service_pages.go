package userpool

import "time"

// page is what the token for the next page of a list holds: where the last one ended, and of which list.
type page struct {
	Last    string `json:"l"`
	Of      string `json:"o"`
	Expires moment `json:"e"`
}

const (
	pagePurpose = "page"
	pageLife    = time.Hour
	pageMost    = 60
)

func newPage(ring *keyRing, last, of string, now moment) (string, error) {
	return ring.sealText(pagePurpose, page{Last: last, Of: of, Expires: now.add(pageLife)})
}

func openPage(ring *keyRing, token, of string, now moment) (page, error) {
	var at page
	if token == "" {
		return at, nil
	}
	if ring == nil || ring.unsealText(pagePurpose, token, &at) != nil || at.Of != of {
		return at, invalidParameter("Invalid pagination token.")
	}
	if now > at.Expires {
		return at, invalidParameter("Pagination token has expired.")
	}
	return at, nil
}

func pageSize(limit int) int {
	if limit == 0 {
		return pageMost
	}
	return limit
}
