package userpool

const passkeysMost = 20 // of a user

func (t *poolTx) passkey(sub, id string) (*passkeyRecord, error) {
	return load[passkeyRecord](t.bucket(passkeysBucket), key(sub, id))
}

// passkeysOf lists the passkeys of a user, by id.
func (t *poolTx) passkeysOf(sub string) ([]*passkeyRecord, error) {
	list := []*passkeyRecord{}
	for _, id := range restOf(t.bucket(passkeysBucket), key(sub, "")) {
		rec, err := t.passkey(sub, id)
		if err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, nil
}

// usablePasskeys leaves out those that were made for another domain than the pool has now.
func (t *poolTx) usablePasskeys(sub string) ([]*passkeyRecord, error) {
	all, err := t.passkeysOf(sub)
	list := []*passkeyRecord{}
	for _, rec := range all {
		if rec.RelyingPartyID == t.pool.relyingParty().ID {
			list = append(list, rec)
		}
	}
	return list, err
}

// addPasskey stores a new credential. No two users can have the same one (section 7.1, step 26).
func (t *poolTx) addPasskey(sub string, rec *passkeyRecord) error {
	id := credentialText(rec.ID)
	if t.bucket(passkeyOfBucket).Get(key(id)) != nil {
		return fault("WebAuthnCredentialNotSupportedException", "The passkey is registered already.")
	}
	if len(restOf(t.bucket(passkeysBucket), key(sub, ""))) >= passkeysMost {
		return tooManyPasskeys()
	}
	if err := t.bucket(passkeyOfBucket).Put(key(id), []byte(sub)); err != nil {
		return err
	}
	return t.savePasskey(sub, rec)
}

func (t *poolTx) savePasskey(sub string, rec *passkeyRecord) error {
	return save(t.bucket(passkeysBucket), key(sub, credentialText(rec.ID)), rec)
}

func tooManyPasskeys() *apiError {
	return fault("LimitExceededException", "A user can have %d passkeys.", passkeysMost)
}

func (t *poolTx) dropPasskey(sub, id string) error {
	if err := t.bucket(passkeyOfBucket).Delete(key(id)); err != nil {
		return err
	}
	return t.bucket(passkeysBucket).Delete(key(sub, id))
}

// dropPasskeysOf is for a user who is deleted.
func (t *poolTx) dropPasskeysOf(sub string) error {
	for _, id := range restOf(t.bucket(passkeysBucket), key(sub, "")) {
		if err := t.dropPasskey(sub, id); err != nil {
			return err
		}
	}
	return nil
}
