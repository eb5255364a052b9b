// Package app wires the program together: the command line in this file, and each
// command in a file of its own.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"authgraph/cognito/admission"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"authgraph/graph"
	"authgraph/internal/config"
)

// Run parses the command line, without the program's name, and runs the command
// until it is done or ctx ends.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	p := &program{getenv: getenv, stdout: stdout, stderr: stderr, flags: NewFlags()}
	root := p.rootCommand()
	root.SetArgs(append([]string{}, args...)) // nil would mean those of the process
	return root.ExecuteContext(ctx)
}

// NewFlags returns the settings with their defaults.
func NewFlags() *config.Flags {
	return config.NewFlags(config.Defaults{
		DocumentLimits: config.DocumentLimits(graph.DefaultLimits()),
		CognitoQuotas:  admission.DefaultQuotas(),
	})
}

// program is one run of the program.
type program struct {
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
	flags  *config.Flags
}

// settings returns the checked settings for a command.
func (p *program) settings(c *cobra.Command, command config.Command) (*config.Settings, error) {
	return p.flags.Read(command, c.Flags(), p.getenv)
}

func (p *program) rootCommand() *cobra.Command {
	serve := func(c *cobra.Command, _ []string) error {
		settings, err := p.settings(c, config.Serve)
		if err != nil {
			return err
		}
		return p.serve(c.Context(), settings)
	}
	root := &cobra.Command{
		Use:   "authgraph",
		Short: "Amazon Cognito as a typed GraphQL API",
		Long: `Amazon Cognito as a typed GraphQL API. Without any Cognito setting it runs on an
embedded user pool.

Each setting is a flag, or the environment variable in brackets. The flag wins. An
empty variable counts as unset.`,
		Args:                       noArgs,
		RunE:                       serve,
		Version:                    version(),
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(p.usage)
	addSwitch(root.PersistentFlags(), new(config.Switch), "help", "h", "Print this help.")
	addSwitch(root.Flags(), new(config.Switch), "version", "", "Print the version.")
	config.AddTo(root.PersistentFlags(), p.flags.Settings())
	for _, s := range p.flags.Settings() {
		if values := s.Values(); values != nil {
			// It fails for a flag that does not exist, or that has completions.
			_ = root.RegisterFlagCompletionFunc(s.Flag(), cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	root.AddCommand(
		&cobra.Command{Use: string(config.Serve), Short: "Serve the API (the default)", Args: noArgs, RunE: serve},
		&cobra.Command{
			Use:   string(config.Pool),
			Short: "Serve the embedded user pool alone, as a local Cognito for other clients",
			Args:  noArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				settings, err := p.settings(c, config.Pool)
				if err != nil {
					return err
				}
				return p.servePool(c.Context(), settings)
			},
		},
		p.schemaCommand(),
		p.gatewayConfigCommand(),
	)
	return root
}

// addSwitch adds a flag that is not a setting.
func addSwitch(flags *pflag.FlagSet, target *config.Switch, name, shorthand, help string) {
	flag := flags.VarPF(target, name, shorthand, help)
	flag.DefValue, flag.NoOptDefVal = "", "true"
}

// noArgs refuses arguments. It does not repeat them: they may be misplaced secrets.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if names := c.SuggestionsFor(args[0]); len(names) > 0 {
		hint = ", did you mean " + strings.Join(names, " or ") + "?"
	}
	return usageError("unknown command or argument" + hint)
}

// usageError returns an error in the command line.
func usageError(text string) error { return errors.New(text + " (see authgraph --help)") }

// flagError rephrases an error of pflag without the value, which may be a secret.
func flagError(c *cobra.Command, err error) error {
	var (
		notExist *pflag.NotExistError
		required *pflag.ValueRequiredError
		invalid  *pflag.InvalidValueError
		syntax   *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &notExist) && notExist.GetSpecifiedShortnames() != "":
		return usageError("unknown flag -" + notExist.GetSpecifiedName())
	case errors.As(err, &notExist):
		return usageError("unknown flag --" + notExist.GetSpecifiedName() + similarFlags(c, notExist.GetSpecifiedName()))
	case errors.As(err, &required):
		return usageError("--" + required.GetSpecifiedName() + " needs a value")
	case errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "bool":
		return usageError("--" + invalid.GetFlag().Name + " must be true or false")
	case errors.As(err, &invalid):
		return usageError("--" + invalid.GetFlag().Name + " needs a value")
	case errors.As(err, &syntax):
		return usageError("malformed flag")
	}
	return err
}

// similarFlags returns a hint at flags with a similar name. Cobra suggests commands
// only, so the flags are put to it as commands.
func similarFlags(c *cobra.Command, name string) string {
	flags := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(flag *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: flag.Name, Run: func(*cobra.Command, []string) {}})
	})
	names := flags.SuggestionsFor(name)
	if len(names) == 0 {
		return ""
	}
	return ", did you mean --" + strings.Join(names, " or --") + "?"
}

// usage prints how to use a command, with the settings that it reads by group.
func (p *program) usage(c *cobra.Command) error {
	w := c.OutOrStderr()
	fmt.Fprintf(w, "Usage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s [command]\n\nCommands:\n", c.CommandPath())
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	width := terminalWidth(w)
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.Flags().VisitAll(func(flag *pflag.Flag) {
		isSetting := slices.ContainsFunc(p.flags.Settings(), func(s config.Setting) bool { return s.Flag() == flag.Name })
		if !isSetting {
			own.AddFlag(flag)
		}
	})
	fmt.Fprintf(w, "\nFlags:\n%s", own.FlagUsagesWrapped(width))

	command := config.Command(c.Name())
	if !c.HasParent() {
		command = config.Serve
	}
	settings := slices.DeleteFunc(slices.Clone(p.flags.Settings()), func(s config.Setting) bool { return !s.UsedBy(command) })
	for len(settings) > 0 {
		group := settings[0].Group
		end := slices.IndexFunc(settings, func(s config.Setting) bool { return s.Group != group })
		if end < 0 {
			end = len(settings)
		}
		flags := pflag.NewFlagSet(group, pflag.ContinueOnError)
		flags.SortFlags = false
		config.AddTo(flags, settings[:end])
		fmt.Fprintf(w, "\n%s:\n%s", group, flags.FlagUsagesWrapped(width))
		settings = settings[end:]
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nUse \"%s [command] --help\" for more about a command.\n", c.CommandPath())
	}
	return nil
}

// terminalWidth returns the number of columns for the help: those of the terminal,
// at most 120.
func terminalWidth(w io.Writer) int {
	const standard, widest = 100, 120
	if file, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return min(columns, widest)
		}
	}
	return standard
}

// version returns the version that the Go toolchain put into the binary.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
