// Package middleware contains the HTTP middleware that surrounds the GraphQL
// handler: request ids, client addresses and bearer tokens, the access log,
// panics, security headers, CORS, and the cookie for refresh tokens.
//
// Identify stores what it reads from a request in a [reqctx.Request], which the
// layers below use. No middleware verifies a token: the directives of the schema
// do.
package middleware
