package directives

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/internal/account"
	"authgraph/internal/apierr"
	"authgraph/internal/ratelimit"
	"authgraph/internal/reqctx"
)

// RateLimitKind is a value of the schema's enum RateLimit.
type RateLimitKind string

// The kinds of attempts that @rateLimit counts.
const (
	RateLimitPassword RateLimitKind = "PASSWORD"
	RateLimitCode     RateLimitKind = "CODE"
	RateLimitMessage  RateLimitKind = "MESSAGE"
	RateLimitSignup   RateLimitKind = "SIGNUP"
	RateLimitToken    RateLimitKind = "TOKEN"
)

// The names of the budgets, in settings and metrics.
const (
	// Attempts with a password: for an account from one address, for an account from
	// all addresses that its owner has never used, and for an address.
	budgetAccountAddress = "account-address"
	budgetAccount        = "account"
	budgetAddress        = "address"
	// budgetNetwork is like budgetAddress, for the /48 of an IPv6 address.
	budgetNetwork = "network"
	// Codes and messages for an account, over a short and a long time.
	budgetCode        = "code"
	budgetCodeLong    = "code-long"
	budgetMessage     = "message"
	budgetMessageLong = "message-long"
	// For an address.
	budgetSignup      = "signup"
	budgetToken       = "token"
	budgetForgedToken = "forged-token"
)

const (
	// knownFor is how long an address counts as the owner's after a sign-in, or after a
	// code from the mailbox was entered.
	knownFor = 30 * 24 * time.Hour
	// signedUpFor is how long an address is known for codes after a sign-up: the lifetime
	// of the code.
	signedUpFor = 24 * time.Hour
	// heldFor is how long strangers are kept from an account that Cognito has locked
	// because of them. Without their attempts the lock ends within seconds.
	heldFor = 15 * time.Minute
)

// Rate allows Burst attempts at once, and one more after each interval Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// RateLimit implements @rateLimit. Without rates, it limits nothing and needs nothing else.
type RateLimit struct {
	// Counters store the budgets. Required if there are rates.
	Counters ratelimit.Counters
	// Rates are the rates by budget. A budget without a rate is unlimited.
	Rates map[string]Rate
	// Accounts computes the keys of accounts. Required if there are rates.
	Accounts account.Keys
	// Client knows the accounts that inputs refer to. Required if there are rates.
	Client *cognito.Client
	// Aliases reports whether accounts have several names that users sign in with, such as
	// a user name and an e-mail address. An attempt is then charged to the account under
	// each name that a sign-in has used before.
	Aliases bool
	// Observe is called with the name of every budget that refuses an attempt.
	// Default: none.
	Observe func(budget string)
}

// Directive charges the attempt to its budgets before it resolves the field. It refuses
// the attempt if any of them is exhausted.
func (l *RateLimit) Directive(
	ctx context.Context, _ any, next graphql.Resolver, of []RateLimitKind,
) (any, error) {
	if len(l.Rates) == 0 {
		return next(ctx)
	}
	field := graphql.GetFieldContext(ctx).Field
	input := account.Input(field.Field, graphql.GetOperationContext(ctx).Variables)
	of = applicable(field.Name, input, of)

	who := l.identify(ctx, input, of)
	attempt := l.attempt(who, of)
	if len(attempt.Budgets) == 0 {
		return next(ctx)
	}
	if err := l.take(ctx, attempt); err != nil {
		return nil, err
	}
	result, err := next(ctx)
	l.settle(ctx, who, of, result, err)
	return result, err
}

// identify returns the account of an attempt, by all of its names that are known: the
// one that the input names, or else the caller's. A new address, to which a code is sent,
// counts as a name too, so that several accounts cannot flood one mailbox.
func (l *RateLimit) identify(ctx context.Context, input map[string]any, of []RateLimitKind) party {
	names := l.Client.Names(ctx, input)
	caller := cognito.CallerFromContext(ctx)
	if len(names) > 0 || caller == nil {
		who := l.party(ctx, names...)
		l.addLinked(ctx, &who)
		// The other addresses of a sign-up get messages too.
		for _, member := range []string{"email", "phoneNumber"} {
			address, _ := input[member].(string)
			who.addAccount(l.Accounts.Of(address))
		}
		for _, address := range newAddresses(input["attributes"]) {
			who.addAccount(l.Accounts.Of(address))
		}
		if answer, _ := input["answer"].(map[string]any); answer != nil {
			setup, _ := answer["mfaSetup"].(map[string]any)
			address, _ := setup["email"].(string)
			who.addAccount(l.Accounts.Of(address))
		}
		return who
	}
	who := l.party(ctx, caller.Claims.Subject)
	for _, address := range newAddresses(input["attributes"]) {
		who.addAccount(l.Accounts.Of(address))
	}
	if isGuess(of) {
		// Otherwise a stolen access token would double the guesses of the password. A
		// success does not prove that the address is the caller's.
		who.addAccount(l.Accounts.Of(caller.Email(ctx)))
	}
	return who
}

