package account

import (
	"crypto/subtle"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type changePasswordInput struct {
	AccessToken      string `json:"AccessToken" is:"required,token"`
	PreviousPassword string `json:"PreviousPassword" is:"password"`
	ProposedPassword string `json:"ProposedPassword" is:"required,password"`
}

// ChangePassword replaces the password, given the current one. A user without a password sets the first one. Tokens
// stay valid.
func (o *Operations) ChangePassword(c *service.Call, in *changePasswordInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	var pool *settings.Pool
	err = o.Update(caller.PoolID, c.Now, func(t *store.Tx) error {
		pool = t.Pool
		return t.CountUse(store.CountChangePassword, caller.User.Sub, store.ChangePasswordsPerHour)
	})
	if err != nil {
		return nil, err
	}
	if caller.User.Password != nil && !o.PasswordMatches(caller.PoolID, caller.User.Username, in.PreviousPassword, caller.User.Password) {
		return nil, exception.IncorrectPassword()
	}
	if err := settings.CheckPassword(pool.Policies.PasswordPolicy, in.ProposedPassword); err != nil {
		return nil, err
	}
	if o.PasswordUsed(pool, caller.User, in.ProposedPassword) {
		return nil, exception.PasswordReused()
	}
	rec, err := o.NewPassword(caller.PoolID, caller.User.Username, in.ProposedPassword, c.Now)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		if subtle.ConstantTimeCompare(store.PasswordFingerprint(u), store.PasswordFingerprint(caller.User)) != 1 {
			return exception.IncorrectPassword() // it has changed in the meantime
		}
		_, err := t.EditUser(caller.User.Sub, func(u *store.User) error {
			u.SetPassword(t.Pool, rec)
			return nil
		})
		return err
	})
}
