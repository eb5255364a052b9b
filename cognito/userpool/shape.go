package userpool

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Shape is what the default pool and its client are to be like, applied each time the file is opened. A zero value leaves
// what the file has. Everything else is changed over the wire, by UpdateUserPool and its like.
type Shape struct {
	// MFA is OFF, OPTIONAL or ON; the latter two switch on codes of authenticator apps and by mail.
	MFA string
	// AuthFlows are what the client permits, by their ALLOW_ names.
	AuthFlows []string
	// UserExistenceErrors is ENABLED or LEGACY, which tells unknown users from wrong passwords.
	UserExistenceErrors string
	// RotationGrace switches refresh token rotation on, with this grace period of 0 to 60 s; a negative one switches it off.
	RotationGrace *time.Duration
	// ClientSecret is the client's secret from now on, 24 to 64 letters, digits, + or _.
	ClientSecret string
	// UsernameAttributes are what users sign up with: email, phone_number, both, or username for neither. A pool that
	// exists cannot be given others.
	UsernameAttributes []string
	// CustomAttributes are added to the schema, as text, by their names without custom:.
	CustomAttributes []string
}

// applyTo changes the default pool and client.
func (s Shape) applyTo(t *poolTx, clientID string) error {
	client, err := t.client(clientID)
	if err != nil {
		return err
	}
	rec := *t.pool
	if err := errors.Join(s.shapePool(&rec), s.shapeClient(client)); err != nil {
		return fmt.Errorf("userpool: %w", err)
	}
	if err := t.putPool(rec); err != nil {
		return err
	}
	return t.putClient(client)
}

func (s Shape) shapePool(rec *poolRecord) error {
	if s.MFA != "" {
		config := mfaConfig{MfaConfiguration: s.MFA}
		if s.MFA != "OFF" {
			config.SoftwareToken, config.Email = &softwareTokenMfa{Enabled: true}, &emailMfa{}
		}
		if err := config.into(rec); err != nil {
			return err
		}
	}
	for _, name := range s.CustomAttributes {
		if rec.attribute("custom:"+name) == nil {
			rec.SchemaAttributes = append(rec.SchemaAttributes, customAttribute(name, "String"))
		}
	}
	if len(s.UsernameAttributes) > 0 && !slices.Equal(s.usernames(), rec.UsernameAttributes) {
		return fmt.Errorf("the pool exists and its users sign up with %v; that cannot be changed: use another file", rec.UsernameAttributes)
	}
	return nil
}

// usernames are the UsernameAttributes as the pool keeps them: none for names of the users' own.
func (s Shape) usernames() []string {
	if slices.Equal(s.UsernameAttributes, []string{"username"}) {
		return nil
	}
	return s.UsernameAttributes
}

func (s Shape) shapeClient(c *clientRecord) error {
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
		c.RefreshTokenRotation = &refreshRotation{Feature: "ENABLED", RetryGracePeriodSeconds: int(g.Seconds())}
		if *g < 0 {
			c.RefreshTokenRotation = &refreshRotation{Feature: "DISABLED"}
		}
	}
	return checkFlows(c.ExplicitAuthFlows)
}

// newPool is the default pool of a new file.
func (s Shape) newPool() poolRecord {
	p := embeddedPool()
	if len(s.UsernameAttributes) > 0 {
		p.UsernameAttributes = s.usernames()
	}
	return p
}
