package userpool

// A sign-up can go straight on to being signed in: SignUp gives a session, ConfirmSignUp gives another, and InitiateAuth with
// USER_AUTH and that one takes the code that confirmed the address for the first factor. Only where the client permits
// USER_AUTH. The code is what proves something, so ConfirmSignUp gives its session whether or not it was given one.

// The names of these sessions, which are no challenges and so cannot be answered as such.
const (
	sessionSignUp    = "SIGN_UP"
	sessionConfirmed = "CONFIRMED"
)

// signUpSession is the session that SignUp and ConfirmSignUp give, "" where the client has no use for it.
func (p *Pool) signUpSession(c *call, client *clientRecord, kind string, u *userRecord) (string, error) {
	if !client.allows("USER_AUTH") {
		return "", nil
	}
	s := session{Challenge: kind, Sub: u.Sub, Second: true, Mark: passwordMark(u)}
	return newSession(p.keys.of(client.UserPoolID), client, s, c.now)
}

// checkSignUpSession refuses a session that SignUp did not give, or gave to another user. One that has expired is let pass:
// codes live much longer than sessions.
func (p *Pool) checkSignUpSession(client *clientRecord, text string, u *userRecord) error {
	if text == "" {
		return nil
	}
	s, err := openSession(p.keys.of(client.UserPoolID), client, sessionSignUp, text)
	if err == nil && s.Sub != u.Sub {
		err = invalidSession()
	}
	return err
}

// signUpSignIn signs in with the session that ConfirmSignUp gave.
func (p *Pool) signUpSignIn(c *call, client *clientRecord, parameters map[string]string, text string) (*authOutput, error) {
	s, err := openSession(p.keys.of(client.UserPoolID), client, sessionConfirmed, text)
	if err != nil {
		return nil, err
	}
	w := &passage{client: client, sub: s.Sub, device: deviceKeyIn(parameters)}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		u, err := t.sessionUser(s, parameters["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		if u.Status != statusConfirmed {
			return nil, nil, invalidSession()
		}
		return u, nil, t.useSession(s.ID, s.Expires)
	})
}

// passwordless tells whether a user with these attributes can do without a password: the pool takes one-time codes as first
// factor, and there is an address to send them to.
func (p *poolRecord) passwordless(attributes map[string]string) bool {
	if p.MfaConfiguration == "ON" {
		return false
	}
	return p.allowsFirst("EMAIL_OTP") && attributes["email"] != "" || p.allowsFirst("SMS_OTP") && attributes["phone_number"] != ""
}
