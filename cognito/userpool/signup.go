package userpool

import (
	"errors"
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

type confirmSignUpInput struct {
	ClientID           string `json:"ClientId" is:"required,clientId"`
	SecretHash         string `json:"SecretHash" is:"secret"`
	Username           string `json:"Username" is:"required,username"`
	ConfirmationCode   string `json:"ConfirmationCode" is:"required,code"`
	ForceAliasCreation bool   `json:"ForceAliasCreation"`
	Session            string `json:"Session" is:"session"`
}

type confirmSignUpOutput struct {
	Session string `json:"Session,omitempty"`
}

func (p *Pool) confirmSignUp(c *call, in *confirmSignUpInput) (*confirmSignUpOutput, error) {
	client, err := p.knock(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	var u *userRecord
	err = p.decide(client.UserPoolID, c.now, func(t *poolTx) (_, err error) {
		u, err = t.find(in.Username)
		if err != nil {
			return nil, err
		}
		if u == nil && !client.hidesExistence() {
			return nil, combinationNotFound()
		}
		if u == nil {
			return codeMismatch(), t.spend(countConfirm, t.account(nil, in.Username), confirmsPerHour)
		}
		if err := p.checkSignUpSession(client, in.Session, u); err != nil {
			return nil, err
		}
		return t.confirm(u, in.ConfirmationCode, in.ForceAliasCreation)
	})
	if err != nil {
		return nil, err
	}
	out := &confirmSignUpOutput{}
	out.Session, err = p.signUpSession(c, client, sessionConfirmed, u)
	return out, err
}

// confirm checks the state of a user before the code, so that a second confirmation is told so whatever its code.
func (t *poolTx) confirm(u *userRecord, code string, force bool) (refusal, err error) {
	if u.Disabled {
		return nil, userDisabled()
	}
	if u.Status != statusUnconfirmed {
		return nil, notAuthorized("User cannot be confirmed. Current status is %s", u.Status)
	}
	if err := t.spend(countConfirm, u.Sub, confirmsPerHour); err != nil {
		return nil, err
	}
	rec, err := t.checkCode(u, forSignUp, code)
	if err != nil {
		return refusalOf(err)
	}
	if err := t.claimAlias(u, rec.Attribute, force); err != nil {
		return nil, err
	}
	if err := t.useCode(u, forSignUp); err != nil {
		return nil, err
	}
	_, err = t.change(u.Sub, func(u *userRecord) error {
		u.Status = statusConfirmed
		u.verify(rec)
		return nil
	})
	return nil, err
}

// refusalOf sorts what a check says: a refusal lets the transaction stand, any other error undoes it.
func refusalOf(err error) (refusal, other error) {
	var api *apiError
	if errors.As(err, &api) {
		return api, nil
	}
	return nil, err
}

// verify marks the address that a code went to as the user's, unless it has been changed since.
func (u *userRecord) verify(rec *codeRecord) {
	if u.Attributes[rec.Attribute] == rec.Address {
		u.Attributes[rec.Attribute+"_verified"] = "true"
	}
}

// claimAlias makes sure that an address that is about to be verified names no other user. With force the other loses it.
func (t *poolTx) claimAlias(u *userRecord, name string, force bool) error {
	if !slices.Contains(t.pool.AliasAttributes, name) {
		return nil
	}
	sub := t.holder(name, u.Attributes[name])
	if sub == "" || sub == u.Sub {
		return nil
	}
	if !force {
		return fault("AliasExistsException", "An account with the %s already exists.", name)
	}
	_, err := t.change(sub, func(other *userRecord) error {
		other.Attributes[name+"_verified"] = "false"
		return nil
	})
	return err
}

// codeInput asks for a code for somebody by name.
type codeInput struct {
	ClientID   string `json:"ClientId" is:"required,clientId"`
	SecretHash string `json:"SecretHash" is:"secret"`
	Username   string `json:"Username" is:"required,username"`
}

type codeDeliveryOutput struct {
	CodeDeliveryDetails *codeDelivery `json:"CodeDeliveryDetails,omitempty"`
}

func (p *Pool) resendConfirmationCode(c *call, in *codeInput) (*codeDeliveryOutput, error) {
	return p.sendCode(c, in, countResend, resendsPerHour, func(t *poolTx, _ *clientRecord, u *userRecord, code string) (*codeDelivery, error) {
		return t.resend(u, code)
	})
}

// sendCode gives send the user who is named and a new code; for a name that nobody has, or a disabled user, it pretends.
func (p *Pool) sendCode(
	c *call, in *codeInput, what string, allowance int,
	send func(*poolTx, *clientRecord, *userRecord, string) (*codeDelivery, error),
) (*codeDeliveryOutput, error) {
	client, err := p.knock(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	code, err := newCode(6)
	if err != nil {
		return nil, err
	}
	out := &codeDeliveryOutput{}
	err = p.update(client.UserPoolID, c.now, func(t *poolTx) error {
		u, err := t.find(in.Username)
		if err != nil {
			return err
		}
		if u == nil || u.Disabled {
			out.CodeDeliveryDetails, err = p.pretend(t, client, u, in.Username, what, allowance)
			return err
		}
		out.CodeDeliveryDetails, err = send(t, client, u, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pretend answers a request for a code that cannot be sent: plainly where the client tells who exists, else as if it had
// been sent, limits included.
func (p *Pool) pretend(t *poolTx, client *clientRecord, u *userRecord, name, what string, allowance int) (*codeDelivery, error) {
	switch {
	case client.hidesExistence():
		return simulatedDelivery(t.pool, p.keys.of(t.pool.ID), name), t.spend(what, t.account(u, name), allowance)
	case u == nil:
		return nil, combinationNotFound()
	}
	return nil, userDisabled()
}

func (t *poolTx) resend(u *userRecord, code string) (*codeDelivery, error) {
	if u.Status != statusUnconfirmed {
		return nil, invalidParameter("User is already confirmed.")
	}
	to := verificationTarget(t.pool, u.Attributes)
	if to == "" {
		return nil, invalidParameter("Auto verification not turned on.")
	}
	if err := t.spend(countResend, u.Sub, resendsPerHour); err != nil {
		return nil, err
	}
	return delivery(to, u.Attributes[to]), t.send(u, forSignUp, kindResend, to, u.Attributes[to], code, signUpCodeLife)
}
