package userpool

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// newClient makes an app client with an id, and a secret if it is to have one, of the lengths that Cognito's have.
func newClient(poolID string, s clientSettings, secret bool, now moment) (*clientRecord, error) {
	id, err := randomText(26, lowerAlphanumeric)
	if err != nil {
		return nil, err
	}
	c := &clientRecord{ClientID: id, UserPoolID: poolID, CreationDate: now, LastModifiedDate: now, clientSettings: s}
	if secret {
		c.ClientSecret, err = randomText(51, lowerAlphanumeric)
	}
	return c, err
}

func clientNotFound(id string) *apiError {
	return notFound("User pool client %s does not exist.", shortened(id))
}

// client reads an app client of this pool.
func (t *poolTx) client(id string) (*clientRecord, error) {
	c, err := load[clientRecord](t.tx.Bucket([]byte(clientsBucket)), key(id))
	if err == nil && (c == nil || c.UserPoolID != t.pool.ID) {
		err = clientNotFound(id)
	}
	return c, err
}

// checkSecretHash holds a SECRET_HASH against the client's secret: base64(HMAC-SHA256(secret, username + client id)), over
// the user name as it was sent in the same call.
func (c *clientRecord) checkSecretHash(username, hash string) error {
	switch {
	case c.ClientSecret == "":
		return nil
	case hash == "":
		return notAuthorized("Client %s is configured with secret but SECRET_HASH was not received", c.ClientID)
	case !c.secretHashFits(username, hash):
		return notAuthorized("Unable to verify secret hash for client %s", c.ClientID)
	}
	return nil
}

func (c *clientRecord) secretHashFits(username, hash string) bool {
	h := hmac.New(sha256.New, []byte(c.ClientSecret))
	h.Write([]byte(username + c.ClientID))
	return subtle.ConstantTimeCompare([]byte(base64.StdEncoding.EncodeToString(h.Sum(nil))), []byte(hash)) == 1
}

// checkSecret holds the secret itself against the client's, for the operations that take it in place of a hash.
func (c *clientRecord) checkSecret(secret string) bool {
	return c.ClientSecret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(c.ClientSecret)) == 1
}

// clientOf reads the app client that a public operation is called with, whichever pool it belongs to.
func (p *Pool) clientOf(id string) (*clientRecord, error) {
	var c *clientRecord
	err := p.db.View(func(tx *bbolt.Tx) (err error) {
		c, err = load[clientRecord](tx.Bucket([]byte(clientsBucket)), key(id))
		return err
	})
	if err == nil && c == nil {
		err = clientNotFound(id)
	}
	return c, err
}

// knock is what the operations that are authorised by an app client begin with: the client must exist, and the hash of its
// secret must be right if it has one.
func (p *Pool) knock(clientID, username, secretHash string) (*clientRecord, error) {
	c, err := p.clientOf(clientID)
	if err != nil {
		return nil, err
	}
	return c, c.checkSecretHash(username, secretHash)
}

// clients lists the app clients of this pool.
func (t *poolTx) clients() ([]clientRecord, error) {
	var list []clientRecord
	err := withPrefix(t.tx.Bucket([]byte(clientsBucket)), nil, func(_, raw []byte) error {
		var c clientRecord
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		if c.UserPoolID == t.pool.ID {
			list = append(list, c)
		}
		return nil
	})
	return list, err
}

type createClientInput struct {
	UserPoolID     string `json:"UserPoolId" is:"required,poolId"`
	GenerateSecret bool   `json:"GenerateSecret"`
	clientSettings
}

// clientOutput shows an app client as Cognito's UserPoolClientType.
type clientOutput struct {
	UserPoolClient clientRecord `json:"UserPoolClient"`
}

func (p *Pool) createUserPoolClient(c *call, in *createClientInput) (*clientOutput, error) {
	if in.ClientName == "" {
		return nil, invalidParameter("1 validation error detected: Value null at 'clientName' failed to satisfy constraint: Member must not be null")
	}
	settings := in.clientSettings
	if err := settings.complete(); err != nil {
		return nil, err
	}
	client, err := newClient(in.UserPoolID, settings, in.GenerateSecret, c.now)
	if err != nil {
		return nil, err
	}
	err = p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if err := settings.checkAttributes(t.pool); err != nil {
			return err
		}
		return t.putClient(client)
	})
	if err != nil {
		return nil, err
	}
	return &clientOutput{UserPoolClient: *client}, nil
}

// complete puts in the defaults of CreateUserPoolClient and checks the rest.
func (s *clientSettings) complete() error {
	if s.RefreshTokenValidity == 0 {
		s.RefreshTokenValidity = 30
	}
	if s.AuthSessionValidity == 0 {
		s.AuthSessionValidity = 3
	}
	if s.PreventUserExistenceErrors == "" {
		s.PreventUserExistenceErrors = "LEGACY"
	}
	if s.EnableTokenRevocation == nil {
		yes := true
		s.EnableTokenRevocation = &yes
	}
	if err := checkFlows(s.ExplicitAuthFlows); err != nil {
		return err
	}
	return s.checkLifetimes()
}

