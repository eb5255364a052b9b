package userpool

import (
	"encoding/json"
	"math"
	"slices"
)

// groupRecord is Cognito's GroupType.
type groupRecord struct {
	GroupName        string `json:"GroupName"`
	UserPoolID       string `json:"UserPoolId"`
	Description      string `json:"Description,omitempty"`
	RoleArn          string `json:"RoleArn,omitempty"`
	Precedence       *int   `json:"Precedence,omitempty"`
	LastModifiedDate moment `json:"LastModifiedDate"`
	CreationDate     moment `json:"CreationDate"`
}

// rank orders groups: the lower, the more important, and none comes last.
func (g *groupRecord) rank() int {
	if g.Precedence == nil {
		return math.MaxInt
	}
	return *g.Precedence
}

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

func groupNotFound() *apiError { return notFound("Group not found.") }

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

func (t *poolTx) group(name string) (*groupRecord, error) {
	g, err := load[groupRecord](t.bucket(groupsBucket), key(name))
	if err == nil && g == nil {
		err = groupNotFound()
	}
	return g, err
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

func (t *poolTx) leave(sub, group string) error {
	if err := t.bucket(membersBucket).Delete(key(group, sub)); err != nil {
		return err
	}
	u, err := t.user(sub)
	if err != nil || u == nil {
		return err
	}
	u.Groups = slices.DeleteFunc(u.Groups, func(name string) bool { return name == group })
	return t.putUser(u, u)
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

func (t *poolTx) hasGroup(name string) bool { return t.bucket(groupsBucket).Get(key(name)) != nil }

func (t *poolTx) putGroup(g *groupRecord) error {
	return save(t.bucket(groupsBucket), key(g.GroupName), g)
}

// groups returns the groups of the pool by name.
func (t *poolTx) groups() ([]groupRecord, error) {
	groups := []groupRecord{}
	err := withPrefix(t.bucket(groupsBucket), nil, func(_, raw []byte) error {
		var g groupRecord
		if err := json.Unmarshal(raw, &g); err != nil {
			return err
		}
		groups = append(groups, g)
		return nil
	})
	return groups, err
}

// dropGroup deletes a group and removes its members from it.
func (t *poolTx) dropGroup(name string) error {
	for _, sub := range t.members(name) {
		if err := t.leave(sub, name); err != nil {
			return err
		}
	}
	return t.bucket(groupsBucket).Delete(key(name))
}

// members returns the subs of a group's members in order.
func (t *poolTx) members(group string) []string {
	return restOf(t.bucket(membersBucket), key(group, ""))
}

// join adds a user to a group.
func (t *poolTx) join(u *userRecord, group string) error {
	u.Groups = append(u.Groups, group)
	if err := t.bucket(membersBucket).Put(key(group, u.Sub), nil); err != nil {
		return err
	}
	return t.putUser(u, u)
}
