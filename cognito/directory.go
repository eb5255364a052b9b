package cognito

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"authgraph/cognito/admission"
	"authgraph/internal/apierr"
)

const (
	// maxConcurrentLookups bounds concurrent calls of all look-ups together.
	maxConcurrentLookups = 16
	// lookupTTL is the lifetime of cached look-ups, and maxCachedLookups their number.
	lookupTTL        = 10 * time.Second
	maxCachedLookups = 1 << 14
	// maxLookupWait is how long a look-up waits for its turn.
	maxLookupWait = 2 * time.Second
)

// directory looks up users other than the caller, which requires AWS credentials. Cognito
// has no batch operation for that.
type directory struct {
	client *Client
	api    *sdk.Client
	slots  chan struct{}
	cache  *lru.Cache[string, lookedUp]
	calls  singleflight.Group
	now    func() time.Time
}

// lookedUp is the result of a look-up: a profile, or the groups.
type lookedUp struct {
	username string // Cognito's name of the user; empty if the user does not exist
	profile  profile
	groups   []string
	until    time.Time
}

func newDirectory(c *Client, o Options, httpClient sdk.HTTPClient) *directory {
	if o.Credentials == nil {
		return nil
	}
	cache, _ := lru.New[string, lookedUp](maxCachedLookups) // the error is for sizes below 1
	return &directory{
		client: c,
		api:    newAPI(o, httpClient, o.Credentials),
		slots:  make(chan struct{}, maxConcurrentLookups),
		cache:  cache,
		now:    time.Now,
	}
}

// Lookup is a look-up of users by id.
type Lookup struct {
	// Caller is the user who looks up others. Required.
	Caller *Caller
	// IDs are the values of the claim sub, in any order and number.
	IDs []string
	// Profile and Groups select what to load at once. With neither, users are assumed to
	// exist, and a profile is looked up when a field needs it.
	Profile, Groups bool
	// Withheld is the error of the private fields of other users. It is nil if the caller
	// may see them.
	Withheld error
}

// FindUsers returns the users in the order of l.IDs, with nil for those who do not exist.
// The caller is as [Caller.User] returns it. A failed look-up is an error of the fields
// that need it.
func (c *Client) FindUsers(ctx context.Context, l Lookup) []*User {
	found := make(map[string]*User, len(l.IDs))
	for _, id := range l.IDs {
		found[id] = nil
	}
	var running errgroup.Group
	running.SetLimit(maxConcurrentLookups)
	for id := range found {
		user := &User{ID: id, withheld: l.Withheld, load: func(ctx context.Context) (profile, error) {
			found, err := c.findProfile(ctx, id)
			return found.profile, err
		}}
		if id == l.Caller.Claims.Subject {
			user = l.Caller.User()
		} else {
			running.Go(func() error { c.lookUp(ctx, user, l); return nil })
		}
		found[id] = user
	}
	_ = running.Wait()
	users := make([]*User, len(l.IDs))
	for i, id := range l.IDs {
		if user := found[id]; !user.missing {
			users[i] = user
		}
	}
	return users
}

// lookUp loads what l selects of a user other than the caller.
func (c *Client) lookUp(ctx context.Context, user *User, l Lookup) {
	if !isUserID(user.ID) {
		user.missing = true
		return
	}
	wantsGroups := l.Groups && l.Withheld == nil
	if !l.Profile && !wantsGroups {
		return
	}
	found, err := c.findProfile(ctx, user.ID)
	user.missing = err == nil && found.username == ""
	user.load = func(context.Context) (profile, error) { return found.profile, err }
	user.groupsErr = err
	if wantsGroups && err == nil && !user.missing {
		listed, err := c.directory.find(ctx, "groups\n"+found.username, func(ctx context.Context) (lookedUp, error) {
			return c.directory.groups(ctx, found.username)
		})
		user.groups, user.groupsErr = listed.groups, err
	}
}

func (c *Client) findProfile(ctx context.Context, id string) (lookedUp, error) {
	return c.directory.find(ctx, "profile\n"+id, func(ctx context.Context) (lookedUp, error) {
		return c.directory.profile(ctx, id)
	})
}

// isUserID reports whether id can be a sub. Cognito's are UUIDs. Other strings could be an
// e-mail address or part of a filter.
func isUserID(id string) bool {
	const longest = 64
	foreign := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	}
	return id != "" && len(id) <= longest && !strings.ContainsFunc(id, foreign)
}

// find returns the cached result for key, or calls load. Concurrent look-ups of one key
// share a call.
func (d *directory) find(
	ctx context.Context, key string, load func(context.Context) (lookedUp, error),
) (lookedUp, error) {
	if d == nil {
		return lookedUp{}, errNoLookup(nil)
	}
	if cached, ok := d.cache.Get(key); ok && d.now().Before(cached.until) {
		return cached, nil
	}
	return share(ctx, &d.calls, key, func(ctx context.Context) (lookedUp, error) {
		if err := d.takeSlot(ctx); err != nil {
			return lookedUp{}, err
		}
		defer func() { <-d.slots }()
		if err := d.client.options.Credentials.Check(ctx); err != nil {
			return lookedUp{}, errNoLookup(err)
		}
		found, err := load(ctx)
		if err == nil {
			found.until = d.now().Add(lookupTTL)
			d.cache.Add(key, found)
		}
		return found, err
	})
}

