// Package web is the HTTP edge: everything that happens to a request before it
// is GraphQL and to a response after it was.
//
// [NewHandler] has all routes and middleware on one screen. [Serve] serves them
// over TCP and ends without losing a request; [ServeLambda] serves them as an AWS
// Lambda function. [Metrics] and [NewLogger] are made here, because the edge is
// where they come out, and handed to the other packages as plain functions.
//
// The edge verifies no token. It reads what a request brings along into a
// [authgraph/internal/reqctx.Request]; what a field asks for is in the schema.
package web
