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

	"authgraph/internal/redisconn"
)

// read parses the settings. It checks each value by itself; [Flags.check] checks
// them against each other.
func (f *Flags) read(command Command, getenv func(string) string, errs *Errors) *Settings {
	r := reader{errs}
	s := &Settings{
		UserPoolID:         r.matching("AWS_COGNITO_USER_POOL_ID", f.awsCognitoUserPoolID, `^[A-Za-z0-9-]+_[A-Za-z0-9]+$`, 55, "copy it from the pool's overview page; it looks like eu-west-1_AbC123def"),
		ClientID:           r.matching("AWS_COGNITO_APP_CLIENT_ID", f.awsCognitoAppClientID, `^[A-Za-z0-9_+]+$`, 128, "copy it from the pool's list of app clients; it has letters and digits only"),
		AcceptedClientIDs:  r.names("AWS_COGNITO_ACCEPTED_CLIENT_IDS", f.awsCognitoAcceptedClientIDs, `^[A-Za-z0-9_+]{1,128}$`, "copy it from the pool's list of app clients; it has letters and digits only"),
		Audience:           r.matching("AWS_COGNITO_AUDIENCE", f.awsCognitoAudience, `^[\x21\x23-\x5B\x5D-\x7E]+$`, 256, "copy the identifier of the resource server; it has no spaces, quotes or backslashes"),
		ClientSecrets:      r.clientSecrets("AWS_COGNITO_APP_CLIENT_SECRET", f.awsCognitoAppClientSecret, f.awsCognitoAppClientSecretFile),
		ClientSecretFile:   f.awsCognitoAppClientSecretFile,
		Endpoint:           strings.TrimRight(r.url("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", f.awsEndpointURLCognitoIdentityProvider), "/"),
		Issuer:             r.url("AWS_COGNITO_ISSUER", f.awsCognitoIssuer),
		SignInWith:         r.signInWith("SIGN_IN_WITH", f.signInWith),
		UsernameAttribute:  r.attribute("USERNAME_ATTRIBUTE", f.usernameAttribute),
		ModeAttribute:      r.modeAttribute("MODE_ATTRIBUTE", f.modeAttribute),
		PasswordlessSignup: bool(f.passwordlessSignup),

		CaseSensitiveUsernames: bool(f.caseSensitiveUsernames),

		BasePath:              strings.TrimRight(r.matching("BASE_PATH", f.basePath, `^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?$`, 200, "use a path such as /auth, of letters, digits, and - . _ ~"), "/"),
		CookieTransport:       r.oneOf("TOKEN_TRANSPORT", f.tokenTransport, "body", "cookie") == "cookie",
		RefreshCookieLifetime: r.lifetime("REFRESH_COOKIE_LIFETIME", f.refreshCookieLifetime),
		AllowedOrigins:        r.origins("CORS_ALLOWED_ORIGINS", f.corsAllowedOrigins),
		AllowedHeaders:        r.names("CORS_ALLOWED_HEADERS", f.corsAllowedHeaders, headerPattern, "use names of headers, without wildcards"),
		TrustedProxies:        r.proxies("TRUSTED_PROXIES", f.trustedProxies),

		RateLimits:          r.rates("RATE_LIMITS", f.rateLimits),
		DocumentLimits:      r.documentLimits("GRAPHQL_LIMITS", f.graphQLLimits, f.defaults.DocumentLimits),
		PersistedOperations: f.persistedOperations,
		RedisURL:            r.redisURL("REDIS_URL", f.redisURL),
		RevocationsFailOpen: bool(f.revocationsFailOpen),
		HideUserExistence:   bool(f.hideUserExistence),

		StateKey:             r.stateKey("STATE_KEY", f.stateKey),
		PasswordEndsSessions: r.oneOf("PASSWORD_ENDS_SESSIONS", f.passwordEndsSessions, "always", "reset", "never"),
		ServiceGroups:        r.names("SERVICE_GROUPS", f.serviceGroups, groupPattern, "use group names"),
		ServiceScopes:        r.names("SERVICE_SCOPES", f.serviceScopes, `^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`, "use OAuth scopes"),
		SignoutWebhookURL:    r.url("SIGNOUT_WEBHOOK_URL", f.signoutWebhookURL),
		SignoutWebhookKey:    r.webhookSecret("SIGNOUT_WEBHOOK_SECRET", f.signoutWebhookSecret),
		SendClientAddress:    bool(f.sendClientAddress),

		FederationAuthDirectives: bool(f.federationAuthDirectives),
		UserLookup:               r.oneOf("USER_LOOKUP", f.userLookup, "auto", "on", "off"),
		UserReaderGroups:         r.names("USER_READER_GROUPS", f.userReaderGroups, groupPattern, "use group names"),

		DataDir:  r.present("DATA_DIR", f.dataDir),
		PoolAddr: r.address("POOL_ADDR", f.poolAddr),
		PoolURL:  r.origin("POOL_URL", f.poolURL),
		Pool:     f.readPool(r),

		LogLevel:  r.level("LOG_LEVEL", f.logLevel),
		LogFormat: r.oneOf("LOG_FORMAT", f.logFormat, "auto", "text", "json"),
		Lambda:    getenv("AWS_LAMBDA_RUNTIME_API") != "",

		embedded: bool(f.embeddedPool) || len(f.cognitoSettings(command)) == 0,
	}
	s.Pool.fit(s.SignInWith)
	if f.metricsAddr != "" {
		s.MetricsAddr = r.address("METRICS_ADDR", f.metricsAddr)
	}
	if f.pprofAddr != "" {
		s.PprofAddr = r.address("PPROF_ADDR", f.pprofAddr)
	}
	s.Addr = r.listenAddress(f.addr, getenv("PORT"), s.embedded)
	s.Introspection = r.onOff("INTROSPECTION", f.introspection, s.embedded)
	s.Playground = r.onOff("PLAYGROUND", f.playground, s.embedded && s.Introspection)
	s.FederationSDL = r.onOff("FEDERATION_SDL", f.federationSDL, s.Introspection)
	isAmazonCognito := !s.embedded && (s.Endpoint == "" || isAmazon(s.Endpoint))
	s.CognitoQuotas = r.quotas("COGNITO_QUOTAS", f.cognitoQuotas, f.defaults.CognitoQuotas, isAmazonCognito)
	s.AuditLog = auditLog(f.auditLog, s.embedded)
	name := r.matching("AWS_REGION_NAME", f.awsRegionName, `^[a-z0-9-]+$`, 32, "use Amazon's name of the region, for example eu-west-1")
	if command == Pool {
		s.PoolRegion = name
	}
	if !s.embedded {
		s.Region = region(name, s.UserPoolID, getenv("AWS_REGION"))
	}
	return s
}

