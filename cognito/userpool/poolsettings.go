package userpool

type updatePoolInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	PoolName   string `json:"PoolName" is:"poolName"`
	poolSettings
}

// updateUserPool replaces all settings: what is not given goes back to its default, as it does in Cognito. What a pool is
// made with stays (name, schema, how users are named), and so does what SetUserPoolMfaConfig alone can set.
func (p *Pool) updateUserPool(c *call, in *updatePoolInput) (*empty, error) {
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		former, rec := t.pool, standardPool()
		rec.ID, rec.Arn, rec.Name, rec.CreationDate, rec.LastModifiedDate = former.ID, former.Arn, former.Name, former.CreationDate, t.now
		rec.SchemaAttributes, rec.AliasAttributes = former.SchemaAttributes, former.AliasAttributes
		rec.UsernameAttributes, rec.UsernameConfiguration = former.UsernameAttributes, former.UsernameConfiguration
		rec.SoftwareTokenMfa, rec.SMSMfa, rec.EmailMfa, rec.WebAuthn = former.SoftwareTokenMfa, former.SMSMfa, former.EmailMfa, former.WebAuthn
		if in.PoolName != "" {
			rec.Name = in.PoolName
		}
		if err := in.into(&rec); err != nil {
			return err
		}
		return t.putPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

func (p *Pool) getUserPoolMfaConfig(c *call, in *poolInput) (*mfaConfig, error) {
	var out *mfaConfig
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		out = t.pool.mfaConfig()
		return nil
	})
	return out, err
}

type setMfaConfigInput struct {
	poolInput
	mfaConfig
}

func (p *Pool) setUserPoolMfaConfig(c *call, in *setMfaConfigInput) (*mfaConfig, error) {
	var out *mfaConfig
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		rec := *t.pool
		if err := in.into(&rec); err != nil {
			return err
		}
		rec.LastModifiedDate = t.now
		out = rec.mfaConfig()
		return t.putPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
