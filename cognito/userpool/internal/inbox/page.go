package inbox

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"
)

// contentSecurityPolicy lets the page have its own style, by hash, and a form that leads back to it; nothing else.
func contentSecurityPolicy() string {
	sum := sha256.Sum256([]byte(inboxStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// page is the page with messages, those to an address or, where it is empty, all. What goes into it
// comes from whoever signs up, so that all of it is escaped, for text as for quoted attributes.
func page(to string, messages []Message) string {
	var of, sentTo string
	if to != "" {
		of, sentTo = " of "+html.EscapeString(to), " to "+html.EscapeString(to)
	}
	var list strings.Builder
	for _, m := range messages {
		at := m.SentAt
		fmt.Fprintf(&list, inboxItem, url.QueryEscape(m.To), html.EscapeString(m.To), html.EscapeString(m.Kind), html.EscapeString(m.Medium),
			html.EscapeString(m.Code), html.EscapeString(at.Format(time.RFC3339)), html.EscapeString(at.Format("2 Jan 2006, 15:04:05 MST")))
	}
	content := "<ol>" + list.String() + "\n</ol>"
	if len(messages) == 0 {
		content = "<p>Nothing has been sent" + sentTo + " yet.</p>"
	}
	return fmt.Sprintf(inboxFrame, of, inboxStyle, html.EscapeString(to), content)
}

const inboxItem = `
<li>
<div class="about"><a href="/inbox?to=%s">%s</a><span>%s &middot; %s</span></div>
<div class="code">%s</div>
<div class="about"><time datetime="%s">%s</time></div>
</li>`

const inboxFrame = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox%s</title>
<style>%s</style>
</head>
<body>
<main>
<h1>Inbox</h1>
<p>What the embedded user pool would have mailed or texted, newest first.</p>
<form action="/inbox" method="get">
<label>Address<input name="to" type="text" value="%s" autocomplete="off" spellcheck="false"></label>
<button>Show</button>
</form>
%s
</main>
</body>
</html>
`

const inboxStyle = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #566171; --paper: #f6f7f9; --card: #fff; --line: #d9dee5; --link: #0b57d0 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaef; --dim: #a3adba; --paper: #14171c; --card: #1d2229; --line: #343c47; --link: #8ab4ff }
}
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem }
p { margin: 0 0 1rem; color: var(--dim) }
a { color: var(--link) }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 0 0 1.5rem }
label { flex: 1 1 14rem; font-size: .875rem; color: var(--dim) }
input, button { font: inherit; color: inherit; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card) }
input { display: block; width: 100%; margin-top: .25rem; font-size: 1rem; color: var(--ink) }
button { cursor: pointer }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem }
li { padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); overflow-wrap: anywhere }
.code { font: 600 1.5rem/1.3 ui-monospace, monospace; letter-spacing: .06em; user-select: all; margin: .25rem 0 }
.about { font-size: .875rem; color: var(--dim); display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between }
`