func checkFlows(flows []string) error {
	known := []string{
		"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH",
		"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH",
	}
	allow := 0
	for _, flow := range flows {
		if !slices.Contains(known, flow) {
			return invalidParameter("1 validation error detected: Value '[%s]' at 'explicitAuthFlows' failed to satisfy constraint: "+
				"Member must satisfy constraint: [Member must satisfy enum value set: [%s]]", shortened(flow), strings.Join(known, ", "))
		}
		if strings.HasPrefix(flow, "ALLOW_") {
			allow++
		}
	}
	if allow > 0 && allow < len(flows) {
		return invalidParameter("Cannot mix explicit auth flows with the prefix ALLOW_ and those without.")
	}
	return nil
}

// checkLifetimes holds validities against the ranges of the service: 5 minutes to a day for access and ID tokens, an hour
// to ten years for refresh tokens.
func (s *clientSettings) checkLifetimes() error {
	c := clientRecord{clientSettings: *s}
	for name, life := range map[string]time.Duration{"Access": c.accessLife(), "Id": c.idLife()} {
		if life < 5*time.Minute || life > 24*time.Hour {
			return invalidParameter("Invalid range for %s token validity.", name)
		}
		if life > c.refreshLife() {
			return invalidParameter("The refresh token must not expire before the %s token.", name)
		}
	}
	if life := c.refreshLife(); life < time.Hour || life > 3650*24*time.Hour {
		return invalidParameter("Invalid range for refresh token validity.")
	}
	if s.AuthSessionValidity < 3 || s.AuthSessionValidity > 15 {
		return invalidParameter("AuthSessionValidity must be between 3 and 15 minutes.")
	}
	if r := s.RefreshTokenRotation; r != nil && (r.RetryGracePeriodSeconds < 0 || r.RetryGracePeriodSeconds > 60) {
		return invalidParameter("RetryGracePeriodSeconds must be between 0 and 60.")
	}
	return nil
}

func (s *clientSettings) checkAttributes(pool *poolRecord) error {
	for _, name := range append(slices.Clone(s.ReadAttributes), s.WriteAttributes...) {
		if pool.attribute(name) == nil {
			return invalidParameter("Invalid attributes specified while creating a client: %s", shortened(name))
		}
	}
	return nil
}

type clientInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	ClientID   string `json:"ClientId" is:"required,clientId"`
}

func (p *Pool) describeUserPoolClient(c *call, in *clientInput) (*clientOutput, error) {
	out := &clientOutput{}
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		client, err := t.client(in.ClientID)
		if err == nil {
			out.UserPoolClient = *client
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type updateClientInput struct {
	clientInput
	clientSettings
}

// updateUserPoolClient replaces all settings: what is not given goes back to its default, as it does in Cognito. Only the
// name stays.
func (p *Pool) updateUserPoolClient(c *call, in *updateClientInput) (*clientOutput, error) {
	settings := in.clientSettings
	if err := settings.complete(); err != nil {
		return nil, err
	}
	out := &clientOutput{}
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		client, err := t.client(in.ClientID)
		if err != nil {
			return err
		}
		if err := settings.checkAttributes(t.pool); err != nil {
			return err
		}
		name := client.ClientName
		client.clientSettings, client.LastModifiedDate = settings, c.now
		if client.ClientName == "" {
			client.ClientName = name
		}
		out.UserPoolClient = *client
		return t.putClient(client)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p *Pool) deleteUserPoolClient(c *call, in *clientInput) (*noBody, error) {
	if in.ClientID == p.clientID {
		return nil, invalidParameter("The embedded pool's own app client cannot be deleted.")
	}
	return nil, p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if _, err := t.client(in.ClientID); err != nil {
			return err
		}
		return t.dropClient(in.ClientID)
	})
}

type listClientsInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	MaxResults int    `json:"MaxResults" is:"limit60"`
	NextToken  string `json:"NextToken" is:"page"`
}

type clientDescription struct {
	ClientID   string `json:"ClientId"`
	UserPoolID string `json:"UserPoolId"`
	ClientName string `json:"ClientName"`
}

type listClientsOutput struct {
	UserPoolClients []clientDescription `json:"UserPoolClients"`
	NextToken       string              `json:"NextToken,omitempty"`
}

func (p *Pool) listUserPoolClients(c *call, in *listClientsInput) (*listClientsOutput, error) {
	var clients []clientRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		clients, err = t.clients()
		return err
	})
	if err != nil {
		return nil, err
	}
	ring := p.keys.of(in.UserPoolID)
	at, err := openPage(ring, in.NextToken, "clients", c.now)
	if err != nil {
		return nil, err
	}
	out := &listClientsOutput{UserPoolClients: []clientDescription{}}
	for _, client := range clients {
		if client.ClientID <= at.Last {
			continue
		}
		if n := len(out.UserPoolClients); n == pageSize(in.MaxResults) {
			out.NextToken, err = newPage(ring, out.UserPoolClients[n-1].ClientID, "clients", c.now)
			return out, err
		}
		out.UserPoolClients = append(out.UserPoolClients, clientDescription{client.ClientID, client.UserPoolID, client.ClientName})
	}
	return out, nil
}

func (t *poolTx) putClient(c *clientRecord) error {
	return save(t.tx.Bucket([]byte(clientsBucket)), key(c.ClientID), c)
}

func (t *poolTx) dropClient(id string) error {
	return t.tx.Bucket([]byte(clientsBucket)).Delete(key(id))
}
