package directives

import (
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

// The names of the budgets, in the settings and in metrics.
const (
	// Passwords: of one account from one address, of one account from all
	// addresses that its owner never signed in from, and of one address.
	budgetAccountAddress = "account-address"
	budgetAccount        = "account"
	budgetAddress        = "address"
	// budgetNetwork is that of an address for the whole /48 of an IPv6 address.
	budgetNetwork = "network"
	// Codes and messages of one account, in a short and in a long time.
	budgetCode        = "code"
	budgetCodeLong    = "code-long"
	budgetMessage     = "message"
	budgetMessageLong = "message-long"
	// Of one address.
	budgetSignup      = "signup"
	budgetToken       = "token"
	budgetForgedToken = "forged-token"
)

const (
	// knownFor is how long an address counts as the owner's after a sign-in.
	knownFor = 30 * 24 * time.Hour
	// heldFor is how long strangers are kept from an account that they have made
	// Cognito lock: without them the lock ends in seconds, and the owner gets in.
	heldFor = 15 * time.Minute
)

// Rate is what a budget allows: Burst attempts at once, and one more every Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// RateLimit is the directive @rateLimit.
type RateLimit struct {
	// Counters hold the budgets. Required where there are any rates.
	Counters ratelimit.Counters
	// Rates are the budgets by their names. One without a rate has no limit.
	Rates map[string]Rate
	// Accounts makes the keys of accounts. Required.
	Accounts account.Keys
	// Observe is told the name of every budget that refused. Default: nobody.
	Observe func(budget string)
}

// Directive counts the attempt before it is made, and lets it be made while there
// is something left in all of its budgets.
func (l *RateLimit) Directive(
	ctx context.Context, _ any, next graphql.Resolver, of []RateLimitKind,
) (any, error) {
	field := graphql.GetFieldContext(ctx).Field
	input := account.Input(field.Field, graphql.GetOperationContext(ctx).Variables)
	of = calledFor(field.Name, input, of)

	who := l.party(ctx, l.Accounts.Of(accountName(ctx, input)))
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

// accountName returns whom the attempt is about: the account that the input
// names, or else the caller.
func accountName(ctx context.Context, input map[string]any) string {
	if name := account.Name(input); name != "" {
		return name
	}
	if caller := cognito.CallerFromContext(ctx); caller != nil {
		return caller.Claims.Subject
	}
	return ""
}

// calledFor leaves of the kinds those that the input calls for.
func calledFor(field string, input map[string]any, of []RateLimitKind) []RateLimitKind {
	called := make([]RateLimitKind, 0, len(of))
	for _, kind := range of {
		if isCalledFor(field, input, kind) {
			called = append(called, kind)
		}
	}
	return called
}

func isCalledFor(field string, input map[string]any, kind RateLimitKind) bool {
	switch field {
	case "startSignin":
		return kind != RateLimitMessage || sendsCode(input["preferredFactor"])
	case "updateUser":
		return kind != RateLimitMessage || changesAddress(input["attributes"])
	case "respondToChallenge":
		answer, _ := input["answer"].(map[string]any)
		return answerCallsFor(answer, kind)
	default:
		return true
	}
}

// answerCallsFor tells whether the answer to a challenge is of the kind. What is
// known to no member of the answer is taken for a guess: it goes to a trigger of
// the pool, or to a challenge yet unknown.
func answerCallsFor(answer map[string]any, kind RateLimitKind) bool {
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

// sendsCode tells whether choosing the factor sends a code to the user.
func sendsCode(factor any) bool {
	return factor == "EMAIL_OTP" || factor == "SMS_OTP" || factor == "SMS_MFA"
}

// changesAddress tells whether one of the attributes is an address that a code
// is sent to.
func changesAddress(attributes any) bool {
	list, ok := attributes.([]any)
	if !ok {
		list = []any{attributes} // a list of one may be written without brackets
	}
	return slices.ContainsFunc(list, func(item any) bool {
		attribute, _ := item.(map[string]any)
		return attribute["name"] == "email" || attribute["name"] == "phone_number"
	})
}

// party is who attempts something on whose account: the keys that budgets are
// counted under.
type party struct {
	account string // empty when it is about none
	address string // of an IPv6 address its /64, which is one subscriber's
	network string // the /48 of an IPv6 address, else empty
}

func (l *RateLimit) party(ctx context.Context, accountKey string) party {
	p := party{account: accountKey, address: "unknown"}
	addr := reqctx.FromContext(ctx).ClientAddr
	switch {
	case addr.Is4():
		p.address = addr.String()
	case addr.Is6():
		p.address = netip.PrefixFrom(addr, 64).Masked().String()
		p.network = netip.PrefixFrom(addr, 48).Masked().String()
	}
	return p
}

func (p party) pair() string     { return p.account + "@" + p.address }
func (p party) knownKey() string { return "known:" + p.pair() }
func (p party) holdKey() string  { return "hold:" + p.account }

// attempt lists the budgets that an attempt is charged to.
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
	// perAccount counts both the account from this address and the account from
	// all addresses that are strange to it, so that strangers use up a budget of
	// their own and never the owner's.
	perAccount := func(pairBudget, accountBudget string) {
		if who.account != "" {
			add(pairBudget, who.pair(), false)
			add(accountBudget, who.account, true)
		}
	}
	guessesOrSends := false
	for _, kind := range of {
		switch kind {
		case RateLimitPassword:
			guessesOrSends = true
			perAccount(budgetAccountAddress, budgetAccount)
			if who.account != "" {
				a.Hold = who.holdKey()
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
		case RateLimitToken:
			add(budgetToken, who.address, false)
		}
	}
	if guessesOrSends {
		add(budgetAddress, who.address, false)
		add(budgetNetwork, who.network, false)
	}
	if who.account != "" {
		a.Known = who.knownKey()
	}
	return a
}

// take takes one from every budget of the attempt, or says when to come back.
func (l *RateLimit) take(ctx context.Context, a ratelimit.Attempt) error {
	decision, err := l.Counters.Take(ctx, a)
	if err != nil {
		return apierr.New(apierr.ServiceUnavailable, "Attempts cannot be counted at the moment. Try again.").WithCause(err)
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

// settle draws the conclusions from how an attempt ended. They are a matter of
// comfort: what the store cannot note is not noted.
func (l *RateLimit) settle(ctx context.Context, who party, of []RateLimitKind, result any, err error) {
	if who.account == "" {
		return
	}
	switch {
	case isLockedOut(err) && slices.Contains(of, RateLimitPassword):
		// Cognito has not looked at the password, so it was no guess: an owner who
		// is known here must not use up the attempts while the lock lasts. Whoever
		// is not is held.
		_ = l.Counters.Mark(ctx, heldFor, who.holdKey())
		_ = l.Counters.Refill(ctx, guessesOf(who)...)
	case err != nil:
	case slices.Contains(of, RateLimitSignup):
		// Whoever made the account is no stranger to it. Where it is not told
		// whether one was made, nothing is known of who made it.
		if made, _ := result.(*cognito.SignUpResult); made != nil && made.UserID != nil {
			_ = l.Counters.Mark(ctx, knownFor, who.knownKey())
		}
	case isGuess(of) && !isChallenge(result):
		_ = l.Counters.Refill(ctx, guessesOf(who)...)
	}
}

func isGuess(of []RateLimitKind) bool {
	return slices.Contains(of, RateLimitPassword) || slices.Contains(of, RateLimitCode)
}

// guessesOf returns the budgets that a right guess makes full again.
func guessesOf(who party) []string {
	return []string{budgetAccountAddress + ":" + who.pair(), budgetCode + ":" + who.pair()}
}

// isLockedOut tells whether Cognito has locked the account for a while.
func isLockedOut(err error) bool {
	e := apierr.From(err)
	return e != nil && e.Code == apierr.TooManyAttempts
}

func isChallenge(result any) bool {
	_, ok := result.(cognito.Challenge)
	return ok
}

// SignedIn notes that somebody signed in: from then on the address is known as
// one of the account's owner, whom no stranger can keep out.
func (l *RateLimit) SignedIn(ctx context.Context, names ...string) {
	if len(l.Rates) == 0 {
		return
	}
	for _, name := range names {
		if key := l.Accounts.Of(name); key != "" {
			who := l.party(ctx, key)
			_ = l.Counters.Mark(ctx, knownFor, who.knownKey())
			_ = l.Counters.Refill(ctx, guessesOf(who)...)
		}
	}
}

// MaySend counts a message to the account that nobody asked for by name, and tells
// whether it may be sent.
func (l *RateLimit) MaySend(ctx context.Context, name string) bool {
	attempt := l.attempt(l.party(ctx, l.Accounts.Of(name)), []RateLimitKind{RateLimitMessage})
	return len(attempt.Budgets) == 0 || l.take(ctx, attempt) == nil
}

// forgedToken counts a token with a wrong signature, and returns a refusal when
// there were too many of them from one address.
func (l *RateLimit) forgedToken(ctx context.Context) error {
	rate, limited := l.Rates[budgetForgedToken]
	if !limited {
		return nil
	}
	who := l.party(ctx, "")
	return l.take(ctx, ratelimit.Attempt{Budgets: []ratelimit.Budget{{
		Name: budgetForgedToken, Key: budgetForgedToken + ":" + who.address, Burst: rate.Burst, Every: rate.Every,
	}}})
}
