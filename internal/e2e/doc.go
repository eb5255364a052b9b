// Package e2e drives the built binary from outside, as its users do: over HTTP,
// by signals, and as a Lambda function. It holds tests only.
//
// What Authgraph does is told by the scripts in testdata, one behaviour in a
// file; the first line of each says which. They are a specification that runs:
// to learn what happens when a code is wrong, read verify-wrong-code.txt. The
// commands of the scripts are described at the head of scripts_test.go.
//
//	go test ./internal/e2e                       all scripts
//	go test ./internal/e2e -run /verify          those about verifyAccount
//	go test ./internal/e2e -run /flow-whole -v   one, with all that it does
//
// The same scripts run against cognito-local, which shares no code with the
// embedded pool, when it is installed (npm ci in cognitolocal).
package e2e
