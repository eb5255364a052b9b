package userpool

import "slices"

type updateAttributesInput struct {
	AccessToken    string      `json:"AccessToken" is:"required,token"`
	UserAttributes []attribute `json:"UserAttributes" is:"required"`
}

type updateAttributesOutput struct {
	CodeDeliveryDetailsList []codeDelivery `json:"CodeDeliveryDetailsList"`
}

func (p *Pool) updateUserAttributes(c *call, in *updateAttributesInput) (*updateAttributesOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	codes, err := newCodes()
	if err != nil {
		return nil, err
	}
	out := &updateAttributesOutput{}
	err = p.update(who.poolID, c.now, func(t *poolTx) (err error) {
		if _, err := t.holderOf(who.claims); err != nil {
			return err
		}
		given := attributeMap(in.UserAttributes)
		if err := checkWritable(who.client, sortedNames(given)); err != nil {
			return err
		}
		out.CodeDeliveryDetailsList, err = t.editAttributes(who.user.Sub, given, codes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// newCodes draws a code for each attribute that can be verified.
func newCodes() (map[string]string, error) {
	codes := map[string]string{}
	for _, name := range []string{"email", "phone_number"} {
		code, err := newCode(6)
		if err != nil {
			return nil, err
		}
		codes[name] = code
	}
	return codes, nil
}

// editAttributes changes attributes of a user on the user's own request. An empty value removes one. A changed address is
// unverified until the code that is sent to it comes back; where the pool wants that, the old one stays until then.
func (t *poolTx) editAttributes(sub string, given, codes map[string]string) ([]codeDelivery, error) {
	if err := t.pool.checkEdit(given); err != nil {
		return nil, err
	}
	sent := []codeDelivery{}
	_, err := t.change(sub, func(u *userRecord) error {
		for _, name := range sortedNames(given) {
			to, err := t.editAttribute(u, name, given[name], codes)
			if err != nil {
				return err
			}
			if to != nil {
				sent = append(sent, *to)
			}
		}
		return t.checkAliases(u)
	})
	return sent, err
}

func (t *poolTx) editAttribute(u *userRecord, name, value string, codes map[string]string) (*codeDelivery, error) {
	former := u.Attributes[name]
	if value == "" {
		u.removeAttribute(name)
		return nil, nil
	}
	code, address := codes[name]
	if !address || value == former {
		u.Attributes[name] = value
		return nil, nil
	}
	if !t.pool.verifiedFirst(name) {
		u.Attributes[name] = value
		u.Attributes[name+"_verified"] = "false"
	}
	if !slices.Contains(t.pool.AutoVerifiedAttributes, name) {
		return nil, nil
	}
	return delivery(name, value), t.send(u, forVerify+name, kindUpdate, name, value, code, signUpCodeLife)
}

type deleteAttributesInput struct {
	AccessToken        string   `json:"AccessToken" is:"required,token"`
	UserAttributeNames []string `json:"UserAttributeNames" is:"required,attributeName"`
}

func (p *Pool) deleteUserAttributes(c *call, in *deleteAttributesInput) (*empty, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		if _, err := t.holderOf(who.claims); err != nil {
			return err
		}
		if err := t.pool.checkRemoval(in.UserAttributeNames); err != nil {
			return err
		}
		if err := checkWritable(who.client, in.UserAttributeNames); err != nil {
			return err
		}
		return t.removeAttributes(who.user.Sub, in.UserAttributeNames)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

type attributeCodeInput struct {
	AccessToken   string `json:"AccessToken" is:"required,token"`
	AttributeName string `json:"AttributeName" is:"required,attributeName"`
}

func (p *Pool) getUserAttributeVerificationCode(c *call, in *attributeCodeInput) (*codeDeliveryOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	code, err := newCode(6)
	if err != nil {
		return nil, err
	}
	out := &codeDeliveryOutput{}
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		u, err := t.holderOf(who.claims)
		if err != nil {
			return err
		}
		out.CodeDeliveryDetails, err = t.sendAttributeCode(u, in.AttributeName, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *poolTx) sendAttributeCode(u *userRecord, name, code string) (*codeDelivery, error) {
	if name != "email" && name != "phone_number" {
		return nil, invalidParameter("Only email and phone_number can be verified.")
	}
	address := t.addressToVerify(u, name)
	if address == "" {
		return nil, invalidParameter("User does not have an attribute value for attribute %s", name)
	}
	if address == u.Attributes[name] && u.verified(name) {
		return nil, invalidParameter("User is already verified")
	}
	if err := t.spend(countAttributeCode, u.Sub, attributeCodesPerHour); err != nil {
		return nil, err
	}
	return delivery(name, address), t.send(u, forVerify+name, kindVerifyAgain, name, address, code, signUpCodeLife)
}

// addressToVerify is the new address that a pending change is about, else the one that the user has.
func (t *poolTx) addressToVerify(u *userRecord, name string) string {
	if t.pool.verifiedFirst(name) {
		if address := t.pendingAddress(u, forVerify+name); address != "" {
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

func (p *Pool) verifyUserAttribute(c *call, in *verifyAttributeInput) (*empty, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	err = p.decide(who.poolID, c.now, func(t *poolTx) (error, error) {
		u, err := t.holderOf(who.claims)
		if err != nil {
			return nil, err
		}
		return t.verifyAttribute(u, in.AttributeName, in.Code)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

func (t *poolTx) verifyAttribute(u *userRecord, name, code string) (refusal, err error) {
	if err := t.spend(countVerify, u.Sub, verifiesPerHour); err != nil {
		return nil, err
	}
	rec, err := t.checkCode(u, forVerify+name, code)
	if err != nil {
		return refusalOf(err)
	}
	if rec.Address != u.Attributes[name] && !t.pool.verifiedFirst(name) {
		return codeExpired(), nil
	}
	if err := t.useCode(u, forVerify+name); err != nil {
		return nil, err
	}
	_, err = t.change(u.Sub, func(u *userRecord) error {
		u.Attributes[name] = rec.Address
		u.Attributes[name+"_verified"] = "true"
		return t.checkAliases(u)
	})
	return nil, err
}
