package app

import (
	"context"
	"strconv"
	"time"

	"github.com/mileusna/useragent"

	"authgraph/cognito"
	"authgraph/internal/reqctx"
	"authgraph/internal/sessionstore"
)

// active remembers from where a session was active: by a sign-in, or by a refresh. Behind this server, Cognito sees the
// server only. Failures are ignored: the session is then shown as Cognito sees it, and its
// access tokens cannot be ended by its id.
func (s *sessions) active(ctx context.Context, in cognito.SignIn) {
	if in.OriginJTI == "" || in.Subject == "" {
		return
	}
	request := reqctx.FromContext(ctx)
	_ = s.known.Update(ctx, s.limit.Accounts.OfUser(in.Subject), in.OriginJTI, func(r *sessionstore.Record, _ bool) {
		r.ClientID, r.AuthenticatedAt, r.TokenLifetime = in.ClientID, in.AuthenticatedAt, in.ExpiresAt.Sub(in.IssuedAt)
		if !in.Began.IsZero() {
			r.Began, r.Ended = in.Began, in.Ended
		}
		r.Device, r.Address, r.ActiveAt = deviceOf(request.UserAgent), "", time.Now()
		if request.ClientAddr.IsValid() {
			r.Address = request.ClientAddr.WithZone("").String()
		}
	})
}

// deviceOf describes a user agent, for example "Chrome 125 / macOS 15.0". It is empty if
// neither a browser nor an app can be recognized.
func deviceOf(agent string) string {
	parsed := useragent.Parse(agent)
	text := parsed.Name
	if text == "" {
		return ""
	}
	if parsed.VersionNo.Major > 0 {
		text += " " + strconv.Itoa(parsed.VersionNo.Major)
	}
	if parsed.OS != "" {
		text += " / " + parsed.OS
	}
	if parsed.OSVersion != "" {
		text += " " + parsed.OSVersion
	}
	return text
}

// forget removes what is known of a session that has ended, or of all sessions of the user.
// Failures are ignored: the records expire.
func (s *sessions) forget(ctx context.Context, subject, originJTI string) {
	user := s.limit.Accounts.OfUser(subject)
	if originJTI == "" {
		_ = s.known.Remove(ctx, user)
		return
	}
	_ = s.known.Remove(ctx, user, originJTI)
}

// knownSessions returns what is known of the sessions of users.
func (s *sessions) knownSessions() cognito.KnownSessions {
	return cognito.KnownSessions{
		Of: func(ctx context.Context, subject string) ([]sessionstore.Record, error) {
			return s.known.Of(ctx, s.limit.Accounts.OfUser(subject))
		},
		Learn: func(ctx context.Context, subject string, learned sessionstore.Record) error {
			return s.known.Update(ctx, s.limit.Accounts.OfUser(subject), learned.OriginJTI, func(r *sessionstore.Record, known bool) {
				if !known {
					*r = learned
					r.ActiveAt = time.Now()
				}
				r.SessionID = learned.SessionID
			})
		},
	}
}
