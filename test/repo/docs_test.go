package repo_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The code in docs/apollo.md and docs/urql.md is copied from the examples. The source
// is given before each block: <!-- file#region -->. UPDATE_DOCS=1 updates the blocks.
func TestDocsShowTheExamples(t *testing.T) {
	block := regexp.MustCompile("(?s)(?:<!-- (\\S+)#(\\S+) -->\n)?```(ts|tsx|graphql)\n(.*?)```")
	for _, page := range []string{"docs/apollo.md", "docs/urql.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		updated := block.ReplaceAllStringFunc(string(text), func(found string) string {
			part := block.FindStringSubmatch(found)
			if part[1] == "" {
				t.Errorf("%s: a block without a source:\n%s", page, part[4])
				return found
			}
			shown++
			want := region(t, part[1], part[2])
			if part[4] != want && os.Getenv("UPDATE_DOCS") == "" {
				t.Errorf("%s differs from %s#%s: run UPDATE_DOCS=1 go test ./test/repo -run TestDocsShowTheExamples", page, part[1], part[2])
			}
			return "<!-- " + part[1] + "#" + part[2] + " -->\n```" + part[3] + "\n" + want + "```"
		})
		if shown < 8 {
			t.Errorf("%s has only %d blocks", page, shown)
		}
		if os.Getenv("UPDATE_DOCS") == "" {
			continue
		}
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// region returns the lines between "// region name" and the next "// endregion",
// without their indentation.
func region(t *testing.T, file, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)\n( *)// region ` + regexp.QuoteMeta(name) + `\n(.*?)\n *// endregion\n`).FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("%s has no region %s", file, name)
	}
	var code strings.Builder
	for line := range strings.Lines(found[2] + "\n") {
		code.WriteString(strings.TrimPrefix(line, found[1]))
	}
	return code.String()
}
