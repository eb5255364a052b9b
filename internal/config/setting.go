package config

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Command is a command of the program that reads settings.
type Command string

// The commands that read settings.
const (
	Serve         Command = "serve"
	Pool          Command = "pool"
	Schema        Command = "schema"
	GatewayConfig Command = "gateway-config"
)

// Setting is the definition of one setting. The help of the program and
// docs/settings.md are generated from it.
type Setting struct {
	// Variable is the name of the environment variable.
	Variable string
	// Group is the heading under which the setting is listed.
	Group string
	// Placeholder is the form of the value. It is empty for a switch.
	Placeholder string
	// Default is the value that applies where the setting is not set, or a
	// description of what applies.
	Default string
	// Help is what the setting does, in one or more sentences.
	Help string

	commands []Command // that use it, apart from serve
	value    pflag.Value
}

// Flag returns the name of the flag, without dashes.
func (s Setting) Flag() string { return strings.ToLower(strings.ReplaceAll(s.Variable, "_", "-")) }

// UsedBy reports whether the command uses the setting. Serve uses all of them.
func (s Setting) UsedBy(command Command) bool {
	return command == Serve || slices.Contains(s.commands, command)
}

// Values returns the values of a setting that takes one of a few, and nil for
// any other setting.
func (s Setting) Values() []string {
	values := strings.Split(s.Placeholder, "|")
	if len(values) < 2 || s.Placeholder != strings.ToLower(s.Placeholder) {
		return nil
	}
	return values
}

// AddTo adds the flags of the settings to a set.
func AddTo(flags *pflag.FlagSet, settings []Setting) {
	for _, s := range settings {
		help := s.Help + " Default: " + s.Default + ". [" + s.Variable + "]"
		flag := flags.VarPF(s.value, s.Flag(), "", help)
		flag.DefValue = "" // the help has it
		if s.Placeholder == "" {
			flag.NoOptDefVal = "true"
		}
	}
}

// fromEnvironment sets the flags that are not on the command line from their
// variables. An empty variable counts as unset.
func fromEnvironment(flags *pflag.FlagSet, getenv func(string) string, errs *Errors) {
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed || flag.Name == "help" || flag.Name == "version" {
			return
		}
		name := strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value := getenv(name)
		switch {
		case value == "" || flag.Value.Set(value) == nil:
		case flag.Value.Type() == "bool":
			errs.add("%s is %q; use true or false.", name, value)
		default:
			errs.add("%s begins with --, which no value does.", name)
		}
	})
}

// textValue is a setting with a value. It is checked after parsing, so that all
// errors are reported together.
type textValue struct {
	target      *string
	placeholder string
}

// Set implements pflag.Value. It rejects a value that looks like the next flag: an empty
// shell variable leaves a flag without its value.
func (v textValue) Set(value string) error {
	if strings.HasPrefix(value, "--") {
		return errors.New("begins with --")
	}
	*v.target = value
	return nil
}

// String implements pflag.Value.
func (v textValue) String() string { return *v.target }

// Type returns what the help shows as the form of the value.
func (v textValue) Type() string { return v.placeholder }

// Switch is a flag that is off unless it is set.
type Switch bool

// Set implements pflag.Value. It takes yes and no as well as what
// [strconv.ParseBool] takes.
func (v *Switch) Set(value string) error {
	switch strings.ToLower(value) {
	case "yes":
		value = "true"
	case "no":
		value = "false"
	}
	on, err := strconv.ParseBool(value)
	*v = Switch(on)
	return err
}

// String implements pflag.Value.
func (v *Switch) String() string { return strconv.FormatBool(bool(*v)) }

// Type implements pflag.Value.
func (v *Switch) Type() string { return "bool" }
