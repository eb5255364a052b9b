package admin

import (
	"slices"
	"strconv"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// userFilter is a parsed Filter of ListUsers: one attribute, compared in full or by prefix.
type userFilter struct {
	attribute string
	prefix    bool
	value     string
}

// searchable returns the attributes that ListUsers can filter by. Custom ones are not among them.
func searchable() []string {
	return []string{
		"username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username", "cognito:user_status",
		"status", "sub",
	}
}

func badFilter() *exception.Error { return exception.InvalidParameter("Error while parsing filter.") }

// parseFilter parses `name = "value"` or `name ^= "value"`. A backslash in the value makes the next character
// literal. The name may be quoted too.
func parseFilter(text string) (*userFilter, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	f := &userFilter{}
	i := strings.IndexAny(text, "=^")
	if i < 0 {
		return nil, badFilter()
	}
	f.attribute = strings.TrimSpace(text[:i])
	if n := len(f.attribute); n >= 2 && f.attribute[0] == '"' && f.attribute[n-1] == '"' {
		f.attribute = f.attribute[1 : n-1]
	}
	rest, prefix := strings.CutPrefix(text[i:], "^")
	rest, equals := strings.CutPrefix(rest, "=")
	if !equals || f.attribute == "" {
		return nil, badFilter()
	}
	f.prefix = prefix
	var ok bool
	if f.value, ok = unquote(strings.TrimSpace(rest)); !ok {
		return nil, badFilter()
	}
	if !slices.Contains(searchable(), f.attribute) {
		return nil, exception.InvalidParameter("Invalid search attribute: %s", exception.Shorten(f.attribute))
	}
	return f, nil
}

// unquote parses a text that consists of one value in double quotes.
func unquote(text string) (string, bool) {
	if len(text) < 2 || text[0] != '"' {
		return "", false
	}
	var value strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return value.String(), i == len(text)-1
		case '\\':
			i++
			if i == len(text) {
				return "", false
			}
		}
		value.WriteByte(text[i])
	}
	return "", false
}

func (f *userFilter) matches(u *store.User, caseSensitive bool) bool {
	if f == nil {
		return true
	}
	have, want := filterValue(u, f.attribute), f.value
	if f.attribute == "status" || f.attribute == "cognito:user_status" ||
		!caseSensitive && (f.attribute == "username" || f.attribute == "email" || f.attribute == "preferred_username") {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	if f.prefix {
		return have != "" && strings.HasPrefix(have, want)
	}
	return have == want && have != ""
}

func filterValue(u *store.User, attribute string) string {
	switch attribute {
	case "sub":
		return u.Sub
	case "username":
		return u.Username
	case "cognito:user_status":
		return u.Status
	case "status":
		if u.Disabled {
			return "Disabled"
		}
		return "Enabled"
	}
	return u.Attributes[attribute]
}

type listUsersInput struct {
	UserPoolID      string   `json:"UserPoolId" is:"required,poolId"`
	AttributesToGet []string `json:"AttributesToGet" is:"attributeName"`
	Limit           int      `json:"Limit" is:"limit60"`
	PaginationToken string   `json:"PaginationToken" is:"page"`
	Filter          string   `json:"Filter" is:"filter"`
}

type listUsersOutput struct {
	Users           []userOutput `json:"Users"`
	PaginationToken string       `json:"PaginationToken,omitempty"`
}

// ListUsers returns a page of users, ordered by sub.
func (o *Operations) ListUsers(c *service.Call, in *listUsersInput) (*listUsersOutput, error) {
	ring := o.Keys.ForPool(in.UserPoolID)
	if ring == nil {
		return nil, exception.PoolNotFound(in.UserPoolID)
	}
	filter, err := parseFilter(in.Filter)
	if err != nil {
		return nil, err
	}
	page, err := service.OpenPage(ring, in.PaginationToken, "users "+strconv.Quote(in.Filter), c.Now)
	if err != nil {
		return nil, err
	}
	out := &listUsersOutput{Users: []userOutput{}}
	last, more := "", false
	err = o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if err := checkKnown(t, in.AttributesToGet); err != nil {
			return err
		}
		var users []*store.User
		if users, more, err = searchUsers(t, filter, page.After, service.PageSize(in.Limit)); err != nil {
			return err
		}
		for _, u := range users {
			out.Users, last = append(out.Users, describeUser(u, attributeFilter(in.AttributesToGet))), u.Sub
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if more {
		out.PaginationToken, err = page.Next(last)
	}
	return out, err
}

func checkKnown(t *store.Tx, names []string) error {
	for _, name := range names {
		if t.Pool.Attribute(name) == nil {
			return exception.InvalidParameter("One or more requested attributes do not exist.")
		}
	}
	return nil
}

func attributeFilter(names []string) func(string) bool {
	if len(names) == 0 {
		return settings.AllAttributes
	}
	return func(name string) bool { return slices.Contains(names, name) }
}

// searchUsers returns users whose sub comes after the given one. more reports that there are matches beyond the
// limit. Filters by a full sub or by a full address that is a user name are looked up instead.
func searchUsers(t *store.Tx, f *userFilter, after string, limit int) (users []*store.User, more bool, err error) {
	if sub, direct := lookUp(t, f); direct {
		u, err := t.User(sub)
		if err != nil || u == nil || sub <= after || !f.matches(u, t.Pool.CaseSensitive()) {
			return nil, false, err
		}
		return []*store.User{u}, false, nil
	}
	err = t.UsersAfter(after, func(u *store.User) bool {
		if !f.matches(u, t.Pool.CaseSensitive()) {
			return true
		}
		if more = len(users) == limit; !more {
			users = append(users, u)
		}
		return !more
	})
	return users, more, err
}

func lookUp(t *store.Tx, f *userFilter) (sub string, ok bool) {
	switch {
	case f == nil || f.prefix:
		return "", false
	case f.attribute == "sub":
		return f.value, true
	case f.attribute == "username":
		return t.NameOwner("username", f.value), true
	case slices.Contains(t.Pool.UsernameAttributes, f.attribute):
		return t.NameOwner(f.attribute, f.value), true
	}
	return "", false
}