// errNoLookup is the error of look-ups without AWS credentials.
func errNoLookup(cause error) error {
	return apierr.New(apierr.NotEnabled, "Looking up other users requires AWS credentials, which this server does not have.").WithCause(cause)
}

func (d *directory) takeSlot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxLookupWait)
	defer cancel()
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return d.client.errors.translate(opAdminGetUser, admission.Reject(admission.Overloaded, time.Second))
	}
}

// profile looks up a user by sub. AdminGetUser accepts the sub as user name, except for
// users of other identity providers, who are found with a filter.
func (d *directory) profile(ctx context.Context, id string) (lookedUp, error) {
	c := d.client
	out, err := invoke(ctx, c, opAdminGetUser, d.api.AdminGetUser, &sdk.AdminGetUserInput{
		UserPoolId: &c.options.UserPoolID, Username: &id,
	})
	switch {
	case isMissingUser(err):
	case err != nil:
		return lookedUp{}, err
	default:
		found := c.newProfile(out.Username, attributesOf(out.UserAttributes))
		if aws.ToString(found.value("sub")) == id {
			found.factors = &Factors{Second: listOf(out.UserMFASettingList), Preferred: out.PreferredMfaSetting}
			return lookedUp{username: aws.ToString(out.Username), profile: found}, nil
		}
		// The id is the name of another user.
	}
	user, err := d.filter(ctx, id)
	if err != nil || user == nil {
		return lookedUp{}, err
	}
	return lookedUp{
		username: aws.ToString(user.Username),
		profile:  c.newProfile(user.Username, attributesOf(user.Attributes)),
	}, nil
}

// filter returns the user with the sub, or nil.
func (d *directory) filter(ctx context.Context, id string) (*types.UserType, error) {
	c := d.client
	out, err := invoke(ctx, c, opListUsers, d.api.ListUsers, &sdk.ListUsersInput{
		UserPoolId: &c.options.UserPoolID, Filter: aws.String(`sub = "` + id + `"`), Limit: aws.Int32(1),
	})
	if err != nil || len(out.Users) == 0 {
		return nil, err
	}
	return &out.Users[0], nil
}

// maxGroupPages bounds the pages of a user's groups. A user can be in 100 groups, and a
// page has 60.
const maxGroupPages = 5

// groups returns the groups of a user by precedence, as in tokens.
func (d *directory) groups(ctx context.Context, username string) (lookedUp, error) {
	c := d.client
	found := lookedUp{groups: []string{}}
	var next *string
	for range maxGroupPages {
		out, err := invoke(ctx, c, opAdminListGroupsForUser, d.api.AdminListGroupsForUser, &sdk.AdminListGroupsForUserInput{
			UserPoolId: &c.options.UserPoolID, Username: &username, NextToken: next,
		})
		if err != nil {
			return lookedUp{}, err
		}
		for _, group := range out.Groups {
			found.groups = append(found.groups, aws.ToString(group.GroupName))
		}
		if next = out.NextToken; next == nil {
			break
		}
	}
	return found, nil
}

func isMissingUser(err error) bool {
	var e *apierr.Error
	return errors.As(err, &e) && e.Code == apierr.UserNotFound
}

func attributesOf(theirs []types.AttributeType) []Attribute {
	attributes := make([]Attribute, 0, len(theirs))
	for _, a := range theirs {
		attributes = append(attributes, Attribute{aws.ToString(a.Name), aws.ToString(a.Value)})
	}
	return attributes
}

// Credentials are AWS credentials, which sign the operations of administrators. They are
// resolved on first use, since that may take network calls.
type Credentials struct {
	find func(context.Context) (aws.CredentialsProvider, error)

	mu       sync.Mutex
	provider aws.CredentialsProvider // nil until found
	missing  time.Time               // when the last search found none
}

// errNoCredentials is returned if no valid credentials are found.
var errNoCredentials = errors.New("cognito: no AWS credentials")

const (
	// credentialsTimeout bounds the search for credentials.
	credentialsTimeout = 3 * time.Second
	// searchInterval is the time between searches that find none.
	searchInterval = time.Minute
)

// AmbientCredentials returns the credentials that the SDK finds in the environment, in the
// shared files, by web identity, in a container and, if metadata is set, in the metadata
// service of an EC2 instance. Outside EC2, that service only costs time.
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

// DummyCredentials returns credentials for endpoints that do not check signatures, such as
// the embedded pool.
func DummyCredentials() *Credentials {
	return &Credentials{provider: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "none", SecretAccessKey: "none"}, nil
	})}
}

// Check returns an error if there are no credentials. It may take a few seconds.
func (c *Credentials) Check(ctx context.Context) error {
	_, err := c.Retrieve(ctx)
	return err
}

// Retrieve implements aws.CredentialsProvider. It hides the SDK's errors, which name files
// and profiles.
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

// found returns the provider. It searches for one unless a recent search found none.
func (c *Credentials) found(ctx context.Context) (aws.CredentialsProvider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.provider != nil:
		return c.provider, nil
	case time.Since(c.missing) < searchInterval:
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
