package userpool_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"authgraph/cognito/userpool"
)

// Everything survives a restart: ids, keys, users, sessions, sign-outs, failures, the inbox.
func TestRestart(t *testing.T) {
	t.Parallel()
	b := start(t)
	sub := b.member("ann@example.com")
	tokens, signedOut := b.tokens("ann@example.com"), b.tokens("ann@example.com")
	revoked := *signedOut.RefreshToken
	b.must(b.revoke(revoked))
	for range 5 {
		_, _ = b.signIn("bob@example.com", "wrong")
	}
	id, client := b.pool.ID(), b.pool.ClientID()
	b.shut()
	b.open()
	if b.pool.ID() != id || b.pool.ClientID() != client {
		t.Errorf("ids changed: %s %s", b.pool.ID(), b.pool.ClientID())
	}
	// The issuer has changed with the test's port, so the old access token is invalid. The refresh token is not.
	out, err := b.refresh(tokens.RefreshToken)
	b.must(err)
	user, err := b.getUser(out.AuthenticationResult.AccessToken)
	b.must(err)
	if *user.Username != sub {
		t.Errorf("%s, want %s", *user.Username, sub)
	}
	b.claims(tokens.AccessToken) // still verifies
	_, err = b.refresh(&revoked)
	b.refused(err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = b.signIn("bob@example.com", "wrong")
	b.refused(err, "NotAuthorizedException", "Password attempts exceeded")
	b.tokens("ann@example.com")
	if len(b.inbox("ann@example.com")) != 1 {
		t.Error("the inbox is gone")
	}
}

func TestSecondOwner(t *testing.T) {
	t.Parallel()
	b := start(t)
	if _, err := userpool.Open(userpool.Options{Path: b.path}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("got %v", err)
	}
	b.member("ann@example.com")
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "pool.db")
	for _, bad := range []userpool.Options{{}, {Path: path, URL: "nonsense"}, {Path: path, URL: "ftp://x"}, {Path: path, Region: "Mars!"}} {
		if p, err := userpool.Open(bad); err == nil {
			_ = p.Close()
			t.Errorf("%+v was taken", bad)
		}
	}
	p, err := userpool.Open(userpool.Options{Path: path, Region: "eu-central-1", URL: "http://localhost:9229/"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.ID(), "eu-central-1_") || p.Issuer() != "http://localhost:9229/"+p.ID() {
		t.Errorf("%s %s", p.ID(), p.Issuer())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if err := os.WriteFile(path, []byte("this is not a database, but it is long enough to be read"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := userpool.Open(userpool.Options{Path: path}); err == nil {
		t.Error("a foreign file was taken")
	}
}

// Neither passwords nor tokens are readable in the file.
func TestNoSecretsInTheFile(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	content, err := os.ReadFile(b.path)
	b.must(err)
	for _, secret := range []string{goodPassword, *tokens.AccessToken, *tokens.RefreshToken} {
		if strings.Contains(string(content), secret) {
			t.Errorf("the file holds %.12s…", secret)
		}
	}
}

// A closed pool responds with an internal error and does not crash.
func TestAfterClose(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.must(b.pool.Close())
	_, err := b.signUp("ann@example.com")
	b.refused(err, "InternalErrorException", "")
}
