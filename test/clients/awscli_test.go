package clients_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"authgraph/internal/testutil"
)

// TestAWSCLI runs commands of the AWS CLI, as typed to inspect or fill a pool.
func TestAWSCLI(t *testing.T) {
	program := tool(t, "the Debian package awscli", "aws")
	version, err := exec.Command(program, "--version").Output()
	if err != nil || !strings.HasPrefix(string(version), "aws-cli/2") {
		testutil.LeaveOut(t, fmt.Sprintf("version 2 of the AWS CLI, and %s says %q", program, version))
	}
	t.Parallel()
	s := start(t)
	c := &cli{T: t, server: s, program: program}
	for name, steps := range map[string]func(*cli){"account": (*cli).account, "administration": (*cli).administration, "pools": (*cli).pools} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps(c.with(t))
		})
	}
}

// cli runs the AWS CLI on a pool.
type cli struct {
	*testing.T
	*server
	program string
}

func (c *cli) with(t *testing.T) *cli { return &cli{T: t, server: c.server, program: c.program} }

// step runs a subtest, unless an earlier one failed.
func (c *cli) step(name string, do func(*cli)) {
	c.Helper()
	if !c.Run(name, func(t *testing.T) { do(c.with(t)) }) {
		c.FailNow()
	}
}

// run runs a command and returns its output or its error message.
func (c *cli) run(command string, more ...string) (answer map[string]any, complaint string) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	arguments := append([]string{"cognito-idp"}, strings.Fields(command)...)
	arguments = append(append(arguments, more...), "--endpoint-url", c.url, "--region", "us-east-1", "--output", "json", "--no-cli-pager")
	process := exec.CommandContext(ctx, c.program, arguments...)
	process.Env = c.environment()
	var stderr strings.Builder
	process.Stderr = &stderr
	stdout, err := process.Output()
	if err != nil {
		if stderr.Len() == 0 {
			c.Fatal(err)
		}
		return nil, strings.TrimSpace(stderr.String())
	}
	if len(stdout) > 0 {
		if err := json.Unmarshal(stdout, &answer); err != nil {
			c.Fatalf("%v\n%s", err, stdout)
		}
	}
	return answer, ""
}

// ok runs a command that must succeed.
func (c *cli) ok(command string, more ...string) map[string]any {
	c.Helper()
	answer, complaint := c.run(command, more...)
	if complaint != "" {
		c.Fatalf("%s: %s", command, complaint)
	}
	return answer
}

// refused runs a command that must fail with an exception.
func (c *cli) refused(exception, command string, more ...string) {
	c.Helper()
	answer, complaint := c.run(command, more...)
	if !strings.Contains(complaint, "("+exception+")") {
		c.Errorf("%s: %v %s, not %s", command, answer, complaint, exception)
	}
}

// at returns the value at a path such as UserPool.Id.
func at[T any](c *cli, answer map[string]any, path string) T {
	c.Helper()
	var value any = answer
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	found, ok := value.(T)
	if !ok {
		c.Fatalf("%s is %v in %v", path, value, answer)
	}
	return found
}

func (c *cli) account() {
	const email = "cli@example.com"
	client := "--no-sign-request --client-id " + c.server.pool.ClientID()
	signIn := func(c *cli, password string) map[string]any {
		return c.ok("initiate-auth --auth-flow USER_PASSWORD_AUTH "+client, "--auth-parameters", "USERNAME="+email+",PASSWORD="+password)
	}
	var access, refresh string
	c.step("sign-up", func(c *cli) {
		answer := c.ok("sign-up "+client+" --username "+email, "--password", goodPassword, "--user-attributes", "Name=email,Value="+email)
		if to := at[string](c, answer, "CodeDeliveryDetails.Destination"); to != "c***@e***" {
			c.Errorf("the code went to %s", to)
		}
	})
	c.step("sign-up again is refused", func(c *cli) {
		c.refused("UsernameExistsException", "sign-up "+client+" --username "+email, "--password", goodPassword)
	})
	c.step("confirm-sign-up", func(c *cli) {
		c.ok("confirm-sign-up "+client+" --username "+email, "--confirmation-code", c.newestCode(c.T, email))
	})
	c.step("initiate-auth", func(c *cli) {
		answer := signIn(c, goodPassword)
		access, refresh = at[string](c, answer, "AuthenticationResult.AccessToken"), at[string](c, answer, "AuthenticationResult.RefreshToken")
	})
	c.step("initiate-auth with a wrong password is refused", func(c *cli) {
		c.refused("NotAuthorizedException", "initiate-auth --auth-flow USER_PASSWORD_AUTH "+client,
			"--auth-parameters", "USERNAME="+email+",PASSWORD="+anotherPassword)
	})
	c.step("initiate-auth to refresh", func(c *cli) {
		c.ok("initiate-auth --auth-flow REFRESH_TOKEN_AUTH "+client, "--auth-parameters", "REFRESH_TOKEN="+refresh)
	})
	c.step("get-user", func(c *cli) {
		answer := c.ok("get-user --no-sign-request --access-token " + access)
		if at[string](c, answer, "Username") == "" {
			c.Error(answer)
		}
	})
	c.step("change-password", func(c *cli) {
		c.ok("change-password --no-sign-request --access-token "+access, "--previous-password", goodPassword, "--proposed-password", anotherPassword)
		signIn(c, anotherPassword)
	})
	c.step("global-sign-out", func(c *cli) {
		c.ok("global-sign-out --no-sign-request --access-token " + access)
		c.refused("NotAuthorizedException", "get-user --no-sign-request --access-token "+access)
	})
	c.step("delete-user, which answers nothing", func(c *cli) {
		access := at[string](c, signIn(c, anotherPassword), "AuthenticationResult.AccessToken")
		if answer := c.ok("delete-user --no-sign-request --access-token " + access); answer != nil {
			c.Error(answer)
		}
	})
}

