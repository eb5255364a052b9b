package repo_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
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

// publicOperations are the operations that Cognito lets anybody call without AWS
// credentials, as the SDK has them.
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
	var names []string
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

// poolOperations are the public operations in the embedded pool's dispatch table.
func poolOperations(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("cognito/userpool/dispatch.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([A-Za-z]+)":\s+public\(`).FindAllStringSubmatch(string(text), -1) {
		names[m[1]] = true
	}
	return names
}

// fieldsByOperation reads which field of the schema calls which operation:
// descriptions end with "Cognito: A, B."
func fieldsByOperation(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&gqlast.Source{Input: string(text)})
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

// testsOf names the end-to-end tests that use the fields.
func testsOf(t *testing.T, fields []string) []string {
	t.Helper()
	files, err := filepath.Glob("internal/e2e/testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range append(files, "internal/e2e/challenges_test.go", "internal/e2e/passkeys.mjs") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range fields {
			_, member, nested := strings.Cut(field, ".")
			if !nested {
				member = field
			}
			if regexp.MustCompile(`\b` + member + `\b`).Match(text) {
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
	text, err := os.ReadFile(filepath.Join(pkg.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exceptionsOf are the exceptions that the SDK models for the operations, each
// with how many of these can throw it.
func exceptionsOf(t *testing.T, operations []string) map[string]int {
	t.Helper()
	text := sdkFile(t, "deserializers.go")
	thrown := regexp.MustCompile(`EqualFold\("([A-Za-z]+)", errorCode`)
	exceptions := map[string]int{}
	for _, operation := range operations {
		_, body, found := strings.Cut(text, "func awsAwsjson11_deserializeOpError"+operation+"(")
		if !found {
			t.Fatalf("the SDK has no errors for %s", operation)
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		for _, m := range thrown.FindAllStringSubmatch(body, -1) {
			exceptions[m[1]]++
		}
	}
	return exceptions
}

// cannotOccur says why the embedded pool never throws an exception. Those that
// a stand-in throws instead are in scripts all the same.
func cannotOccur() map[string]string {
	const (
		lambda = "the pool has no Lambda triggers"
		roles  = "the pool sends nothing by SES or SNS, so it has no roles"
	)
	return map[string]string{
		"ConcurrentModificationException":          "the pool's changes are one after the other",
		"InvalidEmailRoleAccessPolicyException":    roles,
		"InvalidSmsRoleAccessPolicyException":      roles,
		"InvalidSmsRoleTrustRelationshipException": roles,
		"InvalidLambdaResponseException":           lambda,
		"UnexpectedLambdaException":                lambda,
		"OperationNotEnabledException":             "the pool has no replica Regions",
		"CodeDeliveryFailureException":             "what the pool sends always arrives in its inbox",
		"ForbiddenException":                       "the pool has no firewall; it says this only to pages and hosts that are not its own",
		"TooManyRequestsException":                 "the pool has no quota of an AWS account",
		"UserLambdaValidationException":            lambda,
		"TooManyFailedAttemptsException":           "the limits of attempts answer LimitExceededException, as measured on Cognito",
	}
}

// provokedBy names the tests that speak of an exception.
func provokedBy(t *testing.T, exception string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{
		"internal/e2e/testdata/*.txt", "internal/e2e/clients/*_test.go", "cognito/userpool/*_test.go",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), exception) {
				names = append(names, file)
			}
		}
	}
	return names
}

// exceptionTable writes the second table of docs/coverage.md.
func exceptionTable(t *testing.T) (table string, holes []string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n# Their exceptions\n\nEach has a row in `cognito/errors.go`. What shows it, or why the embedded pool cannot throw it:\n\n")
	b.WriteString("| exception | operations | shown by |\n|---|---|---|\n")
	exceptions := exceptionsOf(t, publicOperations(t))
	for _, exception := range slices.Sorted(maps.Keys(exceptions)) {
		shown := cannotOccur()[exception]
		if tests := provokedBy(t, exception); len(tests) > 0 && shown == "" {
			shown = "`" + tests[0] + "`"
		} else if len(tests) > 0 {
			shown += "; a stand-in throws it in `" + tests[0] + "`"
		}
		if shown == "" {
			holes = append(holes, exception)
		}
		fmt.Fprintf(&b, "| %s | %d | %s |\n", exception, exceptions[exception], shown)
	}
	return b.String(), holes
}

// coverage writes the tables of docs/coverage.md.
func coverage(t *testing.T) (page string, holes []string) {
	t.Helper()
	pool, fields := poolOperations(t), fieldsByOperation(t)
	var b strings.Builder
	b.WriteString("# Cognito's public operations\n\nWritten by `go test ./test/repo -update`; the first column is the AWS SDK's own list of the operations that need no AWS\ncredentials, so a new one shows as a hole.\n\n")
	b.WriteString("| operation | GraphQL | embedded pool | tests in internal/e2e |\n|---|---|---|---|\n")
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
	table, without := exceptionTable(t)
	return b.String() + table, append(holes, without...)
}

func TestCoverage(t *testing.T) {
	page, holes := coverage(t)
	if n := len(publicOperations(t)); n < 32 {
		t.Fatalf("found %d public operations in the SDK; it had 32 when this was written", n)
	}
	for _, operation := range holes {
		t.Errorf("%s lacks a field, a place in the embedded pool, or a test", operation)
	}
	const file = "docs/coverage.md"
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := os.ReadFile(file); err != nil || string(written) != page {
		t.Errorf("%s is out of date: run go test ./test/repo -run TestCoverage -update (%v)", file, err)
	}
}
