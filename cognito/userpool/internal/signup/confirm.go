package signup

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

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

// ConfirmSignUp confirms a user with the code from SignUp.
func (o *Operations) ConfirmSignUp(c *service.Call, in *confirmSignUpInput) (*confirmSignUpOutput, error) {
	client, err := o.AuthenticateClient(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	var u *store.User
	err = o.Decide(client.UserPoolID, c.Now, func(t *store.Tx) (_, err error) {
		u, err = t.Find(in.Username)
		if err != nil {
			return nil, err
		}
		if u == nil && !client.HidesExistence() {
			return nil, exception.CombinationNotFound()
		}
		if u == nil {
			return exception.CodeMismatch(), t.CountUse(store.CountConfirm, t.AccountKey(nil, in.Username), store.ConfirmsPerHour)
		}
		if err := o.checkSignUpSession(client, in.Session, u); err != nil {
			return nil, err
		}
		return confirmUser(t, u, in.ConfirmationCode, in.ForceAliasCreation)
	})
	if err != nil {
		return nil, err
	}
	out := &confirmSignUpOutput{}
	out.Session, err = o.signUpSession(c, client, store.SessionConfirmed, u)
	return out, err
}

// confirmUser checks the user's status before the code, so that a second confirmation gets the same response whatever
// its code.
func confirmUser(t *store.Tx, u *store.User, code string, force bool) (refusal, err error) {
	if u.Disabled {
		return nil, exception.UserDisabled()
	}
	if u.Status != store.StatusUnconfirmed {
		return nil, exception.NotAuthorized("User cannot be confirmed. Current status is %s", u.Status)
	}
	if err := t.CountUse(store.CountConfirm, u.Sub, store.ConfirmsPerHour); err != nil {
		return nil, err
	}
	rec, err := t.CheckCode(u, store.ForSignUp, code)
	if err != nil {
		return exception.AsRefusal(err)
	}
	if err := t.ClaimAlias(u, rec.Attribute, force); err != nil {
		return nil, err
	}
	if err := t.UseCode(u, store.ForSignUp); err != nil {
		return nil, err
	}
	_, err = t.EditUser(u.Sub, func(u *store.User) error {
		u.Status = store.StatusConfirmed
		u.VerifyAddress(rec)
		return nil
	})
	return nil, err
}

// signUpSession returns the session of SignUp or ConfirmSignUp, or "" if the client does not allow USER_AUTH.
//
// A sign-up can continue as a sign-in. InitiateAuth with USER_AUTH accepts the session of ConfirmSignUp as the first
// factor, since the confirmation code has proven the address. ConfirmSignUp therefore returns its session even
// without the session of SignUp.
func (o *Operations) signUpSession(c *service.Call, client *settings.Client, kind string, u *store.User) (string, error) {
	if !client.Allows("USER_AUTH") {
		return "", nil
	}
	s := store.Session{Challenge: kind, Sub: u.Sub, FirstFactorDone: true, PasswordFingerprint: store.PasswordFingerprint(u)}
	return store.NewSession(o.Keys.ForPool(client.UserPoolID), client, s, c.Now)
}

// checkSignUpSession rejects a session that is not from SignUp or belongs to another user. An expired one is
// accepted, since codes live much longer than sessions.
func (o *Operations) checkSignUpSession(client *settings.Client, text string, u *store.User) error {
	if text == "" {
		return nil
	}
	s, err := store.OpenSession(o.Keys.ForPool(client.UserPoolID), client, store.SessionSignUp, text)
	if err == nil && s.Sub != u.Sub {
		err = exception.InvalidSession()
	}
	return err
}
