package service

import (
	"time"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/tokens"
)

// page is the content of the token for the next page of a list: where the last page ended, and of which list.
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

// NextPage returns the token for the page that follows the entry last of a list. of names the list.
func NextPage(ring *tokens.KeyRing, last, of string, now epoch.Time) (string, error) {
	return ring.SealText(pagePurpose, page{Last: last, Of: of, Expires: now.Add(pageLife)})
}

// OpenPage reads the token of a page. An empty token is the first page.
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

// PageSize returns the number of entries on a page, given the caller's limit or 0.
func PageSize(limit int) int {
	if limit == 0 {
		return maxPageSize
	}
	return limit
}
