// Package cognito calls Amazon Cognito and translates its results and exceptions.
//
// [New] returns the [Client]. Its methods take and return types of this package, and fail
// with an *apierr.Error: no type of the AWS SDK and no text of Cognito leaves the package.
// The operations that anyone can call are [Accounts]. Those of a signed-in user are
// methods of [Caller]. Package token verifies access tokens.
//
// There is no mock. Development and tests run the same code against the embedded pool
// (package userpool), which speaks Cognito's wire protocol.
package cognito
