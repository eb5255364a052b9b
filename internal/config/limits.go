package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is a rate limit: Burst attempts at once, then one more every Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// defaultRates are the defaults of RATE_LIMITS. They never delay a correct
// password or code; a million wrong ones take years.
const defaultRates = "account-address=5/30s,account=10/30s,address=40/2s,network=320/250ms," +
	"code=5/60s,code-long=10/15m,message=3/60s,message-long=10/144m,signup=20/20s,token=200/200ms,forged-token=200/200ms"

// DocumentLimits limit the size and cost of one GraphQL request.
type DocumentLimits struct {
	BodyBytes, Tokens, Depth, Aliases, Fields, RootFields, Operations, Directives, Variables, Complexity,
	CredentialFields, References, Batch int
}

// documentLimit is a limit by its name in the setting.
type documentLimit struct {
	name  string
	value *int
}

func (l *DocumentLimits) fields() []documentLimit {
	return []documentLimit{
		{"body-bytes", &l.BodyBytes},
		{"tokens", &l.Tokens},
		{"depth", &l.Depth},
		{"aliases", &l.Aliases},
		{"fields", &l.Fields},
		{"root-fields", &l.RootFields},
		{"operations", &l.Operations},
		{"directives", &l.Directives},
		{"variables", &l.Variables},
		{"complexity", &l.Complexity},
		{"credential-fields", &l.CredentialFields},
		{"references", &l.References},
		{"batch", &l.Batch},
	}
}

// assignments parses a list of NAME=VALUE and calls set with each. set reports
// whether the value is valid.
func (r reader) assignments(name, value string, known []string, set func(key, value string) bool, form string) {
	for _, entry := range list(value) {
		key, v, _ := strings.Cut(entry, "=")
		key, v = strings.TrimSpace(key), strings.TrimSpace(v)
		switch {
		case !slices.Contains(known, key):
			r.errs.add("%s has %s; the names are %s.", name, quote(entry), strings.Join(known, ", "))
		case !set(key, v):
			r.errs.add("%s has %s; use %s.", name, quote(entry), form)
		}
	}
}

// rates parses RATE_LIMITS: off, or changes to the defaults.
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
	}, "NAME=BURST/INTERVAL, for example address=40/2s, or NAME=off")
	return rates
}

// longestRefill is the longest time in which a budget may refill.
const longestRefill = 30 * 24 * time.Hour

func parseRate(text string) (Rate, bool) {
	burst, every, found := strings.Cut(text, "/")
	n, err1 := strconv.Atoi(burst)
	d, err2 := time.ParseDuration(every)
	ok := found && err1 == nil && err2 == nil && n >= 1 && d >= time.Millisecond && d <= longestRefill/time.Duration(n)
	return Rate{Burst: n, Every: d}, ok
}

// documentLimits parses GRAPHQL_LIMITS: changes to the defaults.
func (r reader) documentLimits(name, value string, limits DocumentLimits) DocumentLimits {
	targets := map[string]*int{}
	var known []string
	for _, limit := range limits.fields() {
		targets[limit.name] = limit.value
		known = append(known, limit.name)
	}
	r.assignments(name, value, known, func(key, v string) bool {
		n, err := strconv.Atoi(v)
		*targets[key] = n
		return err == nil && n >= 1 && n <= 100_000_000
	}, "NAME=NUMBER, for example depth=12")
	return limits
}

// quotas parses COGNITO_QUOTAS: auto, off, or changes to the defaults. It returns
// nil for no quotas, which is off, or auto where the pool is not Amazon's.
func (r reader) quotas(name, value string, defaults map[string]int, isAmazon bool) map[string]int {
	quotas := maps.Clone(defaults)
	switch strings.ToLower(value) {
	case "off":
		return nil
	case "auto":
		if !isAmazon {
			return nil
		}
		return quotas
	}
	r.assignments(name, value, slices.Sorted(maps.Keys(defaults)), func(key, v string) bool {
		n, err := strconv.Atoi(v)
		quotas[key] = n
		return err == nil && n >= 1 && n <= 1_000_000
	}, "auto, off, or CATEGORY=REQUESTS-PER-SECOND, for example UserAuthentication=120")
	return quotas
}