// groupPattern matches names of groups.
const groupPattern = `^[^\s,]{1,128}$`

// headerPattern matches names of headers (RFC 9110, section 5.1) without an asterisk,
// which would allow all of them.
const headerPattern = `^[A-Za-z0-9!#$%&'+.^_|~-]{1,128}$`

// lifetime parses the lifetime of a cookie. Browsers cap it at 400 days.
func (r reader) lifetime(name, value string) time.Duration {
	lifetime, err := time.ParseDuration(value)
	if err != nil || lifetime < time.Minute || lifetime > 400*24*time.Hour {
		r.errs.add("%s is %s; use a duration from 1m to 9600h, for example 720h.", name, quote(value))
	}
	return lifetime
}

// region returns the pool's region. The region in the pool id takes precedence
// over AWS_REGION, which is where the process runs: a function in one region may
// use a pool in another.
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

// reader parses single values and collects their errors. Every method takes the
// variable's name for the error. Methods whose values are checked again later
// return nothing for an invalid value, so that it is reported once.
type reader struct{ errs *Errors }

func (r reader) matching(name, value, pattern string, maxLength int, fix string) string {
	if value != "" && (len(value) > maxLength || !regexp.MustCompile(pattern).MatchString(value)) {
		r.errs.add("%s is %s; %s.", name, quote(value), fix)
		return ""
	}
	return value
}

