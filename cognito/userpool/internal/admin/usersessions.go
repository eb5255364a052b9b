package admin

import (
	"authgraph/cognito/userpool/internal/account"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// sessionConfigOutput is the output of the operations on the session configuration.
type sessionConfigOutput struct {
	UserPoolID string `json:"UserPoolId"`
	settings.SessionConfig
}

// GetUserPoolSessionConfiguration returns whether a pool tracks sessions, and how many a user can have.
func (o *Operations) GetUserPoolSessionConfiguration(c *service.Call, in *poolInput) (*sessionConfigOutput, error) {
	var out *sessionConfigOutput
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		out = &sessionConfigOutput{in.UserPoolID, t.Pool.SessionConfig()}
		return nil
	})
	return out, err
}

type setSessionConfigInput struct {
	poolInput
	settings.SessionConfig
}

// SetUserPoolSessionConfiguration changes whether a pool tracks sessions, and how many a user can have. A lower limit
// applies to a user from the next sign-in.
func (o *Operations) SetUserPoolSessionConfiguration(c *service.Call, in *setSessionConfigInput) (*sessionConfigOutput, error) {
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := *t.Pool
		rec.Sessions, rec.LastModifiedDate = &in.SessionConfig, t.Now
		return t.PutPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return &sessionConfigOutput{in.UserPoolID, in.SessionConfig}, nil
}

type adminListSessionsInput struct {
	adminUserInput
	NextToken string `json:"NextToken" is:"page"`
}

// AdminListUserSessions returns a page of a user's sessions. None of them is the current one.
func (o *Operations) AdminListUserSessions(c *service.Call, in *adminListSessionsInput) (*account.ListSessionsOutput, error) {
	var sub string
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		u, err := t.MustFind(in.Username)
		if err == nil {
			sub = u.Sub
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return account.SessionsOf(o.Service, c, account.SessionList{PoolID: in.UserPoolID, Sub: sub, Token: in.NextToken})
}

type adminRevokeSessionInput struct {
	adminUserInput
	SessionID                string `json:"SessionId" is:"required,sessionId"`
	RevokeAssociatedSessions string `json:"RevokeAssociatedSessions" is:"associatedSessions"`
}

// AdminRevokeUserSession revokes a session of the named user.
func (o *Operations) AdminRevokeUserSession(c *service.Call, in *adminRevokeSessionInput) (*service.Empty, error) {
	return o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error {
		if err := t.RequireSessionTracking(); err != nil {
			return err
		}
		return t.RevokeSession(u.Sub, in.SessionID)
	})
}
