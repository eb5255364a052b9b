package config

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"golang.org/x/term"
)

const description = `Amazon Cognito as a typed GraphQL API. Without any Cognito setting it runs on an embedded user pool.

Each setting is a flag or, where one stands in brackets, the variable beside it; the flag wins. An empty variable counts as unset.`

// widest is how wide --help gets, however wide the terminal is.
const widest = 100

// writeHelp prints what there is to set, of one command if it is named.
func writeHelp(w io.Writer, c command, sections []section) {
	h := help{width: widest}
	if file, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			h.width = min(columns, widest)
		}
	}
	if c.name == "" {
		h.WriteString("Usage: authgraph <command> [flags]\n\n")
		h.paragraph("", description)
	} else {
		fmt.Fprintf(&h, "Usage: authgraph %s\n\n", c.usage())
		h.paragraph("", c.help)
	}
	if len(c.arguments) > 0 {
		h.WriteString("\nArguments:\n")
		var rows []row
		for _, argument := range c.arguments {
			rows = append(rows, row{argument.placeholder(), argument.help})
		}
		h.table(rows)
	}
	for _, s := range sections {
		fmt.Fprintf(&h, "\n%s\n", s.title)
		h.table(s.rows(c))
	}
	if c.name == "" {
		h.WriteString("\nCommands:\n")
		for _, c := range commands() {
			fmt.Fprintf(&h, "  %s\n", c.usage())
			h.paragraph("    ", c.help)
			h.WriteString("\n")
		}
		h.WriteString("Run \"authgraph <command> --help\" for more information on a command.\n")
	}
	_, _ = io.WriteString(w, h.String())
}

// row is a line of two columns, the second of which wraps.
type row struct{ left, right string }

// rows are the flags of a section, each with its variable.
func (s section) rows(c command) []row {
	var rows []row
	s.flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Name == federated && c.name != "schema" {
			return
		}
		r := row{"--" + flag.Name, flag.Usage}
		if flag.Shorthand != "" {
			r.left = "-" + flag.Shorthand + ", " + r.left
		}
		if form := flag.Value.Type(); form != "bool" {
			r.left += "=" + form
		}
		if name := variable(flag.Name); name != "" {
			r.right += " [" + name + "]"
		}
		rows = append(rows, r)
	})
	return rows
}

// help is a text whose lines are at most width wide, where words let them.
type help struct {
	strings.Builder
	width int
}

// paragraph writes text as lines that begin with indent.
func (h *help) paragraph(indent, text string) {
	for line := range strings.Lines(text) {
		h.WriteString(indent)
		h.wrap(line, utf8.RuneCountInString(indent))
	}
}

// table writes rows. What is too long for the left column has a line of its own.
func (h *help) table(rows []row) {
	const margin, gap = 2, 4
	column := 0
	for _, r := range rows {
		if end := margin + len(r.left); end <= h.width*3/8 {
			column = max(column, end+gap)
		}
	}
	for _, r := range rows {
		fmt.Fprintf(h, "%*s%s", margin, "", r.left)
		at := margin + len(r.left)
		if at+gap > column {
			h.WriteString("\n")
			at = 0
		}
		fmt.Fprintf(h, "%*s", column-at, "")
		h.wrap(r.right, column)
	}
}

// wrap writes words to the end of a line that has column characters, and goes on below
// them.
func (h *help) wrap(text string, column int) {
	at := column
	for i, word := range strings.Fields(text) {
		switch length := utf8.RuneCountInString(word); {
		case i == 0:
			at += length
		case at+1+length > h.width:
			fmt.Fprintf(h, "\n%*s", column, "")
			at = column + length
		default:
			h.WriteString(" ")
			at += 1 + length
		}
		h.WriteString(word)
	}
	h.WriteString("\n")
}
