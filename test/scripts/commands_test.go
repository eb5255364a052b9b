package scripts_test

import (
	"encoding/json"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// commands returns the commands of the scripts, which scripts_test.go describes.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){}
	// Commands that can be negated.
	for name, run := range map[string]func(*script, bool, []string){
		"serve":   (*script).serve,
		"expect":  (*script).expect,
		"cognito": (*script).cognito,
	} {
		all[name] = func(ts *testscript.TestScript, neg bool, args []string) { run(scriptOf(ts), neg, args) }
	}
	for name, run := range map[string]func(*script, []string){
		"restart":        (*script).restart,
		"ready":          (*script).ready,
		"shutdown":       (*script).shutdown,
		"hangup":         (*script).hangup,
		"kill9":          (*script).kill9,
		"log":            (*script).log,
		"graphql":        (*script).graphql,
		"answer":         (*script).answer,
		"request":        (*script).request,
		"account":        (*script).account,
		"session":        (*script).session,
		"refused":        (*script).refused,
		"keep":           (*script).keep,
		"jwt":            (*script).jwt,
		"cookie":         (*script).cookie,
		"code":           (*script).code,
		"totp":           (*script).totp,
		"upstream":       (*script).upstreamIs,
		"upstream-asked": (*script).upstreamAsked,
		"issuer":         (*script).issuerIs,
		"token":          (*script).token,
	} {
		all[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("%s cannot be negated", name)
			}
			run(scriptOf(ts), args)
		}
	}
	return all
}

// script is a running script with its state.
type script struct {
	*testscript.TestScript
	*world
}

func scriptOf(ts *testscript.TestScript) *script {
	return &script{ts, ts.Value(worldKey{}).(*world)}
}

// need fails the script if a command has too few or too many arguments.
func (s *script) need(args []string, least, most int, usage string) {
	if len(args) < least || len(args) > most {
		s.Fatalf("usage: %s", usage)
	}
}

// options splits leading options from the arguments. Those in withValue take a value; all
// others are switches.
func options(args []string, withValue ...string) (given map[string][]string, rest []string) {
	given = map[string][]string{}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" {
		name := args[0]
		args = args[1:]
		value := ""
		for _, known := range withValue {
			if name == known && len(args) > 0 {
				value, args = args[0], args[1:]
				break
			}
		}
		given[name] = append(given[name], value)
	}
	return given, args
}

// members parses NAME=VALUE and NAME:=JSON.
func (s *script) members(args []string) map[string]any {
	all := map[string]any{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		switch {
		case !found || name == "":
			s.Fatalf("%q is not NAME=VALUE", arg)
		case strings.HasSuffix(name, ":"):
			if !json.Valid([]byte(value)) {
				s.Fatalf("%s is not JSON", value)
			}
			all[strings.TrimSuffix(name, ":")] = json.RawMessage(value)
		default:
			all[name] = value
		}
	}
	return all
}
