package service

import (
	"time"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/tokens"
)

// Page is a page of a list, in the order of the entries' ids.
type Page struct {
	After string // id of the last entry on the previous page, "" on the first page

	ring *tokens.KeyRing
	list string
	now  epoch.Time
}

// pageToken is the content of the token for the next page of a list: where the last page ended, and of which list.
type pageToken struct {
	Last    string     `json:"l"`
	Of      string     `json:"o"`
	Expires epoch.Time `json:"e"`
}

const (
	pagePurpose = "page"
	pageLife    = time.Hour
	maxPageSize = 60
)

// OpenPage returns the page that a token stands for, which is the first one without a token. list names the list, so that a
// token cannot be used for another one.
func OpenPage(ring *tokens.KeyRing, token, list string, now epoch.Time) (Page, error) {
	p := Page{ring: ring, list: list, now: now}
	if token == "" {
		return p, nil
	}
	var at pageToken
	if ring == nil || ring.UnsealText(pagePurpose, token, &at) != nil || at.Of != list {
		return p, exception.InvalidParameter("Invalid pagination token.")
	}
	if now > at.Expires {
		return p, exception.InvalidParameter("Pagination token has expired.")
	}
	p.After = at.Last
	return p, nil
}

// Next returns the token for the page that follows the entry last.
func (p Page) Next(last string) (string, error) {
	return p.ring.SealText(pagePurpose, pageToken{Last: last, Of: p.list, Expires: p.now.Add(pageLife)})
}

// Cut returns the page's entries out of a whole list, at most limit of them, and the token for the next page, or "" if there
// is none.
func Cut[T any](p Page, list []T, limit int, id func(T) string) ([]T, string, error) {
	for len(list) > 0 && id(list[0]) <= p.After {
		list = list[1:]
	}
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := p.Next(id(list[limit-1]))
	return list[:limit], next, err
}

// PageSize returns the number of entries on a page, given the caller's limit or 0.
func PageSize(limit int) int {
	if limit == 0 {
		return maxPageSize
	}
	return limit
}
