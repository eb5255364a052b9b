// Command authgraph serves Amazon Cognito as a typed GraphQL API, over HTTP or as an
// AWS Lambda function. Without any setting it runs on an embedded user pool. See
// authgraph --help, and the README.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"authgraph/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := app.Run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "authgraph:", err)
		os.Exit(1)
	}
}
