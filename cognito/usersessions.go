package cognito

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"authgraph/cognito/token"
	"authgraph/internal/apierr"
	"authgraph/internal/sessionstore"
)

// KnownSessions stores what is known here of the sessions of users, by the claim sub. The
// functions are both set, or none.
type KnownSessions struct {
	// Of returns the user's sessions, those that began first at the front.
	Of func(ctx context.Context, subject string) ([]sessionstore.Record, error)
	// Learn stores Cognito's id of a session, of which the record has nothing else but what
	// the tokens say.
	Learn func(ctx context.Context, subject string, r sessionstore.Record) error
}

// Session is an active session of a user. See the schema.
type Session struct {
	ID, Type     string
	Current      bool
	ClientID     *string
	CreatedAt    time.Time
	LastActiveAt time.Time
	Device       *string
	IPAddress    *string
	Location     *SessionLocation
	Origin       *string
}

// SessionLocation is where Cognito's database locates an IP address.
type SessionLocation struct{ City, Country *string }

// SessionConnection is a page of sessions, in the form of Relay's specification.
// https://relay.dev/graphql/connections.htm
type SessionConnection struct {
	Edges    []*SessionEdge
	PageInfo *PageInfo
}

// SessionEdge is a session with its position.
type SessionEdge struct {
	Cursor string
	Node   *Session
}

// PageInfo describes a page.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string // nil for an empty page
}

// Nodes returns the sessions of the page.
func (c *SessionConnection) Nodes() []*Session {
	nodes := make([]*Session, len(c.Edges))
	for i, edge := range c.Edges {
		nodes[i] = edge.Node
	}
	return nodes
}

const (
	// maxSessionPages bounds the calls that list a user's sessions. Cognito's limit is 100
	// sessions of type TOKEN for a user.
	maxSessionPages = 10
	// maxSessionPage is the longest page that clients can request.
	maxSessionPage = 100
	// maxRevocations bounds the concurrent calls that end the sessions of a user.
	maxRevocations = 8

	typeToken = "TOKEN"
	typeSSO   = "SSO"

	// unknownValue is Cognito's value for a user agent or an address that it does not know.
	unknownValue = "unknown"
)

// Sessions returns a page of the user's sessions, the newest first. Cognito's pages have no
// fixed size, so all sessions are loaded and cut into pages here.
func (u *User) Sessions(ctx context.Context, first int32, after *string) (*SessionConnection, error) {
	if u.caller == nil {
		return nil, errOnlyOneself()
	}
	if first < 1 || first > maxSessionPage {
		return nil, &apierr.Error{Code: apierr.BadUserInput, Field: "first", Message: "first must be from 1 to 100."}
	}
	var from *sessionCursor
	if after != nil {
		cursor, err := parseSessionCursor(*after)
		if err != nil {
			return nil, err
		}
		from = &cursor
	}
	listed, err := u.caller.listSessions(ctx)
	if err != nil {
		return nil, err
	}
	return newSessionConnection(listed.sessions(), int(first), from), nil
}

// newSessionConnection returns the page that follows the cursor, or the first one.
func newSessionConnection(all []*Session, first int, after *sessionCursor) *SessionConnection {
	slices.SortFunc(all, func(a, b *Session) int { return cursorOf(a).compare(cursorOf(b)) })
	start := 0
	if after != nil {
		for start < len(all) && cursorOf(all[start]).compare(*after) <= 0 {
			start++
		}
	}
	end := min(start+first, len(all))
	page := &SessionConnection{
		Edges:    make([]*SessionEdge, 0, end-start),
		PageInfo: &PageInfo{HasNextPage: end < len(all), HasPreviousPage: start > 0},
	}
	for _, session := range all[start:end] {
		page.Edges = append(page.Edges, &SessionEdge{Cursor: cursorOf(session).String(), Node: session})
	}
	if n := len(page.Edges); n > 0 {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &page.Edges[0].Cursor, &page.Edges[n-1].Cursor
	}
	return page
}

