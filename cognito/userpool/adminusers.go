package userpool

// The operations of an administrator on single users. In Cognito they are signed; here whoever reaches the pool may call
// them.

type adminUserInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	Username   string `json:"Username" is:"required,username"`
}

// userOutput is Cognito's UserType.
type userOutput struct {
	Username             string      `json:"Username"`
	Attributes           []attribute `json:"Attributes"`
	UserCreateDate       moment      `json:"UserCreateDate"`
	UserLastModifiedDate moment      `json:"UserLastModifiedDate"`
	Enabled              bool        `json:"Enabled"`
	UserStatus           string      `json:"UserStatus"`
}

func (u *userRecord) output(keep func(string) bool) userOutput {
	return userOutput{
		Username: u.Username, Attributes: attributeList(u.allAttributes(), keep), UserCreateDate: u.Created,
		UserLastModifiedDate: u.Modified, Enabled: !u.Disabled, UserStatus: u.Status,
	}
}

type adminGetUserOutput struct {
	Username             string      `json:"Username"`
	UserAttributes       []attribute `json:"UserAttributes"`
	UserCreateDate       moment      `json:"UserCreateDate"`
	UserLastModifiedDate moment      `json:"UserLastModifiedDate"`
	Enabled              bool        `json:"Enabled"`
	UserStatus           string      `json:"UserStatus"`
	PreferredMfaSetting  string      `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList   []string    `json:"UserMFASettingList,omitempty"`
	MFAOptions           []mfaOption `json:"MFAOptions,omitempty"`
}

func (p *Pool) adminGetUser(c *call, in *adminUserInput) (*adminGetUserOutput, error) {
	var u *userRecord
	var pool *poolRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		pool = t.pool
		u, err = t.mustFind(in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	factors, preferred := u.mfaSettings(pool)
	return &adminGetUserOutput{
		Username: u.Username, UserAttributes: attributeList(u.allAttributes(), everyAttribute), UserCreateDate: u.Created,
		UserLastModifiedDate: u.Modified, Enabled: !u.Disabled, UserStatus: u.Status,
		PreferredMfaSetting: preferred, UserMFASettingList: factors, MFAOptions: u.mfaOptions(),
	}, nil
}

// onUser runs a change on the user that an administrator names.
func (p *Pool) onUser(c *call, in *adminUserInput, fn func(*poolTx, *userRecord) error) (*empty, error) {
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		u, err := t.mustFind(in.Username)
		if err != nil {
			return err
		}
		return fn(t, u)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

// adminConfirmSignUp confirms a user without a code; unlike a code it verifies no address.
func (p *Pool) adminConfirmSignUp(c *call, in *adminUserInput) (*empty, error) {
	return p.onUser(c, in, func(t *poolTx, u *userRecord) error {
		if u.Status != statusUnconfirmed {
			return notAuthorized("User cannot be confirmed. Current status is %s", u.Status)
		}
		_, err := t.change(u.Sub, func(u *userRecord) error {
			u.Status = statusConfirmed
			return nil
		})
		return err
	})
}

func (p *Pool) adminEnableUser(c *call, in *adminUserInput) (*empty, error) {
	return p.onUser(c, in, func(t *poolTx, u *userRecord) error {
		_, err := t.change(u.Sub, func(u *userRecord) error {
			u.Disabled = false
			return nil
		})
		return err
	})
}

// adminDisableUser also revokes what the user holds, so that enabling the user again gives nothing back.
func (p *Pool) adminDisableUser(c *call, in *adminUserInput) (*empty, error) {
	return p.onUser(c, in, func(t *poolTx, u *userRecord) error {
		_, err := t.change(u.Sub, func(u *userRecord) error {
			u.Disabled = true
			return nil
		})
		if err != nil {
			return err
		}
		return t.signOut(u.Sub)
	})
}

func (p *Pool) adminUserGlobalSignOut(c *call, in *adminUserInput) (*empty, error) {
	return p.onUser(c, in, func(t *poolTx, u *userRecord) error { return t.signOut(u.Sub) })
}

func (p *Pool) adminDeleteUser(c *call, in *adminUserInput) (*noBody, error) {
	_, err := p.onUser(c, in, func(t *poolTx, u *userRecord) error { return t.dropUser(u) })
	return nil, err
}

// adminResetUserPassword makes the password useless and sends a code for a new one.
func (p *Pool) adminResetUserPassword(c *call, in *adminUserInput) (*empty, error) {
	code, err := newCode(6)
	if err != nil {
		return nil, err
	}
	return p.onUser(c, in, func(t *poolTx, u *userRecord) error {
		if u.Disabled {
			return userDisabled()
		}
		if u.Status == statusForceChange || u.Status == statusUnconfirmed {
			return notAuthorized("User password cannot be reset in the current state.")
		}
		to, _ := recoveryTarget(t.pool, u)
		if to == "" {
			return invalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
		}
		_, err := t.change(u.Sub, func(u *userRecord) error {
			u.Status = statusResetRequired
			return nil
		})
		if err != nil {
			return err
		}
		return t.send(u, forReset, kindAdminReset, to, u.Attributes[to], code, resetCodeLife)
	})
}

type adminSetPasswordInput struct {
	adminUserInput
	Password  string `json:"Password" is:"required,password"`
	Permanent bool   `json:"Permanent"`
}

func (p *Pool) adminSetUserPassword(c *call, in *adminSetPasswordInput) (*empty, error) {
	var found *userRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		if found, err = t.mustFind(in.Username); err != nil {
			return err
		}
		return checkPassword(t.pool.Policies.PasswordPolicy, in.Password)
	})
	if err != nil {
		return nil, err
	}
	rec, err := p.newPassword(in.UserPoolID, found.Username, in.Password, c.now)
	if err != nil {
		return nil, err
	}
	return p.onUser(c, &in.adminUserInput, func(t *poolTx, u *userRecord) error {
		if u.Sub != found.Sub {
			return userDoesNotExist() // the name changed hands meanwhile, and the password is bound to the user
		}
		if err := t.forgetFailures(u.Sub); err != nil {
			return err
		}
		_, err := t.change(u.Sub, func(u *userRecord) error {
			u.replacePassword(t.pool, rec)
			u.Status = statusForceChange
			if in.Permanent {
				u.Status = statusConfirmed
			}
			return nil
		})
		return err
	})
}

type adminUpdateAttributesInput struct {
	adminUserInput
	UserAttributes []attribute `json:"UserAttributes" is:"required"`
}

// adminUpdateUserAttributes changes attributes without codes. An administrator may mark addresses as verified; an address
// that changes without such a mark is unverified.
func (p *Pool) adminUpdateUserAttributes(c *call, in *adminUpdateAttributesInput) (*empty, error) {
	given := attributeMap(in.UserAttributes)
	return p.onUser(c, &in.adminUserInput, func(t *poolTx, u *userRecord) error {
		if err := t.pool.checkEdit(given); err != nil {
			return err
		}
		_, err := t.change(u.Sub, func(u *userRecord) error {
			for _, name := range sortedNames(given) {
				u.setByAdmin(name, given)
			}
			normaliseMarks(u.Attributes)
			return t.checkAliases(u)
		})
		return err
	})
}

func (u *userRecord) setByAdmin(name string, given map[string]string) {
	if given[name] == "" {
		u.removeAttribute(name)
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

func (p *Pool) adminDeleteUserAttributes(c *call, in *adminDeleteAttributesInput) (*empty, error) {
	return p.onUser(c, &in.adminUserInput, func(t *poolTx, u *userRecord) error {
		if err := t.pool.checkRemoval(in.UserAttributeNames); err != nil {
			return err
		}
		return t.removeAttributes(u.Sub, in.UserAttributeNames)
	})
}

type adminSetPreferenceInput struct {
	adminUserInput
	mfaSettings
}

// adminSetUserMFAPreference may switch TOTP on before the user has set it up; until then no sign-in asks for it.
func (p *Pool) adminSetUserMFAPreference(c *call, in *adminSetPreferenceInput) (*empty, error) {
	return p.onUser(c, &in.adminUserInput, func(t *poolTx, u *userRecord) error { return t.prefer(u.Sub, in.mfaSettings, true) })
}
