/** Formats that `@constraint` can check. */
export type ConstraintFormat =
  /** E-mail address `local@domain`, without display name, comments or quoted parts. The domain must contain a dot. */
  | 'EMAIL'
  /**
   * A name shown to other people: no control characters, line breaks, or characters that override, embed or
   * isolate the direction of text.
   */
  | 'NAME'
  /** Phone number in E.164 form: a plus sign, the country code and the number, for example `+14325551212`. */
  | 'PHONE_NUMBER'
  /** Like NAME, but with tabs and line breaks. */
  | 'TEXT';

/** How a code is sent. */
export type DeliveryMedium =
  /** By e-mail. */
  | 'EMAIL'
  /** By text message. */
  | 'SMS';

/**
 * Error code in `errors[].extensions.code`. Each description starts with the HTTP status, which is also in
 * `extensions.status`. Where they apply, `extensions` also has `field`, `retryable`, `retryAfterSeconds`, `required` and
 * `requestId`.
 */
export type ErrorCode =
  /** 409. Another account already uses this e-mail address, phone number or preferred user name. */
  | 'ALIAS_ALREADY_REGISTERED'
  /** 400. The HTTP request is not a valid GraphQL request: its body or parameters are malformed. */
  | 'BAD_REQUEST'
  /** 400. An input value is invalid. `extensions.field` has its path. */
  | 'BAD_USER_INPUT'
  /** 403. The user pool's web application firewall (AWS WAF) blocked the request. */
  | 'BLOCKED_BY_WAF'
  /** 502. The code could not be sent. */
  | 'CODE_DELIVERY_FAILED'
  /** 400. The code has expired, was already used, or was replaced by a newer one. Request a new code. */
  | 'CODE_EXPIRED'
  /** 400. The code is wrong. */
  | 'CODE_MISMATCH'
  /** 409. The record was changed by another request at the same time. Try again. */
  | 'CONFLICT'
  /** 409. The device is already registered. */
  | 'DEVICE_EXISTS'
  /** 409. An account with this e-mail address already exists. Sign in, or use `forgotPassword`. */
  | 'EMAIL_ALREADY_REGISTERED'
  /**
   * 403. The access token is valid but lacks a required group or scope, which `extensions.required` lists. Also for
   * private fields of other users, and in cookie mode for requests from pages of other sites.
   */
  | 'FORBIDDEN'
  /** 400. The document is not valid GraphQL. */
  | 'GRAPHQL_PARSE_FAILED'
  /** 400. The document does not match the schema. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** 500. Unexpected error. The server's log has the cause under `requestId`. */
  | 'INTERNAL'
  /** 401. The name of the account or the password is wrong. */
  | 'INVALID_CREDENTIALS'
  /** 401, or 400 for a malformed token. The token is not valid, or not valid for this purpose. */
  | 'INVALID_TOKEN'
  /** 405. The HTTP method is not allowed. Mutations require POST. */
  | 'METHOD_NOT_ALLOWED'
  /** 400. The user has not set up this second factor. */
  | 'MFA_NOT_ENROLLED'
  /** 406. The server cannot produce any media type in the `Accept` header. */
  | 'NOT_ACCEPTABLE'
  /** 400. The feature is disabled in the user pool, in its app client, or on this server. */
  | 'NOT_ENABLED'
  /** 404. The requested object does not exist. */
  | 'NOT_FOUND'
  /**
   * 400. The account has no verified address to send a code to. If it is not confirmed, use
   * `resendConfirmationCode` and `verifyAccount` first. Otherwise an administrator has to reset the password.
   */
  | 'NO_VERIFIED_ADDRESS'
  /** 400. The document exceeds a limit of this server. The message names the limit. */
  | 'OPERATION_LIMIT_EXCEEDED'
  /** 400. The passkey registration took too long or was never started. Start again. */
  | 'PASSKEY_CHALLENGE_EXPIRED'
  /** 400. The passkey was created on a page that the user pool does not trust. */
  | 'PASSKEY_ORIGIN'
  /** 400. The passkey belongs to another relying party. */
  | 'PASSKEY_RP_MISMATCH'
  /** 400. This kind of passkey is not supported. */
  | 'PASSKEY_UNSUPPORTED'
  /** 400. The password does not meet the pool's password policy. The message names the rule. */
  | 'PASSWORD_POLICY'
  /**
   * 403. The user must reset the password before signing in: an administrator requires it, or the address was signed up
   * again before it was confirmed. Use `forgotPassword`.
   */
  | 'PASSWORD_RESET_REQUIRED'
  /**
   * 403. The password cannot be reset with a code. Sign in with the temporary password from the invitation, or with the
   * account's identity provider.
   */
  | 'PASSWORD_RESET_UNAVAILABLE'
  /** 400. The password was used before. */
  | 'PASSWORD_REUSED'
  /** 413. The request body is too large. */
  | 'PAYLOAD_TOO_LARGE'
  /** 400. The hash is unknown. Send the full document with it. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** 403. This server runs only the operations in its list, and this is not one of them. */
  | 'PERSISTED_QUERY_NOT_IN_LIST'
  /** 409. An account with this phone number already exists. Sign in, or use `forgotPassword`. */
  | 'PHONE_NUMBER_ALREADY_REGISTERED'
  /** 429. Too many requests. Try again after `extensions.retryAfterSeconds`. */
  | 'RATE_LIMITED'
  /** 503. The user pool is a read-only replica in this Region. Try again once its primary Region is back. */
  | 'READ_ONLY_REGION'
  /** 401. The refresh token was already replaced by a newer one. Sign in again. */
  | 'REFRESH_TOKEN_REUSED'
  /** 400. A Lambda trigger of the user pool rejected the request. The message is the trigger's. */
  | 'REJECTED_BY_POLICY'
  /** 500. The user pool, its app client or this server is misconfigured. The server's log has the details. */
  | 'SERVICE_MISCONFIGURED'
  /** 503. Cognito, or a service that this server needs, is unreachable, too slow or failing. Try again. */
  | 'SERVICE_UNAVAILABLE'
  /** 401. The sign-in took too long, or this step was already answered. Start again. */
  | 'SESSION_EXPIRED'
  /** 403. Users cannot sign themselves up in this pool. */
  | 'SIGNUP_DISABLED'
  /** 403. The temporary password has expired. An administrator must set a new one. */
  | 'TEMPORARY_PASSWORD_EXPIRED'
  /** 401. The access token has expired. Use `refreshToken`. */
  | 'TOKEN_EXPIRED'
  /** 401. The session was ended by a sign-out or a new password. Sign in again. */
  | 'TOKEN_REVOKED'
  /** 429. Too many attempts for this account. Wait before trying again. */
  | 'TOO_MANY_ATTEMPTS'
  /** 401. An access token, or a cookie with a refresh token, is required and missing. */
  | 'UNAUTHENTICATED'
  /** 415. The content type of the request is not `application/json`. */
  | 'UNSUPPORTED_MEDIA_TYPE'
  /** 409. The user name is taken. Choose another one. */
  | 'USERNAME_ALREADY_REGISTERED'
  /** 409. The account is already confirmed. Sign in. */
  | 'USER_ALREADY_CONFIRMED'
  /** 403. An administrator disabled the account. */
  | 'USER_DISABLED'
  /** 403. The account is not confirmed. Enter the code with `verifyAccount`. `resendConfirmationCode` sends another one. */
  | 'USER_NOT_CONFIRMED'
  /** 404. The user does not exist. */
  | 'USER_NOT_FOUND';

