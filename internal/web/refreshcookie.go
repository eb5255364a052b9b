package web

import (
	"net/http"
	"slices"
	"time"

	"authgraph/internal/origin"
	"authgraph/internal/reqctx"
)

// RefreshCookieName is the cookie of a session's refresh token. By its prefix, browsers
// take it only with Secure, for this host alone and over a connection that nobody on
// the way can change, so that no other site, not even a subdomain, can plant one.
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-__host-prefix
const RefreshCookieName = "__Host-authgraph-refresh"

// keepRefreshCookie reads the cookie, and writes what became of it below into the
// answer. Browsers keep it for the lifetime.
func keepRefreshCookie(lifetime time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie := reqctx.NewRefreshCookie(sentRefreshToken(r))
		reqctx.FromContext(r.Context()).RefreshCookie = cookie
		next.ServeHTTP(&cookieWriter{ResponseWriter: w, cookie: cookie, lifetime: lifetime}, r)
	})
}

// sentRefreshToken returns the token in the cookie. Of several nobody knows which one
// is the session's.
func sentRefreshToken(r *http.Request) string {
	cookies := r.CookiesNamed(RefreshCookieName)
	if len(cookies) != 1 || !isB64Token(cookies[0].Value) {
		return ""
	}
	return cookies[0].Value
}

// cookieWriter writes the cookie before the first byte of the answer.
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

// WriteHeader implements http.ResponseWriter.
func (w *cookieWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.begin()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *cookieWriter) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *cookieWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// refuseCrossOrigin lets pages of this origin and of the listed ones through, and
// whatever is no page, such as a program. A browser sends the cookie along with what a
// foreign page makes it send, and would keep one of a sign-in that a foreign page made.
func refuseCrossOrigin(origins []string, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, listed := range origins {
		if err := protection.AddTrustedOrigin(listed); err != nil {
			panic(err) // the settings let only origins in
		}
	}
	deny := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, "FORBIDDEN",
			"Pages of this origin may not call the API: list it in CORS_ALLOWED_ORIGINS.")
	})
	protection.SetDenyHandler(deny)
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Of browsers that do not say where a request comes from but by this header, the
		// standard library compares the host alone, since it does not know by which scheme
		// it is reached; the cookie is of https, or of this machine.
		from := r.Header.Get("Origin")
		if origin.IsPlainAndRemote(from) && !slices.Contains(origins, from) {
			deny(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}
