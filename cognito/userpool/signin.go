package userpool

import "crypto/subtle"

type initiateAuthInput struct {
	AuthFlow       string            `json:"AuthFlow" is:"required,authFlow"`
	ClientID       string            `json:"ClientId" is:"required,clientId"`
	AuthParameters map[string]string `json:"AuthParameters"`
	Session        string            `json:"Session" is:"session"`
}

// authOutput is the answer of InitiateAuth and RespondToAuthChallenge: tokens, or a challenge.
type authOutput struct {
	AuthenticationResult *authResult       `json:"AuthenticationResult,omitempty"`
	AvailableChallenges  []string          `json:"AvailableChallenges,omitempty"`
	ChallengeName        string            `json:"ChallengeName,omitempty"`
	ChallengeParameters  map[string]string `json:"ChallengeParameters"`
	Session              string            `json:"Session,omitempty"`
}

type authResult struct {
	AccessToken  string     `json:"AccessToken"`
	ExpiresIn    int        `json:"ExpiresIn"` // seconds, of the access token
	IDToken      string     `json:"IdToken"`
	RefreshToken string     `json:"RefreshToken,omitempty"`
	TokenType    string     `json:"TokenType"`
	NewDevice    *newDevice `json:"NewDeviceMetadata,omitempty"`
}

func (p *Pool) initiateAuth(c *call, in *initiateAuthInput) (*authOutput, error) {
	client, err := p.clientOf(in.ClientID)
	if err != nil {
		return nil, err
	}
	parameters := in.AuthParameters
	switch in.AuthFlow {
	case "USER_PASSWORD_AUTH":
		if !client.allows("USER_PASSWORD_AUTH") {
			return nil, invalidParameter("USER_PASSWORD_AUTH flow not enabled for this client")
		}
		if err := client.checkParameters(parameters, "USERNAME", "PASSWORD"); err != nil {
			return nil, err
		}
		return p.passwordSignIn(c, client, parameters)
	case "USER_SRP_AUTH":
		if !client.allows("USER_SRP_AUTH") {
			return nil, invalidParameter("USER_SRP_AUTH is not enabled for the client.")
		}
		if err := client.checkParameters(parameters, "USERNAME", "SRP_A"); err != nil {
			return nil, err
		}
		a, err := p.candidate(c, client, parameters["USERNAME"])
		if err != nil {
			return nil, err
		}
		return p.startSRP(c, client, a, parameters["SRP_A"])
	case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN":
		return p.refreshSignIn(c, client, parameters)
	case "USER_AUTH":
		return p.choiceSignIn(c, client, parameters, in.Session)
	case "CUSTOM_AUTH":
		if !client.allows("CUSTOM_AUTH") {
			return nil, invalidParameter("CUSTOM_AUTH is not enabled for the client.")
		}
		return nil, invalidParameter("Custom auth lambda trigger is not configured for the user pool.")
	}
	return nil, invalidParameter("Initiate Auth method not supported.")
}

// checkParameters asks for the parameters of a flow and then for the hash of the client's secret.
func (c *clientRecord) checkParameters(parameters map[string]string, names ...string) error {
	for _, name := range names {
		if parameters[name] == "" {
			return invalidParameter("Missing required parameter %s", name)
		}
	}
	return c.checkSecretHash(parameters["USERNAME"], parameters["SECRET_HASH"])
}

// candidate is whom a sign-in is about, as found before the password is looked at. user is nil if nobody has the name.
type candidate struct {
	pool    *poolRecord
	user    *userRecord
	name    string // as it was typed
	account string // under which failures are counted

	device  string   // DEVICE_KEY, if the client gave one
	session *session // that the client answers, if any; going on uses it up

	chooses   bool           // with USER_AUTH
	factors   []string       // to choose from
	simulated *codeDelivery  // where a code would go if nobody has the name
	passkey   *passkeyRecord // that is shown then, if any
}

// realName is what the password is hashed with.
func (a *candidate) realName() string {
	if a.user == nil {
		return a.name
	}
	return a.user.Username
}

func (a *candidate) password() *passwordRecord {
	if a.user == nil {
		return nil
	}
	return a.user.Password
}

// candidate makes the checks that come before the password, in Cognito's order: existence, lock-out, disabled, unconfirmed.
func (p *Pool) candidate(c *call, client *clientRecord, name string) (*candidate, error) {
	a := &candidate{name: name}
	err := p.view(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		a.pool = t.pool
		if a.user, err = t.find(name); err != nil {
			return err
		}
		a.account = t.account(a.user, name)
		if a.user == nil && !client.hidesExistence() {
			return userDoesNotExist()
		}
		return t.checkLock(a.account)
	})
	switch {
	case err != nil:
		return nil, err
	case a.user == nil:
		return a, nil
	case a.user.Disabled:
		return nil, userDisabled()
	case a.user.Status == statusUnconfirmed:
		return nil, fault("UserNotConfirmedException", "User is not confirmed.")
	}
	return a, nil
}

