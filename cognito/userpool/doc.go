// Package userpool is an embedded user pool: an [http.Handler] that speaks the wire protocol of Amazon Cognito user pools
// (AWS JSON 1.1), so that the AWS SDKs, the AWS CLI, Amplify and Authgraph itself can use it in place of Amazon Cognito.
//
// Two things are needed to use it: [Open], which opens (or makes) the database file, and any http.Server to put the
// returned [Pool] behind. A client is pointed at it with its endpoint setting, for the AWS SDKs
// AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER; [Pool.ID] and [Pool.ClientID] are what it has to be told.
//
// # Routes
//
//	POST /                                          the wire protocol; X-Amz-Target names the operation
//	OPTIONS /                                       the browser's preflight for it
//	GET  /{poolId}/.well-known/jwks.json            the keys that tokens are signed with
//	GET  /{poolId}/.well-known/openid-configuration the discovery document
//	GET  /inbox?to=ADDRESS                          what would have been mailed or texted, newest first
//
// The inbox is a JSON array of objects with the members to, kind (such as SIGN_UP, RESEND, FORGOT_PASSWORD, INVITATION),
// medium (EMAIL or SMS), code and sentAt; for a browser it is a page.
//
// # State
//
// Everything is in one bbolt file. A change is on the disk (fsync) before its answer is sent; changes that arrive while a
// commit is under way share the next one. A commit that fails is answered with InternalErrorException, changes nothing, and
// the process goes on. Passwords are not stored: what is kept is the salt and the verifier that Secure Remote Password
// needs (RFC 5054), which is also what a password sign-in is checked against. A verifier resists guessing less than a slow
// password hash would; Cognito's protocol demands it, and a slow hash beside it would protect nothing.
//
// # Guard rails
//
// Signatures (SigV4) are accepted and not checked, so whoever reaches the handler may administrate the pool. It is meant
// to listen on loopback. Against web pages, which can reach loopback too, it refuses requests whose Host is neither a
// loopback name nor the host of [Options.URL] (DNS rebinding), refuses operations that are signed in Cognito when they
// carry an Origin, and gives the inbox no CORS header. There is no delivery: mails and texts end up in the inbox.
//
// Exceptions, messages and limits follow the real service as far as they are known; clients should go by the name of an
// exception, never by its message.
package userpool
