package cognito

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"authgraph/internal/apierr"
)

// Names that users can sign in with, as in [Options.SignInWith]. The first two are
// attributes.
const (
	SignInWithEmail       = emailAttribute
	SignInWithPhoneNumber = phoneNumberAttribute
	SignInWithUsername    = "username"
)

// Identifier names an account. Exactly one member is set.
type Identifier struct {
	Email       *string
	PhoneNumber *string // in E.164 form
	Username    *string // or an alias: which one, only the pool knows
}

// member is a member of an Identifier, or of another input with the same members.
type member struct {
	kind  string // one of the names of [Options.SignInWith]
	field string // in the GraphQL input
	value *string
}

func (id Identifier) members() []member {
	return []member{
		{SignInWithEmail, "email", id.Email},
		{SignInWithPhoneNumber, "phoneNumber", id.PhoneNumber},
		{SignInWithUsername, "username", id.Username},
	}
}

// set returns the members that are set.
func (id Identifier) set() []member {
	return slices.DeleteFunc(id.members(), func(m member) bool { return m.value == nil })
}

// SignInWith returns the kinds of names that users can sign in with, the usual one first.
func (c *Client) SignInWith() []string { return slices.Clone(c.options.SignInWith) }

// account returns the name of the account, in the form that Cognito's operations take, or
// an error if the identifier does not name one, or by a name that users cannot sign in
// with.
func (c *Client) account(id Identifier) (string, error) {
	set := id.set()
	switch {
	case len(set) == 0:
		return "", missingName(c.options.SignInWith)
	case len(set) > 1:
		return "", badInput("input."+set[1].field,
			"Name the account by one of input.email, input.phoneNumber and input.username, not by several.")
	case !slices.Contains(c.options.SignInWith, set[0].kind):
		return "", badInput("input."+set[0].field, "Users of this pool sign in with "+describe(c.options.SignInWith)+".")
	default:
		return *set[0].value, nil
	}
}

// missingName is the error for an input without a name of these kinds.
func missingName(kinds []string) *apierr.Error {
	fields := paths(kinds)
	return badInput(fields[0], strings.Join(fields, " or ")+" is required.")
}

// paths returns the paths of the members for kinds of names.
func paths(kinds []string) []string {
	var fields []string
	for _, kind := range kinds {
		for _, m := range (Identifier{}).members() {
			if m.kind == kind {
				fields = append(fields, "input."+m.field)
			}
		}
	}
	return fields
}

// describe returns kinds of names in words, such as "an e-mail address or a phone number".
func describe(kinds []string) string {
	words := map[string]string{
		SignInWithEmail: "an e-mail address", SignInWithPhoneNumber: "a phone number", SignInWithUsername: "a user name",
	}
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = words[kind]
	}
	return strings.Join(names, " or ")
}

// hasUserNames reports whether users have a user name that they can sign in with.
// Otherwise Cognito generates one.
func (o Options) hasUserNames() bool { return slices.Contains(o.SignInWith, SignInWithUsername) }

// signUpName returns the member that becomes Cognito's user name at sign-up, or nil: the
// user name in pools that have them, else the first address that users can sign in with.
func (o Options) signUpName(id Identifier) *member {
	kinds := o.SignInWith
	if o.hasUserNames() {
		kinds = []string{SignInWithUsername}
	}
	for _, kind := range kinds {
		for _, m := range id.set() {
			if m.kind == kind {
				return &m
			}
		}
	}
	return nil
}

// Names returns the names of the account that the `input` of an operation refers to, as
// the client sent it: the one that the input has, or those in its challenge session. The
// first is the name that the user entered. It returns none if there is no account, or for a
// session that this server did not issue lately.
func (c *Client) Names(ctx context.Context, input map[string]any) []string {
	value := func(field string) *string {
		text, _ := input[field].(string)
		return optional(text)
	}
	id := Identifier{Email: value("email"), PhoneNumber: value("phoneNumber"), Username: value("username")}
	if name := c.options.signUpName(id); name != nil {
		return []string{*name.value}
	}
	if set := id.set(); len(set) > 0 {
		return []string{*set[0].value}
	}
	session, _ := input["session"].(string)
	if session == "" {
		return nil
	}
	state, err := c.states.open(ctx, session)
	if err != nil {
		return nil
	}
	return []string{state.Account, state.Username}
}

