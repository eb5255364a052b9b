package account

import (
	"strconv"

	"github.com/mileusna/useragent"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/store"
)

// Sessions are tracked in pools whose session configuration says so. A sign-in is a session of type TOKEN. Sessions of
// type SSO belong to managed login, which the pool does not have, so nothing is linked to a session.

type listSessionsInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
	NextToken   string `json:"NextToken" is:"page"`
}

// ListSessionsOutput is a page of sessions.
type ListSessionsOutput struct {
	Sessions  []sessionDescription `json:"Sessions"`
	NextToken string               `json:"NextToken,omitempty"`
}

// sessionDescription is Cognito's SessionDescriptionType.
type sessionDescription struct {
	SessionID        string           `json:"SessionId"`
	SessionType      string           `json:"SessionType"`
	ClientID         string           `json:"ClientId"`
	CreateDate       epoch.Time       `json:"CreateDate"`
	LastActiveDate   epoch.Time       `json:"LastActiveDate"`
	DeviceType       string           `json:"DeviceType"`
	LastIPAddress    string           `json:"LastIPAddress,omitempty"`
	LastLocation     *sessionLocation `json:"LastLocation,omitempty"`
	IsCurrentSession bool             `json:"IsCurrentSession"`
}

// sessionLocation is Cognito's SessionLocationType.
type sessionLocation struct {
	Country string `json:"Country"`
}

// unknown is what Cognito shows for a user agent that it cannot parse, and an address that it cannot locate. The pool
// has no database of addresses.
const unknown = "unknown"

// ListUserSessions returns a page of the caller's sessions.
func (o *Operations) ListUserSessions(c *service.Call, in *listSessionsInput) (*ListSessionsOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return SessionsOf(o.Service, c, SessionList{
		PoolID: caller.PoolID, Sub: caller.User.Sub, Current: caller.Claims.OriginJTI, Token: in.NextToken,
	})
}

// SessionList identifies a page of a user's sessions.
type SessionList struct {
	PoolID, Sub string
	Current     string // origin_jti of the caller's access token; may be empty
	Token       string // of the page; empty for the first one
}

// SessionsOf returns a page of a user's sessions, ordered by id.
func SessionsOf(s *service.Service, c *service.Call, list SessionList) (*ListSessionsOutput, error) {
	page, err := service.OpenPage(s.Keys.ForPool(list.PoolID), list.Token, "sessions "+list.Sub, c.Now)
	if err != nil {
		return nil, err
	}
	out := &ListSessionsOutput{Sessions: []sessionDescription{}}
	err = s.View(list.PoolID, c.Now, func(t *store.Tx) error {
		if err := t.RequireSessionTracking(); err != nil {
			return err
		}
		tracked, err := t.SessionsOf(list.Sub)
		if err != nil {
			return err
		}
		families, next, err := service.Cut(page, tracked, service.PageSize(0), (*store.Family).SessionID)
		if err != nil {
			return err
		}
		out.NextToken = next
		for _, f := range families {
			out.Sessions = append(out.Sessions, describeSession(f, list.Current))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func describeSession(f *store.Family, current string) sessionDescription {
	out := sessionDescription{
		SessionID: f.SessionID(), SessionType: "TOKEN", ClientID: f.ClientID, CreateDate: f.AuthTime,
		LastActiveDate: f.Activity.At, DeviceType: deviceType(f.Activity.Agent), LastIPAddress: f.Activity.IP,
		IsCurrentSession: f.ID == current,
	}
	if f.Activity.IP != "" {
		out.LastLocation = &sessionLocation{Country: unknown}
	}
	return out
}

// deviceType describes a user agent, for example "Chrome 125 / macOS 15.0".
func deviceType(agent string) string {
	parsed := useragent.Parse(agent)
	text := parsed.Name
	if parsed.VersionNo.Major > 0 {
		text += " " + strconv.Itoa(parsed.VersionNo.Major)
	}
	if text == "" || parsed.OS == "" {
		return unknown
	}
	text += " / " + parsed.OS
	if parsed.OSVersion != "" {
		text += " " + parsed.OSVersion
	}
	return text
}

type revokeSessionInput struct {
	AccessToken              string `json:"AccessToken" is:"required,token"`
	SessionID                string `json:"SessionId" is:"required,sessionId"`
	RevokeAssociatedSessions string `json:"RevokeAssociatedSessions" is:"associatedSessions"`
}

// RevokeUserSession revokes another session of the caller's.
func (o *Operations) RevokeUserSession(c *service.Call, in *revokeSessionInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		if err := t.RequireSessionTracking(); err != nil {
			return err
		}
		current, err := t.Family(caller.Claims.OriginJTI)
		if err != nil {
			return err
		}
		if current != nil && current.SessionID() == in.SessionID {
			return exception.InvalidParameter("The current session cannot be revoked.")
		}
		return t.RevokeSession(u.Sub, in.SessionID)
	})
}
