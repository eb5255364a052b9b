package signup

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// ForgotPassword sends a code to reset the password with.
func (o *Operations) ForgotPassword(c *service.Call, in *codeInput) (*settings.CodeDeliveryOutput, error) {
	return o.sendCode(c, in, store.CountForgot, store.ForgotsPerHour, func(t *store.Tx, client *settings.Client, u *store.User, code string) (*settings.CodeDelivery, error) {
		return o.startReset(t, client, u, in.Username, code)
	})
}

// startReset sends a reset code to a verified address of a user. The lack of one would reveal that the user exists,
// so it is hidden like existence.
func (o *Operations) startReset(t *store.Tx, client *settings.Client, u *store.User, name, code string) (*settings.CodeDelivery, error) {
	if u.Status == store.StatusForceChange {
		return nil, exception.NotAuthorized("User password cannot be reset in the current state.")
	}
	to, adminOnly := store.RecoveryTarget(t.Pool, u)
	switch {
	case adminOnly:
		return nil, exception.NotAuthorized("Contact administrator to reset password.")
	case to == "" && client.HidesExistence():
		return o.pretendToSend(t, client, u, name, store.CountForgot, store.ForgotsPerHour)
	case to == "" || u.Status == store.StatusUnconfirmed:
		return nil, exception.InvalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
	}
	if err := t.CountUse(store.CountForgot, u.Sub, store.ForgotsPerHour); err != nil {
		return nil, err
	}
	return settings.NewDelivery(to, u.Attributes[to]), t.SendCode(u, store.ForReset, inbox.KindForgot, to, u.Attributes[to], code, store.ResetCodeLifetime)
}

type confirmForgotInput struct {
	ClientID         string `json:"ClientId" is:"required,clientId"`
	SecretHash       string `json:"SecretHash" is:"secret"`
	Username         string `json:"Username" is:"required,username"`
	ConfirmationCode string `json:"ConfirmationCode" is:"required,code"`
	Password         string `json:"Password" is:"required,password"`
}

// ConfirmForgotPassword sets a new password with the code from ForgotPassword.
func (o *Operations) ConfirmForgotPassword(c *service.Call, in *confirmForgotInput) (*service.Empty, error) {
	client, err := o.AuthenticateClient(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	name := in.Username
	var pool *settings.Pool
	var found *store.User
	err = o.View(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		pool = t.Pool
		found, err = t.Find(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The password is checked and hashed before the code, for users who exist and for those who do not, so that neither
	// the response nor its timing tells them apart.
	if found != nil {
		name = found.Username
	} else if !client.HidesExistence() {
		return nil, exception.CombinationNotFound()
	}
	if err := settings.CheckPassword(pool.Policies.PasswordPolicy, in.Password); err != nil {
		return nil, err
	}
	rec, err := o.NewPassword(client.UserPoolID, name, in.Password, c.Now)
	if err != nil {
		return nil, err
	}
	used := found != nil && o.PasswordUsed(pool, found, in.Password)
	err = o.Decide(client.UserPoolID, c.Now, func(t *store.Tx) (error, error) {
		return finishReset(t, client, found, in, rec, used)
	})
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, nil
}

func finishReset(t *store.Tx, client *settings.Client, found *store.User, in *confirmForgotInput, rec *store.Password, used bool) (refusal, err error) {
	if err := t.CountUse(store.CountConfirmForgot, t.AccountKey(found, in.Username), store.ConfirmForgotsPerHour); err != nil {
		return nil, err
	}
	if found == nil {
		return exception.CodeMismatch(), nil
	}
	u, err := t.User(found.Sub)
	switch {
	case err != nil:
		return nil, err
	case u == nil:
		return exception.CodeMismatch(), nil
	case u.Disabled && client.HidesExistence():
		return exception.CodeMismatch(), nil
	case u.Disabled:
		return exception.UserDisabled(), nil
	}
	if _, err := t.CheckCode(u, store.ForReset, in.ConfirmationCode); err != nil {
		return exception.AsRefusal(err)
	}
	if used {
		return exception.PasswordReused(), nil
	}
	if err := t.UseCode(u, store.ForReset); err != nil {
		return nil, err
	}
	if err := t.ForgetFailures(u.Sub); err != nil {
		return nil, err
	}
	_, err = t.EditUser(u.Sub, func(u *store.User) error {
		u.SetPassword(t.Pool, rec)
		u.Status = store.StatusConfirmed
		return nil
	})
	return nil, err
}
