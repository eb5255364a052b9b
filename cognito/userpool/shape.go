package userpool

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// Shape has settings of the default pool and its client that are applied each time the file is opened. Zero values
// change nothing. Other settings can be changed over the wire, with UpdateUserPool and the like.
type Shape struct {
	// MFA is OFF, OPTIONAL or ON. The latter two enable authenticator apps and codes by e-mail. ON takes away what would
	// bypass it: codes as a first factor, and passkeys that do not verify their user.
	MFA string
	// AuthFlows are the flows that the client allows, by their ALLOW_ names.
	AuthFlows []string
	// UserExistenceErrors is ENABLED or LEGACY, which tells unknown users apart from wrong passwords.
	UserExistenceErrors string
	// RotationGrace enables refresh token rotation with a grace period of 0 to 60 s. A negative value disables rotation.
	RotationGrace *time.Duration
	// ClientSecret is the client's new secret: 24 to 64 letters, digits, + or _.
	ClientSecret string
	// UsernameAttributes are what users sign up with: email, phone_number, both, or username for neither. They cannot be
	// changed for an existing pool.
	UsernameAttributes []string
	// CustomAttributes are added to the schema as strings, named without the prefix custom:.
	CustomAttributes []string
}

// applyTo changes the default pool and client.
func (s Shape) applyTo(t *store.Tx, clientID string) error {
	client, err := t.Client(clientID)
	if err != nil {
		return err
	}
	rec := *t.Pool
	if err := errors.Join(s.shapePool(&rec), s.shapeClient(client)); err != nil {
		return err
	}
	if err := t.PutPool(rec); err != nil {
		return err
	}
	return t.PutClient(client)
}

func (s Shape) shapePool(rec *settings.Pool) error {
	if s.MFA != "" {
		if err := rec.RequireMFA(s.MFA); err != nil {
			return err
		}
	}
	for _, name := range s.CustomAttributes {
		if rec.Attribute("custom:"+name) == nil {
			rec.SchemaAttributes = append(rec.SchemaAttributes, settings.CustomAttribute(name, "String"))
		}
	}
	if len(s.UsernameAttributes) > 0 && !slices.Equal(s.usernames(), rec.UsernameAttributes) {
		return fmt.Errorf("users of the existing pool sign up with %v, which cannot be changed (use another file)", rec.UsernameAttributes)
	}
	return nil
}

// usernames returns the UsernameAttributes as the pool keeps them, none if users choose their own names.
func (s Shape) usernames() []string {
	if slices.Equal(s.UsernameAttributes, []string{"username"}) {
		return nil
	}
	return s.UsernameAttributes
}

func (s Shape) shapeClient(c *settings.Client) error {
	if len(s.AuthFlows) > 0 {
		c.ExplicitAuthFlows = s.AuthFlows
	}
	if s.UserExistenceErrors != "" {
		c.PreventUserExistenceErrors = s.UserExistenceErrors
	}
	if s.ClientSecret != "" {
		c.ClientSecret = s.ClientSecret
	}
	if g := s.RotationGrace; g != nil {
		c.RefreshTokenRotation = &settings.RefreshRotation{Feature: "ENABLED", RetryGracePeriodSeconds: int(g.Seconds())}
		if *g < 0 {
			c.RefreshTokenRotation = &settings.RefreshRotation{Feature: "DISABLED"}
		}
	}
	return settings.CheckFlows(c.ExplicitAuthFlows)
}

// newPool returns the default pool of a new file.
func (s Shape) newPool() settings.Pool {
	p := settings.EmbeddedPool()
	if len(s.UsernameAttributes) > 0 {
		p.UsernameAttributes = s.usernames()
	}
	return p
}
