package userpool

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"authgraph/cognito/userpool/internal/settings"
)

// maxMetadata bounds the calls that the pool remembers.
const maxMetadata = 100

// metadata is what a call carried for the pool's Lambda triggers, which the pool does not run.
type metadata struct {
	Operation      string               `json:"operation"`
	ClientMetadata map[string]string    `json:"clientMetadata"`
	ValidationData []settings.Attribute `json:"validationData"`
	At             time.Time            `json:"at"`
}

// metadataLog remembers the latest metadata, so that tests can check it.
type metadataLog struct {
	mu     sync.Mutex
	latest []metadata // oldest first
}

// add remembers the metadata in the body of a call, if there is any.
func (l *metadataLog) add(operation string, body []byte, now time.Time) {
	var in struct {
		ClientMetadata map[string]string    `json:"ClientMetadata"`
		ValidationData []settings.Attribute `json:"ValidationData"`
	}
	if json.Unmarshal(body, &in) != nil || len(in.ClientMetadata)+len(in.ValidationData) == 0 {
		return // the operation rejects what is malformed
	}
	m := metadata{operation, in.ClientMetadata, in.ValidationData, now}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latest = append(l.latest, m)
	l.latest = l.latest[max(0, len(l.latest)-maxMetadata):]
}

// ServeHTTP handles GET /metadata. Like the inbox, it is for people and tests at this machine, not for web pages.
func (l *metadataLog) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	newestFirst := slices.Clone(l.latest)
	l.mu.Unlock()
	slices.Reverse(newestFirst)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(append([]metadata{}, newestFirst...))
}
