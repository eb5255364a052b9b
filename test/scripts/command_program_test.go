package scripts_test

// Commands for the program; see scripts_test.go.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"authgraph/internal/testutil"
)

func (s *script) serve(neg bool, args []string) {
	given, args := options(args)
	var settings, flags []string
	for i, arg := range args {
		if arg == "--" {
			flags = args[i+1:]
			break
		}
		settings = append(settings, arg)
	}
	switch {
	case given["-standins"] != nil:
		settings = append(s.standIns(), settings...)
	case s.cognitoLocal != nil && !strings.Contains(strings.Join(settings, " "), "AWS_COGNITO_USER_POOL_ID="):
		settings = append(s.cognitoLocal.newPool(s), settings...)
	}
	if !neg && given["-standins"] == nil && given["-new"] == nil {
		s.Check(s.providePool())
	}
	p := s.start(settings, flags)
	if neg {
		s.awaitRefusal(p)
		return
	}
	s.settings, s.flags = settings, flags
	s.programs = append(s.programs, p)
	s.awaitStart(p, given["-unready"] != nil)
}

// providePool copies an empty pool into the data directory, unless it has one.
func (s *script) providePool() error {
	file := filepath.Join(s.Getenv("DATA_DIR"), "userpool.db")
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	pool, err := testutil.EmptyPool()
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, pool, 0o600))
}

// start starts the binary. Settings override the defaults.
func (s *script) start(settings, flags []string) *testutil.Program {
	env := append([]string{
		"HOME=" + s.Getenv("WORK"),
		"TMPDIR=" + s.Getenv("TMPDIR"),
		"ADDR=127.0.0.1:0",
		"POOL_ADDR=127.0.0.1:0",
		"DATA_DIR=" + s.Getenv("DATA_DIR"),
	}, settings...)
	p, err := testutil.StartProgram(s.Getenv("WORK"), env, flags)
	s.Check(err)
	return p
}

func (s *script) awaitRefusal(p *testutil.Program) {
	_ = p.Await("its exit", func() bool { return p.APIURL() != "" })
	if !p.Exited() {
		p.Kill()
		s.Fatalf("the program started, but should have exited with an error\n%s%s", p.Stdout.String(), p.Stderr.String())
	}
	if p.ExitErr == nil {
		s.Fatalf("the program exited with code 0, but should have exited with an error")
	}
	fmt.Fprint(s.Stdout(), p.Stdout.String())
	fmt.Fprint(s.Stderr(), p.Stderr.String())
	s.Check(p.CheckLog())
}

func (s *script) awaitStart(p *testutil.Program, unready bool) {
	if unready {
		s.Check(p.AwaitAddress())
	} else {
		s.Check(p.AwaitReady())
	}
	fmt.Fprint(s.Stdout(), p.Stdout.String())
	s.Setenv("API", p.APIURL())
	s.Setenv("ADDR", strings.TrimPrefix(p.APIURL(), "http://"))
	if pool := p.PoolURL(); pool != "" {
		s.Setenv("POOL", pool)
		s.Setenv("POOL_ADDR", strings.TrimPrefix(pool, "http://"))
		s.Setenv("POOL_ID", p.BannerValue("Pool id"))
		s.Setenv("CLIENT_ID", p.BannerValue("Client id"))
	}
}

func (s *script) program() *testutil.Program {
	if len(s.programs) == 0 {
		s.Fatalf("no program is running: use serve first")
	}
	return s.programs[len(s.programs)-1]
}

func (s *script) restart(args []string) {
	before := s.program()
	if !before.Exited() {
		s.Fatalf("the program must have exited before restart")
	}
	settings := append([]string{"ADDR=" + s.Getenv("ADDR")}, s.settings...)
	if pool := before.PoolURL(); pool != "" {
		settings = append([]string{"POOL_ADDR=" + strings.TrimPrefix(pool, "http://")}, settings...)
	}
	p := s.start(append(settings, args...), s.flags)
	s.programs = append(s.programs, p)
	s.awaitStart(p, false)
}

func (s *script) ready(args []string) {
	s.need(args, 0, 0, "ready")
	s.Check(s.program().AwaitReady())
}

func (s *script) shutdown(args []string) {
	given, args := options(args)
	s.need(args, 0, 0, "shutdown [-begin]")
	if given["-begin"] != nil {
		s.Check(s.program().BeginShutdown())
		return
	}
	s.Check(s.program().Stop())
}

func (s *script) hangup(args []string) {
	s.need(args, 0, 0, "hangup")
	s.Check(s.program().Process.Process.Signal(syscall.SIGHUP))
}

func (s *script) kill9(args []string) {
	s.need(args, 0, 0, "kill9")
	s.program().Kill()
}

func (s *script) log(args []string) {
	s.need(args, 0, 2, "log [PATTERN [NAME]]")
	p := s.program()
	if len(args) > 0 {
		pattern, err := regexp.Compile("(?m)" + args[0])
		s.Check(err)
		// A request is logged after its response was sent.
		s.Check(p.Await("the log to match "+args[0], func() bool { return pattern.MatchString(p.Stderr.String()) }))
		if len(args) == 2 {
			s.Setenv(args[1], pattern.FindStringSubmatch(p.Stderr.String())[1])
		}
	}
	fmt.Fprint(s.Stdout(), p.Stderr.String())
}
