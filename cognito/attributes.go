package cognito

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// UpdateAttributes changes attributes of the caller. It returns where codes were sent to
// verify a new e-mail address or phone number. A setting of the pool decides whether the
// old value applies until then.
func (c *Caller) UpdateAttributes(ctx context.Context, attributes []*Attribute, entries []*MetadataEntry) ([]*CodeDelivery, error) {
	triggers, err := metadata("clientMetadata", entries)
	if err != nil {
		return nil, err
	}
	list := make([]types.AttributeType, len(attributes))
	for i, a := range attributes {
		if err := c.client.checkAttribute("input.attributes", i, *a); err != nil {
			return nil, err
		}
		list[i] = types.AttributeType{Name: aws.String(a.Name), Value: aws.String(a.Value)}
	}
	out, err := invoke(ctx, c.client, opUpdateUserAttributes, c.client.api.UpdateUserAttributes,
		&sdk.UpdateUserAttributesInput{AccessToken: &c.accessToken, UserAttributes: list, ClientMetadata: triggers})
	if err != nil {
		return nil, err
	}
	deliveries := make([]*CodeDelivery, len(out.CodeDeliveryDetailsList))
	for i := range out.CodeDeliveryDetailsList {
		deliveries[i] = newCodeDelivery(&out.CodeDeliveryDetailsList[i])
	}
	return deliveries, nil
}

// DeleteAttributes removes attributes of the caller.
func (c *Caller) DeleteAttributes(ctx context.Context, names []string) error {
	_, err := invoke(ctx, c.client, opDeleteUserAttributes, c.client.api.DeleteUserAttributes,
		&sdk.DeleteUserAttributesInput{AccessToken: &c.accessToken, UserAttributeNames: names})
	return err
}

// RequestAttributeCode sends a code for verifying an attribute.
func (c *Caller) RequestAttributeCode(ctx context.Context, attribute string, entries []*MetadataEntry) (*CodeDelivery, error) {
	triggers, err := metadata("clientMetadata", entries)
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, c.client, opGetUserAttributeVerificationCode, c.client.api.GetUserAttributeVerificationCode,
		&sdk.GetUserAttributeVerificationCodeInput{AccessToken: &c.accessToken, AttributeName: &attribute, ClientMetadata: triggers})
	if err != nil {
		return nil, err
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}

// VerifyAttribute verifies an attribute with the code of [Caller.RequestAttributeCode] or
// [Caller.UpdateAttributes].
func (c *Caller) VerifyAttribute(ctx context.Context, attribute, code string) error {
	_, err := invoke(ctx, c.client, opVerifyUserAttribute, c.client.api.VerifyUserAttribute,
		&sdk.VerifyUserAttributeInput{AccessToken: &c.accessToken, AttributeName: &attribute, Code: &code})
	return err
}

// DeleteAccount deletes the caller's account permanently.
func (c *Caller) DeleteAccount(ctx context.Context) error {
	_, err := invoke(ctx, c.client, opDeleteUser, c.client.api.DeleteUser, &sdk.DeleteUserInput{AccessToken: &c.accessToken})
	return err
}
