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
// The inbox is a JSON array of objects with the members to, kind (such as SIGN_UP, RESEND, FORGOT_PASSWORD, INVITATION, SIGN_IN, MFA),
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
// # Guessing
//
// Five wrong passwords in a row lock the account, for a second at first and for twice as long with each further one, as in
// Cognito. Cognito is not known to bound wrong one-time codes; here a session bears ten of them, and twenty in a row, over
// however many sessions, begin a lock of the same kind. A step of an authenticator is accepted once, at sign-in or in
// VerifySoftwareToken. A code that was sent is worth nothing once its address is no longer the user's.
//
// # Passkeys and devices
//
// Passkeys belong to the domain that SetUserPoolMfaConfig names as relying party; in the default pool that is localhost. Pages
// on that domain and below it may use them, over https, and those on localhost over http too, on any port. Credentials
// with ES256 and RS256 are accepted, without attestation or with a packed one; who made an authenticator is not looked at.
// A passkey counts as two factors where both the pool and the user say so and it has verified its user.
//
// Devices are tracked in pools that have a DeviceConfiguration, which the default pool has not.
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
