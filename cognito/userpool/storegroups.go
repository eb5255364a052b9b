package userpool

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
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

func groupNotFound() *apiError { return notFound("Group not found.") }

func (t *poolTx) group(name string) (*groupRecord, error) {
	g, err := load[groupRecord](t.bucket(groupsBucket), key(name))
	if err == nil && g == nil {
		err = groupNotFound()
	}
	return g, err
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

// groupsOf reads a user's groups, the most important (lowest precedence) first and those without precedence last.
func (t *poolTx) groupsOf(u *userRecord) ([]groupRecord, error) {
	groups := []groupRecord{}
	for _, name := range u.Groups {
		g, err := load[groupRecord](t.bucket(groupsBucket), key(name))
		if err != nil {
			return nil, err
		}
		if g != nil {
			groups = append(groups, *g)
		}
	}
	slices.SortFunc(groups, func(a, b groupRecord) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.GroupName, b.GroupName))
	})
	return groups, nil
}
