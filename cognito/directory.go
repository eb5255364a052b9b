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
	// concurrentLookups bounds the calls that all look-ups together have out at once.
	concurrentLookups = 16
	// lookupLifetime is how long what was looked up is taken for true.
	lookupLifetime = 10 * time.Second
	// keptLookups bounds how many look-ups are remembered.
	keptLookups = 1 << 14
	// longestWaitForLookup is how long a look-up waits for one of those that are out.
	longestWaitForLookup = 2 * time.Second
)

// directory looks up users that are not the caller, which Cognito lets only
// administrators do. It has no operation for many of them at once.
type directory struct {
	client *Client
	api    *sdk.Client
	slots  chan struct{}
	kept   *lru.Cache[string, lookedUp]
	calls  singleflight.Group
	now    func() time.Time
}

// lookedUp is what is remembered of a look-up: a profile, or the groups.
type lookedUp struct {
	username string // Cognito's name of the user; empty: there is no such user
	profile  profile
	groups   []string
	until    time.Time
}

func newDirectory(c *Client, o Options, httpClient sdk.HTTPClient) *directory {
	if o.Credentials == nil {
		return nil
	}
	kept, _ := lru.New[string, lookedUp](keptLookups) // fails for sizes below 1 only
	return &directory{
		client: c,
		api:    newAPI(o, httpClient, o.Credentials),
		slots:  make(chan struct{}, concurrentLookups),
		kept:   kept,
		now:    time.Now,
	}
}

// Lookup asks for users by their ids.
type Lookup struct {
	// Caller is who asks. Required.
	Caller *Caller
	// IDs are the values of the claim sub, in any order and number.
	IDs []string
	// Profile and Groups say what will be asked of the users, so that nothing else
	// is looked up. Neither: nothing is, and users that do not exist are taken for
	// granted.
	Profile, Groups bool
	// Withheld is the error of the fields that the caller may not see of others;
	// nil when the caller may see them.
	Withheld error
}

// FindUsers returns the users in the order of their ids, nil for one that does not
// exist. The caller is answered as [Caller.User] is. What cannot be looked up is an
// error of the fields that need it.
func (c *Client) FindUsers(ctx context.Context, l Lookup) []*User {
	found := make(map[string]*User, len(l.IDs))
	for _, id := range l.IDs {
		found[id] = nil
	}
	var running errgroup.Group
	running.SetLimit(concurrentLookups)
	for id := range found {
		user := &User{ID: id, withheld: l.Withheld}
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

// lookUp fills in what is asked of a user that is not the caller.
func (c *Client) lookUp(ctx context.Context, user *User, l Lookup) {
	if !isUserID(user.ID) {
		user.missing = true
		return
	}
	wantsGroups := l.Groups && l.Withheld == nil
	if !l.Profile && !wantsGroups {
		return
	}
	found, err := c.directory.find(ctx, "profile\n"+user.ID, func(ctx context.Context) (lookedUp, error) {
		return c.directory.profile(ctx, user.ID)
	})
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

// isUserID tells what can be a sub. Cognito's are UUIDs; what is refused here would
// mean something else to it, such as an e-mail address or a part of a filter.
func isUserID(id string) bool {
	const longest = 64
	foreign := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	}
	return id != "" && len(id) <= longest && !strings.ContainsFunc(id, foreign)
}

// find returns what was looked up lately, or looks it up. Look-ups of one thing at the
// same time share one call.
func (d *directory) find(
	ctx context.Context, what string, ask func(context.Context) (lookedUp, error),
) (lookedUp, error) {
	if d == nil {
		return lookedUp{}, errNoLookup(nil)
	}
	if kept, ok := d.kept.Get(what); ok && d.now().Before(kept.until) {
		return kept, nil
	}
	return share(ctx, &d.calls, what, func(ctx context.Context) (lookedUp, error) {
		if err := d.takeSlot(ctx); err != nil {
			return lookedUp{}, err
		}
		defer func() { <-d.slots }()
		if err := d.client.options.Credentials.Check(ctx); err != nil {
			return lookedUp{}, errNoLookup(err)
		}
		found, err := ask(ctx)
		if err == nil {
			found.until = d.now().Add(lookupLifetime)
			d.kept.Add(what, found)
		}
		return found, err
	})
}

// errNoLookup is the error of what cannot be looked up for want of credentials.
func errNoLookup(cause error) error {
	return apierr.New(apierr.NotEnabled, "This server has no AWS credentials with which it could look up other users.").WithCause(cause)
}

func (d *directory) takeSlot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, longestWaitForLookup)
	defer cancel()
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return d.client.errors.translate(opAdminGetUser, admission.Reject(admission.Overloaded, time.Second))
	}
}

// profile asks for a user by the sub, which AdminGetUser takes for the name of every
// user but those of other identity providers. Those are found by a filter.
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
		found := newProfile(attributesOf(out.UserAttributes), c.options.UsernameAttribute)
		if aws.ToString(found.value("sub")) == id {
			found.factors = &Factors{Second: listOf(out.UserMFASettingList), Preferred: out.PreferredMfaSetting}
			return lookedUp{username: aws.ToString(out.Username), profile: found}, nil
		}
		// The id is another user's name.
	}
	user, err := d.filter(ctx, id)
	if err != nil || user == nil {
		return lookedUp{}, err
	}
	return lookedUp{
		username: aws.ToString(user.Username),
		profile:  newProfile(attributesOf(user.Attributes), c.options.UsernameAttribute),
	}, nil
}

// filter finds a user by the sub, nil when there is none.
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

// mostGroupPages bounds how long groups are asked for. A user can be in 100 groups,
// of which a page has 60.
const mostGroupPages = 5

// groups asks for the groups of a user, by precedence, as tokens have them.
func (d *directory) groups(ctx context.Context, username string) (lookedUp, error) {
	c := d.client
	found := lookedUp{groups: []string{}}
	var next *string
	for range mostGroupPages {
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
