//go:build race

package testutil

// RaceEnabled tells whether the tests run under the race detector; the binary
// is then built with it too.
const RaceEnabled = true
