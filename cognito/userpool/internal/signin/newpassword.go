package signin

import (
	"encoding/json"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// newPasswordStep asks a user whom an administrator created for a password.
func newPasswordStep(client *settings.Client, pool *settings.Pool, u *store.User) (step, error) {
	have := map[string]string{}
	for name, value := range u.Attributes {
		if client.CanRead(name) {
			have[name] = value
		}
	}
	missing := []string{}
	for _, a := range pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && u.Attributes[a.Name] == "" {
			missing = append(missing, "userAttributes."+a.Name)
		}
	}
	attributes, err := json.Marshal(have)
	if err != nil {
		return step{}, err
	}
	required, err := json.Marshal(missing)
	return step{challenge: "NEW_PASSWORD_REQUIRED", parameters: map[string]string{
		"USER_ID_FOR_SRP": u.Username, "userAttributes": string(attributes), "requiredAttributes": string(required),
	}}, err
}

// answerNewPassword completes the first sign-in of a user whom an administrator created.
func (o *Operations) answerNewPassword(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	password := answers["NEW_PASSWORD"]
	if password == "" {
		return nil, exception.InvalidParameter("Missing required parameter NEW_PASSWORD")
	}
	given := attributesIn(answers)
	var u *store.User
	err := o.View(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		if u, err = t.SessionUser(s, answers["USERNAME"]); err != nil {
			return err
		}
		return checkFirstPassword(t, client, u, password, given)
	})
	if err != nil {
		return nil, err
	}
	rec, err := o.NewPassword(client.UserPoolID, u.Username, password, c.Now)
	if err != nil {
		return nil, err
	}
	w := &progress{client: client, sub: u.Sub, device: s.Device}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		if err := setFirstPassword(t, s, u.Sub, rec, given); err != nil {
			return nil, nil, err
		}
		u, err := t.User(u.Sub)
		return u, nil, err
	})
}

// attributesIn returns the attributes in the answers to a challenge.
func attributesIn(answers map[string]string) map[string]string {
	given := map[string]string{}
	for name, value := range answers {
		if a, ok := strings.CutPrefix(name, "userAttributes."); ok {
			given[a] = value
		}
	}
	return given
}

// checkFirstPassword checks the new password against the policy, and the attributes that come with it against the
// schema. Required attributes must be present now, and existing values cannot be changed.
func checkFirstPassword(t *store.Tx, client *settings.Client, u *store.User, password string, given map[string]string) error {
	if u.Status != store.StatusForceChange {
		return exception.NotAuthorized("Invalid session for the user.")
	}
	if err := settings.CheckPassword(t.Pool.Policies.PasswordPolicy, password); err != nil {
		return err
	}
	names := settings.SortedNames(given)
	if err := settings.CheckWritable(client, names); err != nil {
		return err
	}
	for _, name := range names {
		if had := u.Attributes[name]; had != "" && had != given[name] {
			return exception.NotAuthorized("Cannot modify an already provided %s", name)
		}
	}
	for _, a := range t.Pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && u.Attributes[a.Name] == "" && given[a.Name] == "" {
			return exception.InvalidParameter("Invalid attributes given, %s is missing", a.Name)
		}
	}
	if lines := settings.CheckSchema(t.Pool, given, ""); lines != "" {
		return exception.InvalidParameter("Attributes did not conform to the schema: %s", lines)
	}
	return settings.CheckAddresses(given)
}

// setFirstPassword consumes the session, sets the password and attributes, and confirms the user.
func setFirstPassword(t *store.Tx, s store.Session, sub string, rec *store.Password, given map[string]string) error {
	if err := t.ConsumeSession(s); err != nil {
		return err
	}
	_, err := t.EditUser(sub, func(u *store.User) error {
		switch {
		case u.Disabled:
			return exception.UserDisabled()
		case u.Status != store.StatusForceChange:
			return exception.NotAuthorized("Invalid session for the user.")
		}
		u.SetPassword(t.Pool, rec)
		u.Status = store.StatusConfirmed
		for name, value := range given {
			u.Attributes[name] = value
		}
		if kind := t.TakenName(u); kind != "" {
			return exception.AliasExists(kind)
		}
		return nil
	})
	return err
}
