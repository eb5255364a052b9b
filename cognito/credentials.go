package cognito

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// Credentials are AWS credentials, which sign the calls that Cognito lets only
// administrators make.
type Credentials struct{ provider aws.CredentialsProvider }

// errNoCredentials says that credentials that were there once cannot be had any more.
var errNoCredentials = errors.New("cognito: the AWS credentials cannot be had")

// credentialsTimeout bounds the search for credentials.
const credentialsTimeout = 5 * time.Second

// FindCredentials looks for AWS credentials where the SDK does: in the environment, in
// the shared files, with a web identity, in a container's and, if metadata is set, in
// the metadata service of an EC2 instance, which makes anybody else wait. It returns an
// error when there are none.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func FindCredentials(ctx context.Context, region string, metadata bool) (*Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	service := imds.ClientDisabled
	if metadata {
		service = imds.ClientEnabled
	}
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithEC2IMDSClientEnableState(service))
	if err != nil {
		return nil, fmt.Errorf("cognito: the shared AWS configuration cannot be read: %w", err)
	}
	credentials := &Credentials{found.Credentials}
	if _, err := credentials.retrieve(ctx); err != nil {
		return nil, err
	}
	return credentials, nil
}

// MadeUpCredentials are for an endpoint that looks at no signatures, such as the
// embedded pool.
func MadeUpCredentials() *Credentials {
	return &Credentials{aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "none", SecretAccessKey: "none"}, nil
	})}
}

// retrieve returns the credentials. What it says of a failure is of a closed set: the
// SDK's own texts name files and profiles.
func (c *Credentials) retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := c.provider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, errNoCredentials
	}
	return found, nil
}
