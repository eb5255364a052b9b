package signin

import (
	"crypto/subtle"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// realName returns the name that the password is hashed with.
func (a *attempt) realName() string {
	if a.user == nil {
		return a.name
	}
	return a.user.Username
}

func (a *attempt) password() *store.Password {
	if a.user == nil {
		return nil
	}
	return a.user.Password
}

func (o *Operations) passwordSignIn(c *service.Call, client *settings.Client, parameters map[string]string) (*authOutput, error) {
	a, err := o.newAttempt(c, client, parameters["USERNAME"])
	if err != nil {
		return nil, err
	}
	a.device = deviceKeyIn(parameters)
	return o.tryPassword(c, client, a, parameters["PASSWORD"])
}

func (o *Operations) tryPassword(c *service.Call, client *settings.Client, a *attempt, password string) (*authOutput, error) {
	if !o.PasswordMatches(a.pool.ID, a.realName(), password, a.password()) {
		return nil, o.failedSignIn(c, a)
	}
	return o.passwordVerified(c, client, a)
}

// failedSignIn counts a failure, in the same way for users who exist and those who do not.
func (o *Operations) failedSignIn(c *service.Call, a *attempt) error {
	return o.Decide(a.pool.ID, c.Now, func(t *store.Tx) (error, error) {
		return exception.IncorrectPassword(), t.CountFailure(a.account)
	})
}

// passwordVerified continues after a correct password. It reads the user again, since things may have changed while
// the password was computed.
func (o *Operations) passwordVerified(c *service.Call, client *settings.Client, a *attempt) (*authOutput, error) {
	w := &progress{client: client, sub: a.user.Sub, device: a.device}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		u, err := recheckUser(t, a)
		if err != nil {
			return nil, nil, err
		}
		if a.session != nil {
			if err := t.ConsumeSession(*a.session); err != nil {
				return nil, nil, err
			}
		}
		return u, nil, t.ForgetFailures(a.account)
	})
}

// recheckUser reads the user of an attempt again and makes the checks that come with or after the password.
func recheckUser(t *store.Tx, a *attempt) (*store.User, error) {
	if err := t.CheckLock(a.account); err != nil {
		return nil, err
	}
	u, err := t.User(a.user.Sub)
	switch {
	case err != nil:
		return nil, err
	case u == nil || u.Password == nil || subtle.ConstantTimeCompare(u.Password.Verifier, a.user.Password.Verifier) != 1:
		return nil, exception.IncorrectPassword()
	case u.Disabled:
		return nil, exception.UserDisabled()
	case u.Status == store.StatusResetRequired:
		return nil, exception.New("PasswordResetRequiredException", "Password reset required for the user")
	case u.TemporaryPasswordExpired(t.Pool, t.Now):
		return nil, exception.NotAuthorized("Temporary password has expired and must be reset by an administrator.")
	}
	return u, nil
}
