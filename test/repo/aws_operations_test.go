package repo_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// The SDK for JavaScript gets new operations months before the SDK for Go. It is a dependency
// of test/clients, and its operations are kept in a file, so that the tests that need only
// Go know them, too.
const (
	operationsFile = "test/repo/testdata/operations.json"
	npmPackage     = "@aws-sdk/client-cognito-identity-provider"
)

// npmOperations is the content of the file.
type npmOperations struct {
	Package string `json:"package"`
	Version string `json:"version"`
	// Operations are all operations.
	Operations []string `json:"operations"`
	// Unsigned has the operations that need no AWS credentials, each with its exceptions.
	Unsigned map[string][]string `json:"unsigned"`
}

// keptOperations reads the file.
func keptOperations(t *testing.T) npmOperations {
	t.Helper()
	var kept npmOperations
	if err := json.Unmarshal([]byte(readFile(t, operationsFile)), &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// installedOperations reads the installed package.
func installedOperations(t *testing.T, folder string) npmOperations {
	t.Helper()
	found := npmOperations{Package: npmPackage, Unsigned: map[string][]string{}}
	var manifest struct{ Version string }
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(folder, "package.json"))), &manifest); err != nil {
		t.Fatal(err)
	}
	found.Version = manifest.Version
	const suffix = "Command.d.ts"
	for _, file := range glob(t, filepath.Join(folder, "dist-types/commands/*"+suffix)) {
		found.Operations = append(found.Operations, strings.TrimSuffix(filepath.Base(file), suffix))
	}
	// case "SignUp": { options.push(createSmithyApiNoAuthHttpAuthOption(…
	unsigned := regexp.MustCompile(`case "(\w+)":\s*\{\s*options\.push\(createSmithyApiNoAuth`)
	// @throws {@link ForbiddenException} (client fault)
	thrown := regexp.MustCompile(`@throws \{@link (\w+)\} \((?:client|server) fault\)`)
	for _, m := range unsigned.FindAllStringSubmatch(readFile(t, filepath.Join(folder, "dist-es/auth/httpAuthSchemeProvider.js")), -1) {
		var exceptions []string
		for _, e := range thrown.FindAllStringSubmatch(readFile(t, filepath.Join(folder, "dist-types/commands", m[1]+suffix)), -1) {
			exceptions = append(exceptions, e[1])
		}
		slices.Sort(exceptions)
		found.Unsigned[m[1]] = exceptions
	}
	return found
}

// TestOperationsOfNPMPackage checks that the file has the operations of the version that
// test/clients depends on. After a new version, -update rewrites it.
func TestOperationsOfNPMPackage(t *testing.T) {
	var dependent struct{ Dependencies map[string]string }
	if err := json.Unmarshal([]byte(readFile(t, "test/clients/package.json")), &dependent); err != nil {
		t.Fatal(err)
	}
	want := dependent.Dependencies[npmPackage]
	const how = "run npm ci in test/clients, then go test ./test/repo -run 'TestOperations|TestCoverage' -update"
	if kept := keptOperations(t); !*update && (kept.Package != npmPackage || kept.Version != want) {
		t.Fatalf("%s is for %s %s, test/clients depends on %s: %s", operationsFile, kept.Package, kept.Version, want, how)
	}
	folder := filepath.Join("test/clients/node_modules", npmPackage)
	if _, err := os.Stat(folder); err != nil {
		testutil.LeaveOut(t, npmPackage+" (run npm ci in test/clients)")
	}
	found := installedOperations(t, folder)
	if found.Version != want {
		t.Fatalf("version %s is installed, %s is required: run npm ci in test/clients", found.Version, want)
	}
	if len(found.Operations) < 140 || len(found.Unsigned) < 34 {
		t.Fatalf("found %d operations, %d of them unsigned; version 3.1169 has 140 and 34", len(found.Operations), len(found.Unsigned))
	}
	for operation, exceptions := range found.Unsigned {
		if len(exceptions) < 5 {
			t.Errorf("%s has only the exceptions %v", operation, exceptions)
		}
	}
	text, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(operationsFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if readFile(t, operationsFile) != string(text)+"\n" {
		t.Errorf("%s is out of date: %s", operationsFile, how)
	}
}
