package redisconn_test

import (
	"strings"
	"testing"

	"authgraph/internal/redisconn"
)

func TestParse(t *testing.T) {
	const prefix = "authgraph:{pool}:"
	for url, prefix := range map[string]string{
		"":                               prefix,
		"localhost:6379":                 prefix,
		"http://u:hunter2@h":             prefix,
		"unix:///hunter2":                prefix,
		"redis://u:hunter2@h:port":       prefix,
		"redis://u:hunter2%zz@h":         prefix,
		"redis://u:hunter2@h/db":         prefix,
		"redis://u:hunter2@h/1/2":        prefix,
		"redis://u:hunter2@h/?db=1":      prefix,
		"rediss://h/?skip_verify=true":   prefix,
		"redis://u:hun#ter2@h":           prefix,
		"redis://u:hunter2@h/1":          "authgraph:",
		"redis://u:hunter2@h/2":          "authgraph:{}:",
		"redis://u:hunter2@h/3":          "authgraph:}{:",
		"redis://u:hunter2@h\n":          prefix,
		"redis://u:hunter2@[::1/hunter2": prefix,
	} {
		_, err := redisconn.Parse(url, prefix)
		if err == nil {
			t.Errorf("Parse(%q, %q) succeeded", url, prefix)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password appears in %q", err)
		}
	}
	for _, url := range []string{"redis://h", "redis://h:1/3", "rediss://u:p@h:1", "redis://[::1]:7"} {
		if _, err := redisconn.Parse(url, prefix); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}
