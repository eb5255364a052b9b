package userpool

import (
	"slices"
)

const groupsPerUser = 100

type createGroupInput struct {
	UserPoolID  string `json:"UserPoolId" is:"required,poolId"`
	GroupName   string `json:"GroupName" is:"required,groupName"`
	Description string `json:"Description" is:"description"`
	RoleArn     string `json:"RoleArn" is:"arn"`
	Precedence  *int   `json:"Precedence" is:"precedence"`
}

type groupOutput struct {
	Group groupRecord `json:"Group"`
}

func (p *Pool) createGroup(c *call, in *createGroupInput) (*groupOutput, error) {
	g := groupRecord{
		GroupName: in.GroupName, UserPoolID: in.UserPoolID, Description: in.Description, RoleArn: in.RoleArn,
		Precedence: in.Precedence, CreationDate: c.now, LastModifiedDate: c.now,
	}
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if t.hasGroup(g.GroupName) {
			return fault("GroupExistsException", "A group with the name already exists.")
		}
		return t.putGroup(&g)
	})
	if err != nil {
		return nil, err
	}
	return &groupOutput{Group: g}, nil
}

// updateGroup changes what is given.
func (p *Pool) updateGroup(c *call, in *createGroupInput) (*groupOutput, error) {
	out := &groupOutput{}
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		g, err := t.group(in.GroupName)
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
		g.LastModifiedDate = t.now
		out.Group = *g
		return t.putGroup(g)
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

func (p *Pool) getGroup(c *call, in *groupInput) (*groupOutput, error) {
	out := &groupOutput{}
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		g, err := t.group(in.GroupName)
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

// deleteGroup removes a group and takes its members out of it.
func (p *Pool) deleteGroup(c *call, in *groupInput) (*noBody, error) {
	return nil, p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if _, err := t.group(in.GroupName); err != nil {
			return err
		}
		return t.dropGroup(in.GroupName)
	})
}

type memberInput struct {
	adminUserInput
	GroupName string `json:"GroupName" is:"required,groupName"`
}

// adminAddUserToGroup may be repeated. The group shows in the tokens that are made from now on.
func (p *Pool) adminAddUserToGroup(c *call, in *memberInput) (*noBody, error) {
	_, err := p.onUser(c, &in.adminUserInput, func(t *poolTx, u *userRecord) error {
		if _, err := t.group(in.GroupName); err != nil {
			return err
		}
		if slices.Contains(u.Groups, in.GroupName) {
			return nil
		}
		if len(u.Groups) >= groupsPerUser {
			return fault("LimitExceededException", "A user can be in %d groups.", groupsPerUser)
		}
		return t.join(u, in.GroupName)
	})
	return nil, err
}

func (p *Pool) adminRemoveUserFromGroup(c *call, in *memberInput) (*noBody, error) {
	_, err := p.onUser(c, &in.adminUserInput, func(t *poolTx, u *userRecord) error {
		if _, err := t.group(in.GroupName); err != nil {
			return err
		}
		return t.leave(u.Sub, in.GroupName)
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
	Groups    []groupRecord `json:"Groups"`
	NextToken string        `json:"NextToken,omitempty"`
}

func (p *Pool) listGroups(c *call, in *listGroupsInput) (*groupsOutput, error) {
	var groups []groupRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		groups, err = t.groups()
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.groupPage(c, in.UserPoolID, groups, in.Limit, in.NextToken, "groups")
}

func (p *Pool) adminListGroupsForUser(c *call, in *listGroupsForUserInput) (*groupsOutput, error) {
	var groups []groupRecord
	var sub string
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		u, err := t.mustFind(in.Username)
		if err != nil {
			return err
		}
		sub = u.Sub
		groups, err = t.groupsOf(u)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.groupPage(c, in.UserPoolID, groups, in.Limit, in.NextToken, "groups of "+sub)
}

// groupPage cuts a page out of a list that is short enough to be read whole.
func (p *Pool) groupPage(c *call, poolID string, groups []groupRecord, limit int, token, of string) (*groupsOutput, error) {
	ring := p.keys.of(poolID)
	at, err := openPage(ring, token, of, c.now)
	if err != nil {
		return nil, err
	}
	if at.Last != "" {
		i := slices.IndexFunc(groups, func(g groupRecord) bool { return g.GroupName == at.Last })
		groups = groups[i+1:]
	}
	limit = pageSize(limit)
	if len(groups) <= limit {
		return &groupsOutput{Groups: groups}, nil
	}
	next, err := newPage(ring, groups[limit-1].GroupName, of, c.now)
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

func (p *Pool) listUsersInGroup(c *call, in *listUsersInGroupInput) (*usersInGroupOutput, error) {
	ring := p.keys.of(in.UserPoolID)
	if ring == nil {
		return nil, poolNotFound(in.UserPoolID)
	}
	of := "members of " + in.GroupName
	at, err := openPage(ring, in.NextToken, of, c.now)
	if err != nil {
		return nil, err
	}
	out := &usersInGroupOutput{Users: []userOutput{}}
	last := ""
	err = p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		if _, err := t.group(in.GroupName); err != nil {
			return err
		}
		for _, sub := range t.members(in.GroupName) {
			if sub <= at.Last {
				continue
			}
			if len(out.Users) == pageSize(in.Limit) {
				out.NextToken, err = newPage(ring, last, of, c.now)
				return err
			}
			u, err := t.user(sub)
			if err != nil {
				return err
			}
			if u != nil {
				out.Users, last = append(out.Users, u.output(everyAttribute)), sub
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
