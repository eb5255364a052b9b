package userpool

import "crypto/subtle"

type changePasswordInput struct {
	AccessToken      string `json:"AccessToken" is:"required,token"`
	PreviousPassword string `json:"PreviousPassword" is:"password"`
	ProposedPassword string `json:"ProposedPassword" is:"required,password"`
}

// changePassword replaces a password by proof of the former one. A user who has none yet sets the first. Tokens stay valid.
func (p *Pool) changePassword(c *call, in *changePasswordInput) (*empty, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	var pool *poolRecord
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		pool = t.pool
		return t.spend(countChangePassword, who.user.Sub, changePasswordsPerHour)
	})
	if err != nil {
		return nil, err
	}
	if who.user.Password != nil && !p.passwordFits(who.poolID, who.user.Username, in.PreviousPassword, who.user.Password) {
		return nil, incorrectPassword()
	}
	if err := checkPassword(pool.Policies.PasswordPolicy, in.ProposedPassword); err != nil {
		return nil, err
	}
	if p.passwordUsed(pool, who.user, in.ProposedPassword) {
		return nil, passwordReused()
	}
	rec, err := p.newPassword(who.poolID, who.user.Username, in.ProposedPassword, c.now)
	if err != nil {
		return nil, err
	}
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		u, err := t.holderOf(who.claims)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(passwordMark(u), passwordMark(who.user)) != 1 {
			return incorrectPassword() // it has been changed since it was looked at
		}
		_, err = t.change(who.user.Sub, func(u *userRecord) error {
			u.replacePassword(t.pool, rec)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}
