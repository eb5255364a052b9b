package userpool

import (
	"strings"

	"go.etcd.io/bbolt"
)

// accountID stands for an AWS account in ARNs.
const accountID = "000000000000"

// newPoolID makes an id of the form that clients check for: region, underscore, nine alphanumerics.
func newPoolID(region string) (string, error) {
	suffix, err := randomText(9, alphanumeric)
	return region + "_" + suffix, err
}

// createPool makes a pool with its buckets and keys.
func createPool(tx *bbolt.Tx, id string, rec poolRecord, keys keyRecord, now moment) error {
	root, err := tx.Bucket([]byte(poolsBucket)).CreateBucket([]byte(id))
	if err != nil {
		return err
	}
	for _, name := range perPoolBuckets() {
		if _, err := root.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	rec.ID, rec.CreationDate, rec.LastModifiedDate = id, now, now
	rec.Arn = "arn:aws:cognito-idp:" + regionOf(id) + ":" + accountID + ":userpool/" + id
	if err := save(root, []byte(recordKey), rec); err != nil {
		return err
	}
	return save(root, []byte(keysKey), keys)
}

func regionOf(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return region
}

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

const customAttributesMost = 50

// addSchema puts the attributes of an input into a pool: those with the name of a standard one change it, the others become
// custom:NAME.
func (p *poolRecord) addSchema(given []schemaAttribute) error {
	custom := 0
	for _, a := range given {
		if a.AttributeDataType == "" {
			a.AttributeDataType = "String"
		}
		if standard := p.attribute(a.Name); standard != nil {
			standard.Required = a.Required
			if a.Mutable != nil {
				standard.Mutable = a.Mutable
			}
			if a.StringConstraints != nil {
				standard.StringConstraints = a.StringConstraints
			}
			continue
		}
		if a.Required {
			return invalidParameter("Required custom attributes are not supported currently.")
		}
		if custom++; custom > customAttributesMost {
			return invalidParameter("A user pool can have %d custom attributes.", customAttributesMost)
		}
		p.SchemaAttributes = append(p.SchemaAttributes, a.asCustom())
	}
	return nil
}

// asCustom gives a custom attribute its prefix. Unlike standard ones it cannot be changed unless that is asked for.
func (a schemaAttribute) asCustom() schemaAttribute {
	prefix := "custom:"
	if a.DeveloperOnlyAttribute {
		prefix = "dev:custom:"
	}
	a.Name = prefix + a.Name
	if a.Mutable == nil {
		no := false
		a.Mutable = &no
	}
	if a.AttributeDataType == "String" && a.StringConstraints == nil {
		a.StringConstraints = &stringConstraint{}
	}
	return a
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

func (p *Pool) createPool(id string, rec poolRecord, keys keyRecord, now moment) error {
	return p.commits.do(func(tx *bbolt.Tx) error { return createPool(tx, id, rec, keys, now) })
}

// dropPool deletes a pool with its users and clients, unless it is protected from deletion.
func (p *Pool) dropPool(id string, now moment) error {
	return p.commits.do(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, id, now)
		if err != nil {
			return err
		}
		if t.pool.DeletionProtection == "ACTIVE" {
			return invalidParameter("The user pool cannot be deleted because deletion protection is activated.")
		}
		clients, err := t.clients()
		if err != nil {
			return err
		}
		for _, client := range clients {
			if err := t.dropClient(client.ClientID); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte(poolsBucket)).DeleteBucket([]byte(id))
	})
}

// poolsAfter calls visit with each pool whose id comes after the given one, in the order of ids, until visit returns false.
func (p *Pool) poolsAfter(id string, now moment, visit func(*poolRecord) bool) error {
	return p.db.View(func(tx *bbolt.Tx) error {
		done := false
		return tx.Bucket([]byte(poolsBucket)).ForEachBucket(func(k []byte) error {
			if done || string(k) <= id {
				return nil
			}
			t, err := openPoolTx(tx, string(k), now)
			if err != nil {
				return err
			}
			done = !visit(t.pool)
			return nil
		})
	})
}
