package admin

import (
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type updatePoolInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	PoolName   string `json:"PoolName" is:"poolName"`
	settings.PoolSettings
}

// UpdateUserPool replaces all settings. As in Cognito, a setting that is not given returns to its default. What a
// pool is created with stays (name, schema, how users are named), and so does what only SetUserPoolMfaConfig can
// change.
func (o *Operations) UpdateUserPool(c *service.Call, in *updatePoolInput) (*service.Empty, error) {
	return &service.Empty{}, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		former, rec := t.Pool, settings.StandardPool()
		rec.ID, rec.Arn, rec.Name, rec.CreationDate, rec.LastModifiedDate = former.ID, former.Arn, former.Name, former.CreationDate, t.Now
		rec.SchemaAttributes, rec.AliasAttributes = former.SchemaAttributes, former.AliasAttributes
		rec.UsernameAttributes, rec.UsernameConfiguration = former.UsernameAttributes, former.UsernameConfiguration
		rec.SoftwareTokenMfa, rec.SMSMfa, rec.EmailMfa, rec.WebAuthn = former.SoftwareTokenMfa, former.SMSMfa, former.EmailMfa, former.WebAuthn
		if in.PoolName != "" {
			rec.Name = in.PoolName
		}
		if err := in.ApplyTo(&rec); err != nil {
			return err
		}
		return t.PutPool(rec)
	})
}

// GetUserPoolMfaConfig returns the MFA and passkey settings of a pool.
func (o *Operations) GetUserPoolMfaConfig(c *service.Call, in *poolInput) (*settings.MFAConfig, error) {
	var out *settings.MFAConfig
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		out = t.Pool.MFAConfig()
		return nil
	})
	return out, err
}

type setMfaConfigInput struct {
	poolInput
	settings.MFAConfig
}

// SetUserPoolMfaConfig changes the MFA and passkey settings of a pool.
func (o *Operations) SetUserPoolMfaConfig(c *service.Call, in *setMfaConfigInput) (*settings.MFAConfig, error) {
	var out *settings.MFAConfig
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := *t.Pool
		if err := in.ApplyTo(&rec); err != nil {
			return err
		}
		rec.LastModifiedDate = t.Now
		out = rec.MFAConfig()
		return t.PutPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
