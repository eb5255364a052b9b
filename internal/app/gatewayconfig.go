package app

import (
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

	"authgraph/cognito/userpool"
	"authgraph/graph"
	"authgraph/internal/config"
	"authgraph/internal/middleware"
	"authgraph/internal/router"
)

// writeRouter is the command router.
func writeRouter(ctx context.Context, stdout io.Writer, s *config.Settings) error {
	settings := router.Settings{
		Issuers: s.Issuers(), JWKSURL: s.JWKSURL(), ClientID: s.ClientID,
		GroupScope: graph.GroupScope(""), AllowedOrigins: s.AllowedOrigins,
	}
	if s.Embedded() {
		issuer, clientID, err := findPool(ctx, s)
		if err != nil {
			return err
		}
		settings.Issuers, settings.JWKSURL, settings.ClientID = []string{issuer}, issuer+"/.well-known/jwks.json", clientID
	}
	if s.CookieTransport {
		settings.RefreshCookie = middleware.RefreshCookieName
	}
	files, err := router.Files(s.Router, settings)
	if err != nil {
		return err
	}
	return writeFiles(stdout, s.RouterDir, files)
}

// writeFiles writes files that are not there yet into a directory: all of them or none,
// since a file of the user's beside others of ours may not fit.
func writeFiles(stdout io.Writer, directory string, files map[string]string) error {
	paths := slices.Sorted(maps.Keys(files))
	var faults []error
	for _, path := range paths {
		name := filepath.Join(directory, path)
		switch _, err := os.Lstat(name); {
		case err == nil:
			faults = append(faults, fmt.Errorf("%s is there, and is not overwritten; move it away, or name another directory", name))
		case !errors.Is(err, fs.ErrNotExist):
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
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

// writeNew writes a file that is not there yet, and the directories above it.
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

// findPool returns the issuer and the app client of the embedded pool. It asks the one of
// a program that runs, or opens the file where none does: one process only can have it
// open.
func findPool(ctx context.Context, s *config.Settings) (issuer, clientID string, err error) {
	addr, err := net.ResolveTCPAddr("tcp", s.PoolAddr)
	if err != nil {
		return "", "", err
	}
	if addr.Port == 0 {
		return "", "", errors.New("POOL_ADDR has the port 0, which is another one at every start, and it is part of the tokens' issuer; choose a port")
	}
	url := "http://" + addr.String()
	if issuer, clientID, err = askPool(ctx, url); !errors.Is(err, syscall.ECONNREFUSED) {
		return issuer, clientID, err
	}
	pool, err := userpool.Open(userpool.Options{Path: poolFile(s), URL: url, Shape: poolShape(s.Pool)})
	if err != nil {
		return "", "", fmt.Errorf("%w; if authgraph runs, set POOL_ADDR as it is set there", err)
	}
	return pool.Issuer(), pool.ClientID(), pool.Close()
}

// askPool asks a pool that runs for the only pool and app client that it has.
func askPool(ctx context.Context, url string) (issuer, clientID string, err error) {
	var pools struct {
		UserPools []struct {
			ID string `json:"Id"`
		}
	}
	if err := callPool(ctx, url, "ListUserPools", `{"MaxResults":2}`, &pools); err != nil {
		return "", "", err
	}
	several := fmt.Errorf("there are several pools or app clients at %[1]s; name yours: AWS_COGNITO_USER_POOL_ID, AWS_COGNITO_APP_CLIENT_ID, AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=%[1]s", url)
	if len(pools.UserPools) != 1 {
		return "", "", several
	}
	id := pools.UserPools[0].ID
	var clients struct {
		UserPoolClients []struct {
			ID string `json:"ClientId"`
		}
	}
	if err := callPool(ctx, url, "ListUserPoolClients", fmt.Sprintf(`{"UserPoolId":%q,"MaxResults":2}`, id), &clients); err != nil {
		return "", "", err
	}
	if len(clients.UserPoolClients) != 1 {
		return "", "", several
	}
	// The address of the pool, which is its issuer's, may be written in another way than
	// the one it is reached by.
	var discovery struct {
		Issuer string `json:"issuer"`
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/"+id+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", "", err
	}
	if err := receive(request, &discovery); err != nil {
		return "", "", err
	}
	return discovery.Issuer, clients.UserPoolClients[0].ID, nil
}

// callPool calls an operation over the user pools API's wire protocol.
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
		return fmt.Errorf("what answers at %s is no embedded pool of authgraph's; set POOL_ADDR as it is set where that runs", request.URL.Host)
	}
	return nil
}
