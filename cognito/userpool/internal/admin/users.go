// Package admin has the operations of an administrator: on pools, app clients, groups and users. In Cognito they are
// signed with AWS credentials; here anyone who reaches the pool may call them.
package admin

import (
	"authgraph/cognito/userpool/internal/account"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// Operations are the operations of this package.
type Operations struct {
	*service.Service
	Region        string // of new pools
	DefaultPool   string // id of the pool that the file was created with, which cannot be deleted
	DefaultClient string // id of its client, which cannot be deleted either
}

type adminUserInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	Username   string `json:"Username" is:"required,username"`
}

// userOutput is Cognito's UserType.
type userOutput struct {
	Username             string               `json:"Username"`
	Attributes           []settings.Attribute `json:"Attributes"`
	UserCreateDate       epoch.Time           `json:"UserCreateDate"`
	UserLastModifiedDate epoch.Time           `json:"UserLastModifiedDate"`
	Enabled              bool                 `json:"Enabled"`
	UserStatus           string               `json:"UserStatus"`
}

func describeUser(u *store.User, keep func(string) bool) userOutput {
	return userOutput{
		Username: u.Username, Attributes: settings.AttributeList(u.AllAttributes(), keep), UserCreateDate: u.Created,
		UserLastModifiedDate: u.Modified, Enabled: !u.Disabled, UserStatus: u.Status,
	}
}

