package admin

import (
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type resourceServerID struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	Identifier string `json:"Identifier" is:"required,scope"`
}

type resourceServerInput struct {
	resourceServerID
	Name   string                   `json:"Name" is:"required,resourceServerName"`
	Scopes []settings.ResourceScope `json:"Scopes" is:"items100"`
}

func (in *resourceServerInput) resourceServer() settings.ResourceServer {
	return settings.ResourceServer{UserPoolID: in.UserPoolID, Identifier: in.Identifier, Name: in.Name, Scopes: in.Scopes}
}

type resourceServerOutput struct {
	ResourceServer settings.ResourceServer `json:"ResourceServer"`
}

// CreateResourceServer creates a resource server with its scopes.
func (o *Operations) CreateResourceServer(c *service.Call, in *resourceServerInput) (*resourceServerOutput, error) {
	return o.putResourceServer(c, in, (*settings.Pool).AddResourceServer)
}

// UpdateResourceServer replaces the name and the scopes of a resource server.
func (o *Operations) UpdateResourceServer(c *service.Call, in *resourceServerInput) (*resourceServerOutput, error) {
	return o.putResourceServer(c, in, (*settings.Pool).ReplaceResourceServer)
}

func (o *Operations) putResourceServer(
	c *service.Call, in *resourceServerInput, put func(*settings.Pool, settings.ResourceServer) error,
) (*resourceServerOutput, error) {
	out := &resourceServerOutput{in.resourceServer()}
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := *t.Pool
		if err := put(&rec, out.ResourceServer); err != nil {
			return err
		}
		return t.PutPool(rec)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DescribeResourceServer returns a resource server.
func (o *Operations) DescribeResourceServer(c *service.Call, in *resourceServerID) (*resourceServerOutput, error) {
	out := &resourceServerOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		s, err := t.Pool.MustResourceServer(in.Identifier)
		if err == nil {
			out.ResourceServer = *s
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteResourceServer deletes a resource server. Its scopes can no longer be requested.
func (o *Operations) DeleteResourceServer(c *service.Call, in *resourceServerID) (*service.NoBody, error) {
	return nil, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		rec := *t.Pool
		if err := rec.DeleteResourceServer(in.Identifier); err != nil {
			return err
		}
		return t.PutPool(rec)
	})
}

type listResourceServersInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	MaxResults int    `json:"MaxResults" is:"limit50from1"`
	NextToken  string `json:"NextToken" is:"page"`
}

type listResourceServersOutput struct {
	ResourceServers []settings.ResourceServer `json:"ResourceServers"`
	NextToken       string                    `json:"NextToken,omitempty"`
}

// ListResourceServers returns a page of resource servers, ordered by identifier.
func (o *Operations) ListResourceServers(c *service.Call, in *listResourceServersInput) (*listResourceServersOutput, error) {
	out := &listResourceServersOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		out.ResourceServers = append([]settings.ResourceServer{}, t.Pool.ResourceServers...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	page, err := service.OpenPage(o.Keys.ForPool(in.UserPoolID), in.NextToken, "resource servers", c.Now)
	if err != nil {
		return nil, err
	}
	limit := in.MaxResults
	if limit == 0 {
		limit = 50
	}
	out.ResourceServers, out.NextToken, err = service.Cut(page, out.ResourceServers, limit, func(s settings.ResourceServer) string { return s.Identifier })
	return out, err
}
