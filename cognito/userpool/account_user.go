package userpool

type accessTokenInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
}

type getUserOutput struct {
	Username            string      `json:"Username"`
	UserAttributes      []attribute `json:"UserAttributes"`
	PreferredMfaSetting string      `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList  []string    `json:"UserMFASettingList,omitempty"`
	MFAOptions          []mfaOption `json:"MFAOptions,omitempty"`
}

func (p *Pool) getUser(c *call, in *accessTokenInput) (*getUserOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	factors, preferred := who.user.mfaSettings(who.pool)
	return &getUserOutput{
		Username:            who.user.Username,
		UserAttributes:      attributeList(who.user.allAttributes(), who.client.readable),
		PreferredMfaSetting: preferred,
		UserMFASettingList:  factors,
		MFAOptions:          who.user.mfaOptions(),
	}, nil
}

func (p *Pool) deleteUser(c *call, in *accessTokenInput) (*noBody, error) {
	claims, poolID, err := p.verifyAccess(in.AccessToken, c.now)
	if err != nil {
		return nil, err
	}
	return nil, p.update(poolID, c.now, func(t *poolTx) error {
		u, err := t.holderOf(claims)
		if err != nil {
			return err
		}
		return t.dropUser(u)
	})
}

// globalSignOut revokes everything that the user holds. The token is checked in the same transaction, so that of two
// sign-outs at once one is told that its token has been revoked.
func (p *Pool) globalSignOut(c *call, in *accessTokenInput) (*empty, error) {
	claims, poolID, err := p.verifyAccess(in.AccessToken, c.now)
	if err != nil {
		return nil, err
	}
	err = p.update(poolID, c.now, func(t *poolTx) error {
		u, err := t.holderOf(claims)
		if err != nil {
			return err
		}
		return t.signOut(u.Sub)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}
