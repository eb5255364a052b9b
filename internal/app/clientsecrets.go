package app

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"authgraph/internal/config"
)

// clientSecrets are the secrets of the app client, from the settings or from a file that
// changes while they are in use.
type clientSecrets struct {
	path    string // empty if they come from the settings
	log     *slog.Logger
	current atomic.Pointer[[]string]
}

// newClientSecrets returns the secrets in the settings, or nil if there are none.
func (s *server) newClientSecrets() *clientSecrets {
	if len(s.settings.ClientSecrets) == 0 {
		return nil
	}
	c := &clientSecrets{path: s.settings.ClientSecretFile, log: s.log}
	c.set(s.settings.ClientSecrets)
	return c
}

func (c *clientSecrets) set(secrets []config.Secret) {
	revealed := make([]string, len(secrets))
	for i, secret := range secrets {
		revealed[i] = secret.Reveal()
	}
	c.current.Store(&revealed)
}

// get returns the secrets, at least one.
func (c *clientSecrets) get() []string { return *c.current.Load() }

// secretFileInterval is how often the file is read. Reading is as cheap as comparing times,
// which are too coarse on some file systems.
const secretFileInterval = 2 * time.Second

// watch reads the file again until ctx ends. While it cannot be read, the secrets stay the
// same.
func (c *clientSecrets) watch(ctx context.Context) {
	if c.path == "" {
		return
	}
	ticker := time.NewTicker(secretFileInterval)
	defer ticker.Stop()
	failure := "" // of the last attempt
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		before := c.get()
		secrets, err := config.ReadClientSecrets(c.path)
		if err != nil {
			if failure != err.Error() {
				failure = err.Error()
				c.log.Warn("reading app client secrets failed, keeping the last ones", "err", err)
			}
			continue
		}
		failure = ""
		c.set(secrets)
		if !slices.Equal(c.get(), before) {
			c.log.Info("app client secrets changed", "file", c.path, "secrets", len(secrets))
		}
	}
}

// refused logs that Cognito accepts only the other secret.
func (c *clientSecrets) refused(position int) {
	setting := "AWS_COGNITO_APP_CLIENT_SECRET"
	if c.path != "" {
		setting += "_FILE"
	}
	c.log.Warn("app client secret refused, using the other one; remove it", "setting", setting, "position", position)
}
