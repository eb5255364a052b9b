// Package token verifies Cognito access tokens offline, with the public keys that the
// user pool publishes.
package token
