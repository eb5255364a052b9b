// Package origin classifies origins of web pages. Settings and middleware share it, so
// that both decide alike.
package origin

import (
	"net/netip"
	"net/url"
	"strings"
)

// IsPlainAndRemote reports whether an origin is neither encrypted nor on the user's own
// machine, so that pages can be changed in transit. Local origins are those that browsers
// consider trustworthy.
// https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
func IsPlainAndRemote(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" {
		return false
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	return host != "localhost" && !strings.HasSuffix(host, ".localhost") && (err != nil || !addr.IsLoopback())
}
