package account

import (
	"slices"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type updateAttributesInput struct {
	AccessToken    string               `json:"AccessToken" is:"required,token"`
	UserAttributes []settings.Attribute `json:"UserAttributes" is:"required"`
}

type updateAttributesOutput struct {
	CodeDeliveryDetailsList []settings.CodeDelivery `json:"CodeDeliveryDetailsList"`
}

// UpdateUserAttributes changes attributes of the caller.
func (o *Operations) UpdateUserAttributes(c *service.Call, in *updateAttributesInput) (*updateAttributesOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	codes, err := newCodes()
	if err != nil {
		return nil, err
	}
	out := &updateAttributesOutput{}
	err = o.update(c, caller, func(t *store.Tx, u *store.User) (err error) {
		given := settings.AttributeMap(in.UserAttributes)
		if err := settings.CheckWritable(caller.Client, settings.SortedNames(given)); err != nil {
			return err
		}
		out.CodeDeliveryDetailsList, err = editAttributes(t, u.Sub, given, codes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// newCodes returns a code for each attribute that can be verified.
func newCodes() (map[string]string, error) {
	codes := map[string]string{}
	for _, name := range []string{"email", "phone_number"} {
		code, err := random.Digits(6)
		if err != nil {
			return nil, err
		}
		codes[name] = code
	}
	return codes, nil
}

// editAttributes changes attributes at the user's own request. An empty value removes an attribute. A changed address
// is unverified until its code comes back; if the pool verifies before updates, the old address stays until then.
func editAttributes(t *store.Tx, sub string, given, codes map[string]string) ([]settings.CodeDelivery, error) {
	if err := t.Pool.CheckEdit(given); err != nil {
		return nil, err
	}
	sent := []settings.CodeDelivery{}
	_, err := t.EditUser(sub, func(u *store.User) error {
		for _, name := range settings.SortedNames(given) {
			to, err := editAttribute(t, u, name, given[name], codes)
			if err != nil {
				return err
			}
			if to != nil {
				sent = append(sent, *to)
			}
		}
		return t.CheckAliases(u)
	})
	return sent, err
}

func editAttribute(t *store.Tx, u *store.User, name, value string, codes map[string]string) (*settings.CodeDelivery, error) {
	former := u.Attributes[name]
	if value == "" {
		u.RemoveAttribute(name)
		return nil, nil
	}
	code, address := codes[name]
	if !address || value == former {
		u.Attributes[name] = value
		return nil, nil
	}
	if !t.Pool.VerifiesBeforeUpdate(name) {
		u.Attributes[name] = value
		u.Attributes[name+"_verified"] = "false"
	}
	if !slices.Contains(t.Pool.AutoVerifiedAttributes, name) {
		return nil, nil
	}
	return settings.NewDelivery(name, value), t.SendCode(u, store.ForVerify+name, inbox.KindUpdate, name, value, code, store.SignUpCodeLifetime)
}

type deleteAttributesInput struct {
	AccessToken        string   `json:"AccessToken" is:"required,token"`
	UserAttributeNames []string `json:"UserAttributeNames" is:"required,attributeName"`
}

// DeleteUserAttributes removes attributes of the caller.
func (o *Operations) DeleteUserAttributes(c *service.Call, in *deleteAttributesInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		if err := t.Pool.CheckRemoval(in.UserAttributeNames); err != nil {
			return err
		}
		if err := settings.CheckWritable(caller.Client, in.UserAttributeNames); err != nil {
			return err
		}
		return t.RemoveAttributes(u.Sub, in.UserAttributeNames)
	})
}

type attributeCodeInput struct {
	AccessToken   string `json:"AccessToken" is:"required,token"`
	AttributeName string `json:"AttributeName" is:"required,attributeName"`
}

// GetUserAttributeVerificationCode sends a code to an address of the caller.
func (o *Operations) GetUserAttributeVerificationCode(c *service.Call, in *attributeCodeInput) (*settings.CodeDeliveryOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	code, err := random.Digits(6)
	if err != nil {
		return nil, err
	}
	out := &settings.CodeDeliveryOutput{}
	err = o.update(c, caller, func(t *store.Tx, u *store.User) (err error) {
		out.CodeDeliveryDetails, err = sendAttributeCode(t, u, in.AttributeName, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func sendAttributeCode(t *store.Tx, u *store.User, name, code string) (*settings.CodeDelivery, error) {
	if name != "email" && name != "phone_number" {
		return nil, exception.InvalidParameter("Only email and phone_number can be verified.")
	}
	address := addressToVerify(t, u, name)
	if address == "" {
		return nil, exception.InvalidParameter("User does not have an attribute value for attribute %s", name)
	}
	if address == u.Attributes[name] && u.Verified(name) {
		return nil, exception.InvalidParameter("User is already verified")
	}
	if err := t.CountUse(store.CountAttributeCode, u.Sub, store.AttributeCodesPerHour); err != nil {
		return nil, err
	}
	return settings.NewDelivery(name, address), t.SendCode(u, store.ForVerify+name, inbox.KindVerifyAgain, name, address, code, store.SignUpCodeLifetime)
}

// addressToVerify returns the new address of a pending change, or else the current one.
func addressToVerify(t *store.Tx, u *store.User, name string) string {
	if t.Pool.VerifiesBeforeUpdate(name) {
		if address := t.PendingAddress(u, store.ForVerify+name); address != "" {
			return address
		}
	}
	return u.Attributes[name]
}

type verifyAttributeInput struct {
	AccessToken   string `json:"AccessToken" is:"required,token"`
	AttributeName string `json:"AttributeName" is:"required,attributeName"`
	Code          string `json:"Code" is:"required,code"`
}

// VerifyUserAttribute verifies an address of the caller with a code.
func (o *Operations) VerifyUserAttribute(c *service.Call, in *verifyAttributeInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.Decide(caller.PoolID, c.Now, func(t *store.Tx) (error, error) {
		u, err := t.TokenOwner(caller.Claims)
		if err != nil {
			return nil, err
		}
		return verifyAttribute(t, u, in.AttributeName, in.Code)
	})
}

func verifyAttribute(t *store.Tx, u *store.User, name, code string) (refusal, err error) {
	if err := t.CountUse(store.CountVerify, u.Sub, store.VerifiesPerHour); err != nil {
		return nil, err
	}
	rec, err := t.CheckCode(u, store.ForVerify+name, code)
	if err != nil {
		return exception.AsRefusal(err)
	}
	if rec.Address != u.Attributes[name] && !t.Pool.VerifiesBeforeUpdate(name) {
		return exception.CodeExpired(), nil
	}
	if err := t.UseCode(u, store.ForVerify+name); err != nil {
		return nil, err
	}
	_, err = t.EditUser(u.Sub, func(u *store.User) error {
		u.Attributes[name] = rec.Address
		u.Attributes[name+"_verified"] = "true"
		return t.CheckAliases(u)
	})
	return nil, err
}
