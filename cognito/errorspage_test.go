package cognito

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/internal/apierr"
)

const errorsPage = "../docs/errors.md"

// TestErrorsPage checks that the tables in docs/errors.md match the schema and the
// error table. UPDATE_DOCS=1 rewrites them.
func TestErrorsPage(t *testing.T) {
	text, err := os.ReadFile(errorsPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for name, table := range map[string]string{"codes": codesTable(t), "exceptions": exceptionsTable()} {
		region := regexp.MustCompile(`(?s)(<!-- begin ` + name + ` -->\n).*?(<!-- end ` + name + ` -->)`)
		if !region.MatchString(page) {
			t.Fatalf("%s has no region %q", errorsPage, name)
		}
		page = region.ReplaceAllStringFunc(page, func(found string) string {
			part := region.FindStringSubmatch(found)
			return part[1] + table + part[2]
		})
	}
	if page == string(text) {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s is out of date: run UPDATE_DOCS=1 go test ./cognito -run TestErrorsPage", errorsPage)
	}
	if err := os.WriteFile(errorsPage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// codesTable returns a row for each value of the schema's enum ErrorCode.
func codesTable(t *testing.T) string {
	t.Helper()
	schema := loadSchema(t)
	status := regexp.MustCompile(`^\d{3}\. `)
	var b strings.Builder
	b.WriteString("| code | status | retryable | meaning |\n|---|---|---|---|\n")
	values := slices.Clone(schema.Types["ErrorCode"].EnumValues)
	slices.SortFunc(values, func(a, b *ast.EnumValueDefinition) int { return strings.Compare(a.Name, b.Name) })
	for _, value := range values {
		code := apierr.Code(value.Name)
		retryable := ""
		if code.Retryable() {
			retryable = "yes"
		}
		meaning := status.ReplaceAllString(strings.Join(strings.Fields(value.Description), " "), "")
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", code, code.Status(), retryable, meaning)
	}
	return b.String()
}

// exceptionsTable returns a row for each of Cognito's exceptions that can reach a
// client, and before it one for each of its special cases.
func exceptionsTable() string {
	var b strings.Builder
	b.WriteString("| exception | operation | message contains | code | status |\n|---|---|---|---|---|\n")
	rules, meanings := exceptionRules(), exceptionMeanings("The name or the password is wrong.")
	for _, exception := range slices.Sorted(maps.Keys(meanings)) {
		for _, r := range rules {
			if r.exception == exception {
				fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %d |\n", exception, operationsCell(r.operations), quotedCell(r.text), r.meaning.code, statusOr(r.status, r.meaning.code))
			}
		}
		fmt.Fprintf(&b, "| %s | any | | `%s` | %d |\n", exception, meanings[exception].code, meanings[exception].code.Status())
	}
	return b.String()
}

// operationsCell lists operations; the long list of those that take an access token
// has a name.
func operationsCell(operations []operation) string {
	switch {
	case len(operations) == 0:
		return "any"
	case slices.Equal(operations, withAccessToken()):
		return "any with an access token"
	}
	names := make([]string, len(operations))
	for i, op := range operations {
		names[i] = string(op)
	}
	return strings.Join(names, ", ")
}

func quotedCell(text string) string {
	if text == "" {
		return ""
	}
	return strconv.Quote(text)
}

func statusOr(status int, code apierr.Code) int {
	if status == 0 {
		return code.Status()
	}
	return status
}
