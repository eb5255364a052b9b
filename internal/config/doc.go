// Package config reads Authgraph's settings from the command line and the
// environment and refuses those that make no sense.
//
// It is a package of its own so that the rest of the program takes values that
// are already checked: an address is a [net/netip.Prefix] here and never a
// string that may not parse later. [Parse] reports all faults of a start at
// once, each in words that say how to mend it.
//
// # Where a setting comes from
//
// Every setting has one name in two spellings: a variable (LOG_LEVEL) and a
// flag (--log-level). The flag wins over the variable, the variable over the
// default. A variable that is empty counts as unset.
//
// # Which pool is used
//
// Without any Cognito setting the embedded user pool runs. With a pool id and a
// client id, Amazon Cognito is used. Anything in between is a fault.
package config
