package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"

	"authgraph/cognito/srp"
	"authgraph/internal/sealed"
)

// decoyFactory makes challenges for users who do not exist, so that a sign-in that starts
// with an address reveals nothing. App clients with PreventUserExistenceErrors ENABLED do
// that themselves for unknown users. The factory also covers LEGACY app clients, and users
// who may not sign in. Cognito rejects the responses to decoys.
type decoyFactory struct {
	keys   sealed.Keys
	states *challengeStates
	// userNames reports whether users have user names of their own.
	userNames bool
	// caseSensitive is as in [Options]. Otherwise a decoy that is the same for two names
	// would show that neither exists.
	caseSensitive bool
	// The shape of real challenges, learned from the latest one of each kind.
	secretBlockSize atomic.Int64
	sessionSize     atomic.Int64
	factors         atomic.Pointer[[]string]
}

// Sizes that Cognito uses, until a real challenge was seen.
const (
	defaultSecretBlockSize = 1200
	defaultSessionSize     = 1500
)

func newDecoyFactory(o Options, states *challengeStates) *decoyFactory {
	f := &decoyFactory{keys: o.StateKeys, states: states, userNames: o.hasUserNames(), caseSensitive: o.CaseSensitive}
	f.secretBlockSize.Store(defaultSecretBlockSize)
	f.sessionSize.Store(defaultSessionSize)
	f.factors.Store(&[]string{"PASSWORD", "PASSWORD_SRP"})
	return f
}

// learn records the shape of a real challenge.
func (f *decoyFactory) learn(ctx context.Context, result SigninResult) {
	challenge, ok := result.(Challenge)
	if !ok {
		return
	}
	if state, err := f.states.open(ctx, challenge.GetSession()); err == nil && state.Session != "" {
		f.sessionSize.Store(int64(len(state.Session)))
	}
	switch c := challenge.(type) {
	case *SRPChallenge:
		f.secretBlockSize.Store(int64(len(c.SecretBlock)))
	case *SelectFactorChallenge:
		// Most users have no passkey.
		factors := slices.DeleteFunc(slices.Clone(c.Available), func(f string) bool { return f == "WEB_AUTHN" })
		f.factors.Store(&factors)
	}
}

// challenge returns the decoy for a user name and a first factor, which is empty if it is
// yet to be chosen. hasChoice reports whether the flow is USER_AUTH.
func (f *decoyFactory) challenge(ctx context.Context, factor, account, deviceKey string, hasChoice bool) Challenge {
	state := challengeState{Challenge: factor, Account: account, Username: account, DeviceKey: deviceKey}
	if hasChoice {
		state.Session = f.session()
	}
	switch factor {
	case "PASSWORD_SRP":
		state.Challenge, state.Username = "PASSWORD_VERIFIER", f.userID(ctx, account)
		return &SRPChallenge{
			challengeBase: challengeBase{f.states.seal(ctx, state)},
			// The salt of a user is always the same.
			Salt:         new(big.Int).SetBytes(f.derive(ctx, "salt", account)[:16]).Text(16),
			SrpB:         srp.RandomB(),
			SecretBlock:  base64.StdEncoding.EncodeToString(randomBytes(int(f.secretBlockSize.Load()) / 4 * 3)),
			UserIDForSrp: state.Username,
		}
	case "EMAIL_OTP":
		return &EmailOTPChallenge{challengeBase{f.states.seal(ctx, state)}, &CodeDelivery{
			Destination: f.email(ctx, account), Medium: new(DeliveryMediumEmail),
		}}
	case "SMS_OTP":
		return &SMSOTPChallenge{challengeBase{f.states.seal(ctx, state)}, &CodeDelivery{
			Destination: f.phoneNumber(ctx, account), Medium: new(DeliveryMediumSMS),
		}}
	case "PASSWORD":
		return &PasswordChallenge{challengeBase{f.states.seal(ctx, state)}, false}
	default:
		state.Challenge = "SELECT_CHALLENGE"
		return &SelectFactorChallenge{challengeBase{f.states.seal(ctx, state)}, slices.Clone(*f.factors.Load())}
	}
}

// email returns a masked e-mail address, which is that of the account if it is one.
func (f *decoyFactory) email(ctx context.Context, account string) string {
	if strings.Contains(account, "@") {
		return maskEmail(account)
	}
	letters := f.derive(ctx, "email", account)
	return fmt.Sprintf("%c***@%c***", 'a'+letters[0]%26, 'a'+letters[1]%26)
}

// phoneNumber returns a masked phone number, which is that of the account if it is one.
func (f *decoyFactory) phoneNumber(ctx context.Context, account string) string {
	if strings.HasPrefix(account, "+") {
		return maskPhoneNumber(account)
	}
	digits := f.derive(ctx, "phone", account)
	return maskPhoneNumber(fmt.Sprintf("%04d", (int(digits[0])<<8|int(digits[1]))%10_000))
}

// userID returns the user id for an account. It is always the same, and looks like
// Cognito's: the user name if there is one, otherwise a UUID with an unusual version and
// variant.
func (f *decoyFactory) userID(ctx context.Context, account string) string {
	if f.userNames && !strings.Contains(account, "@") && !strings.HasPrefix(account, "+") {
		return account
	}
	id := f.derive(ctx, "sub", account)
	id[6] = 0x70
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// derive returns 32 bytes that depend on the key, the purpose and the account.
func (f *decoyFactory) derive(ctx context.Context, purpose, account string) []byte {
	mac := hmac.New(sha256.New, sealed.Derive(f.keys(ctx)[0], "decoys"))
	if !f.caseSensitive {
		account = strings.ToLower(account)
	}
	mac.Write([]byte(purpose + "\n" + account))
	return mac.Sum(nil)
}

// session returns a random session of the usual size.
func (f *decoyFactory) session() string {
	size := int(f.sessionSize.Load())
	return base64.RawURLEncoding.EncodeToString(randomBytes(size))[:size]
}

func randomBytes(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails
	return b
}
