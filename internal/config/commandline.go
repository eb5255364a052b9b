package config

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/pflag"
)

// command is one of the program's commands.
type command struct {
	name      string
	help      string
	arguments []argument
}

type argument struct {
	name   string
	help   string
	values []string // nil: any
}

// usage is how the command is written.
func (c command) usage() string {
	words := []string{c.name}
	for _, argument := range c.arguments {
		words = append(words, argument.placeholder())
	}
	return strings.Join(append(words, "[flags]"), " ")
}

func (a argument) placeholder() string { return "<" + a.name + ">" }

func commands() []command {
	const products = "apollo (Apollo Router), cosmo (Cosmo Router) or hive (Hive Gateway)."
	return []command{
		{name: "serve", help: "Serve the API (the default)."},
		{name: "pool", help: "Serve the embedded user pool alone, as a local Cognito for anything else."},
		{name: "schema", help: "Print the GraphQL schema."},
		{
			name: "router",
			help: "Write settings with which a router of supergraphs verifies the pool's access tokens and hands them on: " + products,
			arguments: []argument{
				{"product", products, []string{"apollo", "cosmo", "hive"}},
				{"dir", "Directory to write into. It is made if need be; files that are there are never overwritten.", nil},
			},
		},
	}
}

// readFlags fills a flags from args and, for what args leave out, from the
// environment. It returns [ErrShown] when --help or --version was asked for, and
// [Faults] as its error when the command line itself cannot be understood: then
// nothing was read, so there is nothing else to check.
func readFlags(args []string, getenv func(string) string, stdout io.Writer) (*flags, Faults, error) {
	raw := &flags{}
	sections := raw.sections()
	if err := raw.parse(sections, args); err != nil {
		return nil, nil, Faults{err.Error() + "; authgraph --help lists what there is."}
	}
	switch {
	case raw.Help:
		writeHelp(stdout, raw.command, sections)
		return nil, nil, ErrShown
	case raw.Version:
		fmt.Fprintln(stdout, "authgraph", version())
		return nil, nil, ErrShown
	}
	var faults Faults
	for _, s := range sections {
		s.flags.VisitAll(func(flag *pflag.Flag) {
			name := variable(flag.Name)
			if name == "" || flag.Changed {
				return
			}
			if value := getenv(name); value != "" && flag.Value.Set(value) != nil {
				faults.add("%s is %q; write true or false.", name, value)
			}
		})
	}
	return raw, faults, nil
}

// parse reads args into the flags of the sections, the command and its arguments.
func (raw *flags) parse(sections []section, args []string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	all.SortFlags = false
	for _, s := range sections {
		all.AddFlagSet(s.flags)
	}
	err := all.ParseAll(args, func(flag *pflag.Flag, value string) error {
		if strings.HasPrefix(value, "--") {
			// The next flag: a shell's variable that is empty leaves one without its value.
			return lacksValue(flag.Name)
		}
		return all.Set(flag.Name, value)
	})
	if err != nil {
		return withoutValue(err, all)
	}
	if all.NArg() > 0 {
		known := commands()
		i := slices.IndexFunc(known, func(c command) bool { return c.name == all.Arg(0) })
		if i < 0 {
			return errStray
		}
		raw.command, raw.arguments = known[i], all.Args()[1:]
	}
	switch {
	case len(raw.arguments) > len(raw.command.arguments):
		return errStray
	case all.Changed(federated) && raw.command.name != "schema":
		return fmt.Errorf("unknown flag --%s", federated)
	case raw.Help || raw.Version:
		return nil
	}
	return raw.checkArguments()
}

// checkArguments tells which arguments of the command are missing, or none that it knows.
func (raw *flags) checkArguments() error {
	var missing []string
	for _, argument := range raw.command.arguments[len(raw.arguments):] {
		missing = append(missing, argument.placeholder())
	}
	if len(missing) > 0 {
		return fmt.Errorf(`expected "%s"`, strings.Join(missing, " "))
	}
	for i, argument := range raw.command.arguments {
		if argument.values != nil && !slices.Contains(argument.values, raw.arguments[i]) {
			return fmt.Errorf(`%s must be one of "%s"`, argument.placeholder(), strings.Join(argument.values, `","`))
		}
	}
	return nil
}

var errStray = errors.New("there is an argument that is neither a flag nor a command")

// withoutValue says what pflag found, without what the user typed beside the name of a
// flag: it may be a secret that slipped out of place.
func withoutValue(err error, all *pflag.FlagSet) error {
	var (
		notExist *pflag.NotExistError
		required *pflag.ValueRequiredError
		invalid  *pflag.InvalidValueError
		syntax   *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &notExist) && notExist.GetSpecifiedShortnames() != "":
		return fmt.Errorf("unknown flag -%s", notExist.GetSpecifiedName())
	case errors.As(err, &notExist):
		return unknown(notExist.GetSpecifiedName(), all)
	case errors.As(err, &required):
		return lacksValue(required.GetSpecifiedName())
	case errors.As(err, &invalid):
		return fmt.Errorf("--%s: bool value must be true, 1, yes, false, 0 or no", invalid.GetFlag().Name)
	case errors.As(err, &syntax):
		return errStray
	}
	return err
}

func lacksValue(name string) error { return fmt.Errorf("--%s: expected string value", name) }

// unknown names a flag that does not exist, and those that may be meant.
func unknown(name string, all *pflag.FlagSet) error {
	var like []string
	all.VisitAll(func(flag *pflag.Flag) {
		if strings.HasPrefix(flag.Name, name) || levenshtein.ComputeDistance(flag.Name, name) <= 2 {
			like = append(like, "--"+flag.Name)
		}
	})
	if len(like) == 0 {
		return fmt.Errorf("unknown flag --%s", name)
	}
	return fmt.Errorf("unknown flag --%s, did you mean %s?", name, strings.Join(like, " or "))
}

// version returns the version that the Go toolchain stamped into the binary.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
