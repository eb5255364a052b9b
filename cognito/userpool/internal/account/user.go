package account

import (
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// Operations are the operations on the caller's own account.
type Operations struct{ *service.Service }
type AccessTokenInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
}

type getUserOutput struct {
	Username            string               `json:"Username"`
	UserAttributes      []settings.Attribute `json:"UserAttributes"`
	PreferredMfaSetting string               `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList  []string             `json:"UserMFASettingList,omitempty"`
	MFAOptions          []MFAOption          `json:"MFAOptions,omitempty"`
}

func (o *Operations) GetUser(c *service.Call, in *AccessTokenInput) (*getUserOutput, error) {
	who, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	factors, preferred := who.User.MFASettings(who.Pool)
	return &getUserOutput{
		Username:            who.User.Username,
		UserAttributes:      settings.AttributeList(who.User.AllAttributes(), who.Client.CanRead),
		PreferredMfaSetting: preferred,
		UserMFASettingList:  factors,
		MFAOptions:          MFAOptions(who.User),
	}, nil
}

func (o *Operations) DeleteUser(c *service.Call, in *AccessTokenInput) (*service.NoBody, error) {
	claims, poolID, err := o.VerifyAccess(in.AccessToken, c.Now)
	if err != nil {
		return nil, err
	}
	return nil, o.Update(poolID, c.Now, func(t *store.Tx) error {
		u, err := t.TokenOwner(claims)
		if err != nil {
			return err
		}
		return t.DeleteUser(u)
	})
}

// GlobalSignOut revokes everything that the user holds. The token is checked in the same transaction, so that of two
// sign-outs at once one is told that its token has been revoked.
func (o *Operations) GlobalSignOut(c *service.Call, in *AccessTokenInput) (*service.Empty, error) {
	claims, poolID, err := o.VerifyAccess(in.AccessToken, c.Now)
	if err != nil {
		return nil, err
	}
	err = o.Update(poolID, c.Now, func(t *store.Tx) error {
		u, err := t.TokenOwner(claims)
		if err != nil {
			return err
		}
		return t.SignOut(u.Sub)
	})
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, nil
}
