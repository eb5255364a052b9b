package userpool

import (
	"slices"
	"strings"
)

type adminCreateUserInput struct {
	UserPoolID             string      `json:"UserPoolId" is:"required,poolId"`
	Username               string      `json:"Username" is:"required,username"`
	UserAttributes         []attribute `json:"UserAttributes"`
	TemporaryPassword      string      `json:"TemporaryPassword" is:"password"`
	ForceAliasCreation     bool        `json:"ForceAliasCreation"`
	MessageAction          string      `json:"MessageAction" is:"messageAction"`
	DesiredDeliveryMediums []string    `json:"DesiredDeliveryMediums" is:"medium"`
}

type adminCreateUserOutput struct {
	User userOutput `json:"User"`
}

func (p *Pool) adminCreateUser(c *call, in *adminCreateUserInput) (*adminCreateUserOutput, error) {
	var u *userRecord
	var pool *poolRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		pool = t.pool
		if in.MessageAction == "RESEND" {
			u, err = t.invited(in.Username)
		} else {
			u, err = t.nominee(in)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	password := in.TemporaryPassword
	if password == "" && in.MessageAction != "RESEND" && pool.passwordless(u.Attributes) {
		return p.admitPasswordless(c, in, u)
	}
	if password == "" {
		if password, err = generatePassword(pool.Policies.PasswordPolicy); err != nil {
			return nil, err
		}
	}
	if err := checkPassword(pool.Policies.PasswordPolicy, password); err != nil {
		return nil, err
	}
	rec, err := p.newPassword(pool.ID, u.Username, password, c.now)
	if err != nil {
		return nil, err
	}
	var out *adminCreateUserOutput
	err = p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		stored, err := t.invite(in, u, rec, password)
		if err != nil {
			return err
		}
		out = &adminCreateUserOutput{User: stored.output(everyAttribute)}
		return nil
	})
	return out, err
}

// admitPasswordless stores a user who signs in with one-time codes. There is no password to set or to send, so the user is
// confirmed at once.
func (p *Pool) admitPasswordless(c *call, in *adminCreateUserInput, u *userRecord) (*adminCreateUserOutput, error) {
	u.Status = statusConfirmed
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if err := t.checkNominee(u, in.ForceAliasCreation); err != nil {
			return err
		}
		return t.putUser(nil, u)
	})
	if err != nil {
		return nil, err
	}
	return &adminCreateUserOutput{User: u.output(everyAttribute)}, nil
}

// invited is the user whose invitation is to be sent again.
func (t *poolTx) invited(name string) (*userRecord, error) {
	u, err := t.mustFind(name)
	if err == nil && u.Status != statusForceChange {
		err = fault("UnsupportedUserStateException", "Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", u.Username)
	}
	return u, err
}

// nominee checks what an administrator asks for and gives the user that is to be made.
func (t *poolTx) nominee(in *adminCreateUserInput) (*userRecord, error) {
	attributes := attributeMap(in.UserAttributes)
	if err := nameInto(t.pool, in.Username, attributes); err != nil {
		return nil, err
	}
	if _, given := attributes["sub"]; given {
		return nil, invalidParameter("Cannot modify the non-mutable attribute sub")
	}
	if err := checkNewUser(t.pool, attributes); err != nil {
		return nil, err
	}
	normaliseMarks(attributes)
	u := newUser(t.pool, in.Username, attributes, t.now)
	u.Status = statusForceChange
	return u, t.checkNominee(u, in.ForceAliasCreation)
}

// normaliseMarks writes the marks of verified addresses as GetUser shows them.
func normaliseMarks(attributes map[string]string) {
	for _, name := range []string{"email_verified", "phone_number_verified"} {
		if v, ok := attributes[name]; ok {
			attributes[name] = strings.ToLower(v)
		}
	}
}

func (t *poolTx) checkNominee(u *userRecord, force bool) error {
	kind := t.taken(u)
	isName := kind == "username" || slices.Contains(t.pool.UsernameAttributes, kind)
	switch {
	case kind == "":
		return nil
	case isName:
		return fault("UsernameExistsException", "User account already exists")
	case force:
		return t.claimAlias(u, kind, true)
	}
	return aliasExists(kind)
}

// invite stores a user with a temporary password, or a new one for a user who was invited before, and sends it.
func (t *poolTx) invite(in *adminCreateUserInput, u *userRecord, rec *passwordRecord, password string) (*userRecord, error) {
	var stored *userRecord
	var err error
	if in.MessageAction == "RESEND" {
		stored, err = t.change(u.Sub, func(u *userRecord) error {
			u.replacePassword(t.pool, rec)
			return nil
		})
	} else {
		copied := *u
		stored = &copied
		stored.Password = rec
		if err = t.checkNominee(stored, in.ForceAliasCreation); err == nil {
			err = t.putUser(nil, stored)
		}
	}
	if err != nil || in.MessageAction == "SUPPRESS" {
		return stored, err
	}
	return stored, t.sendInvitation(stored, password, in.DesiredDeliveryMediums)
}

// sendInvitation sends by SMS unless e-mail is asked for, as Cognito does, but prefers an address that exists.
func (t *poolTx) sendInvitation(u *userRecord, password string, mediums []string) error {
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
		m := inboxRecord{To: to, Kind: kindInvitation, Medium: medium(name), Code: password, SentAt: t.now.time()}
		if err := t.deliver(m); err != nil {
			return err
		}
		if len(mediums) == 0 {
			return nil
		}
	}
	return nil
}