// sessionCursor is a position in the list of a user's sessions. It needs no protection: it
// is compared with the caller's own sessions only, and remains valid when its session ends.
type sessionCursor struct {
	created int64 // milliseconds since 1970
	id      string
}

func cursorOf(s *Session) sessionCursor { return sessionCursor{s.CreatedAt.UnixMilli(), s.ID} }

// compare orders positions: the newest session is the first.
func (c sessionCursor) compare(o sessionCursor) int {
	return cmp.Or(cmp.Compare(o.created, c.created), cmp.Compare(c.id, o.id))
}

// String returns the cursor in the form that clients get.
func (c sessionCursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.created, 36) + "." + c.id))
}

func parseSessionCursor(text string) (sessionCursor, error) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	created, id, found := strings.Cut(string(decoded), ".")
	ms, numberErr := strconv.ParseInt(created, 36, 64)
	if err != nil || numberErr != nil || !found {
		return sessionCursor{}, &apierr.Error{
			Code: apierr.BadUserInput, Field: "after", Message: "after is not a cursor of this list.",
		}
	}
	return sessionCursor{ms, id}, nil
}

// sessionList is the sessions of a user as Cognito lists them, with what is known here.
type sessionList struct {
	listed  []sessionDescription
	records map[string][]sessionstore.Record // by session id; several if it is not known which
}

// listSessions returns the caller's sessions, once for each request.
func (c *Caller) listSessions(ctx context.Context) (*sessionList, error) {
	return c.sessions.get(func() (*sessionList, error) { return c.client.listSessions(ctx, c) })
}

func (c *Client) listSessions(ctx context.Context, caller *Caller) (*sessionList, error) {
	listed, err := c.listUserSessions(ctx, caller.accessToken)
	if err != nil {
		return nil, err
	}
	if c.options.KnownSessions.Of == nil {
		return &sessionList{listed: listed}, nil
	}
	records, err := c.options.KnownSessions.Of(ctx, caller.Claims.Subject)
	if err != nil {
		return nil, apierr.New(apierr.ServiceUnavailable, "The list of sessions is temporarily unavailable. Try again.").WithCause(err)
	}
	return &sessionList{listed, matchSessions(listed, c.learnSession(ctx, caller, listed, records))}, nil
}

// listUserSessions returns all pages of Cognito's list.
func (c *Client) listUserSessions(ctx context.Context, accessToken string) ([]sessionDescription, error) {
	var listed []sessionDescription
	in := &listUserSessionsInput{AccessToken: accessToken}
	for range maxSessionPages {
		out, err := invoke(ctx, c, opListUserSessions, call[listUserSessionsInput, listUserSessionsOutput](c.api, opListUserSessions), in)
		if err != nil {
			return nil, err
		}
		listed = append(listed, out.Sessions...)
		if out.NextToken == nil {
			break
		}
		in.NextToken = out.NextToken
	}
	return listed, nil
}

// learnSession adds the id of the caller's session to its record, and returns the records.
// It is the only session whose id and tokens are both known. A failure to store the id has
// no other effect than that others match the session by time until the next attempt.
func (c *Client) learnSession(
	ctx context.Context, caller *Caller, listed []sessionDescription, records []sessionstore.Record,
) []sessionstore.Record {
	origin := caller.Claims.OriginJTI
	if origin == "" {
		return records
	}
	isOwn := func(r sessionstore.Record) bool { return r.OriginJTI == origin }
	current := slices.IndexFunc(listed, func(s sessionDescription) bool { return s.IsCurrentSession })
	if current < 0 {
		// It is too new to be listed, and must not be taken for another session.
		return slices.DeleteFunc(records, isOwn)
	}
	learned := sessionstore.Record{
		OriginJTI: origin, SessionID: listed[current].SessionID, ClientID: listed[current].ClientID,
		AuthenticatedAt: caller.Claims.AuthenticatedAt, TokenLifetime: caller.Claims.ExpiresAt.Sub(caller.Claims.IssuedAt),
	}
	switch own := slices.IndexFunc(records, isOwn); {
	case own < 0:
		records = append(records, learned)
	case records[own].SessionID == learned.SessionID:
		return records
	default:
		records[own].SessionID = learned.SessionID
	}
	_ = c.options.KnownSessions.Learn(ctx, caller.Claims.Subject, learned)
	return records
}

