package settings

import (
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
)

// ResourceServer is Cognito's ResourceServerType: an API with scopes of its own, which app clients can request.
type ResourceServer struct {
	UserPoolID string          `json:"UserPoolId"`
	Identifier string          `json:"Identifier"`
	Name       string          `json:"Name"`
	Scopes     []ResourceScope `json:"Scopes,omitempty"`
}

// ResourceScope is Cognito's ResourceServerScopeType.
type ResourceScope struct {
	Name        string `json:"ScopeName" is:"required,scopeName"`
	Description string `json:"ScopeDescription" is:"required,scopeDescription"`
}

// maxResourceServers is Cognito's quota for a pool.
const maxResourceServers = 25

// ResourceServer returns a resource server of the pool, or nil.
func (p *Pool) ResourceServer(identifier string) *ResourceServer {
	i := slices.IndexFunc(p.ResourceServers, func(s ResourceServer) bool { return s.Identifier == identifier })
	if i < 0 {
		return nil
	}
	return &p.ResourceServers[i]
}

// AddResourceServer adds a resource server.
func (p *Pool) AddResourceServer(s ResourceServer) error {
	switch {
	case p.ResourceServer(s.Identifier) != nil:
		return exception.InvalidParameter("%s already exists in user pool %s.", exception.Shorten(s.Identifier), p.ID)
	case len(p.ResourceServers) == maxResourceServers:
		return exception.New("LimitExceededException", "A user pool can have %d resource servers.", maxResourceServers)
	}
	if err := s.check(); err != nil {
		return err
	}
	p.ResourceServers = append(slices.Clone(p.ResourceServers), s)
	slices.SortFunc(p.ResourceServers, func(a, b ResourceServer) int { return strings.Compare(a.Identifier, b.Identifier) })
	return nil
}

// ReplaceResourceServer replaces the name and the scopes of a resource server.
func (p *Pool) ReplaceResourceServer(s ResourceServer) error {
	i := slices.IndexFunc(p.ResourceServers, func(old ResourceServer) bool { return old.Identifier == s.Identifier })
	if i < 0 {
		return resourceServerNotFound(s.Identifier)
	}
	if err := s.check(); err != nil {
		return err
	}
	p.ResourceServers = slices.Clone(p.ResourceServers)
	p.ResourceServers[i] = s
	return nil
}

// DeleteResourceServer deletes a resource server.
func (p *Pool) DeleteResourceServer(identifier string) error {
	if p.ResourceServer(identifier) == nil {
		return resourceServerNotFound(identifier)
	}
	p.ResourceServers = slices.DeleteFunc(slices.Clone(p.ResourceServers), func(s ResourceServer) bool { return s.Identifier == identifier })
	return nil
}

func resourceServerNotFound(identifier string) error {
	return exception.NotFound("The resource server %s does not exist.", exception.Shorten(identifier))
}

// MustResourceServer is ResourceServer with an exception if there is none.
func (p *Pool) MustResourceServer(identifier string) (*ResourceServer, error) {
	s := p.ResourceServer(identifier)
	if s == nil {
		return nil, resourceServerNotFound(identifier)
	}
	return s, nil
}

func (s *ResourceServer) check() error {
	seen := map[string]bool{}
	for _, scope := range s.Scopes {
		if seen[scope.Name] {
			return exception.InvalidParameter("The scope %s is given twice.", exception.Shorten(scope.Name))
		}
		seen[scope.Name] = true
	}
	return nil
}

// isStandardScope reports whether a scope is one that every pool has.
func isStandardScope(scope string) bool {
	return slices.Contains([]string{"phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"}, scope)
}

// HasCustomScope reports whether a scope, RESOURCE_SERVER/SCOPE, is one of the pool's resource servers.
func (p *Pool) HasCustomScope(scope string) bool {
	return slices.ContainsFunc(p.ResourceServers, func(s ResourceServer) bool {
		return slices.ContainsFunc(s.Scopes, func(own ResourceScope) bool { return scope == s.Identifier+"/"+own.Name })
	})
}
