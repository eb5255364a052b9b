package app

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The command pool serves the embedded pool and no API, and ignores settings for the
// pool's clients.
func TestPoolAlone(t *testing.T) {
	settings := map[string]string{
		"POOL_ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(),
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:9",
	}
	ctx, stop := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Run(ctx, []string{"pool"}, func(name string) string { return settings[name] }, stdout, io.Discard)
		_ = stdout.Close()
		done <- err
	}()

	var banner strings.Builder
	inbox := regexp.MustCompile(`(http://[0-9.:]+)/inbox`)
	url := ""
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		banner.WriteString(lines.Text() + "\n")
		if m := inbox.FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if url == "" || strings.Contains(banner.String(), "GraphQL") {
		t.Fatalf("the banner is\n%s", &banner)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"MaxResults":1}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools")
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), "us-east-1_") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Errorf("the program failed: %v", err)
	}
}
