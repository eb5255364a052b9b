package e2e

// The commands about the stand-ins; see the head of scripts_test.go.

import (
	"strconv"
)

// standIns begins the stand-ins and returns the settings that lead to them.
func (s *script) standIns() []string {
	if s.upstream == nil {
		s.upstream = newUpstream()
	}
	if s.issuer == nil {
		s.issuer = newIssuer()
	}
	return []string{
		"AWS_COGNITO_USER_POOL_ID=" + standInPool,
		"AWS_COGNITO_APP_CLIENT_ID=" + standInClient,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + s.upstream.url(),
		"AWS_COGNITO_ISSUER=" + s.issuer.url(),
	}
}

func (s *script) upstreamIs(args []string) {
	s.need(args, 1, 2, "upstream STATUS BODY | hang | away")
	s.standIns()
	switch {
	case len(args) == 1 && args[0] == "hang":
		s.upstream.hang()
	case len(args) == 1 && args[0] == "away":
		s.upstream.goAway()
	default:
		s.need(args, 2, 2, "upstream STATUS BODY")
		status, err := strconv.Atoi(args[0])
		s.Check(err)
		s.upstream.reply(status, args[1])
	}
}

func (s *script) upstreamAsked(args []string) {
	s.need(args, 2, 2, "upstream-asked N OPERATION")
	n, err := strconv.Atoi(args[0])
	s.Check(err)
	s.Check(s.upstream.awaitCalls(n, args[1]))
}

func (s *script) issuerIs(args []string) {
	s.need(args, 1, 1, "issuer up | down | rotate")
	s.standIns()
	switch args[0] {
	case "up":
		s.issuer.setUp(true)
	case "down":
		s.issuer.setUp(false)
	case "rotate":
		s.issuer.rotate()
	default:
		s.Fatalf("usage: issuer up | down | rotate")
	}
}

func (s *script) token(args []string) {
	if len(args) == 0 {
		s.Fatalf("usage: token NAME [CLAIM=VALUE…]")
	}
	s.standIns()
	signed, err := s.issuer.sign(s.members(args[1:]))
	s.Check(err)
	s.Setenv(args[0], signed)
}
