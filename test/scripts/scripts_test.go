// Package scripts_test specifies what Authgraph does. It drives the built program
// from outside: over HTTP, by signals and by its command line.
//
// Each script in testdata shows one behaviour, which its first line names. To see
// what happens when a confirmation code is wrong, read verify-wrong-code.txt.
//
//	go test ./test/scripts                       run all scripts
//	go test ./test/scripts -run /verify          run those about verifyAccount
//	go test ./test/scripts -run /flow-whole -v   run one and print every step
//
// The scripts about the user pool also run against cognito-local, which shares no
// code with the embedded pool, if it is installed (npm ci in cognitolocal).
package scripts_test

// The commands of the scripts, in addition to those of testscript (exec, stdout, env …).
// Where a form with ! is listed, the command can be negated.
//
// The program
//
//	serve [-new] [-unready] [-standins] [NAME=VALUE…] [-- FLAG…]
//	      starts the binary with these settings and waits until it is ready (-unready:
//	      until it listens). Sets $API, $ADDR and, with the embedded pool, $POOL,
//	      $POOL_ADDR, $POOL_ID and $CLIENT_ID; stdout has the banner. By default the
//	      program gets DATA_DIR=$DATA_DIR with a pool without users (-new: an empty
//	      directory), and listens on free loopback ports. With -standins it uses the
//	      stand-ins below in place of a pool.
//	! serve …
//	      starts it and waits until it exits with an error; stdout and stderr have its
//	      output.
//	restart [NAME=VALUE…]
//	      starts the last program again, on the same addresses.
//	ready
//	      waits until the last program is ready.
//	shutdown [-begin]
//	      sends SIGTERM to the last program and waits for exit code 0, or with -begin
//	      only until it is no longer ready. At the end of a script all remaining programs
//	      are shut down.
//	hangup
//	      sends SIGHUP to the last program.
//	kill9
//	      sends SIGKILL to the last program.
//	log [PATTERN [NAME]]
//	      waits until the log of the last program matches the pattern, and copies the
//	      log to stdout. Sets $NAME to what the pattern's first group matches.
//
// The API
//
//	graphql [-token TOKEN] [-header 'K: V'] [-status N] [-background] DOCUMENT [NAME=VALUE…]
//	      POSTs a document: text with braces, or the name of a file in
//	      testdata/documents. NAME=VALUE is a member of the variable `input`,
//	      NAME:=JSON one that is not a string, and @NAME=VALUE another variable. The
//	      response goes to stdout and becomes the last response. Its HTTP status must be
//	      N (default 200). With -background, fetch the response with `answer`.
//	answer [-status N]
//	      waits for the response to graphql -background.
//	request [-header 'K: V'] [-status N] METHOD PATH|URL [BODY | -file NAME | -fill BYTES]
//	      sends any request to $API. stdout has status, headers and body.
//	account EMAIL [PASSWORD]
//	      signs up and verifies an account through the API, by default with $PASSWORD.
//	session EMAIL [PASSWORD]
//	      signs in through the API and sets $ACCESS, $ID and $REFRESH.
//
// The last response
//
//	expect PATH VALUE
//	      asserts a value. A path is like errors.0.message; a last step "length" is the
//	      length of a list. VALUE is the exact text, JSON, null, absent, or
//	      /a regular expression/.
//	! expect PATH VALUE
//	      asserts that the value is different.
//	refused CODE STATUS [FIELD]
//	      asserts that there is one error, with this code and status and, if given, this
//	      extensions.field.
//	keep NAME PATH
//	      sets $NAME to a value.
//	cookie NAME
//	      asserts that the response sets the refresh token's cookie and no other, with
//	      the attributes that restrict it to this origin. Sets $NAME to what a browser
//	      sends back: NAME=VALUE, or nothing if the cookie is removed.
//	jwt TOKEN
//	      decodes a token. {"header":…, "claims":…} becomes the last response.
//
// The user pool
//
//	code NAME EMAIL
//	      sets $NAME to the newest code that was sent to EMAIL.
//	totp NAME SECRET [next]
//	      sets $NAME to the current code of an authenticator app, or the next one.
//	cognito OPERATION [NAME=VALUE…]
//	      calls an operation of the pool's own protocol, with UserPoolId and ClientId
//	      filled in.
//	! cognito OPERATION [NAME=VALUE…]
//	      asserts that the operation fails.
//
// Stand-ins, for behaviour that the embedded pool does not have
//
//	upstream STATUS BODY | upstream hang | upstream away
//	      makes the stand-in for Cognito respond with this, not respond, or drop
//	      connections (the default).
//	upstream-asked N OPERATION
//	      waits until the operation has been called N times in total.
//	issuer up | down | rotate
//	      makes the stand-in for the token issuer publish its key (the default), drop
//	      connections, or replace its key.
//	token NAME [CLAIM=VALUE…]
//	      sets $NAME to an access token of the stand-in, like those of Cognito except
//	      for the given claims. Times are in seconds from now, CLAIM= removes a claim,
//	      CLAIM:=JSON sets one that is not a string; KID=, ALG= and KEY=stranger change
//	      the header and the key.
//
// The condition [cognito-local] is true if the pool is cognito-local.

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"authgraph/internal/testutil"
)

func TestMain(m *testing.M) { testutil.Main(m) }

// TestScripts runs every script on the embedded pool.
func TestScripts(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	testscript.Run(t, params(filepath.Join("testdata", "*.txt"), nil))
}

// params returns the parameters for a run of scripts. Without a pool they use the embedded
// one.
func params(pattern string, pool *cognitoLocal) testscript.Params {
	files, _ := filepath.Glob(pattern)
	return testscript.Params{
		Files: files,
		Setup: func(env *testscript.Env) error {
			documents, err := filepath.Abs(filepath.Join("testdata", "documents"))
			if err != nil {
				return err
			}
			binary, err := testutil.Executable()
			if err != nil {
				return err
			}
			w := &world{documents: documents, cognitoLocal: pool}
			env.Values[worldKey{}] = w
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("DATA_DIR", filepath.Join(env.WorkDir, "data"))
			env.Setenv("PASSWORD", "Correct-Horse-7")
			env.Defer(func() { w.end(env.T()) })
			return nil
		},
		Cmds: commands(),
		Condition: func(name string) (bool, error) {
			if name != "cognito-local" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return pool != nil, nil
		},
		RequireUniqueNames: true,
	}
}

type worldKey struct{}

// world is the state of one script.
type world struct {
	documents    string
	cognitoLocal *cognitoLocal

	programs []*testutil.Program // commands use the last one
	settings []string            // of the last one
	flags    []string

	last     *testutil.Response
	pending  chan pendingAnswer
	upstream *testutil.FakeCognito
	issuer   *testutil.FakeIssuer
}

// end stops everything and reports what failed.
func (w *world) end(t testscript.T) {
	reporter := t.(interface {
		Errorf(format string, args ...any)
		Failed() bool
	})
	if w.upstream != nil {
		w.upstream.Close()
	}
	if w.issuer != nil {
		w.issuer.Close()
	}
	for _, p := range w.programs {
		if err := p.Stop(); err != nil {
			reporter.Errorf("shutdown failed: %v", err)
		}
		if err := p.CheckLog(); err != nil {
			reporter.Errorf("%v", err)
		}
	}
	if reporter.Failed() {
		for _, p := range w.programs {
			t.Log("log of the program:\n" + p.Stderr.String())
		}
	}
}
