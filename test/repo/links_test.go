package repo_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	codeBlock = regexp.MustCompile("(?s)```.*?```")
	pageLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestLinks checks that relative links between the repository's pages lead to files
// and headings that exist.
func TestLinks(t *testing.T) {
	checked := 0
	eachPage(t, func(name, text string) {
		for _, link := range pageLink.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
			if strings.Contains(link[1], ":") {
				continue // another site
			}
			checked++
			file, anchor, _ := strings.Cut(link[1], "#")
			target := name
			if file != "" {
				target = filepath.Join(filepath.Dir(name), filepath.FromSlash(file))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, link[1])
			} else if anchor != "" && !hasHeading(read(t, target), anchor) {
				t.Errorf("%s links to %s, which has no such heading", name, link[1])
			}
		}
	})
	if checked < 50 {
		t.Errorf("checked only %d links", checked)
	}
}

// eachPage calls f for every page of the repository.
func eachPage(t *testing.T, f func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(repositoryRoot(t), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "build" || entry.Name() == ".git"):
			return filepath.SkipDir
		case filepath.Ext(name) == ".md":
			f(name, read(t, name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// repositoryRoot returns the nearest directory above that has a go.mod.
func repositoryRoot(t *testing.T) string {
	t.Helper()
	for dir := "."; len(dir) < 64; dir = filepath.Join(dir, "..") {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod in any directory above")
	return ""
}

// hasHeading reports whether a page has a heading with the anchor that GitHub gives it.
func hasHeading(page, anchor string) bool {
	for _, found := range heading.FindAllStringSubmatch(page, -1) {
		slug := strings.ToLower(regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(found[1], ""))
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
