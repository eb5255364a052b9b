package cognito

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"

	"authgraph/internal/apierr"
)

// maxPasskeys is Cognito's maximum per user and per page.
const maxPasskeys = 20

// Passkey is a WebAuthn credential of a user.
type Passkey struct {
	ID             string
	Name           *string
	RelyingPartyID string
	Attachment     *string
	Transports     []string
	CreatedAt      time.Time
}

// StartPasskeyRegistration returns the options for navigator.credentials.create
// (WebAuthn's PublicKeyCredentialCreationOptionsJSON), as JSON text.
func (c *Caller) StartPasskeyRegistration(ctx context.Context) (string, error) {
	out, err := invoke(ctx, c.client, opStartWebAuthnRegistration, c.client.api.StartWebAuthnRegistration,
		&sdk.StartWebAuthnRegistrationInput{AccessToken: &c.accessToken})
	if err != nil {
		return "", err
	}
	var options map[string]any
	if out.CredentialCreationOptions.UnmarshalSmithyDocument(&options) != nil {
		return "", c.client.errors.translate(opStartWebAuthnRegistration, errIncomplete)
	}
	text, err := json.Marshal(options)
	return string(text), err
}

// CompletePasskeyRegistration stores the credential that navigator.credentials.create
// returned (WebAuthn's RegistrationResponseJSON, as JSON text).
func (c *Caller) CompletePasskeyRegistration(ctx context.Context, credential string) error {
	var parsed map[string]any
	if json.Unmarshal([]byte(credential), &parsed) != nil || parsed == nil {
		return &apierr.Error{
			Code: apierr.BadUserInput, Field: "input.credential", Message: "input.credential must be a JSON object.",
		}
	}
	_, err := invoke(ctx, c.client, opCompleteWebAuthnRegistration, c.client.api.CompleteWebAuthnRegistration,
		&sdk.CompleteWebAuthnRegistrationInput{AccessToken: &c.accessToken, Credential: document.NewLazyDocument(parsed)})
	return err
}

// DeletePasskey removes a passkey of the caller.
func (c *Caller) DeletePasskey(ctx context.Context, id string) error {
	_, err := invoke(ctx, c.client, opDeleteWebAuthnCredential, c.client.api.DeleteWebAuthnCredential,
		&sdk.DeleteWebAuthnCredentialInput{AccessToken: &c.accessToken, CredentialId: &id})
	return err
}

func (c *Client) passkeys(ctx context.Context, accessToken string) ([]*Passkey, error) {
	out, err := invoke(ctx, c, opListWebAuthnCredentials, c.api.ListWebAuthnCredentials,
		&sdk.ListWebAuthnCredentialsInput{AccessToken: &accessToken, MaxResults: aws.Int32(maxPasskeys)})
	if err != nil {
		return nil, err
	}
	passkeys := make([]*Passkey, len(out.Credentials))
	for i, credential := range out.Credentials {
		passkeys[i] = &Passkey{
			ID:             aws.ToString(credential.CredentialId),
			Name:           optional(aws.ToString(credential.FriendlyCredentialName)),
			RelyingPartyID: aws.ToString(credential.RelyingPartyId),
			Attachment:     optional(aws.ToString(credential.AuthenticatorAttachment)),
			Transports:     listOf(credential.AuthenticatorTransports),
			CreatedAt:      aws.ToTime(credential.CreatedAt),
		}
	}
	return passkeys, nil
}
