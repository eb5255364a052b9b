// Package security_test attacks the built program. Each attack is a row of a table,
// and each file holds the tables for one attack surface.
package security_test

import (
	"testing"

	"authgraph/internal/testutil"
)

func TestMain(m *testing.M) { testutil.Main(m) }