// sessions returns the sessions for the client.
func (l *sessionList) sessions() []*Session {
	sessions := make([]*Session, len(l.listed))
	for i, s := range l.listed {
		sessions[i] = newSession(s, l.records[s.SessionID])
	}
	return sessions
}

// newSession returns a session as the client sees it. What is known here replaces what
// Cognito saw: this server's own address and user agent.
func newSession(s sessionDescription, records []sessionstore.Record) *Session {
	session := &Session{
		ID: s.SessionID, Type: s.SessionType, Current: s.IsCurrentSession, ClientID: optional(s.ClientID),
		CreatedAt: s.CreateDate.time(), LastActiveAt: s.LastActiveDate.time(), Origin: optional(s.OriginSessionID),
	}
	isActive := func(r sessionstore.Record) bool { return r.Device != "" || r.Address != "" }
	if !slices.ContainsFunc(records, isActive) {
		session.Device, session.IPAddress = known(s.DeviceType), known(s.LastIPAddress)
		if city, country := known(s.LastLocation.City), known(s.LastLocation.Country); city != nil || country != nil {
			session.Location = &SessionLocation{city, country}
		}
		return session
	}
	for _, r := range records[1:] {
		if r.Device != records[0].Device || r.Address != records[0].Address {
			return session // it is not known which of them
		}
	}
	session.Device, session.IPAddress = optional(records[0].Device), optional(records[0].Address)
	return session
}

// known returns a value of Cognito's, or nil if Cognito does not know it.
func known(value string) *string {
	if strings.EqualFold(value, unknownValue) {
		return nil
	}
	return optional(value)
}

// RevokeSession ends another session of the caller's. With linked, it also ends the single
// sign-on session that it came through or, for such a session, those that came through it.
//
// end is called for every session whose tokens are known here, before Cognito is: a failed
// call to Cognito can be repeated, but then the session may not be listed any more.
func (c *Caller) RevokeSession(ctx context.Context, id string, linked bool, end func(SignedOut) error) error {
	list, err := c.listSessions(ctx)
	if err != nil {
		return err
	}
	if list.isCurrent(id) {
		return &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.id", Message: "This is the session of the access token. End it with logout.",
		}
	}
	var own []SignedOut
	var endErr error
	for _, out := range list.ending(id, linked) {
		out.Subject = c.Claims.Subject
		if out.OriginJTI == c.Claims.OriginJTI {
			own = append(own, out) // its token is needed for Cognito
			continue
		}
		endErr = errors.Join(endErr, end(out))
	}
	associated := "NONE"
	if linked {
		associated = "LINKED"
	}
	if err := c.client.revokeUserSession(ctx, c.accessToken, id, associated); err != nil {
		return err
	}
	for _, out := range own {
		endErr = errors.Join(endErr, end(out))
	}
	return endErr
}

func (c *Client) revokeUserSession(ctx context.Context, accessToken, id, associated string) error {
	_, err := invoke(ctx, c, opRevokeUserSession, call[revokeUserSessionInput, revokeUserSessionOutput](c.api, opRevokeUserSession),
		&revokeUserSessionInput{AccessToken: accessToken, SessionID: id, RevokeAssociatedSessions: associated})
	return err
}

func (l *sessionList) isCurrent(id string) bool {
	return slices.ContainsFunc(l.listed, func(s sessionDescription) bool { return s.SessionID == id && s.IsCurrentSession })
}

