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

// UpdateUserPool changes a pool. Settings that are not given return to their defaults or stay, as
// [settings.Pool.Reset] says.
func (o *Operations) UpdateUserPool(c *service.Call, in *updatePoolInput) (*service.Empty, error) {
	return &service.Empty{}, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := t.Pool.Reset()
		rec.LastModifiedDate = t.Now
		if in.PoolName != "" {
			rec.Name = in.PoolName
		}
		if err := in.ApplyTo(&rec, o.delivery(rec.ID)); err != nil {
			return err
		}
		return t.PutPool(rec)
	})
}

// delivery returns how a pool delivers messages: the default pool needs no SES and SNS.
func (o *Operations) delivery(poolID string) settings.Delivery {
	if poolID == o.DefaultPool {
		return settings.ToInbox
	}
	return settings.ThroughAWS
}

type addAttributesInput struct {
	UserPoolID       string                     `json:"UserPoolId" is:"required,poolId"`
	CustomAttributes []settings.SchemaAttribute `json:"CustomAttributes" is:"required,items25"`
}

// AddCustomAttributes adds attributes to the schema of a pool. They cannot be removed or changed.
func (o *Operations) AddCustomAttributes(c *service.Call, in *addAttributesInput) (*service.Empty, error) {
	return &service.Empty{}, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := *t.Pool
		rec.LastModifiedDate = t.Now
		if err := rec.AddCustomAttributes(in.CustomAttributes); err != nil {
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

// SetUserPoolMfaConfig replaces the MFA settings of a pool.
func (o *Operations) SetUserPoolMfaConfig(c *service.Call, in *setMfaConfigInput) (*settings.MFAConfig, error) {
	var out *settings.MFAConfig
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := *t.Pool
		if err := in.ApplyTo(&rec, o.delivery(rec.ID)); err != nil {
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
