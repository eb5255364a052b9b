package service

import (
	"time"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/tokens"
)

// page is what the token for the next page of a list holds: where the last one ended, and of which list.
type page struct {
	Last    string     `json:"l"`
	Of      string     `json:"o"`
	Expires epoch.Time `json:"e"`
}

const (
	pagePurpose = "page"
	pageLife    = time.Hour
	maxPageSize = 60
)

func NextPage(ring *tokens.KeyRing, last, of string, now epoch.Time) (string, error) {
	return ring.SealText(pagePurpose, page{Last: last, Of: of, Expires: now.Add(pageLife)})
}

func OpenPage(ring *tokens.KeyRing, token, of string, now epoch.Time) (page, error) {
	var at page
	if token == "" {
		return at, nil
	}
	if ring == nil || ring.UnsealText(pagePurpose, token, &at) != nil || at.Of != of {
		return at, exception.InvalidParameter("Invalid pagination token.")
	}
	if now > at.Expires {
		return at, exception.InvalidParameter("Pagination token has expired.")
	}
	return at, nil
}

func PageSize(limit int) int {
	if limit == 0 {
		return maxPageSize
	}
	return limit
}
