package app

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"authgraph/internal/config"
)

// command runs a command line, written as in a shell, in an environment.
func command(t *testing.T, args string, environment map[string]string) (stdout, stderr string, err error) {
	t.Helper()
	var out, log strings.Builder
	getenv := func(name string) string { return environment[name] }
	err = Run(t.Context(), strings.Fields(args), getenv, &out, &log)
	return out.String(), log.String(), err
}

// Errors in the command line name the flag, but never repeat values, which may be
// misplaced secrets.
func TestUsageErrors(t *testing.T) {
	for _, test := range []struct{ name, args, want string }{
		{"unknown flag", "--adr=hunter2", "unknown flag --adr, did you mean --addr?"},
		{"misspelled flag", "--log-levl=info", "unknown flag --log-levl, did you mean --log-level?"},
		{"unrelated flag", "--hunter", "unknown flag --hunter (see authgraph --help)"},
		{"unknown shorthand", "-hunter2", "unknown flag -u"},
		{"flag without a name", "--=hunter2", "malformed flag"},
		{"stray argument", "hunter2", "unknown command or argument"},
		{"misspelled command", "shema", "did you mean schema?"},
		{"two commands", "serve pool", "unknown command or argument"},
		{"unknown product", "gateway-config hunter2 out", "<product> must be one of apollo, cosmo, hive"},
		{"no directory", "gateway-config hive", "expected <product> and <directory>"},
		{"too many arguments", "gateway-config hive out hunter2", "expected only <product> and <directory>"},
		{"flag of another command", "serve --federated", "unknown flag --federated"},
		{"flag without a value", "--addr", "--addr needs a value"},
		{"flag in place of a value", "--aws-cognito-app-client-secret --log-level=info", "--aws-cognito-app-client-secret needs a value"},
		{"invalid switch", "--embedded-pool=hunter2", "--embedded-pool must be true or false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, err := command(t, test.args, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "authgraph --help") {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if all := stdout + stderr + err.Error(); strings.Contains(all, "hunter2") || stdout != "" {
				t.Errorf("got %s%v", stdout, err)
			}
		})
	}
}

// Invalid settings are reported together.
func TestConfigurationErrors(t *testing.T) {
	_, _, err := command(t, "--log-level=loud", map[string]string{"LOG_FORMAT": "xml", "EMBEDDED_POOL": "perhaps"})
	var errs config.Errors
	if !errors.As(err, &errs) || len(errs) != 3 {
		t.Errorf("got %v, want 3 errors", err)
	}
}

// The help of a command lists the settings that it uses.
func TestHelp(t *testing.T) {
	for _, test := range []struct {
		args      string
		has, lack []string
	}{
		{
			"--help",
			[]string{"  authgraph [command]", "gateway-config", "completion", "--addr HOST:PORT", "[AWS_COGNITO_APP_CLIENT_SECRET]", "depth=12", "--version"},
			[]string{"--federated", "router  "},
		},
		{"serve --help", []string{"authgraph serve [flags]", "[ADDR]", "[POOL_MFA]"}, []string{"Commands:"}},
		{
			"pool --help",
			[]string{"[POOL_ADDR]", "[POOL_URL]", "[AWS_REGION_NAME]", "[LOG_LEVEL]"},
			[]string{"[ADDR]", "[REDIS_URL]", "[AWS_COGNITO_USER_POOL_ID]", "[PLAYGROUND]", "[PPROF_ADDR]"},
		},
		{"-h schema", []string{"authgraph schema [flags]", "--federated", "[FEDERATED]", "[SERVICE_GROUPS]"}, []string{"[ADDR]"}},
		{"gateway-config --help", []string{"gateway-config <product> <directory> [flags]", "cosmo (Cosmo Router)", "[TOKEN_TRANSPORT]"}, []string{"--federated", "[ADDR]"}},
		{"router --help", []string{"gateway-config <product> <directory>"}, nil},
		{"help pool", []string{"authgraph pool [flags]"}, nil},
		{"completion bash --help", []string{"authgraph completion bash"}, []string{"[ADDR]"}},
	} {
		help, _, err := command(t, test.args, map[string]string{"AWS_COGNITO_APP_CLIENT_SECRET": "hunter2"})
		if err != nil {
			t.Errorf("%s: %v", test.args, err)
		}
		for _, text := range test.has {
			if !strings.Contains(help, text) {
				t.Errorf("%s: %q is missing in\n%s", test.args, text, help)
			}
		}
		for _, text := range append(test.lack, "hunter2") {
			if strings.Contains(help, text) {
				t.Errorf("%s: the help has %q", test.args, text)
			}
		}
	}
}

// The help of pool has no settings of the API.
func TestPoolSettings(t *testing.T) {
	help, _, err := command(t, "pool --help", nil)
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, setting := range regexp.MustCompile(`\[([A-Z_]+)\]`).FindAllStringSubmatch(help, -1) {
		listed = append(listed, setting[1])
	}
	want := []string{
		"AWS_REGION_NAME", "SIGN_IN_WITH", "EMBEDDED_POOL", "DATA_DIR", "POOL_ADDR", "POOL_URL", "POOL_MFA", "POOL_AUTH_FLOWS",
		"POOL_USER_EXISTENCE_ERRORS", "POOL_ROTATION", "POOL_CLIENT_SECRET", "POOL_USERNAME_ATTRIBUTES", "POOL_ALIAS_ATTRIBUTES",
		"POOL_CASE_SENSITIVE", "POOL_REQUIRED_ATTRIBUTES", "POOL_AUTO_VERIFIED_ATTRIBUTES", "POOL_CUSTOM_ATTRIBUTES",
		"POOL_CLIENTS", "LOG_LEVEL", "LOG_FORMAT",
	}
	if !slices.Equal(listed, want) {
		t.Errorf("settings %v, want %v", listed, want)
	}
}

func TestVersion(t *testing.T) {
	if out, _, err := command(t, "--version", nil); err != nil || !strings.HasPrefix(out, "authgraph ") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out, _, err := command(t, "completion "+shell, nil); err != nil || !strings.Contains(out, "authgraph") {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
	for args, want := range map[string]string{
		"__complete s":                        "schema\tPrint the GraphQL schema\nserve\t",
		"__complete --token-transport=c":      "cookie\n",
		"__complete --aws-cognito-user-pool-": "--aws-cognito-user-pool-id",
		"__complete gateway-config h":         "hive\n",
		"__complete pool --log-level err":     "error\n",
	} {
		if out, _, err := command(t, args, nil); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: got %q, %v, want %q", args, out, err, want)
		}
	}
}

// FEDERATED is the environment variable for --federated of the schema command.
func TestSchemaCommand(t *testing.T) {
	for _, test := range []struct {
		args, variable string
		federated      bool
	}{
		{"schema", "", false},
		{"schema --federated", "", true},
		{"--log-level=debug schema --federated=no", "", false},
		{"schema", "true", true},
		{"schema --federated=false", "true", false},
	} {
		out, _, err := command(t, test.args, map[string]string{"FEDERATED": test.variable})
		if err != nil || !strings.Contains(out, "type User") || strings.Contains(out, "@key") != test.federated {
			t.Errorf("%s, FEDERATED=%s: %v\n%.300s", test.args, test.variable, err, out)
		}
	}
}