// addLinked adds the other names of the account that are known. On an error, or without a
// link, each name has budgets of its own until the next sign-in.
func (l *RateLimit) addLinked(ctx context.Context, who *party) {
	if !l.Aliases || len(who.accounts) == 0 {
		return
	}
	linked, err := l.Counters.Links(ctx, who.accounts...)
	if err != nil {
		return
	}
	for _, key := range linked {
		who.addAccount(key)
	}
	who.proven = len(who.accounts)
}

// AccountKey returns the key of the account with this name: that of Cognito's user name, if
// a sign-in has linked the name to it.
func (l *RateLimit) AccountKey(ctx context.Context, name string) string {
	key := l.Accounts.Of(name)
	if !l.Aliases || key == "" {
		return key
	}
	if linked, err := l.Counters.Links(ctx, key); err == nil && linked[0] != "" {
		return linked[0]
	}
	return key
}

// applicable returns the kinds that apply to the input.
func applicable(field string, input map[string]any, of []RateLimitKind) []RateLimitKind {
	kinds := make([]RateLimitKind, 0, len(of))
	for _, kind := range of {
		if applies(field, input, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func applies(field string, input map[string]any, kind RateLimitKind) bool {
	switch field {
	case "startSignin":
		return kind != RateLimitMessage || sendsCode(input["preferredFactor"])
	case "updateUser":
		return kind != RateLimitMessage || len(newAddresses(input["attributes"])) > 0
	case "respondToChallenge":
		answer, _ := input["answer"].(map[string]any)
		return appliesToAnswer(answer, kind)
	default:
		return true
	}
}

// appliesToAnswer reports whether the kind applies to the answer to a challenge. custom
// and parameters count as guesses: they go to a trigger of the pool or to an unknown
// challenge.
func appliesToAnswer(answer map[string]any, kind RateLimitKind) bool {
	has := func(member string) bool { return answer[member] != nil }
	factor, _ := answer["factor"].(map[string]any)
	setup, _ := answer["mfaSetup"].(map[string]any)
	switch kind {
	case RateLimitPassword:
		return has("password") || has("srp") || has("custom") || has("parameters") || factor["password"] != nil
	case RateLimitCode:
		return has("code") || setup["totpCode"] != nil
	case RateLimitMessage:
		return sendsCode(answer["mfaType"]) || sendsCode(factor["factor"]) || setup["email"] != nil
	default:
		return true
	}
}

// sendsCode reports whether choosing the factor sends a code to the user.
func sendsCode(factor any) bool {
	return factor == "EMAIL_OTP" || factor == "SMS_OTP" || factor == "SMS_MFA"
}

// newAddresses returns those of the attributes that are addresses, to which Cognito sends
// a code: at most six, since an update that sets an attribute twice is refused.
func newAddresses(attributes any) (addresses []string) {
	list, ok := attributes.([]any)
	if !ok {
		list = []any{attributes} // GraphQL coerces a single item to a list
	}
	for _, item := range list {
		attribute, _ := item.(map[string]any)
		if name := attribute["name"]; (name == "email" || name == "phone_number") && len(addresses) < 6 {
			address, _ := attribute["value"].(string)
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// party holds the keys of the account and of the client of an attempt.
type party struct {
	// accounts are the keys of all names of the account. An attempt is charged to each
	// of them, so that using another name does not give more attempts. It is empty if
	// there is no account.
	accounts []string
	proven   int    // the number of accounts, from the first, that a success proves to be the client's
	address  string // the /64 of an IPv6 address, which belongs to one subscriber
	network  string // the /48 of an IPv6 address, otherwise empty
}

// party returns the party with the names of an account. A success proves all of them.
func (l *RateLimit) party(ctx context.Context, names ...string) party {
	p := party{address: "unknown"}
	for _, name := range names {
		p.addAccount(l.Accounts.Of(name))
	}
	p.proven = len(p.accounts)
	request := reqctx.FromContext(ctx)
	p.address = cmp.Or(request.Subscriber(), p.address)
	if request.ClientAddr.Is6() {
		p.network = netip.PrefixFrom(request.ClientAddr, 48).Masked().String()
	}
	return p
}

// addAccount adds the key of a name, unless it is empty or already there.
func (p *party) addAccount(key string) {
	if key != "" && !slices.Contains(p.accounts, key) {
		p.accounts = append(p.accounts, key)
	}
}

// pair returns the key of an account together with the client's address.
func (p party) pair(account string) string { return account + "@" + p.address }

// knownKeys returns the marks that make the address a known one of the account, for
// passwords and for codes.
func (p party) knownKeys() []string { return append(p.keys("known:"), p.signedUpKeys()...) }

// signedUpKeys returns the marks that make the address a known one of the account for
// codes only. A sign-up does not prove control of the mailbox.
func (p party) signedUpKeys() []string { return p.keys("known-for-codes:") }

func (p party) keys(mark string) []string {
	keys := make([]string, p.proven)
	for i, account := range p.accounts[:p.proven] {
		keys[i] = mark + p.pair(account)
	}
	return keys
}

// holdKeys returns the marks that keep strangers from the account.
func (p party) holdKeys() []string {
	keys := make([]string, p.proven)
	for i, account := range p.accounts[:p.proven] {
		keys[i] = "hold:" + account
	}
	return keys
}

// guesses returns the budgets that a correct guess refills.
func (p party) guesses() []string {
	var keys []string
	for _, account := range p.accounts[:p.proven] {
		keys = append(keys, budgetAccountAddress+":"+p.pair(account), budgetCode+":"+p.pair(account))
	}
	return keys
}

// attempt returns the attempt with the budgets that it is charged to.
func (l *RateLimit) attempt(who party, of []RateLimitKind) ratelimit.Attempt {
	a := ratelimit.Attempt{}
	add := func(budget, whose string, strangers bool) {
		rate, limited := l.Rates[budget]
		if !limited || whose == "" {
			return
		}
		a.Budgets = append(a.Budgets, ratelimit.Budget{
			Name: budget, Key: budget + ":" + whose, Burst: rate.Burst, Every: rate.Every, StrangersOnly: strangers,
		})
	}
	// perAccount adds a budget for the account from this address and one for the
	// account from all unknown addresses, so that strangers exhaust their own budget
	// and never the owner's.
	perAccount := func(pairBudget, accountBudget string) {
		for _, account := range who.accounts {
			add(pairBudget, who.pair(account), false)
			add(accountBudget, account, true)
		}
	}
	guessesOrSends := false
	for _, kind := range of {
		switch kind {
		case RateLimitPassword:
			guessesOrSends = true
			perAccount(budgetAccountAddress, budgetAccount)
			if who.proven > 0 {
				a.Hold = who.holdKeys()[0]
			}
		case RateLimitCode:
			guessesOrSends = true
			perAccount(budgetCode, budgetCode)
			perAccount(budgetCodeLong, budgetCodeLong)
		case RateLimitMessage:
			guessesOrSends = true
			perAccount(budgetMessage, budgetMessage)
			perAccount(budgetMessageLong, budgetMessageLong)
		case RateLimitSignup:
			add(budgetSignup, who.address, false)
			// Repeated sign-ups with other names must not flood a mailbox or a phone.
			for _, account := range who.accounts[who.proven:] {
				add(budgetMessageLong, who.pair(account), false)
				add(budgetMessageLong, account, true)
			}
		case RateLimitToken:
			add(budgetToken, who.address, false)
		}
	}
	if guessesOrSends {
		add(budgetAddress, who.address, false)
		add(budgetNetwork, who.network, false)
	}
	switch {
	case who.proven == 0:
	case slices.Contains(of, RateLimitPassword):
		a.Known = who.knownKeys()[0]
	default:
		a.Known = who.signedUpKeys()[0]
	}
	return a
}

// take charges the attempt, or returns a RATE_LIMITED error.
func (l *RateLimit) take(ctx context.Context, a ratelimit.Attempt) error {
	decision, err := l.Counters.Take(ctx, a)
	if err != nil {
		return apierr.New(apierr.ServiceUnavailable, "Rate limits are temporarily unavailable. Try again.").WithCause(err)
	}
	if decision.RefusedBy == "" {
		return nil
	}
	if l.Observe != nil {
		l.Observe(decision.RefusedBy)
	}
	return &apierr.Error{
		Code:       apierr.RateLimited,
		Message:    "Too many attempts. Try again later.",
		RetryAfter: max(decision.RetryAfter, time.Second),
	}
}

// settle updates the counters after the attempt. It ignores errors: users would only
// lose some convenience.
func (l *RateLimit) settle(ctx context.Context, who party, of []RateLimitKind, result any, err error) {
	if who.proven == 0 {
		return
	}
	switch {
	case isLockedOut(err) && slices.Contains(of, RateLimitPassword):
		// Cognito did not check the password. The owner, at a known address, must not
		// use up the budget while the account is locked. Strangers are held.
		_ = l.Counters.Update(ctx, ratelimit.Update{Mark: who.holdKeys(), Lifetime: heldFor, Refill: who.guesses()})
	case err != nil:
	case slices.Contains(of, RateLimitSignup):
		// Strangers must not keep the new account from being confirmed, unless the result
		// hides whether it was created.
		if made, _ := result.(*cognito.SignUpResult); made != nil && made.UserID != nil {
			_ = l.Counters.Update(ctx, ratelimit.Update{Mark: who.signedUpKeys(), Lifetime: signedUpFor})
		}
	case isGuess(of) && isProof(result) && cognito.CallerFromContext(ctx) == nil:
		// A code from the mailbox. Sessions are marked by SignedIn.
		_ = l.Counters.Update(ctx, ratelimit.Update{Refill: who.guesses(), Mark: who.knownKeys(), Lifetime: knownFor})
	case isGuess(of) && isProof(result) && !slices.Contains(of, RateLimitPassword):
		// Not after a new password: every change costs memory, see revocation.List.
		_ = l.Counters.Update(ctx, ratelimit.Update{Refill: who.guesses()})
	}
}

// isProof reports whether a result proves that the guess was right. For an account that
// is confirmed already, any code will do.
func isProof(result any) bool {
	if verification, ok := result.(*cognito.Verification); ok {
		return verification.Status == cognito.Verified
	}
	return !isChallenge(result)
}

func isGuess(of []RateLimitKind) bool {
	return slices.Contains(of, RateLimitPassword) || slices.Contains(of, RateLimitCode)
}

// isLockedOut reports whether Cognito has locked the account temporarily.
func isLockedOut(err error) bool {
	e := apierr.From(err)
	return e != nil && e.Code == apierr.TooManyAttempts
}

func isChallenge(result any) bool {
	_, ok := result.(cognito.Challenge)
	return ok
}

// SignedIn marks the client's address as known for the account with these names, so that
// strangers can no longer lock out the user there. The first name is the one that was
// entered, the second one that by which Cognito knows the user.
func (l *RateLimit) SignedIn(ctx context.Context, names ...string) {
	if len(l.Rates) == 0 {
		return
	}
	who := l.party(ctx, names...)
	update := ratelimit.Update{Mark: who.knownKeys(), Lifetime: knownFor, Refill: who.guesses()}
	if l.Aliases && len(names) > 1 {
		// The first name is the one that was entered. The second one never changes.
		if entered, account := l.Accounts.Of(names[0]), l.Accounts.Of(names[1]); entered != "" && account != "" && entered != account {
			update.Link = map[string]string{entered: account}
		}
	}
	_ = l.Counters.Update(ctx, update)
}

// MaySend charges a message to the account that no field was called for, and reports
// whether it may be sent.
func (l *RateLimit) MaySend(ctx context.Context, name string) bool {
	attempt := l.attempt(l.party(ctx, name), []RateLimitKind{RateLimitMessage})
	return len(attempt.Budgets) == 0 || l.take(ctx, attempt) == nil
}

// forgedToken charges a token with a wrong signature to the client's address. It returns
// a RATE_LIMITED error if there were too many.
func (l *RateLimit) forgedToken(ctx context.Context) error {
	rate, limited := l.Rates[budgetForgedToken]
	if !limited {
		return nil
	}
	who := l.party(ctx)
	return l.take(ctx, ratelimit.Attempt{Budgets: []ratelimit.Budget{{
		Name: budgetForgedToken, Key: budgetForgedToken + ":" + who.address, Burst: rate.Burst, Every: rate.Every,
	}}})
}
