//go:build race

package testutil

// RaceEnabled reports whether the tests run under the race detector. If so, the program
// is built with it too.
const RaceEnabled = true
