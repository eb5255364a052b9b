package config

import (
	"encoding/base64"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// read turns raw text into settings. It looks at each value by itself; what
// values must be to each other is [Settings.check]'s.
func read(raw *flags, getenv func(string) string, faults *Faults) *Settings {
	r := reader{faults}
	s := &Settings{
		UserPoolID:         r.matching("AWS_COGNITO_USER_POOL_ID", raw.AWSCognitoUserPoolID, `^[A-Za-z0-9-]+_[A-Za-z0-9]+$`, 55, "copy it from the pool's overview page; it looks like eu-west-1_AbC123def"),
		ClientID:           r.matching("AWS_COGNITO_APP_CLIENT_ID", raw.AWSCognitoAppClientID, `^[A-Za-z0-9_+]+$`, 128, "copy it from the pool's list of app clients; it has letters and digits only"),
		ClientSecret:       r.secret("AWS_COGNITO_APP_CLIENT_SECRET", raw.AWSCognitoAppClientSecret),
		Endpoint:           strings.TrimRight(r.url("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", raw.AWSEndpointURLCognitoIdentityProvider), "/"),
		Issuer:             r.url("AWS_COGNITO_ISSUER", raw.AWSCognitoIssuer),
		UsernameAttribute:  r.attribute("USERNAME_ATTRIBUTE", raw.UsernameAttribute),
		PasswordlessSignup: raw.PasswordlessSignup,
		AllowedOrigins:     r.origins("CORS_ALLOWED_ORIGINS", raw.CORSAllowedOrigins),
		TrustedProxies:     r.proxies("TRUSTED_PROXIES", raw.TrustedProxies),
		RateLimits:         r.rates("RATE_LIMITS", raw.RateLimits),
		DocumentLimits:     r.documentLimits("GRAPHQL_LIMITS", raw.GraphQLLimits),
		RedisURL:           r.redisURL("REDIS_URL", raw.RedisURL),
		ServiceGroups:      r.names("SERVICE_GROUPS", raw.ServiceGroups, groupForm, "write names of groups"),
		ServiceScopes:      r.names("SERVICE_SCOPES", raw.ServiceScopes, `^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`, "write OAuth scopes"),
		UserLookup:         r.oneOf("USER_LOOKUP", raw.UserLookup, "auto", "on", "off"),
		UserReaderGroups:   r.names("USER_READER_GROUPS", raw.UserReaderGroups, groupForm, "write names of groups"),
		SignoutWebhookURL:  r.url("SIGNOUT_WEBHOOK_URL", raw.SignoutWebhookURL),
		DataDir:            r.present("DATA_DIR", raw.DataDir),
		PoolAddr:           r.address("POOL_ADDR", raw.PoolAddr),
		Pool:               r.pool(raw),
		LogLevel:           r.level("LOG_LEVEL", raw.LogLevel),
		LogFormat:          r.oneOf("LOG_FORMAT", raw.LogFormat, "auto", "text", "json"),
		Lambda:             getenv("AWS_LAMBDA_RUNTIME_API") != "",
	}
	s.PersistedOperations = raw.PersistedOperations
	s.RevocationsFailOpen, s.HideUserExistence, s.SendClientAddress = raw.RevocationsFailOpen, raw.HideUserExistence, raw.SendClientAddress
	s.SignoutWebhookKey = r.webhookSecret("SIGNOUT_WEBHOOK_SECRET", raw.SignoutWebhookSecret)
	if raw.PprofAddr != "" {
		s.PprofAddr = r.address("PPROF_ADDR", raw.PprofAddr)
	}
	s.CookieTransport = r.oneOf("TOKEN_TRANSPORT", raw.TokenTransport, "body", "cookie") == "cookie"
	s.RefreshCookieLifetime = r.lifetime("REFRESH_COOKIE_LIFETIME", raw.RefreshCookieLifetime)
	switch raw.command.name {
	case "pool":
		s.PoolOnly = true
	case "schema":
		s.PrintSchema, s.PrintFederated = true, raw.Federated
	case "router":
		s.Router, s.RouterDir = raw.arguments[0], raw.arguments[1]
	}
	s.embedded = raw.EmbeddedPool || len(cognitoSettings(raw)) == 0
	s.Addr = r.listenAddress(raw.Addr, getenv("PORT"), s.embedded)
	s.Introspection = r.onOff("INTROSPECTION", raw.Introspection, s.embedded)
	s.Playground = r.onOff("PLAYGROUND", raw.Playground, s.embedded && s.Introspection)
	s.FederationSDL, s.FederationAuthDirectives = r.onOff("FEDERATION_SDL", raw.FederationSDL, s.Introspection), raw.FederationAuthDirectives
	s.CognitoQuotas = r.quotas("COGNITO_QUOTAS", raw.CognitoQuotas, !s.embedded && (s.Endpoint == "" || isAmazon(s.Endpoint)))
	s.AuditLog = auditLog(raw.AuditLog, s.embedded)
	name := r.matching("AWS_REGION_NAME", raw.AWSRegionName, `^[a-z0-9-]+$`, 32, "write it as Amazon does, for instance eu-west-1")
	if !s.embedded {
		s.Region = region(name, s.UserPoolID, getenv("AWS_REGION"))
	}
	return s
}

// groupForm is what names of groups look like.
const groupForm = `^[^\s,]{1,128}$`

// lifetime takes how long a cookie is to live. Browsers cap it at 400 days.
func (r reader) lifetime(name, value string) time.Duration {
	lifetime, err := time.ParseDuration(value)
	if err != nil || lifetime < time.Minute || lifetime > 400*24*time.Hour {
		r.faults.add("%s is %s; write a duration from 1m to 9600h, for instance 720h.", name, quote(value))
	}
	return lifetime
}

// region settles the pool's region. The one that the pool id names goes before
// AWS_REGION, which says where the process runs: a function in one region may
// well use a pool in another.
func region(name, poolID, ambient string) string {
	prefix, _, _ := strings.Cut(poolID, "_")
	switch {
	case name != "":
		return name
	case isRegion(prefix) || ambient == "":
		return prefix
	}
	return ambient
}

func isRegion(s string) bool {
	return regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`).MatchString(s)
}

// reader reads single values and notes their faults. Every method takes the
// setting's variable, which is the name that the fault will call it by. Those
// whose values are compared later return nothing for a malformed one, so that it
// is not told twice.
type reader struct{ faults *Faults }

func (r reader) matching(name, value, pattern string, most int, mend string) string {
	if value != "" && (len(value) > most || !regexp.MustCompile(pattern).MatchString(value)) {
		r.faults.add("%s is %s; %s.", name, quote(value), mend)
		return ""
	}
	return value
}

func (r reader) present(name, value string) string {
	if strings.TrimSpace(value) == "" {
		r.faults.add("%s is empty; leave the flag out to have the default.", name)
	}
	return value
}

func (r reader) secret(name string, value Secret) Secret {
	outside := func(c rune) bool { return c <= ' ' || c > '~' }
	if strings.ContainsFunc(value.Reveal(), outside) {
		r.faults.add("%s has a space, a line break or a foreign character in it; copy it again from the app client.", name)
	}
	return value
}

func (r reader) oneOf(name, value string, values ...string) string {
	value = strings.ToLower(value)
	if !slices.Contains(values, value) {
		r.faults.add("%s is %s; write %s.", name, quote(value), strings.Join(values, ", "))
	}
	return value
}

func (r reader) onOff(name, value string, automatic bool) bool {
	switch strings.ToLower(value) {
	case "auto":
		return automatic
	case "on", "true", "1", "yes":
		return true
	case "off", "false", "0", "no":
		return false
	}
	r.faults.add("%s is %s; write on, off or auto.", name, quote(value))
	return false
}

func (r reader) level(name, value string) slog.Level {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[strings.ToLower(value)]
	if !ok {
		r.faults.add("%s is %s; write debug, info, warn or error.", name, quote(value))
	}
	return level
}

// url takes an absolute http or https address that more can be appended to.
func (r reader) url(name, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	bad := err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" ||
		u.User != nil || strings.ContainsAny(value, "?# \t\r\n")
	if bad {
		// The value may hold a password before an @ sign, so it is not repeated.
		r.faults.add("%s is not an address like https://host/path; it needs http or https, a host, and no user, query or fragment.", name)
	}
	return value
}

// attribute takes the name of an attribute that can hold a user's name.
func (r reader) attribute(name, value string) string {
	r.present(name, value)
	r.matching(name, value, `^(custom:)?[A-Za-z0-9_.-]+$`, 32, "write an attribute of the pool's schema, for instance preferred_username or custom:name")
	taken := []string{"username", "sub", "email", "email_verified", "phone_number_verified"}
	if slices.Contains(taken, value) {
		r.faults.add("%s is %q, which Cognito refuses or which has another use; write preferred_username, name, nickname or a custom: attribute.", name, value)
	}
	return value
}

// address takes what net.Listen can: a host, which may be empty, and a port.
func (r reader) address(name, value string) string {
	host, port, err := net.SplitHostPort(value)
	if err != nil || !isPort(port) || !isHost(host) {
		r.faults.add("%s is %s; write host:port, for instance 127.0.0.1:8080 or [::1]:8080.", name, quote(value))
		return ""
	}
	return value
}

// listenAddress settles ADDR. PORT is how platforms tell a container where they
// will call it, which is on every interface; the embedded pool keeps to this
// machine all the same.
func (r reader) listenAddress(addr, port string, embedded bool) string {
	switch {
	case addr != "":
		return r.address("ADDR", addr)
	case port == "":
		return "127.0.0.1:8080"
	case !isPort(port):
		r.faults.add("PORT is %s; write a number from 0 to 65535, or set ADDR.", quote(port))
	}
	if embedded {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return ":" + port
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return regexp.MustCompile(`^[A-Za-z0-9.-]*$`).MatchString(s)
}

// isOpen tells whether other machines can reach the address.
func isOpen(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false // nothing listens there
	}
	ip, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !ip.Unmap().IsLoopback())
}

// origins takes exact origins as browsers send them: RFC 6454, section 6.2.
func (r reader) origins(name, value string) []string {
	var origins []string
	for _, entry := range list(value) {
		if mend := originFault(entry); mend != "" {
			r.faults.add("%s has %s; %s.", name, quote(entry), mend)
		}
		origins = append(origins, entry)
	}
	return origins
}

func originFault(entry string) string {
	u, err := url.Parse(entry)
	switch {
	case strings.Contains(entry, "*"):
		return "list each origin, there are no wildcards"
	case entry == "null":
		return "every sandboxed page of the world has the origin null, so it cannot be allowed"
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return "write scheme://host or scheme://host:port, with http or https"
	case entry != u.Scheme+"://"+u.Host:
		return "leave out everything after the host and port, a slash at the end too, and any user"
	case entry != strings.ToLower(entry) || !isHost(strings.Trim(u.Hostname(), "[]")):
		return "write the host as browsers send it, in lower case and, for other alphabets, in its xn-- form"
	case strings.HasSuffix(u.Host, ":") || (u.Port() != "" && !isPort(u.Port())):
		return "write the port as a number, or leave out the colon"
	case (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80"):
		return "leave out :" + u.Port() + ", as browsers do"
	}
	return ""
}

// proxies takes addresses and ranges in CIDR form.
func (r reader) proxies(name, value string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, entry := range list(value) {
		prefix, err := parsePrefix(entry)
		switch {
		case err != nil:
			r.faults.add("%s has %s; write an address or a range, for instance 10.0.0.0/8.", name, quote(entry))
		case prefix.Bits() == 0:
			r.faults.add("%s has %s, which lets anyone choose the address that they are counted under; list the proxies only.", name, quote(entry))
		default:
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		prefix, err := netip.ParsePrefix(s)
		return prefix.Masked(), err
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	addr = addr.Unmap()
	return addr.Prefix(addr.BitLen())
}

// redisURL takes the address of a store. It is never repeated: it may hold a
// password.
func (r reader) redisURL(name string, value Secret) Secret {
	if value == "" {
		return value
	}
	u, err := url.Parse(value.Reveal())
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Hostname() == "" {
		r.faults.add("%s is not an address like redis://host:6379/0 or rediss://user:password@host:6379.", name)
		return ""
	}
	return value
}

// webhookSecret returns the key itself, out of the form that Standard Webhooks
// gives it.
func (r reader) webhookSecret(name string, value Secret) Secret {
	if value == "" {
		return value
	}
	encoded, prefixed := strings.CutPrefix(value.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(key) < 24 || len(key) > 64 {
		r.faults.add("%s is not whsec_ and the base64 form of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)", name)
	}
	return Secret(key)
}

// auditLog settles where security events go.
func auditLog(value string, embedded bool) string {
	switch strings.ToLower(value) {
	case "off":
		return ""
	case "auto":
		if embedded {
			return ""
		}
		return "stdout"
	case "stdout", "stderr":
		return strings.ToLower(value)
	}
	return value
}

// list splits a comma list and drops empty entries.
func list(value string) []string {
	var entries []string
	for entry := range strings.SplitSeq(value, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}

// quote makes a value of the outside fit for one line of a fault.
func quote(value string) string {
	const most = 80
	if len(value) > most {
		value = value[:most] + "..."
	}
	return strconv.Quote(value)
}

// pool reads what the embedded pool is to be like.
func (r reader) pool(raw *flags) PoolShape {
	return PoolShape{
		MFA:                 strings.ToUpper(r.ifGiven("POOL_MFA", raw.PoolMFA, "off", "optional", "on")),
		AuthFlows:           r.names("POOL_AUTH_FLOWS", raw.PoolAuthFlows, `^ALLOW_[A-Z_]{1,40}$`, "write Cognito's names, for instance ALLOW_USER_SRP_AUTH"),
		UserExistenceErrors: strings.ToUpper(r.ifGiven("POOL_USER_EXISTENCE_ERRORS", raw.PoolUserExistenceErrors, "enabled", "legacy")),
		RotationGrace:       r.rotation("POOL_ROTATION", raw.PoolRotation),
		ClientSecret:        r.poolSecret("POOL_CLIENT_SECRET", raw.PoolClientSecret),
		UsernameAttributes:  r.names("POOL_USERNAME_ATTRIBUTES", raw.PoolUsernameAttributes, `^(email|phone_number|username)$`, "write email, phone_number, both, or username"),
		CustomAttributes:    r.names("POOL_CUSTOM_ATTRIBUTES", raw.PoolCustomAttributes, `^[A-Za-z0-9_.-]{1,20}$`, "write names of at most 20 letters, digits, dots, dashes or underscores, without custom:"),
	}
}

func (r reader) ifGiven(name, value string, values ...string) string {
	if value == "" {
		return ""
	}
	return r.oneOf(name, value, values...)
}

// names reads a list separated by commas.
func (r reader) names(name, value, pattern, mend string) []string {
	if value == "" {
		return nil
	}
	form := regexp.MustCompile(pattern)
	var list []string
	for _, item := range strings.Split(value, ",") {
		item = strings.TrimSpace(item)
		if !form.MatchString(item) {
			r.faults.add("%s has %s in it; %s.", name, quote(item), mend)
			continue
		}
		list = append(list, item)
	}
	return list
}

// rotation reads off, or a grace period in seconds.
func (r reader) rotation(name, value string) *time.Duration {
	if value == "" {
		return nil
	}
	grace := -time.Second
	if !strings.EqualFold(value, "off") {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds < 0 || seconds > 60 {
			r.faults.add("%s is %s; write off, or the grace period in seconds, 0 to 60.", name, quote(value))
			return nil
		}
		grace = time.Duration(seconds) * time.Second
	}
	return &grace
}

// poolSecret takes a secret of the form that Cognito's own have.
func (r reader) poolSecret(name string, value Secret) Secret {
	if value != "" && !regexp.MustCompile(`^[A-Za-z0-9_+]{24,64}$`).MatchString(value.Reveal()) {
		r.faults.add("%s must have 24 to 64 letters, digits, + or _.", name)
	}
	return value
}
