// Package repo_test checks the repository itself: that the README's commands work,
// that the docs show the code as it is, and that the generated pages are up to date.
package repo_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain runs the tests in the root of the repository, so that paths in them are
// those of the repository.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
