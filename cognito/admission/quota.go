package admission

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// The quota categories. Cognito counts calls by category for a whole AWS account and
// Region, across user pools. The names are those of its quotas, except for
// RespondToAuthChallenge: Cognito counts those calls as UserAuthentication with a separate
// limit of three times its quota.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
const (
	UserAuthentication     = "UserAuthentication"
	RespondToAuthChallenge = "RespondToAuthChallenge"
	UserCreation           = "UserCreation"
	UserAccountRecovery    = "UserAccountRecovery"
	UserList               = "UserList"
	UserRead               = "UserRead"
	UserUpdate             = "UserUpdate"
	UserToken              = "UserToken"
	UserResourceRead       = "UserResourceRead"
	UserResourceUpdate     = "UserResourceUpdate"
)

const (
	// maxQuotaWait is how long a call waits for its budget. That smooths bursts. Longer
	// waits would only pile up callers for whom there is no budget.
	maxQuotaWait = 250 * time.Millisecond
	// quotaAttempts is how often a call tries to get its budget.
	quotaAttempts = 3
)

// DefaultQuotas returns AWS's default quota of each category, in calls per second.
func DefaultQuotas() map[string]int {
	return map[string]int{
		UserAuthentication:     120,
		RespondToAuthChallenge: 3 * 120,
		UserCreation:           50,
		UserAccountRecovery:    30,
		UserList:               30,
		UserRead:               120,
		UserUpdate:             25,
		UserToken:              120,
		UserResourceRead:       50,
		UserResourceUpdate:     25,
	}
}

// Categories returns the names of the categories, sorted.
func Categories() []string { return slices.Sorted(maps.Keys(DefaultQuotas())) }

// spend takes a call out of the category's budget. It waits for a short time if the budget
// is used up.
func (c *Controller) spend(ctx context.Context, category string) error {
	if c.budget == nil {
		return nil
	}
	var wait time.Duration
	for range quotaAttempts {
		wait = c.budget(ctx, category)
		switch {
		case wait <= 0:
			return nil
		case wait > maxQuotaWait, !endsBefore(ctx, wait):
			return Reject(QuotaExceeded, wait)
		}
		// The jitter spreads callers that were refused together.
		timer := time.NewTimer(wait + rand.N(wait/2+time.Millisecond))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return Reject(QuotaExceeded, wait)
}

// endsBefore reports whether the wait ends before the deadline of ctx.
func endsBefore(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}
