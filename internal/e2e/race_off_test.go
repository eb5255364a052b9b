//go:build !race

package e2e

// raceDetector tells whether the tests run under the race detector; the binary
// is then built with it too.
const raceDetector = false
