package cognito

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// Credentials are AWS credentials, which sign the calls that Cognito lets only
// administrators make. They are looked for when they are needed first, since that may
// take calls of its own.
type Credentials struct {
	find func(context.Context) (aws.CredentialsProvider, error)

	mu       sync.Mutex
	provider aws.CredentialsProvider // nil until they were found
	missing  time.Time               // when they were looked for in vain
}

// errNoCredentials says that there are no credentials, or not any more.
var errNoCredentials = errors.New("cognito: there are no AWS credentials")

const (
	// credentialsTimeout bounds the search for credentials.
	credentialsTimeout = 3 * time.Second
	// searchAgain is how long credentials that were not found are not looked for again.
	searchAgain = time.Minute
)

// AmbientCredentials are what the SDK finds in the environment, in the shared files,
// with a web identity, in a container's and, if metadata is set, in the metadata service
// of an EC2 instance, which makes anybody else wait.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func AmbientCredentials(region string, metadata bool) *Credentials {
	service := imds.ClientDisabled
	if metadata {
		service = imds.ClientEnabled
	}
	return &Credentials{find: func(ctx context.Context) (aws.CredentialsProvider, error) {
		found, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithEC2IMDSClientEnableState(service))
		return found.Credentials, err
	}}
}

// MadeUpCredentials are for an endpoint that looks at no signatures, such as the
// embedded pool.
func MadeUpCredentials() *Credentials {
	return &Credentials{provider: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "none", SecretAccessKey: "none"}, nil
	})}
}

// Check returns an error when there are no credentials. It may take some seconds.
func (c *Credentials) Check(ctx context.Context) error {
	_, err := c.Retrieve(ctx)
	return err
}

// Retrieve implements the SDK's interface. What it says of a failure is of a closed set:
// the SDK's own texts name files and profiles.
func (c *Credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	provider, err := c.found(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	credentials, err := provider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, errNoCredentials
	}
	return credentials, nil
}

// found looks for credentials, unless they were found, or were not a moment ago.
func (c *Credentials) found(ctx context.Context) (aws.CredentialsProvider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.provider != nil:
		return c.provider, nil
	case time.Since(c.missing) < searchAgain:
		return nil, errNoCredentials
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	provider, err := c.find(ctx)
	if err == nil {
		_, err = provider.Retrieve(ctx)
	}
	if err != nil {
		if ctx.Err() == nil {
			c.missing = time.Now()
		}
		return nil, errNoCredentials
	}
	c.provider = provider
	return provider, nil
}
