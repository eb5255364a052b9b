package store

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
)

// Group is Cognito's GroupType.
type Group struct {
	GroupName        string     `json:"GroupName"`
	UserPoolID       string     `json:"UserPoolId"`
	Description      string     `json:"Description,omitempty"`
	RoleArn          string     `json:"RoleArn,omitempty"`
	Precedence       *int       `json:"Precedence,omitempty"`
	LastModifiedDate epoch.Time `json:"LastModifiedDate"`
	CreationDate     epoch.Time `json:"CreationDate"`
}

// rank orders groups: lower is more important, and groups without precedence come last.
func (g *Group) rank() int {
	if g.Precedence == nil {
		return math.MaxInt
	}
	return *g.Precedence
}

func groupNotFound() *exception.Error { return exception.NotFound("Group not found.") }

// Group returns a group. It fails if there is none.
func (t *Tx) Group(name string) (*Group, error) {
	g, err := db.Load[Group](t.bucket(groupsBucket), db.Key(name))
	if err == nil && g == nil {
		err = groupNotFound()
	}
	return g, err
}

// HasGroup reports whether there is a group.
func (t *Tx) HasGroup(name string) bool { return t.bucket(groupsBucket).Get(db.Key(name)) != nil }

// PutGroup stores a group.
func (t *Tx) PutGroup(g *Group) error {
	return db.Save(t.bucket(groupsBucket), db.Key(g.GroupName), g)
}

// Groups returns the groups of the pool, ordered by name.
func (t *Tx) Groups() ([]Group, error) {
	groups := []Group{}
	err := db.ForEachWithPrefix(t.bucket(groupsBucket), nil, func(_, raw []byte) error {
		var g Group
		if err := json.Unmarshal(raw, &g); err != nil {
			return err
		}
		groups = append(groups, g)
		return nil
	})
	return groups, err
}

// DeleteGroup deletes a group and removes its members from it.
func (t *Tx) DeleteGroup(name string) error {
	for _, sub := range t.Members(name) {
		if err := t.LeaveGroup(sub, name); err != nil {
			return err
		}
	}
	return t.bucket(groupsBucket).Delete(db.Key(name))
}

// Members returns the subs of a group's members, in order.
func (t *Tx) Members(group string) []string {
	return db.Suffixes(t.bucket(membersBucket), db.Key(group, ""))
}

// JoinGroup adds a user to a group.
func (t *Tx) JoinGroup(u *User, group string) error {
	u.Groups = append(u.Groups, group)
	if err := t.bucket(membersBucket).Put(db.Key(group, u.Sub), nil); err != nil {
		return err
	}
	return t.PutUser(u, u)
}

// LeaveGroup removes a user from a group.
func (t *Tx) LeaveGroup(sub, group string) error {
	if err := t.bucket(membersBucket).Delete(db.Key(group, sub)); err != nil {
		return err
	}
	u, err := t.User(sub)
	if err != nil || u == nil {
		return err
	}
	u.Groups = slices.DeleteFunc(u.Groups, func(name string) bool { return name == group })
	return t.PutUser(u, u)
}

// GroupsOf returns a user's groups, lowest precedence first, those without precedence last.
func (t *Tx) GroupsOf(u *User) ([]Group, error) {
	groups := []Group{}
	for _, name := range u.Groups {
		g, err := db.Load[Group](t.bucket(groupsBucket), db.Key(name))
		if err != nil {
			return nil, err
		}
		if g != nil {
			groups = append(groups, *g)
		}
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.GroupName, b.GroupName))
	})
	return groups, nil
}
