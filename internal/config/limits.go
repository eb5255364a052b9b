package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is how often something may happen: Burst times at once, and once more
// every Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// defaultRates are the budgets of RATE_LIMITS. A right guess is never slowed
// down by them; a million wrong ones take years.
const defaultRates = "account-address=5/30s,account=10/30s,address=40/2s,network=320/250ms," +
	"code=5/60s,code-long=10/15m,message=3/60s,message-long=10/144m,signup=20/20s,token=200/200ms,forged-token=200/200ms"

// DocumentLimits bound what one request to /graphql may ask for.
type DocumentLimits struct {
	BodyBytes, Tokens, Depth, Aliases, Fields, RootFields, Operations, Directives, Variables, Complexity,
	CredentialFields, References, Batch int
}

const defaultDocumentLimits = "body-bytes=262144,tokens=1000,depth=12,aliases=15,fields=500,root-fields=20,operations=10," +
	"directives=50,variables=50,complexity=1000,credential-fields=1,references=250,batch=1"

// byName returns the limits by the names that the setting has for them.
func (l *DocumentLimits) byName() map[string]*int {
	return map[string]*int{
		"body-bytes": &l.BodyBytes, "tokens": &l.Tokens, "depth": &l.Depth, "aliases": &l.Aliases, "fields": &l.Fields,
		"root-fields": &l.RootFields, "operations": &l.Operations, "directives": &l.Directives,
		"variables": &l.Variables, "complexity": &l.Complexity, "credential-fields": &l.CredentialFields,
		"references": &l.References, "batch": &l.Batch,
	}
}

// quotaCategories are Cognito's categories of the operations that are called.
func quotaCategories() []string {
	return []string{
		"RespondToAuthChallenge", "UserAccountRecovery", "UserAuthentication", "UserCreation", "UserList", "UserRead", "UserResourceRead",
		"UserResourceUpdate", "UserToken", "UserUpdate",
	}
}

// assignments splits a list of NAME=VALUE.
func (r reader) assignments(name, value string, known []string, each func(key, value string) bool, form string) {
	for _, entry := range list(value) {
		key, v, _ := strings.Cut(entry, "=")
		key, v = strings.TrimSpace(key), strings.TrimSpace(v)
		switch {
		case !slices.Contains(known, key):
			r.faults.add("%s has %s; there are %s.", name, quote(entry), strings.Join(known, ", "))
		case !each(key, v):
			r.faults.add("%s has %s; write %s.", name, quote(entry), form)
		}
	}
}

// rates reads RATE_LIMITS: off, or changes to the defaults.
func (r reader) rates(name, value string) map[string]Rate {
	if strings.EqualFold(value, "off") {
		return nil
	}
	rates := map[string]Rate{}
	var known []string
	for _, entry := range list(defaultRates) {
		key, v, _ := strings.Cut(entry, "=")
		rates[key], _ = parseRate(v)
		known = append(known, key)
	}
	r.assignments(name, value, known, func(key, v string) bool {
		if strings.EqualFold(v, "off") {
			delete(rates, key)
			return true
		}
		rate, ok := parseRate(v)
		rates[key] = rate
		return ok
	}, "NAME=BURST/INTERVAL, for instance address=40/2s, or NAME=off")
	return rates
}

// longestRefill is how long a budget may take to be full again.
const longestRefill = 30 * 24 * time.Hour

func parseRate(text string) (Rate, bool) {
	burst, every, found := strings.Cut(text, "/")
	n, err1 := strconv.Atoi(burst)
	d, err2 := time.ParseDuration(every)
	ok := found && err1 == nil && err2 == nil && n >= 1 && d >= time.Millisecond && d <= longestRefill/time.Duration(n)
	return Rate{Burst: n, Every: d}, ok
}

// documentLimits reads GRAPHQL_LIMITS: changes to the defaults.
func (r reader) documentLimits(name, value string) DocumentLimits {
	var limits DocumentLimits
	targets := limits.byName()
	var known []string
	set := func(key, v string) bool {
		n, err := strconv.Atoi(v)
		*targets[key] = n
		return err == nil && n >= 1 && n <= 100_000_000
	}
	for _, entry := range list(defaultDocumentLimits) {
		key, v, _ := strings.Cut(entry, "=")
		known = append(known, key)
		set(key, v)
	}
	r.assignments(name, value, known, set, "NAME=NUMBER, for instance depth=12")
	return limits
}

// quotas reads COGNITO_QUOTAS: auto, off, or the account's own quotas. It returns
// nil for off, and for auto when the pool is not Amazon's.
func (r reader) quotas(name, value string, amazon bool) map[string]int {
	switch strings.ToLower(value) {
	case "off":
		return nil
	case "auto":
		if !amazon {
			return nil
		}
		return map[string]int{}
	}
	quotas := map[string]int{}
	r.assignments(name, value, quotaCategories(), func(key, v string) bool {
		n, err := strconv.Atoi(v)
		quotas[key] = n
		return err == nil && n >= 1 && n <= 1_000_000
	}, "auto, off, or CATEGORY=REQUESTS-PER-SECOND, for instance UserAuthentication=120")
	return quotas
}
