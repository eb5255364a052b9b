package userpool

// codeInput asks for a code for somebody by name.
type codeInput struct {
	ClientID   string `json:"ClientId" is:"required,clientId"`
	SecretHash string `json:"SecretHash" is:"secret"`
	Username   string `json:"Username" is:"required,username"`
}

func (p *Pool) resendConfirmationCode(c *call, in *codeInput) (*codeDeliveryOutput, error) {
	return p.sendCode(c, in, countResend, resendsPerHour, func(t *poolTx, _ *clientRecord, u *userRecord, code string) (*codeDelivery, error) {
		return t.resend(u, code)
	})
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
