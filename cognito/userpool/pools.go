package userpool

type createPoolInput struct {
	PoolName              string            `json:"PoolName" is:"required,poolName"`
	Schema                []schemaAttribute `json:"Schema"`
	AliasAttributes       []string          `json:"AliasAttributes" is:"alias"`
	UsernameAttributes    []string          `json:"UsernameAttributes" is:"address"`
	UsernameConfiguration *usernameConfig   `json:"UsernameConfiguration"`
	poolSettings
}

// poolOutput shows a pool as Cognito's UserPoolType.
type poolOutput struct {
	UserPool poolRecord `json:"UserPool"`
}

func (p *Pool) createUserPool(c *call, in *createPoolInput) (*poolOutput, error) {
	rec, err := in.record()
	if err != nil {
		return nil, err
	}
	keys, err := generateKeys()
	if err != nil {
		return nil, err
	}
	id, err := newPoolID(p.region)
	if err != nil {
		return nil, err
	}
	ring, err := keys.ring(id)
	if err != nil {
		return nil, err
	}
	err = p.createPool(id, rec, keys, c.now)
	if err != nil {
		return nil, err
	}
	p.keys.put(ring)
	return p.describeUserPool(c, &poolInput{UserPoolID: id})
}

// record is the pool that an input asks for: Cognito's defaults, with what is given in their place.
func (in *createPoolInput) record() (poolRecord, error) {
	rec := standardPool()
	rec.Name = in.PoolName
	if len(in.UsernameAttributes) > 0 && len(in.AliasAttributes) > 0 {
		return rec, invalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
	}
	rec.AliasAttributes, rec.UsernameAttributes = in.AliasAttributes, in.UsernameAttributes
	rec.UsernameConfiguration = in.UsernameConfiguration
	if err := in.into(&rec); err != nil {
		return rec, err
	}
	return rec, rec.addSchema(in.Schema)
}

type poolInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
}

func (p *Pool) describeUserPool(c *call, in *poolInput) (*poolOutput, error) {
	out := &poolOutput{}
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		out.UserPool = *t.pool
		out.UserPool.EstimatedNumberOfUsers = t.userCount()
		out.UserPool.SoftwareTokenMfa, out.UserPool.SMSMfa, out.UserPool.EmailMfa, out.UserPool.WebAuthn = nil, nil, nil, nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// deleteUserPool removes a pool with its users and clients. The pool that the file was made with stays, since a pool
// without it could not be opened again.
func (p *Pool) deleteUserPool(c *call, in *poolInput) (*noBody, error) {
	if in.UserPoolID == p.poolID {
		return nil, invalidParameter("The embedded pool's own user pool cannot be deleted.")
	}
	err := p.dropPool(in.UserPoolID, c.now)
	if err == nil {
		p.keys.drop(in.UserPoolID)
	}
	return nil, err
}

type listPoolsInput struct {
	MaxResults int    `json:"MaxResults" is:"required,limit60from1"`
	NextToken  string `json:"NextToken" is:"page"`
}

type listPoolsOutput struct {
	UserPools []poolDescription `json:"UserPools"`
	NextToken string            `json:"NextToken,omitempty"`
}

type poolDescription struct {
	ID               string `json:"Id"`
	Name             string `json:"Name"`
	CreationDate     moment `json:"CreationDate"`
	LastModifiedDate moment `json:"LastModifiedDate"`
}

func (p *Pool) listUserPools(c *call, in *listPoolsInput) (*listPoolsOutput, error) {
	ring := p.keys.of(p.poolID)
	at, err := openPage(ring, in.NextToken, "pools", c.now)
	if err != nil {
		return nil, err
	}
	out := &listPoolsOutput{UserPools: []poolDescription{}}
	more := false
	err = p.poolsAfter(at.Last, c.now, func(pool *poolRecord) bool {
		if more = len(out.UserPools) == in.MaxResults; !more {
			out.UserPools = append(out.UserPools, poolDescription{
				ID: pool.ID, Name: pool.Name, CreationDate: pool.CreationDate, LastModifiedDate: pool.LastModifiedDate,
			})
		}
		return !more
	})
	if err != nil {
		return nil, err
	}
	if more {
		out.NextToken, err = newPage(ring, out.UserPools[len(out.UserPools)-1].ID, "pools", c.now)
	}
	return out, err
}
