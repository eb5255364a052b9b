package userpool

type confirmSignUpInput struct {
	ClientID           string `json:"ClientId" is:"required,clientId"`
	SecretHash         string `json:"SecretHash" is:"secret"`
	Username           string `json:"Username" is:"required,username"`
	ConfirmationCode   string `json:"ConfirmationCode" is:"required,code"`
	ForceAliasCreation bool   `json:"ForceAliasCreation"`
	Session            string `json:"Session" is:"session"`
}

type confirmSignUpOutput struct {
	Session string `json:"Session,omitempty"`
}

func (p *Pool) confirmSignUp(c *call, in *confirmSignUpInput) (*confirmSignUpOutput, error) {
	client, err := p.knock(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	var u *userRecord
	err = p.decide(client.UserPoolID, c.now, func(t *poolTx) (_, err error) {
		u, err = t.find(in.Username)
		if err != nil {
			return nil, err
		}
		if u == nil && !client.hidesExistence() {
			return nil, combinationNotFound()
		}
		if u == nil {
			return codeMismatch(), t.spend(countConfirm, t.account(nil, in.Username), confirmsPerHour)
		}
		if err := p.checkSignUpSession(client, in.Session, u); err != nil {
			return nil, err
		}
		return t.confirm(u, in.ConfirmationCode, in.ForceAliasCreation)
	})
	if err != nil {
		return nil, err
	}
	out := &confirmSignUpOutput{}
	out.Session, err = p.signUpSession(c, client, sessionConfirmed, u)
	return out, err
}

// confirm checks the state of a user before the code, so that a second confirmation is told so whatever its code.
func (t *poolTx) confirm(u *userRecord, code string, force bool) (refusal, err error) {
	if u.Disabled {
		return nil, userDisabled()
	}
	if u.Status != statusUnconfirmed {
		return nil, notAuthorized("User cannot be confirmed. Current status is %s", u.Status)
	}
	if err := t.spend(countConfirm, u.Sub, confirmsPerHour); err != nil {
		return nil, err
	}
	rec, err := t.checkCode(u, forSignUp, code)
	if err != nil {
		return refusalOf(err)
	}
	if err := t.claimAlias(u, rec.Attribute, force); err != nil {
		return nil, err
	}
	if err := t.useCode(u, forSignUp); err != nil {
		return nil, err
	}
	_, err = t.change(u.Sub, func(u *userRecord) error {
		u.Status = statusConfirmed
		u.verify(rec)
		return nil
	})
	return nil, err
}

// signUpSession is the session that SignUp and ConfirmSignUp give, "" where the client has no use for it.
func (p *Pool) signUpSession(c *call, client *clientRecord, kind string, u *userRecord) (string, error) {
	if !client.allows("USER_AUTH") {
		return "", nil
	}
	s := session{Challenge: kind, Sub: u.Sub, Second: true, Mark: passwordMark(u)}
	return newSession(p.keys.of(client.UserPoolID), client, s, c.now)
}

// checkSignUpSession refuses a session that SignUp did not give, or gave to another user. One that has expired is let pass:
// codes live much longer than sessions.
func (p *Pool) checkSignUpSession(client *clientRecord, text string, u *userRecord) error {
	if text == "" {
		return nil
	}
	s, err := openSession(p.keys.of(client.UserPoolID), client, sessionSignUp, text)
	if err == nil && s.Sub != u.Sub {
		err = invalidSession()
	}
	return err
}
