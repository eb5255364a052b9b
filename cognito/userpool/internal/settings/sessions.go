package settings

// SessionConfig has the settings that SetUserPoolSessionConfiguration replaces.
type SessionConfig struct {
	UserSessionTracking string       `json:"UserSessionTracking" is:"required,feature"`
	TokenSession        TokenSession `json:"TokenSession" is:"required"`
}

// TokenSession is Cognito's UserPoolTokenSessionConfigType.
type TokenSession struct {
	MaxPerUser int `json:"MaxPerUser" is:"required,sessionsPerUser"`
}

// defaultSessionsPerUser is Cognito's default.
const defaultSessionsPerUser = 20

// EmbeddedSessions returns the settings of the pool that a new file starts with, which tracks sessions. Other pools do
// not, which is Cognito's default.
func EmbeddedSessions() *SessionConfig {
	return &SessionConfig{UserSessionTracking: "ENABLED", TokenSession: TokenSession{MaxPerUser: defaultSessionsPerUser}}
}

// SessionConfig returns the settings of sessions, or Cognito's defaults.
func (p *Pool) SessionConfig() SessionConfig {
	if p.Sessions == nil {
		return SessionConfig{UserSessionTracking: "DISABLED", TokenSession: TokenSession{MaxPerUser: defaultSessionsPerUser}}
	}
	return *p.Sessions
}

// TracksSessions reports whether the pool tracks sessions.
func (p *Pool) TracksSessions() bool { return p.SessionConfig().UserSessionTracking == "ENABLED" }
