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

// The commands of the scripts, beside testscript's own (exec, stdout, env …).
// A leading ! turns a command into its opposite where that is said.
//
// The program
//
//	serve [-new] [-unready] [-standins] [NAME=VALUE…] [-- FLAG…]
//	      starts the binary with these settings and waits until it takes traffic
//	      (-unready: until it listens). Sets $API, $ADDR and, with the embedded pool,
//	      $POOL, $POOL_ADDR, $POOL_ID and $CLIENT_ID; stdout has the banner. Unless told
//	      otherwise every program gets DATA_DIR=$DATA_DIR, with a pool without users
//	      in it (-new: with nothing), and listens on free ports of 127.0.0.1. With
//	      -standins it uses the stand-ins below instead of a pool.
//	! serve …
//	      starts it and waits until it refuses; stdout and stderr hold its words.
//	restart [NAME=VALUE…]
//	      starts the last program again, on the same addresses.
//	ready
//	      waits until the last program takes traffic.
//	shutdown [-begin]
//	      ends the last program by SIGTERM, which must lead to exit code 0; with
//	      -begin it waits only until the program takes no new requests. At the end
//	      of a script every program that is left is shut down.
//	kill9
//	      ends the last program by SIGKILL.
//	log [PATTERN]
//	      waits until the log of the last program matches the pattern, and puts the
//	      log into stdout.
//
// The API
//
//	graphql [-token TOKEN] [-header 'K: V'] [-status N] [-background] DOCUMENT [NAME=VALUE…]
//	      POSTs a document: text with braces, or the name of one in
//	      testdata/documents. NAME=VALUE is a member of the variable `input`,
//	      NAME:=JSON one that is no text, @NAME=VALUE a variable of its own. The
//	      answer goes to stdout and is "the last answer"; its HTTP status must be
//	      N (200). With -background, `answer` gets it later.
//	answer
//	      waits for the answer of graphql -background.
//	request [-header 'K: V'] [-status N] METHOD PATH [BODY | -file NAME | -fill BYTES]
//	      sends anything to $API. stdout gets status, headers and body.
//	account EMAIL [PASSWORD]
//	      signs up and verifies, through the API. PASSWORD is $PASSWORD if absent.
//	session EMAIL [PASSWORD]
//	      signs in, through the API, and sets $ACCESS, $ID and $REFRESH.
//
// What it answered
//
//	expect PATH VALUE
//	      asserts a value of the last answer; a path is like errors.0.message,
//	      with length for that of a list. VALUE is the very text, or JSON, or
//	      null, or absent, or /regular expression/. ! expect asserts that it is not.
//	refused CODE STATUS [FIELD]
//	      asserts that the last answer has one error, with this code and status
//	      and, if given, this extensions.field.
//	keep NAME PATH
//	      sets $NAME to a value of the last answer.
//	cookie NAME
//	      asserts that the last answer sets the cookie of the refresh token and
//	      nothing else, as only a page of its own can use it, and sets $NAME to what
//	      a browser sends back: NAME=VALUE, or nothing when the cookie is taken away.
//	jwt TOKEN
//	      makes {"header":…, "claims":…} of a token the last answer.
//
// The user pool
//
//	code NAME EMAIL
//	      sets $NAME to the newest code that was sent to EMAIL.
//	totp NAME SECRET [next]
//	      sets $NAME to what an authenticator app with that secret shows now, or
//	      half a minute later.
//	cognito OPERATION [NAME=VALUE…]
//	      calls the pool's own protocol, mostly to administer it; UserPoolId and
//	      ClientId are filled in. ! cognito asserts that it refuses.
//
// Stand-ins, where the embedded pool cannot be made to behave so badly
//
//	upstream STATUS BODY | upstream hang | upstream away
//	      tells the stand-in for Cognito to answer so, never to answer, or to
//	      close connections (which it does until told otherwise).
//	upstream-asked N OPERATION
//	      waits until the stand-in was called N times in all with the operation.
//	issuer up | down | rotate
//	      tells the stand-in for the issuer of tokens to publish its key (which it
//	      does until told otherwise) or not to, or to exchange it.
//	token NAME [CLAIM=VALUE…]
//	      sets $NAME to an access token of the stand-in, as Cognito writes them but
//	      for the claims given. Times are in seconds from now, CLAIM= leaves one
//	      out, CLAIM:=JSON is no text; KID=, ALG= and KEY=stranger change the
//	      header and the key.
//
// Conditions: [cognito-local] holds while the pool is cognito-local.

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
