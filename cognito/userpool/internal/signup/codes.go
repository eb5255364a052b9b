package signup

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// codeInput is the input of operations that send a code to a user.
type codeInput struct {
	ClientID   string `json:"ClientId" is:"required,clientId"`
	SecretHash string `json:"SecretHash" is:"secret"`
	Username   string `json:"Username" is:"required,username"`
}

// ResendConfirmationCode sends a new sign-up code.
func (o *Operations) ResendConfirmationCode(c *service.Call, in *codeInput) (*settings.CodeDeliveryOutput, error) {
	return o.sendCode(c, in, store.CountResend, store.ResendsPerHour, func(t *store.Tx, _ *settings.Client, u *store.User, code string) (*settings.CodeDelivery, error) {
		return resendCode(t, u, code)
	})
}

func resendCode(t *store.Tx, u *store.User, code string) (*settings.CodeDelivery, error) {
	if u.Status != store.StatusUnconfirmed {
		return nil, exception.InvalidParameter("User is already confirmed.")
	}
	to := settings.VerificationTarget(t.Pool, u.Attributes)
	if to == "" {
		return nil, exception.InvalidParameter("Auto verification not turned on.")
	}
	if err := t.CountUse(store.CountResend, u.Sub, store.ResendsPerHour); err != nil {
		return nil, err
	}
	return settings.NewDelivery(to, u.Attributes[to]), t.SendCode(u, store.ForSignUp, inbox.KindResend, to, u.Attributes[to], code, store.SignUpCodeLifetime)
}

// sendCode calls send with the named user and a new code. For unknown and disabled users it only pretends to.
func (o *Operations) sendCode(
	c *service.Call, in *codeInput, what string, allowance int,
	send func(*store.Tx, *settings.Client, *store.User, string) (*settings.CodeDelivery, error),
) (*settings.CodeDeliveryOutput, error) {
	client, err := o.AuthenticateClient(in.ClientID, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	code, err := random.Digits(6)
	if err != nil {
		return nil, err
	}
	out := &settings.CodeDeliveryOutput{}
	err = o.Update(client.UserPoolID, c.Now, func(t *store.Tx) error {
		u, err := t.Find(in.Username)
		if err != nil {
			return err
		}
		if u == nil || u.Disabled {
			out.CodeDeliveryDetails, err = o.pretendToSend(t, client, u, in.Username, what, allowance)
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

// pretendToSend responds to a request for a code that cannot be sent. If the client hides which users exist, the
// response, including limits, looks as if the code had been sent.
func (o *Operations) pretendToSend(t *store.Tx, client *settings.Client, u *store.User, name, what string, allowance int) (*settings.CodeDelivery, error) {
	switch {
	case client.HidesExistence():
		return service.DecoyDelivery(t.Pool, o.Keys.ForPool(t.Pool.ID), name), t.CountUse(what, t.AccountKey(u, name), allowance)
	case u == nil:
		return nil, exception.CombinationNotFound()
	}
	return nil, exception.UserDisabled()
}
