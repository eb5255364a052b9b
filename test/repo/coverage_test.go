package repo_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	gqlast "github.com/vektah/gqlparser/v2/ast"
)

var update = flag.Bool("update", false, "rewrite the generated pages in docs")

// allOperations returns the operations of both SDKs.
func allOperations(t *testing.T) []string {
	t.Helper()
	names := append(goOperations(t), keptOperations(t).Operations...)
	slices.Sort(names)
	return slices.Compact(names)
}

// goOperations returns the operations of the SDK for Go.
func goOperations(t *testing.T) []string {
	t.Helper()
	pkg, err := build.Import("github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range glob(t, filepath.Join(pkg.Dir, "api_op_*.go")) {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "api_op_"), ".go"))
	}
	return names
}

// publicOperations returns the operations of both SDKs that need no AWS credentials.
func publicOperations(t *testing.T) []string {
	t.Helper()
	pkg, err := build.Import("github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, "auth.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Collect(maps.Keys(keptOperations(t).Unsigned))
	ast.Inspect(file, func(n ast.Node) bool {
		entry, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		name, ok := entry.Key.(*ast.BasicLit)
		if ok && mentions(entry.Value, "SchemeIDAnonymous") {
			s, _ := strconv.Unquote(name.Value)
			names = append(names, s)
		}
		return true
	})
	slices.Sort(names)
	return slices.Compact(names)
}

func mentions(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return !found
	})
	return found
}

// poolOperations returns the operations of a kind, public or signed, in the embedded
// pool's dispatch table.
func poolOperations(t *testing.T, kind string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	entry := regexp.MustCompile(`"([A-Za-z]+)":\s+` + kind + `\(`)
	for _, file := range goFiles(t, "cognito/userpool", false) {
		for _, m := range entry.FindAllStringSubmatch(readFile(t, file), -1) {
			names[m[1]] = true
		}
	}
	return names
}

