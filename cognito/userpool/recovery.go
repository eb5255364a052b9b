package userpool

func (p *Pool) forgotPassword(c *call, in *codeInput) (*codeDeliveryOutput, error) {
	return p.sendCode(c, in, countForgot, forgotsPerHour, func(t *poolTx, client *clientRecord, u *userRecord, code string) (*codeDelivery, error) {
		return p.startReset(t, client, u, in.Username, code)
	})
}

// startReset sends a reset code to a verified address of a user. That there is none tells of the user, so it is hidden like
// the user's existence.
func (p *Pool) startReset(t *poolTx, client *clientRecord, u *userRecord, name, code string) (*codeDelivery, error) {
	if u.Status == statusForceChange {
		return nil, notAuthorized("User password cannot be reset in the current state.")
	}
	to, adminOnly := recoveryTarget(t.pool, u)
	switch {
	case adminOnly:
		return nil, notAuthorized("Contact administrator to reset password.")
	case to == "" && client.hidesExistence():
		return p.pretend(t, client, u, name, countForgot, forgotsPerHour)
	case to == "" || u.Status == statusUnconfirmed:
		return nil, invalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
	}
	if err := t.spend(countForgot, u.Sub, forgotsPerHour); err != nil {
		return nil, err
	}
	return delivery(to, u.Attributes[to]), t.send(u, forReset, kindForgot, to, u.Attributes[to], code, resetCodeLife)
}

type confirmForgotInput struct {
	ClientID         string `json:"ClientId" is:"required,clientId"`
	SecretHash       string `json:"SecretHash" is:"secret"`
	Username         string `json:"Username" is:"required,username"`
	ConfirmationCode string `json:"ConfirmationCode" is:"required,code"`
	Password         string `json:"Password" is:"required,password"`
}

func (p *Pool) confirmForgotPassword(c *call, in *confirmForgotInput) (*empty, error) {
	client, err := p.knock(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	name := in.Username
	var pool *poolRecord
	var found *userRecord
	err = p.view(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		pool = t.pool
		found, err = t.find(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The password is judged and hashed before the code is looked at, for users who exist and for those who do not, so that
	// neither the answer nor its time tells them apart.
	if found != nil {
		name = found.Username
	} else if !client.hidesExistence() {
		return nil, combinationNotFound()
	}
	if err := checkPassword(pool.Policies.PasswordPolicy, in.Password); err != nil {
		return nil, err
	}
	rec, err := p.newPassword(client.UserPoolID, name, in.Password, c.now)
	if err != nil {
		return nil, err
	}
	used := found != nil && p.passwordUsed(pool, found, in.Password)
	err = p.decide(client.UserPoolID, c.now, func(t *poolTx) (error, error) {
		return t.finishReset(client, found, in, rec, used)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

func (t *poolTx) finishReset(client *clientRecord, found *userRecord, in *confirmForgotInput, rec *passwordRecord, used bool) (refusal, err error) {
	if err := t.spend(countConfirmForgot, t.account(found, in.Username), confirmForgotsPerHour); err != nil {
		return nil, err
	}
	if found == nil {
		return codeMismatch(), nil
	}
	u, err := t.user(found.Sub)
	switch {
	case err != nil:
		return nil, err
	case u == nil:
		return codeMismatch(), nil
	case u.Disabled && client.hidesExistence():
		return codeMismatch(), nil
	case u.Disabled:
		return userDisabled(), nil
	}
	if _, err := t.checkCode(u, forReset, in.ConfirmationCode); err != nil {
		return refusalOf(err)
	}
	if used {
		return passwordReused(), nil
	}
	if err := t.useCode(u, forReset); err != nil {
		return nil, err
	}
	if err := t.forgetFailures(u.Sub); err != nil {
		return nil, err
	}
	_, err = t.change(u.Sub, func(u *userRecord) error {
		u.replacePassword(t.pool, rec)
		u.Status = statusConfirmed
		return nil
	})
	return nil, err
}
