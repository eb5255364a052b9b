package admin

import (
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type adminCreateUserInput struct {
	UserPoolID             string               `json:"UserPoolId" is:"required,poolId"`
	Username               string               `json:"Username" is:"required,username"`
	UserAttributes         []settings.Attribute `json:"UserAttributes"`
	TemporaryPassword      string               `json:"TemporaryPassword" is:"password"`
	ForceAliasCreation     bool                 `json:"ForceAliasCreation"`
	MessageAction          string               `json:"MessageAction" is:"messageAction"`
	DesiredDeliveryMediums []string             `json:"DesiredDeliveryMediums" is:"medium"`
}

type adminCreateUserOutput struct {
	User userOutput `json:"User"`
}

// AdminCreateUser creates a user and sends an invitation with a temporary password.
func (o *Operations) AdminCreateUser(c *service.Call, in *adminCreateUserInput) (*adminCreateUserOutput, error) {
	var u *store.User
	var pool *settings.Pool
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		pool = t.Pool
		if in.MessageAction == "RESEND" {
			u, err = findInvited(t, in.Username)
		} else {
			u, err = newUser(t, in)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	password := in.TemporaryPassword
	if password == "" && in.MessageAction != "RESEND" && pool.Passwordless(u.Attributes) {
		return o.createPasswordless(c, in, u)
	}
	if password == "" {
		if password, err = settings.GeneratePassword(pool.Policies.PasswordPolicy); err != nil {
			return nil, err
		}
	}
	if err := settings.CheckPassword(pool.Policies.PasswordPolicy, password); err != nil {
		return nil, err
	}
	rec, err := o.NewPassword(pool.ID, u.Username, password, c.Now)
	if err != nil {
		return nil, err
	}
	var out *adminCreateUserOutput
	err = o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		stored, err := storeInvited(t, in, u, rec, password)
		if err != nil {
			return err
		}
		out = &adminCreateUserOutput{User: describeUser(stored, settings.AllAttributes)}
		return nil
	})
	return out, err
}

// createPasswordless stores a user who signs in with one-time codes. There is no password to set or send, so the user
// is confirmed at once.
func (o *Operations) createPasswordless(c *service.Call, in *adminCreateUserInput, u *store.User) (*adminCreateUserOutput, error) {
	u.Status = store.StatusConfirmed
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if err := checkNames(t, u, in.ForceAliasCreation); err != nil {
			return err
		}
		return t.PutUser(nil, u)
	})
	if err != nil {
		return nil, err
	}
	return &adminCreateUserOutput{User: describeUser(u, settings.AllAttributes)}, nil
}

// findInvited returns the user whose invitation is to be sent again.
func findInvited(t *store.Tx, name string) (*store.User, error) {
	u, err := t.MustFind(name)
	if err == nil && u.Status != store.StatusForceChange {
		err = exception.New("UnsupportedUserStateException", "Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", u.Username)
	}
	return u, err
}

// newUser checks the input and returns the user to create.
func newUser(t *store.Tx, in *adminCreateUserInput) (*store.User, error) {
	attributes := settings.AttributeMap(in.UserAttributes)
	if err := settings.SetNameAttribute(t.Pool, in.Username, attributes); err != nil {
		return nil, err
	}
	if _, given := attributes["sub"]; given {
		return nil, exception.InvalidParameter("Cannot modify the non-mutable attribute sub")
	}
	if err := settings.CheckNewUser(t.Pool, attributes); err != nil {
		return nil, err
	}
	normalizeVerified(attributes)
	u := store.NewUser(t.Pool, in.Username, attributes, t.Now)
	u.Status = store.StatusForceChange
	return u, checkNames(t, u, in.ForceAliasCreation)
}

// normalizeVerified writes email_verified and phone_number_verified as GetUser shows them.
func normalizeVerified(attributes map[string]string) {
	for _, name := range []string{"email_verified", "phone_number_verified"} {
		if v, ok := attributes[name]; ok {
			attributes[name] = strings.ToLower(v)
		}
	}
}

func checkNames(t *store.Tx, u *store.User, force bool) error {
	kind := t.TakenName(u)
	isName := kind == "username" || slices.Contains(t.Pool.UsernameAttributes, kind)
	switch {
	case kind == "":
		return nil
	case isName:
		return exception.New("UsernameExistsException", "User account already exists")
	case force:
		return t.ClaimAlias(u, kind, true)
	}
	return exception.AliasExists(kind)
}

// storeInvited stores a new user with a temporary password, or the new password of a user who was invited before, and
// sends it.
func storeInvited(t *store.Tx, in *adminCreateUserInput, u *store.User, rec *store.Password, password string) (*store.User, error) {
	var stored *store.User
	var err error
	if in.MessageAction == "RESEND" {
		stored, err = t.EditUser(u.Sub, func(u *store.User) error {
			u.SetPassword(t.Pool, rec)
			return nil
		})
	} else {
		copied := *u
		stored = &copied
		stored.Password = rec
		if err = checkNames(t, stored, in.ForceAliasCreation); err == nil {
			err = t.PutUser(nil, stored)
		}
	}
	if err != nil || in.MessageAction == "SUPPRESS" {
		return stored, err
	}
	return stored, sendInvitation(t, stored, password, in.DesiredDeliveryMediums)
}

// sendInvitation sends the invitation by SMS unless e-mail is requested, as Cognito does, but falls back to an
// address that exists.
func sendInvitation(t *store.Tx, u *store.User, password string, mediums []string) error {
	wanted := []string{"phone_number", "email"}
	if len(mediums) > 0 {
		wanted = nil
		for _, m := range mediums {
			wanted = append(wanted, map[string]string{"SMS": "phone_number", "EMAIL": "email"}[m])
		}
	}
	for _, name := range wanted {
		to := u.Attributes[name]
		if to == "" {
			continue
		}
		m := inbox.Message{To: to, Kind: inbox.KindInvitation, Medium: settings.Medium(name), Code: password, SentAt: t.Now.Time()}
		if err := t.Deliver(m); err != nil {
			return err
		}
		if len(mediums) == 0 {
			return nil
		}
	}
	return nil
}
