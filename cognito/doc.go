// Package cognito is all that Authgraph knows of Amazon Cognito: the calls to
// its user pools API ([Client]), the meaning of its exceptions (errors.go), and
// the verification of its tokens (package token).
//
// Two things matter to a caller. [New] makes the client; its methods take and
// return types of this package and fail with an *apierr.Error, so that no type
// of the AWS SDK and no text of Cognito's leaves the package. [NewVerifier]
// makes the verifier, which needs no call to Cognito besides the one for its
// public keys.
//
// # One implementation
//
// There is no interface to replace the client by a mock. Development and tests
// run the same code against the embedded pool (package userpool), which speaks
// Cognito's wire protocol.
package cognito
