package admin

import (
	"slices"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

const maxGroupsPerUser = 100

type createGroupInput struct {
	UserPoolID  string `json:"UserPoolId" is:"required,poolId"`
	GroupName   string `json:"GroupName" is:"required,groupName"`
	Description string `json:"Description" is:"description"`
	RoleArn     string `json:"RoleArn" is:"arn"`
	Precedence  *int   `json:"Precedence" is:"precedence"`
}

type groupOutput struct {
	Group store.Group `json:"Group"`
}

// CreateGroup creates a group.
func (o *Operations) CreateGroup(c *service.Call, in *createGroupInput) (*groupOutput, error) {
	g := store.Group{
		GroupName: in.GroupName, UserPoolID: in.UserPoolID, Description: in.Description, RoleArn: in.RoleArn,
		Precedence: in.Precedence, CreationDate: c.Now, LastModifiedDate: c.Now,
	}
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if t.HasGroup(g.GroupName) {
			return exception.New("GroupExistsException", "A group with the name already exists.")
		}
		return t.PutGroup(&g)
	})
	if err != nil {
		return nil, err
	}
	return &groupOutput{Group: g}, nil
}

// UpdateGroup changes the given settings of a group.
func (o *Operations) UpdateGroup(c *service.Call, in *createGroupInput) (*groupOutput, error) {
	out := &groupOutput{}
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		g, err := t.Group(in.GroupName)
		if err != nil {
			return err
		}
		if in.Description != "" {
			g.Description = in.Description
		}
		if in.RoleArn != "" {
			g.RoleArn = in.RoleArn
		}
		if in.Precedence != nil {
			g.Precedence = in.Precedence
		}
		g.LastModifiedDate = t.Now
		out.Group = *g
		return t.PutGroup(g)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type groupInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	GroupName  string `json:"GroupName" is:"required,groupName"`
}

// GetGroup returns a group.
func (o *Operations) GetGroup(c *service.Call, in *groupInput) (*groupOutput, error) {
	out := &groupOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		g, err := t.Group(in.GroupName)
		if err == nil {
			out.Group = *g
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteGroup deletes a group and removes its members from it.
func (o *Operations) DeleteGroup(c *service.Call, in *groupInput) (*service.NoBody, error) {
	return nil, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if _, err := t.Group(in.GroupName); err != nil {
			return err
		}
		return t.DeleteGroup(in.GroupName)
	})
}

type memberInput struct {
	adminUserInput
	GroupName string `json:"GroupName" is:"required,groupName"`
}

// AdminAddUserToGroup adds a user to a group, if necessary. Tokens issued from now on name the group.
func (o *Operations) AdminAddUserToGroup(c *service.Call, in *memberInput) (*service.NoBody, error) {
	_, err := o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error {
		if _, err := t.Group(in.GroupName); err != nil {
			return err
		}
		if slices.Contains(u.Groups, in.GroupName) {
			return nil
		}
		if len(u.Groups) >= maxGroupsPerUser {
			return exception.New("LimitExceededException", "A user can be in %d groups.", maxGroupsPerUser)
		}
		return t.JoinGroup(u, in.GroupName)
	})
	return nil, err
}

// AdminRemoveUserFromGroup removes a user from a group.
func (o *Operations) AdminRemoveUserFromGroup(c *service.Call, in *memberInput) (*service.NoBody, error) {
	_, err := o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error {
		if _, err := t.Group(in.GroupName); err != nil {
			return err
		}
		return t.LeaveGroup(u.Sub, in.GroupName)
	})
	return nil, err
}

type listGroupsInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	Limit      int    `json:"Limit" is:"limit60"`
	NextToken  string `json:"NextToken" is:"page"`
}

type listGroupsForUserInput struct {
	adminUserInput
	Limit     int    `json:"Limit" is:"limit60"`
	NextToken string `json:"NextToken" is:"page"`
}

type groupsOutput struct {
	Groups    []store.Group `json:"Groups"`
	NextToken string        `json:"NextToken,omitempty"`
}

// ListGroups returns a page of groups, ordered by name.
func (o *Operations) ListGroups(c *service.Call, in *listGroupsInput) (*groupsOutput, error) {
	var groups []store.Group
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		groups, err = t.Groups()
		return err
	})
	if err != nil {
		return nil, err
	}
	return o.groupPage(c, in.UserPoolID, groups, in.Limit, in.NextToken, "groups")
}

// AdminListGroupsForUser returns a page of a user's groups, ordered by precedence.
func (o *Operations) AdminListGroupsForUser(c *service.Call, in *listGroupsForUserInput) (*groupsOutput, error) {
	var groups []store.Group
	var sub string
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		u, err := t.MustFind(in.Username)
		if err != nil {
			return err
		}
		sub = u.Sub
		groups, err = t.GroupsOf(u)
		return err
	})
	if err != nil {
		return nil, err
	}
	return o.groupPage(c, in.UserPoolID, groups, in.Limit, in.NextToken, "groups of "+sub)
}

// groupPage returns a page of a list that is short enough to be read in full.
func (o *Operations) groupPage(c *service.Call, poolID string, groups []store.Group, limit int, token, of string) (*groupsOutput, error) {
	page, err := service.OpenPage(o.Keys.ForPool(poolID), token, of, c.Now)
	if err != nil {
		return nil, err
	}
	if page.After != "" {
		i := slices.IndexFunc(groups, func(g store.Group) bool { return g.GroupName == page.After })
		groups = groups[i+1:]
	}
	limit = service.PageSize(limit)
	if len(groups) <= limit {
		return &groupsOutput{Groups: groups}, nil
	}
	next, err := page.Next(groups[limit-1].GroupName)
	return &groupsOutput{Groups: groups[:limit], NextToken: next}, err
}

type listUsersInGroupInput struct {
	groupInput
	Limit     int    `json:"Limit" is:"limit60"`
	NextToken string `json:"NextToken" is:"page"`
}

type usersInGroupOutput struct {
	Users     []userOutput `json:"Users"`
	NextToken string       `json:"NextToken,omitempty"`
}

// ListUsersInGroup returns a page of a group's members, ordered by sub.
func (o *Operations) ListUsersInGroup(c *service.Call, in *listUsersInGroupInput) (*usersInGroupOutput, error) {
	ring := o.Keys.ForPool(in.UserPoolID)
	if ring == nil {
		return nil, exception.PoolNotFound(in.UserPoolID)
	}
	page, err := service.OpenPage(ring, in.NextToken, "members of "+in.GroupName, c.Now)
	if err != nil {
		return nil, err
	}
	out := &usersInGroupOutput{Users: []userOutput{}}
	err = o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if _, err := t.Group(in.GroupName); err != nil {
			return err
		}
		subs, next, err := service.Cut(page, t.Members(in.GroupName), service.PageSize(in.Limit), func(sub string) string { return sub })
		if err != nil {
			return err
		}
		out.NextToken = next
		for _, sub := range subs {
			u, err := t.User(sub)
			if err != nil {
				return err
			}
			if u != nil {
				out.Users = append(out.Users, describeUser(u, settings.AllAttributes))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
