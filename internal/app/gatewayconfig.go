package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"authgraph/cognito/userpool"
	"authgraph/graph"
	"authgraph/internal/config"
	"authgraph/internal/gatewayconfig"
	"authgraph/internal/middleware"
)

// gatewayConfigCommand is the command gateway-config.
func (p *program) gatewayConfigCommand() *cobra.Command {
	products := gatewayconfig.Products()
	return &cobra.Command{
		Use:     string(config.GatewayConfig) + " <product> <directory>",
		Aliases: []string{"router"}, // its former name
		Short:   "Write the configuration of a supergraph router",
		Long: `Write a configuration with which a supergraph router verifies the pool's access
tokens and forwards them: apollo (Apollo Router), cosmo (Cosmo Router) or hive (Hive
Gateway). The directory is created if needed; existing files are never overwritten.`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && !slices.Contains(products, args[0]):
				return usageError("<product> must be one of " + strings.Join(products, ", "))
			case len(args) < 2:
				return usageError("expected <product> and <directory>")
			case len(args) > 2:
				return usageError("expected only <product> and <directory>")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return products, cobra.ShellCompDirectiveNoFileComp
			case 1:
				return nil, cobra.ShellCompDirectiveFilterDirs
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			settings, err := p.settings(c, config.GatewayConfig)
			if err != nil {
				return err
			}
			return writeGatewayConfig(c.Context(), p.stdout, settings, args[0], args[1])
		},
	}
}

func writeGatewayConfig(ctx context.Context, stdout io.Writer, s *config.Settings, product, directory string) error {
	settings := gatewayconfig.Settings{
		Issuers: s.Issuers(), JWKSURL: s.JWKSURL(), ClientIDs: append([]string{s.ClientID}, s.AcceptedClientIDs...),
		GroupScope: graph.GroupScope(""), AllowedOrigins: s.AllowedOrigins, AllowedHeaders: middleware.CORSHeaders(s.AllowedHeaders),
	}
	if s.Embedded() {
		issuer, clientIDs, err := findPool(ctx, s)
		if err != nil {
			return err
		}
		settings.Issuers, settings.JWKSURL, settings.ClientIDs = []string{issuer}, issuer+"/.well-known/jwks.json", clientIDs
	}
	settings.Audiences = settings.ClientIDs[:1]
	if s.Audience != "" {
		settings.Audiences = []string{settings.ClientIDs[0], s.Audience}
	}
	if s.CookieTransport {
		settings.RefreshCookie = middleware.RefreshCookieName
	}
	files, err := gatewayconfig.Files(product, settings)
	if err != nil {
		return err
	}
	return writeFiles(stdout, directory, files)
}

// writeFiles writes new files to a directory. If one of them exists already, it
// writes none: the others may not fit it.
func writeFiles(stdout io.Writer, directory string, files map[string]string) error {
	paths := slices.Sorted(maps.Keys(files))
	var errs []error
	for _, path := range paths {
		name := filepath.Join(directory, path)
		switch _, err := os.Lstat(name); {
		case err == nil:
			errs = append(errs, fmt.Errorf("%s exists, and is not overwritten (move it, or choose another directory)", name))
		case !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, path := range paths {
		name := filepath.Join(directory, path)
		if err := writeNew(name, files[path]); err != nil {
			return err
		}
		fmt.Fprintln(stdout, name)
	}
	return nil
}

// writeNew creates a file and the directories above it.
func writeNew(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// findPool returns the issuer of the embedded pool and the app clients whose tokens it
// accepts, its own one first. It calls the
// pool if it is running, and otherwise opens its file, which only one process can
// have open.
func findPool(ctx context.Context, s *config.Settings) (issuer string, clients []string, err error) {
	addr, err := net.ResolveTCPAddr("tcp", s.PoolAddr)
	if err != nil {
		return "", nil, err
	}
	if addr.Port == 0 {
		return "", nil, errors.New("POOL_ADDR has the port 0, so the token issuer would change with every start (choose a port)")
	}
	url, _ := localURL(addr)
	if issuer, clients, err = askPool(ctx, url, s.Pool.Clients); !errors.Is(err, syscall.ECONNREFUSED) {
		return issuer, clients, err
	}
	pool, err := userpool.Open(userpool.Options{Path: poolFile(s), URL: cmp.Or(s.PoolURL, url), Shape: poolShape(s.Pool)})
	if err != nil {
		return "", nil, fmt.Errorf("%w (if authgraph is running, set POOL_ADDR as it is set there)", err)
	}
	return pool.Issuer(), append([]string{pool.ClientID()}, clientIDs(pool.FurtherClients())...), pool.Close()
}

// askPool returns the issuer and the app clients of the running pool at url, which must be
// the only pool and have exactly one app client besides those that are named.
func askPool(ctx context.Context, url string, named []string) (issuer string, accepted []string, err error) {
	var pools struct {
		UserPools []struct {
			ID string `json:"Id"`
		}
	}
	if err := callPool(ctx, url, "ListUserPools", `{"MaxResults":2}`, &pools); err != nil {
		return "", nil, err
	}
	several := fmt.Errorf("%[1]s has several pools or app clients (choose one with AWS_COGNITO_USER_POOL_ID, AWS_COGNITO_APP_CLIENT_ID and AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=%[1]s)", url)
	if len(pools.UserPools) != 1 {
		return "", nil, several
	}
	id := pools.UserPools[0].ID
	var clients struct {
		UserPoolClients []struct {
			ID   string `json:"ClientId"`
			Name string `json:"ClientName"`
		}
	}
	if err := callPool(ctx, url, "ListUserPoolClients", fmt.Sprintf(`{"UserPoolId":%q,"MaxResults":60}`, id), &clients); err != nil {
		return "", nil, err
	}
	var own, further []string
	for _, client := range clients.UserPoolClients {
		if slices.Contains(named, client.Name) {
			further = append(further, client.ID)
		} else {
			own = append(own, client.ID)
		}
	}
	if len(own) != 1 {
		return "", nil, several
	}
	// The host in the issuer may be spelled differently from the one in url.
	var discovery struct {
		Issuer string `json:"issuer"`
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/"+id+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", nil, err
	}
	if err := receive(request, &discovery); err != nil {
		return "", nil, err
	}
	return discovery.Issuer, append(own, further...), nil
}

// callPool calls an operation of the user pools API.
func callPool(ctx context.Context, url, operation, input string, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/", strings.NewReader(input))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	return receive(request, out)
}

func receive(request *http.Request, out any) error {
	client := &http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(out)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not an Authgraph embedded pool (set POOL_ADDR as it is set where that runs)", request.URL.Host)
	}
	return nil
}
