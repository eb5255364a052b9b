// Package origin judges origins of web pages, as browsers write them. The settings and
// the edge must not judge differently.
package origin

import (
	"net/netip"
	"net/url"
	"strings"
)

// IsPlainAndRemote tells origins that are neither encrypted nor on the user's own
// machine: others on the way can change their pages. The machine's own are those that
// browsers take for trustworthy.
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
