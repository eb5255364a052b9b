// Package userpool is an embedded user pool: an [http.Handler] that speaks the wire protocol of Amazon Cognito user pools
// (AWS JSON 1.1), so that the AWS SDKs, the AWS CLI, Amplify and Authgraph can use it in place of Amazon Cognito.
//
// Using it takes two steps: [Open] opens or creates the database file, and any http.Server can serve the returned [Pool].
// Point a client at it with the client's endpoint setting, which is AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER for the AWS
// SDKs, and give it [Pool.ID] and [Pool.ClientID].
//
// # Routes
//
//	POST /                                          the wire protocol; X-Amz-Target names the operation
//	OPTIONS /                                       CORS preflight for it
//	GET  /{poolId}/.well-known/jwks.json            public keys of the tokens
//	GET  /{poolId}/.well-known/openid-configuration discovery document
//	GET  /inbox?to=ADDRESS                          mails and text messages that would have been sent, newest first
//	GET  /metadata                                  ClientMetadata and ValidationData of the latest calls, newest first
//
// The inbox is a JSON array of objects with the members to, kind (such as SIGN_UP, RESEND, FORGOT_PASSWORD, INVITATION,
// SIGN_IN, MFA), medium (EMAIL or SMS), code and sentAt. Browsers get a page.
//
// # State
//
// All state is in one bbolt file. A change is on disk (fsync) before the response is sent; changes that arrive during a
// commit share the next one. If a commit fails, the response is InternalErrorException, nothing has changed, and the process
// continues. Passwords are not stored, only the salt and verifier of Secure Remote Password (RFC 5054), which sign-ins with
// a password are checked against as well. A verifier resists guessing less than a slow password hash would, but Cognito's
// protocol requires it, and a slow hash beside it would protect nothing.
//
// # Guessing
//
// Five wrong passwords in a row lock the account, for a second at first and then for twice as long each time, as in Cognito.
// Cognito is not known to limit wrong one-time codes. Here a session accepts ten of them, and twenty in a row, over any
// number of sessions, start a lock of the same kind. Each code of an authenticator app works once, at sign-in or in
// VerifySoftwareToken. A code that was sent is void once its address is no longer the user's.
//
// # Settings
//
// Settings of pools and app clients are checked as the service checks them, and come back as they were given. The tables in
// settings_pool_test.go, settings_client_test.go and settings_mfa_test.go have what is required, what excludes what, and what
// an update keeps. The default pool does not need the settings for SES and SNS, since its messages go to the inbox. Triggers
// are stored but never invoked.
//
// # Second factors
//
// GetUser shows the second factors that sign-ins ask for. A factor by SMS or e-mail stays on when its address changes: the
// next code goes to the new address and verifies it. The address of a factor that is on cannot be removed. If it is missing
// all the same, sign-ins are refused with MFAMethodNotFoundException.
//
// # Passkeys and devices
//
// Passkeys belong to the domain that SetUserPoolMfaConfig names as relying party, localhost in the default pool. Pages on
// that domain and below may use them over https, and pages on localhost over http as well, on any port. Credentials with
// ES256 and RS256 are accepted, without attestation or with a packed one; the maker of the authenticator does not matter.
// A passkey counts as two factors if the pool and the user both say so and it has verified its user.
//
// Devices are tracked in pools with a DeviceConfiguration. The default pool has none.
//
// # Sessions
//
// The default pool tracks sessions; other pools do if SetUserPoolSessionConfiguration says so. A sign-in is a session from
// then on, and a refresh is its activity. A sign-in beyond the limit revokes the user's least recently used session. All
// sessions are of type TOKEN: the others belong to managed login, which the pool lacks. In contrast to Cognito, changes are
// visible at once.
//
// # Security
//
// Signatures (SigV4) are accepted but not checked, so anyone who reaches the handler can administer the pool. Let it listen
// on loopback. Since web pages can reach loopback too, it rejects requests whose Host is neither a loopback name nor one
// of [Options.URL] and [Options.Hosts] (DNS rebinding), rejects operations that are signed in Cognito if they have an Origin, and sends no CORS
// headers with the inbox. Nothing is ever sent: mails and text messages end up in the inbox.
//
// Exceptions, messages and limits follow the real service as far as they are known. Clients should rely on the name of an
// exception, never on its message.
//
// # Layout
//
// The packages below internal/ build on one another in this order: mechanisms (epoch, exception, random, validation, db, srp,
// totp, webauthn, tokens, inbox), settings of pools and clients, store for the records and transactions, service for what
// operations share, and the operations by who calls them: signup, signin, account, admin. This package has the wire protocol.
package userpool
