// Package config reads and checks the settings.
//
// Every setting is defined once, in [Flags.Settings]: its environment variable,
// its flag, its default and its help. The flag wins over the variable, and the
// variable over the default. An empty variable counts as unset.
//
// [Flags.Read] reports all errors together, each with what to do about it. The
// rest of the program gets values that are parsed and checked: for example an
// address range as a [net/netip.Prefix], never as text.
//
// Without any Cognito setting the embedded user pool is used. With a pool id and
// an app client id, Amazon Cognito is used. Anything in between is an error.
package config
