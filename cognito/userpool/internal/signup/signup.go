// Package signup has the operations that need an app client but no sign-in: sign-up, confirmation codes and password
// recovery.
package signup

import (
	"slices"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// Operations are the operations of this package.
type Operations struct{ *service.Service }

type signUpInput struct {
	ClientID       string               `json:"ClientId" is:"required,clientId"`
	SecretHash     string               `json:"SecretHash" is:"secret"`
	Username       string               `json:"Username" is:"required,username"`
	Password       string               `json:"Password" is:"password"`
	UserAttributes []settings.Attribute `json:"UserAttributes"`
	ValidationData []settings.Attribute `json:"ValidationData"`
}

type signUpOutput struct {
	UserConfirmed       bool                   `json:"UserConfirmed"`
	UserSub             string                 `json:"UserSub"`
	CodeDeliveryDetails *settings.CodeDelivery `json:"CodeDeliveryDetails,omitempty"`
	Session             string                 `json:"Session,omitempty"`
}

// SignUp creates an unconfirmed user.
func (o *Operations) SignUp(c *service.Call, in *signUpInput) (*signUpOutput, error) {
	client, err := o.AuthenticateClient(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	var u *store.User
	err = o.View(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		u, err = newUser(t, client, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.Password != "" {
		if u.Password, err = o.NewPassword(client.UserPoolID, u.Username, in.Password, c.Now); err != nil {
			return nil, err
		}
	}
	code, err := random.Digits(6)
	if err != nil {
		return nil, err
	}
	out := &signUpOutput{UserSub: u.Sub}
	err = o.Update(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		out.CodeDeliveryDetails, err = storeUser(t, u, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Session, err = o.signUpSession(c, client, store.SessionSignUp, u)
	return out, err
}

// newUser checks a sign-up against the pool and the client and returns the user to create.
func newUser(t *store.Tx, client *settings.Client, in *signUpInput) (*store.User, error) {
	if t.Pool.AdminCreateUserConfig.AllowAdminCreateUserOnly {
		return nil, exception.NotAuthorized("SignUp is not permitted for this user pool")
	}
	attributes := settings.AttributeMap(in.UserAttributes)
	if err := settings.CheckWritable(client, settings.SortedNames(attributes)); err != nil {
		return nil, err
	}
	if err := settings.SetNameAttribute(t.Pool, in.Username, attributes); err != nil {
		return nil, err
	}
	if err := settings.CheckNewUser(t.Pool, attributes); err != nil {
		return nil, err
	}
	if slices.Contains(t.Pool.AliasAttributes, "preferred_username") && attributes["preferred_username"] != "" {
		return nil, exception.InvalidParameter("preferred_username can be set once the user is confirmed.")
	}
	if in.Password != "" || !t.Pool.Passwordless(attributes) {
		if err := settings.CheckPassword(t.Pool.Policies.PasswordPolicy, in.Password); err != nil {
			return nil, err
		}
	}
	u := store.NewUser(t.Pool, in.Username, attributes, t.Now)
	u.Status = store.StatusUnconfirmed
	return u, checkNamesFree(t, u)
}

// checkNamesFree rejects a user one of whose names is taken. Cognito always says so, even where it hides which users
// exist.
func checkNamesFree(t *store.Tx, u *store.User) error {
	kind := t.TakenName(u)
	if kind == "" {
		return nil
	}
	holder, err := t.User(t.NameOwner(kind, t.Names(u)[kind]))
	if err != nil {
		return err
	}
	if kind != "username" && holder != nil && holder.Verified(kind) {
		return exception.New("UsernameExistsException", "An account with the given %s already exists.", kind)
	}
	return exception.New("UsernameExistsException", "User already exists")
}

// storeUser stores a new user and sends the code that confirms the address, if there is an address to confirm.
func storeUser(t *store.Tx, u *store.User, code string) (*settings.CodeDelivery, error) {
	if err := checkNamesFree(t, u); err != nil {
		return nil, err
	}
	if err := t.PutUser(nil, u); err != nil {
		return nil, err
	}
	to := settings.VerificationTarget(t.Pool, u.Attributes)
	if to == "" {
		return nil, nil
	}
	return settings.NewDelivery(to, u.Attributes[to]), t.SendCode(u, store.ForSignUp, inbox.KindSignUp, to, u.Attributes[to], code, store.SignUpCodeLifetime)
}
