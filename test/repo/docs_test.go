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

// All pages and the playground sign up and sign in with one password, so that readers can
// go on in any of them with the account that they have.
func TestOneExamplePassword(t *testing.T) {
	const example = "Correct-Horse-1"
	// Quoted, or as an argument of a command line.
	password := regexp.MustCompile(`(?i)\bpassword["']?(?:\s*[:=]\s*\\?["']([^"'\\]+)|[= ]([A-Za-z]+-[^\s"'\\,)}]+))`)
	found := map[string]int{}
	check := func(name, text string) {
		for _, literal := range password.FindAllStringSubmatch(text, -1) {
			found[filepath.Base(name)]++
			if got := literal[1] + literal[2]; got != example {
				t.Errorf("%s has the password %s, want %s", name, got, example)
			}
		}
	}
	eachPage(t, check)
	const playground = "internal/playground/src/examples.js"
	check(playground, readFile(t, playground))
	for name, least := range map[string]int{"README.md": 4, "examples.js": 1} {
		if found[name] < least {
			t.Errorf("found %d passwords in %s, want at least %d", found[name], name, least)
		}
	}
}