type adminGetUserOutput struct {
	Username             string               `json:"Username"`
	UserAttributes       []settings.Attribute `json:"UserAttributes"`
	UserCreateDate       epoch.Time           `json:"UserCreateDate"`
	UserLastModifiedDate epoch.Time           `json:"UserLastModifiedDate"`
	Enabled              bool                 `json:"Enabled"`
	UserStatus           string               `json:"UserStatus"`
	PreferredMfaSetting  string               `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList   []string             `json:"UserMFASettingList,omitempty"`
	MFAOptions           []account.MFAOption  `json:"MFAOptions,omitempty"`
}

// AdminGetUser returns a user with all attributes.
func (o *Operations) AdminGetUser(c *service.Call, in *adminUserInput) (*adminGetUserOutput, error) {
	var u *store.User
	var pool *settings.Pool
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		pool = t.Pool
		u, err = t.MustFind(in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	factors, preferred := u.MFASettings(pool)
	return &adminGetUserOutput{
		Username: u.Username, UserAttributes: settings.AttributeList(u.AllAttributes(), settings.AllAttributes), UserCreateDate: u.Created,
		UserLastModifiedDate: u.Modified, Enabled: !u.Disabled, UserStatus: u.Status,
		PreferredMfaSetting: preferred, UserMFASettingList: factors, MFAOptions: account.MFAOptions(factors),
	}, nil
}

// updateUser runs fn in a transaction on the named user.
func (o *Operations) updateUser(c *service.Call, in *adminUserInput, fn func(*store.Tx, *store.User) error) (*service.Empty, error) {
	return &service.Empty{}, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		u, err := t.MustFind(in.Username)
		if err != nil {
			return err
		}
		return fn(t, u)
	})
}

// AdminConfirmSignUp confirms a user without a code. It does not verify an address.
func (o *Operations) AdminConfirmSignUp(c *service.Call, in *adminUserInput) (*service.Empty, error) {
	return o.updateUser(c, in, func(t *store.Tx, u *store.User) error {
		if u.Status != store.StatusUnconfirmed {
			return exception.NotAuthorized("User cannot be confirmed. Current status is %s", u.Status)
		}
		_, err := t.EditUser(u.Sub, func(u *store.User) error {
			u.Status = store.StatusConfirmed
			return nil
		})
		return err
	})
}

// AdminEnableUser enables a user again.
func (o *Operations) AdminEnableUser(c *service.Call, in *adminUserInput) (*service.Empty, error) {
	return o.updateUser(c, in, func(t *store.Tx, u *store.User) error {
		_, err := t.EditUser(u.Sub, func(u *store.User) error {
			u.Disabled = false
			return nil
		})
		return err
	})
}

// AdminDisableUser disables a user and revokes all tokens, so that enabling the user again restores none.
func (o *Operations) AdminDisableUser(c *service.Call, in *adminUserInput) (*service.Empty, error) {
	return o.updateUser(c, in, func(t *store.Tx, u *store.User) error {
		_, err := t.EditUser(u.Sub, func(u *store.User) error {
			u.Disabled = true
			return nil
		})
		if err != nil {
			return err
		}
		return t.SignOut(u.Sub)
	})
}

// AdminUserGlobalSignOut revokes everything that a user holds.
func (o *Operations) AdminUserGlobalSignOut(c *service.Call, in *adminUserInput) (*service.Empty, error) {
	return o.updateUser(c, in, func(t *store.Tx, u *store.User) error { return t.SignOut(u.Sub) })
}

// AdminDeleteUser deletes a user.
func (o *Operations) AdminDeleteUser(c *service.Call, in *adminUserInput) (*service.NoBody, error) {
	_, err := o.updateUser(c, in, func(t *store.Tx, u *store.User) error { return t.DeleteUser(u) })
	return nil, err
}

// AdminResetUserPassword invalidates the password and sends a code to set a new one with.
func (o *Operations) AdminResetUserPassword(c *service.Call, in *adminUserInput) (*service.Empty, error) {
	code, err := random.Digits(6)
	if err != nil {
		return nil, err
	}
	return o.updateUser(c, in, func(t *store.Tx, u *store.User) error {
		if u.Disabled {
			return exception.UserDisabled()
		}
		if u.Status == store.StatusForceChange || u.Status == store.StatusUnconfirmed {
			return exception.NotAuthorized("User password cannot be reset in the current state.")
		}
		to, _ := store.RecoveryTarget(t.Pool, u)
		if to == "" {
			return exception.InvalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
		}
		_, err := t.EditUser(u.Sub, func(u *store.User) error {
			u.Status = store.StatusResetRequired
			return nil
		})
		if err != nil {
			return err
		}
		return t.SendCode(u, store.ForReset, inbox.KindAdminReset, to, u.Attributes[to], code, store.ResetCodeLifetime)
	})
}

type adminSetPasswordInput struct {
	adminUserInput
	Password  string `json:"Password" is:"required,password"`
	Permanent bool   `json:"Permanent"`
}

// AdminSetUserPassword sets a password, permanent or temporary.
func (o *Operations) AdminSetUserPassword(c *service.Call, in *adminSetPasswordInput) (*service.Empty, error) {
	var found *store.User
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		if found, err = t.MustFind(in.Username); err != nil {
			return err
		}
		return settings.CheckPassword(t.Pool.Policies.PasswordPolicy, in.Password)
	})
	if err != nil {
		return nil, err
	}
	rec, err := o.NewPassword(in.UserPoolID, found.Username, in.Password, c.Now)
	if err != nil {
		return nil, err
	}
	return o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error {
		if u.Sub != found.Sub {
			return exception.UserDoesNotExist() // the name belongs to another user now, and the password is bound to the user
		}
		if err := t.ForgetFailures(u.Sub); err != nil {
			return err
		}
		_, err := t.EditUser(u.Sub, func(u *store.User) error {
			u.SetPassword(t.Pool, rec)
			u.Status = store.StatusForceChange
			if in.Permanent {
				u.Status = store.StatusConfirmed
			}
			return nil
		})
		return err
	})
}

type adminUpdateAttributesInput struct {
	adminUserInput
	UserAttributes []settings.Attribute `json:"UserAttributes" is:"required"`
}

// AdminUpdateUserAttributes changes attributes without codes. An administrator may mark addresses as verified;
// otherwise a changed address is unverified.
func (o *Operations) AdminUpdateUserAttributes(c *service.Call, in *adminUpdateAttributesInput) (*service.Empty, error) {
	given := settings.AttributeMap(in.UserAttributes)
	return o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error {
		if err := t.Pool.CheckEdit(given); err != nil {
			return err
		}
		_, err := t.EditUser(u.Sub, func(u *store.User) error {
			for _, name := range settings.SortedNames(given) {
				setAttribute(u, name, given)
			}
			normalizeVerified(u.Attributes)
			return t.CheckAliases(u)
		})
		return err
	})
}

func setAttribute(u *store.User, name string, given map[string]string) {
	if given[name] == "" {
		u.RemoveAttribute(name)
		return
	}
	mark := name + "_verified"
	if _, marked := given[mark]; !marked && (name == "email" || name == "phone_number") && u.Attributes[name] != given[name] {
		u.Attributes[mark] = "false"
	}
	u.Attributes[name] = given[name]
}

type adminDeleteAttributesInput struct {
	adminUserInput
	UserAttributeNames []string `json:"UserAttributeNames" is:"required,attributeName"`
}

// AdminDeleteUserAttributes removes attributes of a user.
func (o *Operations) AdminDeleteUserAttributes(c *service.Call, in *adminDeleteAttributesInput) (*service.Empty, error) {
	return o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error {
		if err := t.Pool.CheckRemoval(in.UserAttributeNames); err != nil {
			return err
		}
		return t.RemoveAttributes(u.Sub, in.UserAttributeNames)
	})
}

type adminSetPreferenceInput struct {
	adminUserInput
	account.MFASettings
}

// AdminSetUserMFAPreference enables and prefers second factors of a user. TOTP can be enabled before the user has set
// it up; until then no sign-in asks for it.
func (o *Operations) AdminSetUserMFAPreference(c *service.Call, in *adminSetPreferenceInput) (*service.Empty, error) {
	return o.updateUser(c, &in.adminUserInput, func(t *store.Tx, u *store.User) error { return account.SetPreferences(t, u.Sub, in.MFASettings) })
}