func (r reader) present(name, value string) string {
	if strings.TrimSpace(value) == "" {
		r.errs.add("%s is empty; omit the flag to use the default.", name)
	}
	return value
}

// clientSecrets parses a list of secrets, or reads the file that has them.
func (r reader) clientSecrets(name string, value Secret, path string) []Secret {
	var secrets []Secret
	var err error
	switch {
	case value != "" && path != "":
		r.errs.add("%s and %s_FILE exclude each other; unset one of them.", name, name)
		return nil
	case path != "":
		if secrets, err = ReadClientSecrets(path); err != nil {
			r.errs.add("%s_FILE: %s.", name, err)
		}
	case value != "":
		if secrets, err = parseClientSecrets(strings.Split(value.Reveal(), ",")); err != nil {
			r.errs.add("%s %s.", name, err)
		}
	}
	return secrets
}

func (r reader) oneOf(name, value string, values ...string) string {
	value = strings.ToLower(value)
	if !slices.Contains(values, value) {
		last := len(values) - 1
		r.errs.add("%s is %s; use %s or %s.", name, quote(value), strings.Join(values[:last], ", "), values[last])
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
	r.errs.add("%s is %s; use on, off or auto.", name, quote(value))
	return false
}

func (r reader) level(name, value string) slog.Level {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[strings.ToLower(value)]
	if !ok {
		r.errs.add("%s is %s; use debug, info, warn or error.", name, quote(value))
	}
	return level
}

// origin checks an absolute http or https URL without a path.
func (r reader) origin(name, value string) string {
	value = strings.TrimSuffix(value, "/")
	if u, err := url.Parse(r.url(name, value)); err == nil && u.Path != "" {
		r.errs.add("%s has a path; use a scheme, a host and a port, for example http://authgraph:9229.", name)
	}
	return value
}

// url checks an absolute http or https URL to which a path can be appended.
func (r reader) url(name, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	bad := err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" ||
		u.User != nil || strings.ContainsAny(value, "?# \t\r\n")
	if bad {
		// The value may hold a password before an @ sign, so it is not repeated.
		r.errs.add("%s is not a URL like https://host/path; it needs http or https, a host, and no user, query or fragment.", name)
	}
	return value
}

// attribute checks the name of an attribute that can hold a user name.
func (r reader) attribute(name, value string) string {
	r.present(name, value)
	r.matching(name, value, `^(custom:)?[A-Za-z0-9_.-]+$`, 32, "use an attribute in the pool's schema, for example preferred_username or custom:name")
	reserved := []string{"username", "sub", "email", "email_verified", "phone_number_verified"}
	if slices.Contains(reserved, value) {
		r.errs.add("%s is %q, which Cognito refuses or uses otherwise; use preferred_username, name, nickname or a custom: attribute.", name, value)
	}
	return value
}

// modeAttribute is attribute for a setting that may be none.
func (r reader) modeAttribute(name, value string) string {
	if value == "none" {
		return ""
	}
	return r.attribute(name, value)
}

// signInWith parses the kinds of names that users sign in with.
func (r reader) signInWith(name, value string) []string {
	r.present(name, value)
	kinds := r.names(name, value, `^(email|phone_number|username)$`, "use email, phone_number, username, or several of them")
	if len(slices.Compact(slices.Sorted(slices.Values(kinds)))) < len(kinds) {
		r.errs.add("%s repeats a name; list each once.", name)
	}
	return kinds
}

// address checks an address for net.Listen: a host, which may be empty, and a port.
func (r reader) address(name, value string) string {
	host, port, err := net.SplitHostPort(value)
	if err != nil || !isPort(port) || !isHost(host) {
		r.errs.add("%s is %s; use host:port, for example 127.0.0.1:8080 or [::1]:8080.", name, quote(value))
		return ""
	}
	return value
}

// listenAddress returns the address to listen on. Container platforms set PORT and
// connect to any interface; with the embedded pool only loopback is used.
func (r reader) listenAddress(addr, port string, embedded bool) string {
	switch {
	case addr != "":
		return r.address("ADDR", addr)
	case port == "":
		return defaultAddr
	case !isPort(port):
		r.errs.add("PORT is %s; use a number from 0 to 65535, or set ADDR.", quote(port))
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

// isOpen reports whether other machines can reach the address.
func isOpen(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false // invalid, and reported elsewhere
	}
	ip, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !ip.Unmap().IsLoopback())
}

// origins checks a list of origins in the form that browsers send: RFC 6454,
// section 6.2.
func (r reader) origins(name, value string) []string {
	var origins []string
	for _, entry := range list(value) {
		if fix := originError(entry); fix != "" {
			r.errs.add("%s has %s; %s.", name, quote(entry), fix)
		}
		origins = append(origins, entry)
	}
	return origins
}

// originError returns how to fix an origin, or nothing if it is valid.
func originError(entry string) string {
	u, err := url.Parse(entry)
	switch {
	case strings.Contains(entry, "*"):
		return "list each origin: wildcards are not supported"
	case entry == "null":
		return "the origin of every sandboxed page is null, so it cannot be allowed"
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return "use scheme://host or scheme://host:port, with http or https"
	case entry != u.Scheme+"://"+u.Host:
		return "remove everything after the host and port, including a trailing slash, and any user"
	case entry != strings.ToLower(entry) || !isHost(strings.Trim(u.Hostname(), "[]")):
		return "write the host as browsers send it: in lower case, and internationalized names in their xn-- form"
	case strings.HasSuffix(u.Host, ":") || (u.Port() != "" && !isPort(u.Port())):
		return "write the port as a number, or remove the colon"
	case (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80"):
		return "remove :" + u.Port() + ", as browsers do"
	}
	return ""
}

// proxies parses a list of addresses and CIDR ranges.
func (r reader) proxies(name, value string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, entry := range list(value) {
		prefix, err := parsePrefix(entry)
		switch {
		case err != nil:
			r.errs.add("%s has %s; use an address or a range, for example 10.0.0.0/8.", name, quote(entry))
		case prefix.Bits() == 0:
			r.errs.add("%s has %s, which lets every client forge its address; list the proxies only.", name, quote(entry))
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

// redisURL checks the URL of the shared store. Errors do not repeat it: it may
// contain a password.
func (r reader) redisURL(name string, value Secret) Secret {
	if value == "" {
		return value
	}
	if _, err := redisconn.Parse(value.Reveal()); err != nil {
		r.errs.add("%s is not valid: %s.", name, err)
		return ""
	}
	return value
}

// stateKey checks the length of a secret that keys are derived from.
func (r reader) stateKey(name string, value Secret) Secret {
	if value != "" && len(value) < 32 {
		r.errs.add("%s is shorter than 32 characters; create one with: openssl rand -base64 32", name)
	}
	return value
}

// webhookSecret decodes the key from the form that Standard Webhooks defines.
func (r reader) webhookSecret(name string, value Secret) Secret {
	if value == "" {
		return value
	}
	encoded, prefixed := strings.CutPrefix(value.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(key) < 24 || len(key) > 64 {
		r.errs.add("%s is not whsec_ followed by 24 to 64 bytes in base64; create one with: echo whsec_$(openssl rand -base64 32)", name)
	}
	return Secret(key)
}

// auditLog returns the destination of security events, or nothing for none.
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

// list splits a comma-separated list and drops empty entries.
func list(value string) []string {
	var entries []string
	for entry := range strings.SplitSeq(value, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}

// quote quotes an untrusted value and shortens it to fit on a line.
func quote(value string) string {
	const maxLength = 80
	if len(value) > maxLength {
		value = value[:maxLength] + "..."
	}
	return strconv.Quote(value)
}

// readPool parses the settings of the embedded pool.
func (f *Flags) readPool(r reader) PoolShape {
	return PoolShape{
		MFA:                 strings.ToUpper(r.optional("POOL_MFA", f.poolMFA, "off", "optional", "on")),
		AuthFlows:           r.names("POOL_AUTH_FLOWS", f.poolAuthFlows, `^ALLOW_[A-Z_]{1,40}$`, "use Cognito's names, for example ALLOW_USER_SRP_AUTH"),
		UserExistenceErrors: strings.ToUpper(r.optional("POOL_USER_EXISTENCE_ERRORS", f.poolUserExistenceErrors, "enabled", "legacy")),
		RotationGrace:       r.rotation("POOL_ROTATION", f.poolRotation),
		ClientSecret:        r.poolSecret("POOL_CLIENT_SECRET", f.poolClientSecret),
		AliasAttributes:     r.names("POOL_ALIAS_ATTRIBUTES", f.poolAliasAttributes, `^(email|phone_number|preferred_username)$`, "use email, phone_number or preferred_username"),
		CaseSensitive:       r.optionalSwitch("POOL_CASE_SENSITIVE", f.poolCaseSensitive),
		RequiredAttributes: r.names("POOL_REQUIRED_ATTRIBUTES", f.poolRequiredAttributes,
			`^(name|given_name|family_name|middle_name|nickname|preferred_username|profile|picture|website|email|gender|birthdate|zoneinfo|locale|phone_number|address|updated_at)$`,
			"use names of standard attributes, which clients can write"),
		AutoVerifiedAttributes: r.names("POOL_AUTO_VERIFIED_ATTRIBUTES", f.poolAutoVerified, `^(email|phone_number|none)$`, "use email, phone_number, both, or none"),
		Clients:                r.names("POOL_CLIENTS", f.poolClients, `^[A-Za-z0-9_ +=.@-]{1,128}$`, "use names of letters, digits, spaces, and _ + = . @ -"),
		UsernameAttributes:     r.names("POOL_USERNAME_ATTRIBUTES", f.poolUsernameAttributes, `^(email|phone_number|username)$`, "use email, phone_number, both, or username"),
		CustomAttributes:       r.names("POOL_CUSTOM_ATTRIBUTES", f.poolCustomAttributes, `^[A-Za-z0-9_.-]{1,20}$`, "use names of at most 20 letters, digits, dots, dashes or underscores, without custom:"),
	}
}

// optional is oneOf for a setting that may be unset.
func (r reader) optional(name, value string, values ...string) string {
	if value == "" {
		return ""
	}
	return r.oneOf(name, value, values...)
}

// optionalSwitch is onOff for a setting that may be unset.
func (r reader) optionalSwitch(name, value string) *bool {
	if value == "" {
		return nil
	}
	on := r.oneOf(name, value, "on", "off") == "on"
	return &on
}

// names parses a comma-separated list of names.
func (r reader) names(name, value, pattern, fix string) []string {
	if value == "" {
		return nil
	}
	valid := regexp.MustCompile(pattern)
	var names []string
	for _, item := range strings.Split(value, ",") {
		item = strings.TrimSpace(item)
		if !valid.MatchString(item) {
			r.errs.add("%s has %s; %s.", name, quote(item), fix)
			continue
		}
		names = append(names, item)
	}
	return names
}

// rotation parses off, or a grace period in seconds.
func (r reader) rotation(name, value string) *time.Duration {
	if value == "" {
		return nil
	}
	grace := -time.Second
	if !strings.EqualFold(value, "off") {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds < 0 || seconds > 60 {
			r.errs.add("%s is %s; use off, or the grace period in seconds, 0 to 60.", name, quote(value))
			return nil
		}
		grace = time.Duration(seconds) * time.Second
	}
	return &grace
}

// poolSecret checks a client secret against the form that Cognito accepts.
func (r reader) poolSecret(name string, value Secret) Secret {
	if value != "" && !regexp.MustCompile(`^[A-Za-z0-9_+]{24,64}$`).MatchString(value.Reveal()) {
		r.errs.add("%s must have 24 to 64 letters, digits, + or _.", name)
	}
	return value
}