// goFiles returns the Go files below a directory: the tests, or the others.
func goFiles(t *testing.T, root string, tests bool) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && strings.HasSuffix(path, "_test.go") == tests {
			files = append(files, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// glob returns the files that match one of the patterns.
func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// fieldsByOperation returns the fields of the schema that call each operation. Their
// descriptions end with "Cognito: A, B."
func fieldsByOperation(t *testing.T) map[string][]string {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&gqlast.Source{Input: readFile(t, "schema.graphqls")})
	if err != nil {
		t.Fatal(err)
	}
	calls := regexp.MustCompile(`Cognito: ([^.]+)\.`)
	fields := map[string][]string{}
	for _, typ := range slices.Sorted(maps.Keys(schema.Types)) {
		for _, field := range schema.Types[typ].Fields {
			m := calls.FindStringSubmatch(strings.ReplaceAll(field.Description, "\n", " "))
			if m == nil {
				continue
			}
			name := field.Name
			if typ != "Mutation" {
				name = typ + "." + name
			}
			for _, operation := range regexp.MustCompile(`[A-Z][A-Za-z]+`).FindAllString(m[1], -1) {
				fields[operation] = append(fields[operation], name)
			}
		}
	}
	return fields
}

// testsOf returns the end-to-end tests that use the fields.
func testsOf(t *testing.T, fields []string) []string {
	t.Helper()
	var names []string
	for _, file := range glob(t, "test/scripts/testdata/*.txt", "test/scripts/challenges_test.go", "test/browser/passkeys.mjs") {
		text := readFile(t, file)
		for _, field := range fields {
			_, member, nested := strings.Cut(field, ".")
			if !nested {
				member = field
			}
			if regexp.MustCompile(`\b` + member + `\b`).MatchString(text) {
				names = append(names, strings.TrimSuffix(filepath.Base(file), ".txt"))
				break
			}
		}
	}
	return names
}

// sdkFile reads a source file of the SDK.
func sdkFile(t *testing.T, name string) string {
	t.Helper()
	pkg, err := build.Import("github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	return readFile(t, filepath.Join(pkg.Dir, name))
}

// exceptionsOf returns the exceptions that the SDKs define for the operations, each
// with the number of operations that can throw it.
func exceptionsOf(t *testing.T, operations []string) map[string]int {
	t.Helper()
	text := sdkFile(t, "deserializers.go")
	thrown := regexp.MustCompile(`EqualFold\("([A-Za-z]+)", errorCode`)
	exceptions, unsigned := map[string]int{}, keptOperations(t).Unsigned
	for _, operation := range operations {
		all := slices.Clone(unsigned[operation])
		_, body, found := strings.Cut(text, "func awsAwsjson11_deserializeOpError"+operation+"(")
		if !found && len(all) == 0 {
			t.Fatalf("the SDKs have no errors for %s", operation)
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		for _, m := range thrown.FindAllStringSubmatch(body, -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		for _, exception := range slices.Compact(all) {
			exceptions[exception]++
		}
	}
	return exceptions
}

// cannotOccur returns why the embedded pool never throws an exception. Some are thrown
// by a stub of Cognito in scripts.
func cannotOccur() map[string]string {
	const (
		lambda = "the pool has no Lambda triggers"
		roles  = "the pool does not send through SES or SNS, so it has no roles"
	)
	return map[string]string{
		"ConcurrentModificationException":          "the pool serializes its changes",
		"InvalidEmailRoleAccessPolicyException":    roles,
		"InvalidSmsRoleAccessPolicyException":      roles,
		"InvalidSmsRoleTrustRelationshipException": roles,
		"InvalidLambdaResponseException":           lambda,
		"UnexpectedLambdaException":                lambda,
		"FeatureUnavailableInTierException":        "the pool has every feature, whatever its tier",
		"CodeDeliveryFailureException":             "messages always arrive in the pool's inbox",
		"ForbiddenException":                       "the pool has no firewall; it returns this only to foreign pages and hosts",
		"TooManyRequestsException":                 "the pool has no account quotas",
		"UserLambdaValidationException":            lambda,
		"TooManyFailedAttemptsException":           "limits on attempts return LimitExceededException, as measured on Cognito",
	}
}

// provokedBy returns the tests that mention an exception.
func provokedBy(t *testing.T, exception string) []string {
	t.Helper()
	var names []string
	files := glob(t, "test/scripts/testdata/*.txt", "test/clients/*_test.go")
	for _, file := range append(files, goFiles(t, "cognito/userpool", true)...) {
		if strings.Contains(readFile(t, file), exception) {
			names = append(names, file)
		}
	}
	return names
}

// exceptionTable returns the second table of docs/coverage.md, and the exceptions that
// no test covers.
func exceptionTable(t *testing.T) (table string, holes []string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n## Exceptions\n\nThe exceptions of the operations that need no credentials, with a test that covers each, or the reason why the\nembedded pool cannot throw it. `cognito/errors.go` maps all of them to error codes.\n\n")
	b.WriteString("| exception | operations | test |\n|---|---|---|\n")
	exceptions := exceptionsOf(t, publicOperations(t))
	for _, exception := range slices.Sorted(maps.Keys(exceptions)) {
		shown := cannotOccur()[exception]
		if tests := provokedBy(t, exception); len(tests) > 0 && shown == "" {
			shown = "`" + tests[0] + "`"
		} else if len(tests) > 0 {
			shown += "; a stub throws it in `" + tests[0] + "`"
		}
		if shown == "" {
			holes = append(holes, exception)
		}
		fmt.Fprintf(&b, "| %s | %d | %s |\n", exception, exceptions[exception], shown)
	}
	return b.String(), holes
}

// coverage returns docs/coverage.md, and the operations and exceptions that are not
// covered.
func coverage(t *testing.T) (page string, holes []string) {
	t.Helper()
	pool, fields := poolOperations(t, "public"), fieldsByOperation(t)
	var b strings.Builder
	b.WriteString("# Coverage\n\n<!-- Generated by: go test ./test/repo -run TestCoverage -update -->\n\nHow much of Cognito's public API Authgraph covers, and the tests for it.\n\n## Operations\n\nThe operations that need no AWS credentials, according to the AWS SDKs for Go and JavaScript.\n\n")
	b.WriteString("| operation | GraphQL | embedded pool | end-to-end tests |\n|---|---|---|---|\n")
	for _, operation := range publicOperations(t) {
		graphql := "`" + strings.Join(fields[operation], "`, `") + "`"
		scripts := testsOf(t, fields[operation])
		if operation == "SetUserSettings" {
			graphql = "none: superseded by SetUserMFAPreference"
		} else if len(fields[operation]) == 0 || len(scripts) == 0 {
			holes = append(holes, operation)
		}
		more := ""
		if len(scripts) > 3 {
			more = fmt.Sprintf(" and %d more", len(scripts)-3)
			scripts = scripts[:3]
		}
		in := "yes"
		if !pool[operation] {
			in = "**no**"
			holes = append(holes, operation)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s%s |\n", operation, graphql, in, strings.Join(scripts, ", "), more)
	}
	administration, untested := administrationTable(t)
	exceptions, without := exceptionTable(t)
	return b.String() + administration + exceptions, slices.Concat(holes, untested, without)
}

// administrationTable returns the table of the operations that need AWS credentials,
// and those of the embedded pool that no test calls. Those that it lacks are in a list.
func administrationTable(t *testing.T) (table string, holes []string) {
	t.Helper()
	pool, public := poolOperations(t, "signed"), publicOperations(t)
	var b strings.Builder
	b.WriteString("\n## Administration\n\nThe operations that need AWS credentials. The embedded pool has them for tests, the AWS CLI and infrastructure tools;\nit checks no signatures.\n\n")
	b.WriteString("| operation | test |\n|---|---|\n")
	var missing []string
	for _, operation := range allOperations(t) {
		switch tests := callersOf(t, operation); {
		case slices.Contains(public, operation):
		case !pool[operation]:
			missing = append(missing, operation)
		case len(tests) == 0:
			holes = append(holes, operation)
		default:
			fmt.Fprintf(&b, "| %s | `%s` |\n", operation, tests[0])
		}
	}
	fmt.Fprintf(&b, "\n%s\n", wrapped(fmt.Sprintf("The embedded pool lacks %d of them: %s.", len(missing), strings.Join(missing, ", "))))
	return b.String(), holes
}

// wrapped breaks text into lines of the docs' width.
func wrapped(text string) string {
	var b strings.Builder
	width := 0
	for _, word := range strings.Fields(text) {
		switch {
		case width == 0:
		case width+1+len(word) > 120:
			b.WriteString("\n")
			width = 0
		default:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}

// callersOf returns the tests of the embedded pool that call an operation: with the SDK, or
// by its name if the SDK for Go lacks it.
func callersOf(t *testing.T, operation string) []string {
	t.Helper()
	var names []string
	called := regexp.MustCompile(`\.` + operation + `\(|\b(succeeds|fails)\(("\w+", )?"` + operation + `"`)
	for _, file := range goFiles(t, "cognito/userpool", true) {
		if called.MatchString(readFile(t, file)) {
			names = append(names, file)
		}
	}
	return names
}

func TestCoverage(t *testing.T) {
	page, holes := coverage(t)
	if n, all := len(publicOperations(t)), len(allOperations(t)); n < 34 || all < 140 {
		t.Fatalf("found %d public operations of %d in the SDKs, want at least 34 of 140", n, all)
	}
	for _, operation := range holes {
		t.Errorf("%s has no field, is not in the embedded pool, or has no test", operation)
	}
	const file = "docs/coverage.md"
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if readFile(t, file) != page {
		t.Errorf("%s is out of date: run go test ./test/repo -run TestCoverage -update", file)
	}
}
