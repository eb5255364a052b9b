package middleware

import (
	"net/http"
	"slices"
	"time"

	"authgraph/internal/origin"
	"authgraph/internal/reqctx"
)

// RefreshCookieName is the name of the cookie with a session's refresh token.
// Because of its prefix, browsers accept it only with Secure, for this host alone
// and over a secure connection, so that no other site, not even a subdomain, can
// set it.
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-__host-prefix
const RefreshCookieName = "__Host-authgraph-refresh"

// RefreshCookie makes the cookie available as [reqctx.Request.RefreshCookie] and
// sends changes to it with the response. Browsers keep it for the lifetime.
func RefreshCookie(lifetime time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie := reqctx.NewRefreshCookie(refreshToken(r))
		reqctx.FromContext(r.Context()).RefreshCookie = cookie
		next.ServeHTTP(&cookieWriter{ResponseWriter: w, cookie: cookie, lifetime: lifetime}, r)
	})
}

// refreshToken returns the token in the cookie. It ignores duplicates: which of
// them belongs to the session is unknown.
func refreshToken(r *http.Request) string {
	cookies := r.CookiesNamed(RefreshCookieName)
	if len(cookies) != 1 || !isB64Token(cookies[0].Value) {
		return ""
	}
	return cookies[0].Value
}

// cookieWriter sets the cookie when the response begins.
type cookieWriter struct {
	http.ResponseWriter
	cookie   *reqctx.RefreshCookie
	lifetime time.Duration
	begun    bool
}

func (w *cookieWriter) begin() {
	if w.begun {
		return
	}
	w.begun = true
	token, changed := w.cookie.Change()
	if !changed {
		return
	}
	cookie := &http.Cookie{
		Name: RefreshCookieName, Value: token, Path: "/", MaxAge: int(w.lifetime.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w.ResponseWriter, cookie)
}

// WriteHeader implements [http.ResponseWriter].
func (w *cookieWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.begin()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *cookieWriter) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// Unwrap gives [http.ResponseController] access to the connection.
func (w *cookieWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// RejectCrossOrigin rejects requests from pages of other origins than this server's
// and the listed ones. A browser sends the cookie with whatever request a foreign
// page makes, and would accept the cookie of a sign-in by a foreign page. It panics
// if an origin is malformed.
func RejectCrossOrigin(origins []string, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, listed := range origins {
		if err := protection.AddTrustedOrigin(listed); err != nil {
			panic(err) // the settings accept only origins
		}
	}
	deny := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, http.StatusForbidden, "FORBIDDEN",
			"Pages of this origin may not call the API. Add the origin to CORS_ALLOWED_ORIGINS.")
	})
	protection.SetDenyHandler(deny)
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// For browsers that send no Sec-Fetch-Site, the standard library compares only
		// the host of Origin, since it does not know its own scheme. The cookie requires
		// https or localhost, so an unencrypted remote origin is not this server's.
		from := r.Header.Get("Origin")
		if origin.IsPlainAndRemote(from) && !slices.Contains(origins, from) {
			deny(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}
