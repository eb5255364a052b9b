package userpool

import (
	"slices"
)

type signUpInput struct {
	ClientID       string      `json:"ClientId" is:"required,clientId"`
	SecretHash     string      `json:"SecretHash" is:"secret"`
	Username       string      `json:"Username" is:"required,username"`
	Password       string      `json:"Password" is:"password"`
	UserAttributes []attribute `json:"UserAttributes"`
	ValidationData []attribute `json:"ValidationData"`
}

type signUpOutput struct {
	UserConfirmed       bool          `json:"UserConfirmed"`
	UserSub             string        `json:"UserSub"`
	CodeDeliveryDetails *codeDelivery `json:"CodeDeliveryDetails,omitempty"`
	Session             string        `json:"Session,omitempty"`
}

func (p *Pool) signUp(c *call, in *signUpInput) (*signUpOutput, error) {
	client, err := p.knock(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	var u *userRecord
	err = p.view(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		u, err = t.applicant(client, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.Password != "" {
		if u.Password, err = p.newPassword(client.UserPoolID, u.Username, in.Password, c.now); err != nil {
			return nil, err
		}
	}
	code, err := newCode(6)
	if err != nil {
		return nil, err
	}
	out := &signUpOutput{UserSub: u.Sub}
	err = p.update(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		out.CodeDeliveryDetails, err = t.admit(u, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Session, err = p.signUpSession(c, client, sessionSignUp, u)
	return out, err
}

// applicant checks a sign-up against pool and client and gives the user that it asks for.
func (t *poolTx) applicant(client *clientRecord, in *signUpInput) (*userRecord, error) {
	if t.pool.AdminCreateUserConfig.AllowAdminCreateUserOnly {
		return nil, notAuthorized("SignUp is not permitted for this user pool")
	}
	attributes := attributeMap(in.UserAttributes)
	if err := checkWritable(client, sortedNames(attributes)); err != nil {
		return nil, err
	}
	if err := nameInto(t.pool, in.Username, attributes); err != nil {
		return nil, err
	}
	if err := checkNewUser(t.pool, attributes); err != nil {
		return nil, err
	}
	if slices.Contains(t.pool.AliasAttributes, "preferred_username") && attributes["preferred_username"] != "" {
		return nil, invalidParameter("preferred_username can be set once the user is confirmed.")
	}
	if in.Password != "" || !t.pool.passwordless(attributes) {
		if err := checkPassword(t.pool.Policies.PasswordPolicy, in.Password); err != nil {
			return nil, err
		}
	}
	u := newUser(t.pool, in.Username, attributes, t.now)
	u.Status = statusUnconfirmed
	return u, t.checkFree(u)
}

// checkFree refuses a user one of whose names is taken. Cognito says so in every case, even where it hides whether users
// exist.
func (t *poolTx) checkFree(u *userRecord) error {
	kind := t.taken(u)
	if kind == "" {
		return nil
	}
	holder, err := t.user(t.holder(kind, t.names(u)[kind]))
	if err != nil {
		return err
	}
	if kind != "username" && holder != nil && holder.verified(kind) {
		return fault("UsernameExistsException", "An account with the given %s already exists.", kind)
	}
	return fault("UsernameExistsException", "User already exists")
}

// admit stores a new user and sends the code that confirms the address, if there is one to confirm.
func (t *poolTx) admit(u *userRecord, code string) (*codeDelivery, error) {
	if err := t.checkFree(u); err != nil {
		return nil, err
	}
	if err := t.putUser(nil, u); err != nil {
		return nil, err
	}
	to := verificationTarget(t.pool, u.Attributes)
	if to == "" {
		return nil, nil
	}
	return delivery(to, u.Attributes[to]), t.send(u, forSignUp, kindSignUp, to, u.Attributes[to], code, signUpCodeLife)
}
