// Package account has the operations of the holder of an access token on the holder's own account.
package account

import (
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// Operations are the operations of this package.
type Operations struct{ *service.Service }

type getUserOutput struct {
	Username            string               `json:"Username"`
	UserAttributes      []settings.Attribute `json:"UserAttributes"`
	PreferredMfaSetting string               `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList  []string             `json:"UserMFASettingList,omitempty"`
	MFAOptions          []MFAOption          `json:"MFAOptions,omitempty"`
}

// GetUser returns the user's attributes, as far as the client may read them, and second factors.
func (o *Operations) GetUser(c *service.Call, in *service.AccessTokenInput) (*getUserOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	factors, preferred := caller.User.MFASettings(caller.Pool)
	return &getUserOutput{
		Username:            caller.User.Username,
		UserAttributes:      settings.AttributeList(caller.User.AllAttributes(), caller.Client.CanRead),
		PreferredMfaSetting: preferred,
		UserMFASettingList:  factors,
		MFAOptions:          MFAOptions(factors),
	}, nil
}

// DeleteUser deletes the caller.
func (o *Operations) DeleteUser(c *service.Call, in *service.AccessTokenInput) (*service.NoBody, error) {
	caller, err := o.VerifyAccess(in.AccessToken, c.Now)
	if err != nil {
		return nil, err
	}
	return nil, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		return t.DeleteUser(u)
	})
}

// GlobalSignOut revokes everything that the user holds. The token is checked in the same transaction, so that of two
// simultaneous sign-outs one fails with a revoked token.
func (o *Operations) GlobalSignOut(c *service.Call, in *service.AccessTokenInput) (*service.Empty, error) {
	caller, err := o.VerifyAccess(in.AccessToken, c.Now)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		return t.SignOut(u.Sub)
	})
}

// update runs fn in a transaction with the user of a verified access token. The token is checked against the database
// again there, since it may have been revoked in the meantime.
func (o *Operations) update(c *service.Call, caller *service.Caller, fn func(*store.Tx, *store.User) error) error {
	return o.Update(caller.PoolID, c.Now, func(t *store.Tx) error {
		u, err := t.TokenOwner(caller.Claims)
		if err != nil {
			return err
		}
		return fn(t, u)
	})
}