func (c *cli) administration() {
	const email = "made@example.com"
	pool := "--user-pool-id " + c.server.pool.ID()
	c.step("admin-create-user", func(c *cli) {
		answer := c.ok("admin-create-user "+pool+" --message-action SUPPRESS --username "+email,
			"--temporary-password", goodPassword, "--user-attributes", "Name=email,Value="+email, "Name=email_verified,Value=True")
		if status := at[string](c, answer, "User.UserStatus"); status != "FORCE_CHANGE_PASSWORD" {
			c.Errorf("the status is %s", status)
		}
	})
	c.step("admin-set-user-password", func(c *cli) {
		c.ok("admin-set-user-password "+pool+" --permanent --username "+email, "--password", anotherPassword)
	})
	c.step("admin-disable-user and admin-enable-user", func(c *cli) {
		c.ok("admin-disable-user " + pool + " --username " + email)
		if at[bool](c, c.ok("admin-get-user "+pool+" --username "+email), "Enabled") {
			c.Error("the user is not disabled")
		}
		c.ok("admin-enable-user " + pool + " --username " + email)
	})
	c.step("create-group and admin-add-user-to-group", func(c *cli) {
		c.ok("create-group " + pool + " --group-name admins --precedence 1")
		c.ok("admin-add-user-to-group " + pool + " --group-name admins --username " + email)
		groups := at[[]any](c, c.ok("admin-list-groups-for-user "+pool+" --username "+email), "Groups")
		if len(groups) != 1 {
			c.Error(groups)
		}
	})
	c.step("list-users with a filter", func(c *cli) {
		for filter, want := range map[string]int{`email ^= "made"`: 1, `email = "nobody@example.com"`: 0} {
			if users := at[[]any](c, c.ok("list-users "+pool, "--filter", filter), "Users"); len(users) != want {
				c.Errorf("%s: %v", filter, users)
			}
		}
	})
	c.step("admin-delete-user", func(c *cli) {
		c.ok("admin-delete-user " + pool + " --username " + email)
		c.refused("UserNotFoundException", "admin-get-user "+pool+" --username "+email)
	})
}

func (c *cli) pools() {
	var pool, arn string
	c.step("describe-user-pool", func(c *cli) {
		if id := at[string](c, c.ok("describe-user-pool --user-pool-id "+c.server.pool.ID()), "UserPool.Id"); id != c.server.pool.ID() {
			c.Errorf("the id is %s", id)
		}
	})
	c.step("describe-user-pool-client", func(c *cli) {
		answer := c.ok("describe-user-pool-client --user-pool-id " + c.server.pool.ID() + " --client-id " + c.server.pool.ClientID())
		if flows := at[[]any](c, answer, "UserPoolClient.ExplicitAuthFlows"); !slices.Contains(flows, "ALLOW_USER_PASSWORD_AUTH") {
			c.Error(flows)
		}
	})
	c.step("create-user-pool", func(c *cli) {
		answer := c.ok("create-user-pool --pool-name cli --username-attributes email --auto-verified-attributes email")
		pool, arn = " --user-pool-id "+at[string](c, answer, "UserPool.Id"), " --resource-arn "+at[string](c, answer, "UserPool.Arn")
	})
	c.step("update-user-pool", func(c *cli) {
		c.ok("update-user-pool --policies PasswordPolicy={MinimumLength=12} --auto-verified-attributes email" + pool)
		c.ok("update-user-pool --deletion-protection INACTIVE --auto-verified-attributes email" + pool)
		if length := at[float64](c, c.ok("describe-user-pool"+pool), "UserPool.Policies.PasswordPolicy.MinimumLength"); length != 12 {
			c.Errorf("passwords have %v characters", length)
		}
		c.refused("InvalidParameterException", "update-user-pool --mfa-configuration ON"+pool)
	})
	c.step("add-custom-attributes", func(c *cli) {
		c.ok("add-custom-attributes --custom-attributes Name=plan,AttributeDataType=String,Mutable=true" + pool)
		c.refused("InvalidParameterException", "add-custom-attributes --custom-attributes Name=plan,AttributeDataType=String"+pool)
	})
	c.step("tag-resource, untag-resource and list-tags-for-resource", func(c *cli) {
		c.ok("tag-resource --tags team=a,stage=test" + arn)
		c.ok("untag-resource --tag-keys stage" + arn)
		if tags := at[map[string]any](c, c.ok("list-tags-for-resource"+arn), "Tags"); len(tags) != 1 || tags["team"] != "a" {
			c.Error(tags)
		}
	})
	c.step("list-user-pools", func(c *cli) {
		if pools := at[[]any](c, c.ok("list-user-pools --max-results 60"), "UserPools"); len(pools) != 2 {
			c.Error(pools)
		}
	})
	c.step("create-user-pool-client and delete-user-pool-client", func(c *cli) {
		answer := c.ok("create-user-pool-client --client-name cli --generate-secret" + pool)
		if at[string](c, answer, "UserPoolClient.ClientSecret") == "" {
			c.Error("it has no secret")
		}
		c.ok("delete-user-pool-client --client-id " + at[string](c, answer, "UserPoolClient.ClientId") + pool)
	})
	c.step("delete-user-pool", func(c *cli) {
		c.ok("delete-user-pool" + pool)
		c.refused("ResourceNotFoundException", "describe-user-pool"+pool)
	})
}
