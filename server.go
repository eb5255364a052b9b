// Command authgraph serves Amazon Cognito as a typed GraphQL API: over HTTP, or
// as an AWS Lambda function when it runs there. Without any setting it runs on an
// embedded user pool. See authgraph --help, and the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"authgraph/internal/app"
	"authgraph/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := app.Run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, config.ErrShown) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