// ending returns the sessions that end with the one with this id, as far as their tokens
// are known here.
func (l *sessionList) ending(id string, linked bool) []SignedOut {
	records := slices.Clone(l.records[id])
	for _, s := range l.listed {
		if linked && s.OriginSessionID == id {
			records = append(records, l.records[s.SessionID]...)
		}
	}
	var ending []SignedOut
	for _, r := range records {
		// A refresh that is under way can still issue a token.
		lifetime := min(max(r.TokenLifetime, time.Minute), maxTokenLifetime)
		ending = append(ending, SignedOut{OriginJTI: r.OriginJTI, TokensExpire: time.Now().Add(lifetime + clockLeeway)})
	}
	return ending
}

// maxTokenLifetime is Cognito's maximum lifetime of access tokens.
const maxTokenLifetime = 24 * time.Hour

// SessionsEnded is the end of all sessions of a user but one.
type SessionsEnded struct {
	Subject   string
	Username  string // Cognito's name of the user
	OriginJTI string // of the session that goes on
}

// EndOtherSessions ends all sessions of the caller but the caller's own. end is called before
// any session is revoked in Cognito, so that an error can be retried.
//
// In a pool that does not track sessions, Cognito cannot revoke them.
func (c *Caller) EndOtherSessions(ctx context.Context, end func(SessionsEnded) error) error {
	if c.Claims.OriginJTI == "" {
		return apierr.New(apierr.NotEnabled, "The app client has token revocation turned off, so its sessions cannot be told apart.")
	}
	if err := c.checkNotRevoked(); err != nil {
		return err
	}
	list, err := c.listSessions(ctx)
	if tracksNoSessions(err) {
		// Cognito may not have looked at the token.
		if _, err := c.client.getUser(ctx, c.accessToken); err != nil {
			return err
		}
		list, err = &sessionList{}, nil
	}
	if err != nil {
		return err
	}
	endErr := end(SessionsEnded{Subject: c.Claims.Subject, Username: c.Claims.Username, OriginJTI: c.Claims.OriginJTI})
	return errors.Join(endErr, c.client.revokeAll(ctx, c.accessToken, list.others()))
}

// checkNotRevoked returns an error if the caller's session has ended here, or if that is
// unknown. A session that someone else ended must not end the others.
func (c *Caller) checkNotRevoked() error {
	switch err := c.client.options.Revoked(c.Claims); {
	case err == nil:
		return nil
	case errors.Is(err, token.ErrTokenRevoked):
		return apierr.New(apierr.TokenRevoked, "The session has ended, by a sign-out or a new password. Sign in again.").WithCause(err)
	default:
		return apierr.New(apierr.ServiceUnavailable, RevocationsUnknown).WithCause(err)
	}
}

// tracksNoSessions reports whether err means that the pool has no operations on sessions.
func tracksNoSessions(err error) bool {
	e := apierr.From(err)
	return e != nil && e.Code == apierr.NotEnabled
}

// others returns the ids of all sessions but the caller's own. The single sign-on session
// that it came through is the same browser's, and goes on as well.
func (l *sessionList) others() []string {
	var current sessionDescription
	for _, s := range l.listed {
		if s.IsCurrentSession {
			current = s
		}
	}
	var others []string
	for _, s := range l.listed {
		if s.SessionID != current.SessionID && s.SessionID != current.OriginSessionID {
			others = append(others, s.SessionID)
		}
	}
	return others
}

// revokeAll revokes the sessions, several at a time. It returns an error if any of them may
// go on.
func (c *Client) revokeAll(ctx context.Context, accessToken string, ids []string) error {
	var running errgroup.Group
	running.SetLimit(maxRevocations)
	for _, id := range ids {
		running.Go(func() error {
			err := c.revokeUserSession(ctx, accessToken, id, "NONE")
			if e := apierr.From(err); e != nil && e.Code == apierr.NotFound {
				return nil // it has ended already
			}
			return err
		})
	}
	return running.Wait()
}
