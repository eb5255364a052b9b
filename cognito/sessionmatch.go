package cognito

import (
	"slices"
	"time"

	"authgraph/internal/sessionstore"
)

// Cognito lists sessions by ids that appear in no token, and tells which of them is the
// caller's. So a record here has the id of its session once that session has listed itself.
// Until then it is found by time: Cognito creates a session in the second of its tokens'
// auth_time, and sessions that began here one after the other were created in that order.

// createdWithin is how much earlier or later than auth_time, which is cut to seconds, a
// session may have been created.
const createdWithin = time.Second

// matchSessions returns the records of the listed sessions by session id. A session with
// several records is one of them.
func matchSessions(listed []sessionDescription, records []sessionstore.Record) map[string][]sessionstore.Record {
	matched := map[string][]sessionstore.Record{}
	var rest []sessionstore.Record
	for _, r := range records {
		if r.SessionID == "" {
			rest = append(rest, r)
		} else {
			matched[r.SessionID] = append(matched[r.SessionID], r)
		}
	}
	open := map[string][]sessionDescription{} // sessions without a record, by app client
	for _, s := range listed {
		if s.SessionType != typeSSO && len(matched[s.SessionID]) == 0 {
			open[s.ClientID] = append(open[s.ClientID], s)
		}
	}
	for client, sessions := range open {
		matchByTime(matched, sessions, slices.DeleteFunc(slices.Clone(rest), func(r sessionstore.Record) bool { return r.ClientID != client }))
	}
	return matched
}

// matchByTime adds the matches of sessions and records of one app client. Records are in the
// order in which the sessions began.
func matchByTime(matched map[string][]sessionstore.Record, sessions []sessionDescription, records []sessionstore.Record) {
	slices.SortFunc(sessions, func(a, b sessionDescription) int { return a.CreateDate.time().Compare(b.CreateDate.time()) })
	sessions = slices.DeleteFunc(sessions, func(s sessionDescription) bool {
		return !slices.ContainsFunc(records, func(r sessionstore.Record) bool { return isNear(s, r) })
	})
	records = slices.DeleteFunc(records, func(r sessionstore.Record) bool {
		return !slices.ContainsFunc(sessions, func(s sessionDescription) bool { return isNear(s, r) })
	})
	inOrder := arePairs(sessions, records)
	for i, s := range sessions {
		for j, r := range records {
			// In order, only a record of the same time, of another tab or device, can be
			// confused with the one at the same place.
			if isNear(s, r) && (!inOrder || i == j || overlap(records[i], r)) {
				matched[s.SessionID] = append(matched[s.SessionID], r)
			}
		}
	}
}

// arePairs reports whether the lists have a record for each session, in the same order.
func arePairs(sessions []sessionDescription, records []sessionstore.Record) bool {
	if len(sessions) != len(records) {
		return false
	}
	for i, s := range sessions {
		if !isNear(s, records[i]) {
			return false
		}
	}
	return true
}

// isNear reports whether the session may have begun at the time of the record.
func isNear(s sessionDescription, r sessionstore.Record) bool {
	after := s.CreateDate.time().Sub(r.AuthenticatedAt)
	return after >= -createdWithin && after < time.Second+createdWithin
}

// overlap reports whether the sign-ins of two records were under way at the same time, or
// whether that is not known.
func overlap(a, b sessionstore.Record) bool {
	if a.Began.IsZero() || b.Began.IsZero() {
		return a.AuthenticatedAt.Equal(b.AuthenticatedAt)
	}
	return a.Began.Before(b.Ended) && b.Began.Before(a.Ended)
}
