package settings

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"authgraph/cognito/userpool/internal/exception"
)

// Complete fills in the defaults of an app client and checks that its settings fit together and fit the pool. doing is
// "creating" or "updating", for messages.
func (c *Client) Complete(pool *Pool, doing string) error {
	s := &c.ClientSettings
	if s.RefreshTokenValidity == 0 {
		s.RefreshTokenValidity = 30
	}
	if s.AuthSessionValidity == 0 {
		s.AuthSessionValidity = 3
	}
	defaultTo(&s.PreventUserExistenceErrors, "LEGACY")
	if s.EnableTokenRevocation == nil {
		yes := true
		s.EnableTokenRevocation = &yes
	}
	for _, check := range []func() error{
		func() error { return CheckFlows(s.ExplicitAuthFlows) },
		c.checkLifetimes,
		func() error { return c.checkRotation(pool) },
		func() error { return s.checkAttributes(pool, doing) },
		s.checkRedirects,
		func() error { return c.checkOAuth(pool) },
		c.checkExtras,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// allowClientToken is the flow of GetClientToken. It excludes all others.
const allowClientToken = "ALLOW_CLIENT_TOKEN_AUTH"

// CheckFlows checks the names in ExplicitAuthFlows.
func CheckFlows(flows []string) error {
	known := []string{
		"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH",
		"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", allowClientToken,
	}
	allow := 0
	for _, flow := range flows {
		if !slices.Contains(known, flow) {
			return exception.InvalidParameter("1 validation error detected: Value '[%s]' at 'explicitAuthFlows' failed to satisfy constraint: "+
				"Member must satisfy constraint: [Member must satisfy enum value set: [%s]]", exception.Shorten(flow), strings.Join(known, ", "))
		}
		if strings.HasPrefix(flow, "ALLOW_") {
			allow++
		}
	}
	if slices.Contains(flows, allowClientToken) && len(flows) > 1 {
		return exception.InvalidParameter("%s cannot be used with other auth flows.", allowClientToken)
	}
	if allow > 0 && allow < len(flows) {
		return exception.InvalidParameter("Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.")
	}
	return nil
}

// checkLifetimes checks validities against the ranges of the service: 5 minutes to a day for access and ID tokens, an
// hour to ten years for refresh tokens.
func (c *Client) checkLifetimes() error {
	access, id, refresh := c.AccessTokenLifetime(), c.IDTokenLifetime(), c.RefreshTokenLifetime()
	const day = 24 * time.Hour
	switch {
	case min(access, id) < 5*time.Minute || max(access, id) > day || refresh < time.Hour || refresh > 3650*day:
		return exception.InvalidParameter("Invalid range for token validity.")
	case max(access, id) > refresh:
		return exception.InvalidParameter("Access and Id Token expiration times must be less than or equal to refresh token expiration times.")
	}
	return nil
}

func (c *Client) checkRotation(pool *Pool) error {
	switch {
	case !c.RotatesRefreshTokens():
	case pool.UserPoolTier == "LITE":
		return exception.New("FeatureUnavailableInTierException", "The following features need to be disabled for the LITE pricing tier configured: Refresh Token Rotation")
	case slices.Contains(c.ExplicitAuthFlows, "ALLOW_REFRESH_TOKEN_AUTH"):
		return exception.InvalidParameter("ALLOW_REFRESH_TOKEN_AUTH cannot be used when refresh token rotation is enabled.")
	}
	return nil
}

// checkAttributes checks that the client can read and write what it lists. It must be able to write the attributes
// that the pool requires.
func (s *ClientSettings) checkAttributes(pool *Pool, doing string) error {
	for _, name := range s.ReadAttributes {
		if pool.Attribute(name) == nil {
			return exception.InvalidParameter("Invalid read attributes specified while %s a client", doing)
		}
	}
	invalid := slices.ContainsFunc(s.WriteAttributes, func(name string) bool { return pool.Attribute(name) == nil || isReadOnly(name) })
	for _, a := range pool.SchemaAttributes {
		missing := a.Required && !isReadOnly(a.Name) && !slices.Contains(s.WriteAttributes, a.Name)
		invalid = invalid || missing && len(s.WriteAttributes) > 0
	}
	if invalid {
		return exception.InvalidParameter("Invalid write attributes specified while %s a client", doing)
	}
	return nil
}

// checkRedirects checks the addresses that managed login may send browsers to.
func (s *ClientSettings) checkRedirects() error {
	for _, address := range slices.Concat(s.CallbackURLs, s.LogoutURLs) {
		if err := checkRedirect(address); err != nil {
			return err
		}
	}
	if s.DefaultRedirectURI != "" && !slices.Contains(s.CallbackURLs, s.DefaultRedirectURI) {
		return exception.InvalidParameter("The default redirect URI %s is not in the callback URIs list.", exception.Shorten(s.DefaultRedirectURI))
	}
	return nil
}

func checkRedirect(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme == "":
		return exception.InvalidParameter("%s is not an absolute URI.", exception.Shorten(address))
	case strings.Contains(address, "#"):
		return exception.InvalidParameter("%s cannot use fragment", exception.Shorten(address))
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return exception.InvalidParameter("%s cannot use the HTTP protocol.", exception.Shorten(address))
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// checkOAuth checks the flows and scopes of OAuth. A pool has no identity providers besides itself.
func (c *Client) checkOAuth(pool *Pool) error {
	for _, provider := range c.SupportedIdentityProviders {
		if provider != "COGNITO" {
			return exception.InvalidParameter("The provider %s does not exist for User Pool %s.", provider, pool.ID)
		}
	}
	for _, scope := range c.AllowedOAuthScopes {
		if !isStandardScope(scope) && !pool.HasCustomScope(scope) {
			return exception.New("ScopeDoesNotExistException", "Invalid scope requested: %s", scope)
		}
	}
	if c.OAuthFlowsAllowed && (len(c.AllowedOAuthFlows) == 0 || len(c.AllowedOAuthScopes) == 0) {
		return exception.InvalidParameter("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
	}
	return c.checkOAuthFlows()
}

func (c *Client) checkOAuthFlows() error {
	machine := slices.Contains(c.AllowedOAuthFlows, "client_credentials")
	standard := slices.IndexFunc(c.AllowedOAuthScopes, isStandardScope)
	browser := slices.Contains(c.AllowedOAuthFlows, "code") || slices.Contains(c.AllowedOAuthFlows, "implicit")
	why := ""
	switch {
	case machine && browser:
		why = "client_credentials flow can not be selected along with code flow or implicit flow."
	case machine && c.ClientSecret == "":
		why = "client_credentials flow can not be selected if client does not have a client secret."
	case machine && standard >= 0:
		why = c.AllowedOAuthScopes[standard] + " is not supported with client_credentials flow"
	case browser && len(c.CallbackURLs) == 0:
		why = "CallbackUrls can not be empty when code flow or implicit flow is selected"
	default:
		return nil
	}
	return exception.New("InvalidOAuthFlowException", "%s", why)
}

func (c *Client) checkExtras() error {
	if slices.Contains(c.ExplicitAuthFlows, allowClientToken) && c.ClientSecret == "" {
		return exception.InvalidParameter("%s requires a client secret.", allowClientToken)
	}
	if c.EnableContextPropagation != nil && *c.EnableContextPropagation && c.ClientSecret == "" {
		return exception.InvalidParameter("Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
	}
	if a := c.AnalyticsConfiguration; a != nil {
		byID := a.ApplicationID != "" && a.RoleArn != "" && a.ExternalID != ""
		none := a.ApplicationID == "" && a.RoleArn == "" && a.ExternalID == ""
		if a.ApplicationArn != "" && !none || a.ApplicationArn == "" && !byID {
			return exception.InvalidParameter("Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid")
		}
	}
	return nil
}
