package middleware

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddr returns the address of the client: the peer's, or, if the peer is a
// trusted proxy, the address that the proxy was called from.
//
// Every proxy appends to the right end of X-Forwarded-For, so the header is read
// from there. Whatever stands left of the first untrusted address may be forged.
// The header Forwarded is ignored: a proxy that sets only one of the two passes
// the other through from the client.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	if !isTrusted(addr, trusted) {
		return addr
	}
	// Several lines form one list (RFC 9110, section 5.3).
	rest := strings.Join(r.Header["X-Forwarded-For"], ",")
	for rest != "" && isTrusted(addr, trusted) {
		entry := rest[strings.LastIndexByte(rest, ',')+1:]
		rest = strings.TrimSuffix(strings.TrimSuffix(rest, entry), ",")
		next := parseAddr(strings.TrimSpace(entry))
		if !next.IsValid() {
			return addr
		}
		addr = next
	}
	return addr
}

// parseAddr parses an address with or without a port. It returns the zero Addr for
// anything else.
func parseAddr(s string) netip.Addr {
	if pair, err := netip.ParseAddrPort(s); err == nil {
		return pair.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}
