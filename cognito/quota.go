package cognito

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"authgraph/internal/apierr"
)

// Cognito counts calls by category, for a whole AWS account and Region, all its
// user pools together. The names are those of its quotas, but for answers to
// challenges: they count as UserAuthentication and have three times its figure for
// themselves, which makes them a category of their own here.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
const (
	userAuthentication     = "UserAuthentication"
	respondToAuthChallenge = "RespondToAuthChallenge"
	userCreation           = "UserCreation"
	userAccountRecovery    = "UserAccountRecovery"
	userList               = "UserList"
	userRead               = "UserRead"
	userUpdate             = "UserUpdate"
	userToken              = "UserToken"
	userResourceRead       = "UserResourceRead"
	userResourceUpdate     = "UserResourceUpdate"
)

const (
	// longestQuotaWait is how long a call waits for its budget. It smooths bursts;
	// more would only gather callers whom there is no budget for.
	longestQuotaWait = 250 * time.Millisecond
	// quotaAsks is how often one attempt asks for its budget.
	quotaAsks = 3
	// shortestRetryAfter keeps what a refusal says from being rounded to nothing.
	shortestRetryAfter = 10 * time.Millisecond
)

// DefaultQuotas returns the calls per second that Amazon grants an AWS account in
// each category that this package calls.
func DefaultQuotas() map[string]int {
	return map[string]int{
		userAuthentication:     120,
		respondToAuthChallenge: 3 * 120,
		userCreation:           50,
		userAccountRecovery:    30,
		userList:               30,
		userRead:               120,
		userUpdate:             25,
		userToken:              120,
		userResourceRead:       50,
		userResourceUpdate:     25,
	}
}

// Categories returns the names of [DefaultQuotas], sorted.
func Categories() []string { return slices.Sorted(maps.Keys(DefaultQuotas())) }

// category returns what Cognito counts the operation as. Of some operations its
// public lists say nothing; they stand with their kind, in the smaller budget
// where two would do: that can only slow calls down.
func (op operation) category() string {
	switch op {
	case opInitiateAuth, opRefreshTokenAuth:
		return userAuthentication
	case opRespondToAuthChallenge:
		return respondToAuthChallenge
	case opSignUp, opConfirmSignUp:
		return userCreation
	case opForgotPassword, opConfirmForgotPassword, opChangePassword:
		return userAccountRecovery
	case opGetUser, opGetUserAuthFactors, opAdminGetUser:
		return userRead
	case opListUsers:
		return userList
	case opUpdateUserAttributes, opDeleteUserAttributes, opVerifyUserAttribute, opDeleteUser, opGlobalSignOut:
		return userUpdate
	case opGetTokensFromRefreshToken, opRevokeToken:
		return userToken
	case opGetDevice, opListDevices, opListWebAuthnCredentials, opResendConfirmationCode,
		opGetUserAttributeVerificationCode, opAdminListGroupsForUser:
		return userResourceRead
	default:
		return userResourceUpdate
	}
}

// budgets asks somebody who counts for all replicas whether a call may be made.
type budgets func(ctx context.Context, category string) (wait time.Duration)

// await returns once there is budget for a call of the category, or a refusal.
func (b budgets) await(ctx context.Context, category string) error {
	if b == nil {
		return nil
	}
	var wait time.Duration
	for range quotaAsks {
		wait = b(ctx, category)
		switch {
		case wait <= 0:
			return nil
		case wait > longestQuotaWait, !endsBefore(ctx, wait):
			return quotaExceeded(wait)
		}
		// The jitter keeps callers who were refused together from coming together.
		if !sleep(ctx, wait+rand.N(wait/2+time.Millisecond)) {
			return ctx.Err()
		}
	}
	return quotaExceeded(wait)
}

func quotaExceeded(wait time.Duration) *refusal {
	return &refusal{
		outcome: "QuotaExceeded",
		code:    apierr.RateLimited,
		message: "Too many requests. Try again shortly.",
		wait:    max(wait, shortestRetryAfter),
	}
}

// endsBefore tells whether the wait ends before the context does.
func endsBefore(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}

// sleep returns false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
