package settings

import (
	"cmp"
	"strconv"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
)

// SecondSecret is a client's secret besides ClientSecret. A client has at most two, so that one can be replaced while the
// other is in use.
type SecondSecret struct {
	Value string     `json:"value"`
	Date  epoch.Time `json:"date"`
}

// SecretDescriptor is Cognito's ClientSecretDescriptorType. The value is only shown when Cognito has generated it.
type SecretDescriptor struct {
	ID    string     `json:"ClientSecretId"`
	Value string     `json:"ClientSecretValue,omitempty"`
	Date  epoch.Time `json:"ClientSecretCreateDate"`
}

func (c *Client) secretValues() []string {
	values := []string{c.ClientSecret}
	if c.SecondSecret != nil {
		values = append(values, c.SecondSecret.Value)
	}
	return values
}

// Secrets describes the client's secrets without their values, the older one first.
func (c *Client) Secrets() []SecretDescriptor {
	list := []SecretDescriptor{}
	if c.ClientSecret == "" {
		return list
	}
	list = append(list, c.describe(cmp.Or(c.SecretDate, c.CreationDate)))
	if c.SecondSecret != nil {
		list = append(list, c.describe(c.SecondSecret.Date))
	}
	return list
}

// describe describes the secret of a date. Cognito documents the form of the id.
func (c *Client) describe(date epoch.Time) SecretDescriptor {
	return SecretDescriptor{ID: c.ClientID + "--" + strconv.FormatInt(int64(date), 10), Date: date}
}

// AddSecret adds a second secret.
func (c *Client) AddSecret(value string, now epoch.Time) (SecretDescriptor, error) {
	switch secrets := c.Secrets(); {
	case len(secrets) == 0:
		return SecretDescriptor{}, exception.InvalidParameter("The client %s has no client secret.", c.ClientID)
	case len(secrets) == 2:
		return SecretDescriptor{}, exception.New("LimitExceededException", "The client %s has the maximum number of client secrets.", c.ClientID)
	case secrets[0].Date >= now:
		now = secrets[0].Date + 1 // ids differ
	}
	c.SecondSecret = &SecondSecret{Value: value, Date: now}
	return c.describe(now), nil
}

// DeleteSecret deletes one of two secrets.
func (c *Client) DeleteSecret(id string) error {
	secrets := c.Secrets()
	for i, secret := range secrets {
		if secret.ID != id {
			continue
		}
		if len(secrets) == 1 {
			return exception.InvalidParameter("The last client secret of a client cannot be deleted.")
		}
		if i == 0 {
			c.ClientSecret, c.SecretDate = c.SecondSecret.Value, c.SecondSecret.Date
		}
		c.SecondSecret = nil
		return nil
	}
	return exception.NotFound("The client secret does not exist.")
}
