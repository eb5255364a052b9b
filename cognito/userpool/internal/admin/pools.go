package admin

import (
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

type createPoolInput struct {
	PoolName              string                     `json:"PoolName" is:"required,poolName"`
	Schema                []settings.SchemaAttribute `json:"Schema" is:"items50"`
	AliasAttributes       []string                   `json:"AliasAttributes" is:"alias"`
	UsernameAttributes    []string                   `json:"UsernameAttributes" is:"address"`
	UsernameConfiguration *settings.UsernameConfig   `json:"UsernameConfiguration"`
	settings.PoolSettings
}

// poolOutput is a pool as the API shows it.
type poolOutput struct {
	UserPool settings.Pool `json:"UserPool"`
}

// CreateUserPool creates a pool.
func (o *Operations) CreateUserPool(c *service.Call, in *createPoolInput) (*poolOutput, error) {
	id, err := settings.NewPoolID(o.Region)
	if err != nil {
		return nil, err
	}
	rec, err := in.record(id)
	if err != nil {
		return nil, err
	}
	keys, err := tokens.GenerateKeys()
	if err != nil {
		return nil, err
	}
	ring, err := keys.KeyRing(id)
	if err != nil {
		return nil, err
	}
	err = o.CreatePool(id, rec, keys, c.Now)
	if err != nil {
		return nil, err
	}
	o.Keys.Put(ring)
	return o.DescribeUserPool(c, &poolInput{UserPoolID: id})
}

// record returns the pool to create: Cognito's defaults, changed by the input.
func (in *createPoolInput) record(id string) (settings.Pool, error) {
	rec := settings.StandardPool()
	rec.ID, rec.Name = id, in.PoolName
	if len(in.UsernameAttributes) > 0 && len(in.AliasAttributes) > 0 {
		return rec, exception.InvalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a User pool.")
	}
	rec.AliasAttributes, rec.UsernameAttributes = in.AliasAttributes, in.UsernameAttributes
	rec.UsernameConfiguration = in.UsernameConfiguration
	if err := in.ApplyTo(&rec, settings.ThroughAWS); err != nil {
		return rec, err
	}
	return rec, rec.AddSchema(in.Schema)
}

type poolInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
}

// DescribeUserPool returns the settings of a pool.
func (o *Operations) DescribeUserPool(c *service.Call, in *poolInput) (*poolOutput, error) {
	out := &poolOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		out.UserPool = *t.Pool
		out.UserPool.EstimatedNumberOfUsers = t.UserCount()
		out.UserPool.Sessions = nil
		out.UserPool.SoftwareTokenMfa, out.UserPool.SMSMfa, out.UserPool.EmailMfa, out.UserPool.WebAuthn = nil, nil, nil, nil
		out.UserPool.ResourceServers = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteUserPool deletes a pool with its users and clients. The pool that the file was created with stays, since the
// file could not be opened without it.
func (o *Operations) DeleteUserPool(c *service.Call, in *poolInput) (*service.NoBody, error) {
	if in.UserPoolID == o.DefaultPool {
		return nil, exception.InvalidParameter("The embedded pool's own user pool cannot be deleted.")
	}
	err := o.DeletePool(in.UserPoolID, c.Now)
	if err == nil {
		o.Keys.Delete(in.UserPoolID)
	}
	return nil, err
}

type listPoolsInput struct {
	MaxResults int    `json:"MaxResults" is:"required,limit60from1"`
	NextToken  string `json:"NextToken" is:"page"`
}

type listPoolsOutput struct {
	UserPools []poolDescription `json:"UserPools"`
	NextToken string            `json:"NextToken,omitempty"`
}

type poolDescription struct {
	ID               string     `json:"Id"`
	Name             string     `json:"Name"`
	CreationDate     epoch.Time `json:"CreationDate"`
	LastModifiedDate epoch.Time `json:"LastModifiedDate"`
}

// ListUserPools returns a page of pools, ordered by id.
func (o *Operations) ListUserPools(c *service.Call, in *listPoolsInput) (*listPoolsOutput, error) {
	page, err := service.OpenPage(o.Keys.ForPool(o.DefaultPool), in.NextToken, "pools", c.Now)
	if err != nil {
		return nil, err
	}
	out := &listPoolsOutput{UserPools: []poolDescription{}}
	more := false
	err = o.PoolsAfter(page.After, c.Now, func(pool *settings.Pool) bool {
		if more = len(out.UserPools) == in.MaxResults; !more {
			out.UserPools = append(out.UserPools, poolDescription{
				ID: pool.ID, Name: pool.Name, CreationDate: pool.CreationDate, LastModifiedDate: pool.LastModifiedDate,
			})
		}
		return !more
	})
	if err != nil {
		return nil, err
	}
	if more {
		out.NextToken, err = page.Next(out.UserPools[len(out.UserPools)-1].ID)
	}
	return out, err
}
