package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxClientSecrets is the number of secrets that an app client can have.
const maxClientSecrets = 2

// ReadClientSecrets reads the secrets of the app client from a file, one on each line. Lines
// may be empty. Errors do not contain a secret.
func ReadClientSecrets(path string) ([]Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, 4<<10))
	if err != nil {
		return nil, err
	}
	secrets, err := parseClientSecrets(strings.Split(string(text), "\n"))
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return secrets, nil
}

// parseClientSecrets checks the secrets of the app client. It skips empty ones and repeats.
func parseClientSecrets(entries []string) ([]Secret, error) {
	var secrets []Secret
	for _, entry := range entries {
		secret := Secret(strings.TrimSpace(entry))
		switch {
		case secret == "" || slices.Contains(secrets, secret):
		case strings.ContainsFunc(secret.Reveal(), func(c rune) bool { return c <= ' ' || c > '~' || c == ',' }):
			return nil, errors.New("has a secret with a space, a comma or a non-ASCII character; copy it again from the app client")
		default:
			secrets = append(secrets, secret)
		}
	}
	switch {
	case len(secrets) == 0:
		return nil, errors.New("has no secret; copy it from the app client")
	case len(secrets) > maxClientSecrets:
		return nil, fmt.Errorf("has %d secrets; an app client has at most %d", len(secrets), maxClientSecrets)
	}
	return secrets, nil
}
