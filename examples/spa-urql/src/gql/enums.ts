/** Forms known to `@constraint`. */
export type ConstraintFormat =
  /** An e-mail address `local@domain` as one types it: no display name, no comment, no quoted part, a domain with a dot. */
  | 'EMAIL';

/** By what a code is sent. */
export type DeliveryMedium =
  /** By e-mail. */
  | 'EMAIL'
  /** By text message. */
  | 'SMS';

/**
 * The cause of an error, in `errors[].extensions.code`. Beside it stand `status` (the HTTP status that fits it)
 * and, where they apply, `field`, `retryable`, `retryAfterSeconds`, `required` and `requestId`.
 */
export type ErrorCode =
  /** 409. Another account has verified this e-mail address, phone number or preferred user name. */
  | 'ALIAS_ALREADY_REGISTERED'
  /** 400. The HTTP request is not a GraphQL request: its body or its parameters are malformed. */
  | 'BAD_REQUEST'
  /** 400. A value of the input is not acceptable; `field` names it. */
  | 'BAD_USER_INPUT'
  /** 403. The pool's web application firewall refused the request. */
  | 'BLOCKED_BY_WAF'
  /** 502. The code was made but could not be sent. */
  | 'CODE_DELIVERY_FAILED'
  /** 400. The code is too old, was used, or was replaced by a newer one. Ask for another. */
  | 'CODE_EXPIRED'
  /** 400. The code is wrong. */
  | 'CODE_MISMATCH'
  /** 409. Something else changed the same record at the same time. Try again. */
  | 'CONFLICT'
  /** 409. The device is registered already. */
  | 'DEVICE_EXISTS'
  /** 409. An account with this e-mail address exists. */
  | 'EMAIL_ALREADY_REGISTERED'
  /** 403. The token is good but lacks a group or scope; `required` says which. */
  | 'FORBIDDEN'
  /** 400. The document is not GraphQL. */
  | 'GRAPHQL_PARSE_FAILED'
  /** 400. The document does not fit the schema. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** 500. A fault on our side. Its cause is in the server's log under `requestId`. */
  | 'INTERNAL'
  /** 401. E-mail address or password is wrong. */
  | 'INVALID_CREDENTIALS'
  /** 401, or 400 when it is malformed. The token does not verify, or is not for this purpose. */
  | 'INVALID_TOKEN'
  /** 405. This HTTP method does not do that. Mutations go by POST. */
  | 'METHOD_NOT_ALLOWED'
  /** 400. The user has not set that factor up. */
  | 'MFA_NOT_ENROLLED'
  /** 406. None of the media types that the client accepts can be had. */
  | 'NOT_ACCEPTABLE'
  /** 400. The pool, its app client or this server has this switched off. */
  | 'NOT_ENABLED'
  /** 404. There is no such thing. */
  | 'NOT_FOUND'
  /** 400. The document exceeds a limit of this server; the message names it. */
  | 'OPERATION_LIMIT_EXCEEDED'
  /** 400. The passkey ceremony took too long or was never started. */
  | 'PASSKEY_CHALLENGE_EXPIRED'
  /** 400. The passkey was made on a page that the pool does not trust. */
  | 'PASSKEY_ORIGIN'
  /** 400. The passkey belongs to another relying party. */
  | 'PASSKEY_RP_MISMATCH'
  /** 400. This kind of passkey is not supported. */
  | 'PASSKEY_UNSUPPORTED'
  /** 400. The new password breaks a rule of the pool; the message names it. */
  | 'PASSWORD_POLICY'
  /** 403. The password must be set anew before the user can sign in. */
  | 'PASSWORD_RESET_REQUIRED'
  /** 400. The new password was used before. */
  | 'PASSWORD_REUSED'
  /** 413. The request is larger than this server takes. */
  | 'PAYLOAD_TOO_LARGE'
  /** 400. No document is known by this hash: send the whole document with it. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** 403. This server runs only operations that it knows beforehand, and this is none of them. */
  | 'PERSISTED_QUERY_NOT_IN_LIST'
  /** 429. Too many requests; try again after `retryAfterSeconds`. */
  | 'RATE_LIMITED'
  /** 401. This refresh token was replaced by a newer one and then used again. Sign in anew. */
  | 'REFRESH_TOKEN_REUSED'
  /** 400. A rule of the pool's owner refused it; the message is theirs. */
  | 'REJECTED_BY_POLICY'
  /** 500. The pool or its app client is set up in a way that cannot work. The log says more. */
  | 'SERVICE_MISCONFIGURED'
  /** 503. Cognito is out of reach, too slow, or failing. Try again. */
  | 'SERVICE_UNAVAILABLE'
  /** 401. The sign-in took too long or this step was answered before. Start again. */
  | 'SESSION_EXPIRED'
  /** 403. Users cannot sign up by themselves. */
  | 'SIGNUP_DISABLED'
  /** 403. The temporary password is too old; an administrator must set another. */
  | 'TEMPORARY_PASSWORD_EXPIRED'
  /** 401. The access token is past its time. Refresh it. */
  | 'TOKEN_EXPIRED'
  /** 401. The token was revoked by a sign-out. */
  | 'TOKEN_REVOKED'
  /** 429. Too many attempts for this account. Wait before the next one. */
  | 'TOO_MANY_ATTEMPTS'
  /** 401. This needs an access token, or a cookie with a refresh token, and there is none. */
  | 'UNAUTHENTICATED'
  /** 415. The content type of the request is not `application/json`. */
  | 'UNSUPPORTED_MEDIA_TYPE'
  /** 409. The account is confirmed already. */
  | 'USER_ALREADY_CONFIRMED'
  /** 403. An administrator has disabled the account. */
  | 'USER_DISABLED'
  /** 403. The account is not confirmed: enter the code that was sent. */
  | 'USER_NOT_CONFIRMED'
  /** 404. There is no such user. */
  | 'USER_NOT_FOUND';

/** The factors that a sign-in can begin with. */
export type FirstFactor =
  /** A code by e-mail. */
  | 'EMAIL_OTP'
  /** The password. */
  | 'PASSWORD'
  /** A proof of the password, which never leaves the client. */
  | 'PASSWORD_SRP'
  /** A code by text message. */
  | 'SMS_OTP'
  /** A passkey. */
  | 'WEB_AUTHN';

/** What `@rateLimit` counts. The figures are in the setting RATE_LIMITS. */
export type RateLimit =
  /** A code that may be wrong. */
  | 'CODE'
  /** A message that is sent to the user. */
  | 'MESSAGE'
  /** A password, or a proof of one, that may be wrong. */
  | 'PASSWORD'
  /** A new account. */
  | 'SIGNUP'
  /** A token, or another step that is no guess. */
  | 'TOKEN';

/** How a verification ended. */
export type VerificationStatus =
  /** The account was confirmed before; the code was not looked at. */
  | 'ALREADY_VERIFIED'
  /** The code was right; the account is confirmed now. */
  | 'VERIFIED';
