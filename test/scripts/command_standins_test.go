package scripts_test

// Commands for the stand-ins; see scripts_test.go.

import (
	"strconv"

	"authgraph/internal/testutil"
)

// standIns starts the stand-ins, unless they run, and returns the settings for them.
func (s *script) standIns() []string {
	if s.upstream == nil {
		s.upstream = testutil.NewFakeCognito()
	}
	if s.issuer == nil {
		s.issuer = testutil.NewFakeIssuer()
	}
	return testutil.FakeSettings(s.upstream, s.issuer)
}

func (s *script) upstreamIs(args []string) {
	s.need(args, 1, 2, "upstream STATUS BODY | hang | away")
	s.standIns()
	switch {
	case len(args) == 1 && args[0] == "hang":
		s.upstream.Hang()
	case len(args) == 1 && args[0] == "away":
		s.upstream.DropConnections()
	default:
		s.need(args, 2, 2, "upstream STATUS BODY")
		status, err := strconv.Atoi(args[0])
		s.Check(err)
		s.upstream.Respond(status, args[1])
	}
}

func (s *script) upstreamAsked(args []string) {
	s.need(args, 2, 2, "upstream-asked N OPERATION")
	n, err := strconv.Atoi(args[0])
	s.Check(err)
	s.Check(s.upstream.AwaitCalls(n, args[1]))
}

func (s *script) issuerIs(args []string) {
	s.need(args, 1, 1, "issuer up | down | rotate")
	s.standIns()
	switch args[0] {
	case "up":
		s.issuer.SetUp(true)
	case "down":
		s.issuer.SetUp(false)
	case "rotate":
		s.issuer.RotateKey()
	default:
		s.Fatalf("usage: issuer up | down | rotate")
	}
}

func (s *script) token(args []string) {
	if len(args) == 0 {
		s.Fatalf("usage: token NAME [CLAIM=VALUE…]")
	}
	s.standIns()
	signed, err := s.issuer.Sign(s.members(args[1:]))
	s.Check(err)
	s.Setenv(args[0], signed)
}
