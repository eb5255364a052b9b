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
	// changed for an existing pool, and neither can the next three.
	UsernameAttributes []string
	// AliasAttributes let users who sign up with a user name sign in with another attribute as well: email, phone_number,
	// preferred_username. They exclude UsernameAttributes other than username.
	AliasAttributes []string
	// CaseSensitive keeps user names that differ in case apart.
	CaseSensitive *bool
	// RequiredAttributes are standard attributes without which nobody can sign up.
	RequiredAttributes []string
	// AutoVerifiedAttributes are the addresses that accounts are confirmed with: email, phone_number, both, or none. In a
	// new pool, the default is email, and phone_number where users sign up or in with it.
	AutoVerifiedAttributes []string
	// CustomAttributes are added to the schema as strings, named without the prefix custom:. In a new pool, none removes
	// custom:mode.
	CustomAttributes []string
	// Clients are the names of further app clients. Those that do not exist are created, without a secret and otherwise
	// like the first one.
	Clients []string
}

// applyTo changes the default pool and client, and returns the further clients.
func (s Shape) applyTo(t *store.Tx, clientID string) ([]AppClient, error) {
	client, err := t.Client(clientID)
	if err != nil {
		return nil, err
	}
	rec := *t.Pool
	if err := errors.Join(s.shapePool(&rec), s.shapeClient(client)); err != nil {
		return nil, err
	}
	if err := t.PutPool(rec); err != nil {
		return nil, err
	}
	if err := t.PutClient(client); err != nil {
		return nil, err
	}
	return s.addClients(t, client)
}

// addClients creates the further clients that do not exist yet, and returns all of them.
func (s Shape) addClients(t *store.Tx, first *settings.Client) ([]AppClient, error) {
	existing, err := t.Clients()
	if err != nil {
		return nil, err
	}
	var further []AppClient
	for _, name := range s.Clients {
		if i := slices.IndexFunc(existing, func(c settings.Client) bool { return c.ClientName == name }); i >= 0 {
			further = append(further, AppClient{Name: name, ID: existing[i].ClientID})
			continue
		}
		like := first.ClientSettings
		like.ClientName, like.EnableContextPropagation = name, nil // which needs a secret
		client, err := settings.NewClient(t.Pool.ID, like, "", t.Now)
		if err != nil {
			return nil, err
		}
		if err := t.PutClient(client); err != nil {
			return nil, err
		}
		further = append(further, AppClient{Name: name, ID: client.ClientID})
	}
	return further, nil
}

func (s Shape) shapePool(rec *settings.Pool) error {
	if s.MFA != "" {
		if err := rec.RequireMFA(s.MFA); err != nil {
			return err
		}
	}
	for _, name := range s.customAttributes() {
		if rec.Attribute("custom:"+name) == nil {
			rec.SchemaAttributes = append(rec.SchemaAttributes, settings.CustomAttribute(name, "String"))
		}
	}
	if len(s.AutoVerifiedAttributes) > 0 {
		rec.AutoVerify(orNone(s.AutoVerifiedAttributes, "none"))
	}
	return s.checkFixed(rec)
}

// checkFixed compares the shape with what cannot be changed in an existing pool.
func (s Shape) checkFixed(rec *settings.Pool) error {
	if len(s.UsernameAttributes) > 0 && !slices.Equal(orNone(s.UsernameAttributes, "username"), rec.UsernameAttributes) {
		return fmt.Errorf("users of the existing pool sign up with %v, which cannot be changed (use another file)", rec.UsernameAttributes)
	}
	if len(s.AliasAttributes) > 0 && !slices.Equal(s.AliasAttributes, rec.AliasAttributes) {
		return fmt.Errorf("the aliases of the existing pool are %v, which cannot be changed (use another file)", rec.AliasAttributes)
	}
	if s.CaseSensitive != nil && *s.CaseSensitive != rec.CaseSensitive() {
		return errors.New("whether user names are case-sensitive cannot be changed for the existing pool (use another file)")
	}
	for _, name := range s.RequiredAttributes {
		if a := rec.Attribute(name); a == nil || !a.Required {
			return fmt.Errorf("the existing pool does not require %s, which cannot be changed (use another file)", name)
		}
	}
	return nil
}

// customAttributes returns the CustomAttributes to add.
func (s Shape) customAttributes() []string { return orNone(s.CustomAttributes, "none") }

// orNone returns a list, or nil if its only item is the word that stands for none.
func orNone(list []string, none string) []string {
	if slices.Equal(list, []string{none}) {
		return nil
	}
	return list
}

func (s Shape) shapeClient(c *settings.Client) error {
	if len(s.AuthFlows) > 0 {
		c.ExplicitAuthFlows = s.AuthFlows
	}
	if s.UserExistenceErrors != "" {
		c.PreventUserExistenceErrors = s.UserExistenceErrors
	}
	if s.ClientSecret != "" && (c.ClientSecret == "" || !c.CheckSecret(s.ClientSecret)) {
		c.ClientSecret, c.SecretDate, c.SecondSecret = s.ClientSecret, 0, nil
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
		p.UsernameAttributes = orNone(s.UsernameAttributes, "username")
	}
	if len(s.AliasAttributes) > 0 {
		p.UsernameAttributes, p.AliasAttributes = nil, s.AliasAttributes
	}
	if s.CaseSensitive != nil {
		p.UsernameConfiguration = &settings.UsernameConfig{CaseSensitive: *s.CaseSensitive}
	}
	for _, name := range s.RequiredAttributes {
		if a := p.Attribute(name); a != nil {
			a.Required = true
		}
	}
	if len(s.CustomAttributes) > 0 && len(s.customAttributes()) == 0 {
		p.SchemaAttributes = slices.DeleteFunc(p.SchemaAttributes, func(a settings.SchemaAttribute) bool { return a.Name == "custom:mode" })
	}
	p.AutoVerify(s.addresses())
	return p
}

// addresses returns what accounts of a new pool are confirmed with by default.
func (s Shape) addresses() []string {
	var addresses []string
	byPhone := slices.Contains(s.UsernameAttributes, "phone_number")
	if !byPhone || slices.Contains(s.UsernameAttributes, "email") {
		addresses = append(addresses, "email")
	}
	if byPhone || slices.Contains(s.AliasAttributes, "phone_number") {
		addresses = append(addresses, "phone_number")
	}
	return addresses
}