/** First factors of a sign-in. */
export type FirstFactor =
  /** A code sent by e-mail. */
  | 'EMAIL_OTP'
  /** The password. */
  | 'PASSWORD'
  /** A proof of the password by SRP. The password does not leave the client. */
  | 'PASSWORD_SRP'
  /** A code sent by text message. */
  | 'SMS_OTP'
  /** A passkey. */
  | 'WEB_AUTHN';

/** Kinds of attempts that `@rateLimit` counts. RATE_LIMITS sets the limits. */
export type RateLimit =
  /** A code. */
  | 'CODE'
  /** A message to the user. */
  | 'MESSAGE'
  /** A password, or a proof of one. */
  | 'PASSWORD'
  /** A new account. */
  | 'SIGNUP'
  /** A refresh, a revocation, or another step that guesses nothing. */
  | 'TOKEN';

/** Names that users can sign in with. */
export type SigninName =
  /** The field `email` of an input. */
  | 'EMAIL'
  /** The field `phoneNumber` of an input. */
  | 'PHONE_NUMBER'
  /** The field `username` of an input. */
  | 'USERNAME';

/** Outcome of `verifyAccount`. */
export type VerificationStatus =
  /** The account was already confirmed. The code was not checked. */
  | 'ALREADY_VERIFIED'
  /** The code was correct and the account is now confirmed. */
  | 'VERIFIED';