func (p *Pool) passwordSignIn(c *call, client *clientRecord, parameters map[string]string) (*authOutput, error) {
	a, err := p.candidate(c, client, parameters["USERNAME"])
	if err != nil {
		return nil, err
	}
	a.device = deviceKeyIn(parameters)
	return p.tryPassword(c, client, a, parameters["PASSWORD"])
}

func (p *Pool) tryPassword(c *call, client *clientRecord, a *candidate, password string) (*authOutput, error) {
	if !p.passwordFits(a.pool.ID, a.realName(), password, a.password()) {
		return nil, p.failedSignIn(c, a)
	}
	return p.passwordProven(c, client, a)
}

// failedSignIn counts a failure, of a user who exists or of a name that nobody has alike.
func (p *Pool) failedSignIn(c *call, a *candidate) error {
	return p.decide(a.pool.ID, c.now, func(t *poolTx) (error, error) {
		return incorrectPassword(), t.countFailure(a.account)
	})
}

// passwordProven goes on once the password is known to be right. It reads the user anew, since the world may have moved on
// while the password was computed.
func (p *Pool) passwordProven(c *call, client *clientRecord, a *candidate) (*authOutput, error) {
	w := &passage{client: client, sub: a.user.Sub, device: a.device}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		u, err := t.stillSame(a)
		if err != nil {
			return nil, nil, err
		}
		if a.session != nil {
			if err := t.spendSession(*a.session); err != nil {
				return nil, nil, err
			}
		}
		return u, nil, t.forgetFailures(a.account)
	})
}

// stillSame reads the user of a candidate and makes the checks that come with or after the password.
func (t *poolTx) stillSame(a *candidate) (*userRecord, error) {
	if err := t.checkLock(a.account); err != nil {
		return nil, err
	}
	u, err := t.user(a.user.Sub)
	switch {
	case err != nil:
		return nil, err
	case u == nil || u.Password == nil || subtle.ConstantTimeCompare(u.Password.Verifier, a.user.Password.Verifier) != 1:
		return nil, incorrectPassword()
	case u.Disabled:
		return nil, userDisabled()
	case u.Status == statusResetRequired:
		return nil, fault("PasswordResetRequiredException", "Password reset required for the user")
	case u.temporaryExpired(t.pool, t.now):
		return nil, notAuthorized("Temporary password has expired and must be reset by an administrator.")
	}
	return u, nil
}

// begin stores a new sign-in and gives what its tokens are made of.
func (t *poolTx) begin(u *userRecord, w *passage) (subject, error) {
	deviceKey, err := t.track(w.family, w.device, w.ip)
	if err != nil {
		return subject{}, err
	}
	if err := t.putFamily(w.family); err != nil {
		return subject{}, err
	}
	s, err := t.subject(u, w.family)
	s.newDevice = deviceKey
	return s, err
}

// signedIn is the answer to a sign-in that is stored. refresh is empty where no new refresh token is given.
func (p *Pool) signedIn(c *call, ring *keyRing, client *clientRecord, s subject, refresh string) (*authOutput, error) {
	pair, err := p.mint(ring, client, s, c.now)
	if err != nil {
		return nil, err
	}
	result := &authResult{
		AccessToken: pair.access, IDToken: pair.id, RefreshToken: refresh, TokenType: "Bearer",
		ExpiresIn: int(client.accessLife().Seconds()),
	}
	if s.newDevice != "" {
		result.NewDevice = &newDevice{DeviceKey: s.newDevice, DeviceGroupKey: deviceGroup(ring, s.user.Sub)}
	}
	return &authOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}

// newDevice is Cognito's NewDeviceMetadataType.
type newDevice struct {
	DeviceKey      string `json:"DeviceKey"`
	DeviceGroupKey string `json:"DeviceGroupKey"`
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

type feedbackInput struct {
	UserPoolID    string `json:"UserPoolId" is:"required,poolId"`
	Username      string `json:"Username" is:"required,username"`
	EventID       string `json:"EventId" is:"required,eventId"`
	FeedbackToken string `json:"FeedbackToken" is:"required,token"`
	FeedbackValue string `json:"FeedbackValue" is:"required,feedback"`
}

// updateAuthEventFeedback takes what a user answers to a mail about a sign-in. Such mails come of threat protection, which
// this pool does not have, so there never is a token that it could take.
func (p *Pool) updateAuthEventFeedback(c *call, in *feedbackInput) (*empty, error) {
	return nil, p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		if on := t.pool.UserPoolAddOns; on == nil || on.AdvancedSecurityMode == "OFF" {
			return fault("UserPoolAddOnNotEnabledException", "Advanced security is not enabled for the user pool.")
		}
		if _, err := t.mustFind(in.Username); err != nil {
			return err
		}
		return notAuthorized("Invalid feedback token.")
	})
}