// resolve returns the name of the account and the values for the pool's triggers.
func (c *Client) resolve(id Identifier, entries []*MetadataEntry) (account string, triggers map[string]string, err error) {
	if account, err = c.account(id); err != nil {
		return "", nil, err
	}
	triggers, err = metadata("clientMetadata", entries)
	return account, triggers, err
}

// name returns the name that is set, or "" if there is none.
func (id Identifier) name() string {
	if set := id.set(); len(set) > 0 {
		return *set[0].value
	}
	return ""
}

// locate returns err with the path of the member that is set, where Cognito rejected the
// name of the account.
func (id Identifier) locate(err error) error {
	set := id.set()
	if len(set) == 0 {
		return err
	}
	return atPath(err, accountPath, "input."+set[0].field)
}

// identifier returns an identifier that has only this member.
func (m member) identifier() Identifier {
	switch m.kind {
	case SignInWithEmail:
		return Identifier{Email: m.value}
	case SignInWithPhoneNumber:
		return Identifier{PhoneNumber: m.value}
	default:
		return Identifier{Username: m.value}
	}
}

// taken returns the error for a name that another account has.
func (m member) taken(cause error) *apierr.Error {
	e := apierr.New(apierr.EmailAlreadyRegistered, "An account with this e-mail address already exists.")
	switch m.kind {
	case SignInWithPhoneNumber:
		e = apierr.New(apierr.PhoneNumberAlreadyRegistered, "An account with this phone number already exists.")
	case SignInWithUsername:
		e = apierr.New(apierr.UsernameAlreadyRegistered, "This user name is taken. Choose another one.")
	}
	return e.WithCause(apierr.From(cause).Cause)
}

// isTaken reports whether a code means that another account has the name or the address.
func isTaken(code apierr.Code) bool {
	switch code {
	case apierr.EmailAlreadyRegistered, apierr.PhoneNumberAlreadyRegistered, apierr.UsernameAlreadyRegistered, apierr.AliasAlreadyRegistered:
		return true
	default:
		return false
	}
}

// badInput is the error for a value of the input.
func badInput(field, message string) *apierr.Error {
	return &apierr.Error{Code: apierr.BadUserInput, Field: field, Message: message}
}

// presumedDelivery returns where a code to the account would go, as Cognito reports it. The
// address that belongs to a user name is not known.
func presumedDelivery(id Identifier) *CodeDelivery {
	switch {
	case id.Email != nil:
		return &CodeDelivery{Destination: maskEmail(*id.Email), Medium: new(DeliveryMediumEmail), Attribute: new(emailAttribute)}
	case id.PhoneNumber != nil:
		return &CodeDelivery{Destination: maskPhoneNumber(*id.PhoneNumber), Medium: new(DeliveryMediumSMS), Attribute: new(phoneNumberAttribute)}
	default:
		return &CodeDelivery{Destination: "***"}
	}
}

// maskPhoneNumber masks a number as Cognito does: "+14325551212" is "+*******1212".
func maskPhoneNumber(number string) string { return "+*******" + number[max(0, len(number)-4):] }

// MetadataEntry is a value for the pool's Lambda triggers.
type MetadataEntry struct {
	Key   string
	Value string
}

// metadata returns entries as Cognito takes them, or an error for a repeated key. list is
// the name of the list in the input.
func metadata(list string, entries []*MetadataEntry) (map[string]string, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	values := make(map[string]string, len(entries))
	for i, entry := range entries {
		if _, repeated := values[entry.Key]; repeated {
			path := fmt.Sprintf("input.%s[%d].key", list, i)
			return nil, badInput(path, path+" is repeated.")
		}
		values[entry.Key] = entry.Value
	}
	return values, nil
}
