import type { ErrorCode } from '../gql/enums';

/** What went wrong, ready to be shown. */
export type Problem = {
  code: ErrorCode | 'PASSKEY' | 'UNREACHABLE';
  text: string;
  /** The input that was refused, as the API names it. */
  field?: string;
};

/** `errors[].extensions` of the API. */
type Extensions = {
  code?: ErrorCode;
  field?: string;
  retryAfterSeconds?: number;
};

const again = 'Something is wrong on our side. Try again in a moment.';

// Every code of the schema: one that is added there does not compile until it has its text here. Null where the API's
// own message says more, since it names the rule that was broken.
const texts: Record<ErrorCode, string | null> = {
  ALIAS_ALREADY_REGISTERED: 'Another account has this address, number or name.',
  BAD_REQUEST: again,
  BAD_USER_INPUT: null,
  BLOCKED_BY_WAF: 'The request was blocked. Try from another network.',
  CODE_DELIVERY_FAILED: 'The code could not be sent. Try again.',
  CODE_EXPIRED: 'This code is too old or was used. Ask for another.',
  CODE_MISMATCH: 'This code is not right. Look again.',
  CONFLICT: 'Something else changed at the same time. Try again.',
  DEVICE_EXISTS: 'This device is registered already.',
  EMAIL_ALREADY_REGISTERED: 'There is an account with this e-mail address. Sign in instead.',
  FORBIDDEN: 'You are not permitted to do this.',
  GRAPHQL_PARSE_FAILED: again,
  GRAPHQL_VALIDATION_FAILED: again,
  INTERNAL: again,
  INVALID_CREDENTIALS: 'E-mail address or password is wrong.',
  INVALID_TOKEN: 'Your session is over. Sign in again.',
  METHOD_NOT_ALLOWED: again,
  MFA_NOT_ENROLLED: 'This second factor is not set up.',
  NOT_ACCEPTABLE: again,
  NOT_ENABLED: 'This is switched off here.',
  NOT_FOUND: 'There is no such thing any more.',
  OPERATION_LIMIT_EXCEEDED: again,
  PASSKEY_CHALLENGE_EXPIRED: 'That took too long. Try again.',
  PASSKEY_ORIGIN: 'This passkey was made for another site.',
  PASSKEY_RP_MISMATCH: 'This passkey was made for another site.',
  PASSKEY_UNSUPPORTED: 'This kind of passkey is not supported.',
  PASSWORD_POLICY: null,
  PASSWORD_RESET_REQUIRED: 'You have to set a new password first.',
  PASSWORD_REUSED: 'You had this password before. Choose another.',
  PAYLOAD_TOO_LARGE: again,
  PERSISTED_QUERY_NOT_FOUND: again,
  PERSISTED_QUERY_NOT_IN_LIST: again,
  RATE_LIMITED: 'Too many attempts. Wait a moment.',
  REFRESH_TOKEN_REUSED: 'Your session is over. Sign in again.',
  REJECTED_BY_POLICY: null,
  SERVICE_MISCONFIGURED: again,
  SERVICE_UNAVAILABLE: again,
  SESSION_EXPIRED: 'That took too long. Start again.',
  SIGNUP_DISABLED: 'New accounts are made by an administrator only.',
  TEMPORARY_PASSWORD_EXPIRED: 'Your temporary password is too old. Ask for another.',
  TOKEN_EXPIRED: 'Your session is over. Sign in again.',
  TOKEN_REVOKED: 'You were signed out. Sign in again.',
  TOO_MANY_ATTEMPTS: 'Too many attempts. Wait before the next one.',
  UNAUTHENTICATED: 'Sign in first.',
  UNSUPPORTED_MEDIA_TYPE: again,
  USER_ALREADY_CONFIRMED: 'This account is confirmed. Sign in.',
  USER_DISABLED: 'This account is disabled.',
  USER_NOT_CONFIRMED: 'Enter the code that was sent to you first.',
  USER_NOT_FOUND: 'There is no account with this e-mail address.',
};

/** What to show for an error that the API gave. */
export function refusal({ message, extensions }: { message: string; extensions?: Extensions | undefined }): Problem {
  const code = extensions?.code ?? 'INTERNAL';
  let text = texts[code] ?? message;
  if (extensions?.retryAfterSeconds)
    text = `Too many attempts. Try again in ${duration(extensions.retryAfterSeconds)}.`;
  const field = extensions?.field?.split('.').at(-1);
  return field ? { code, text, field } : { code, text };
}

/** What to show when the browser or its user refused to make or to use a passkey. */
export function passkeyRefusal({ name }: DOMException): Problem {
  const text =
    name === 'InvalidStateError'
      ? 'There is a passkey for this account on this device already.'
      : 'No passkey was used. Try again when you are ready.';
  return { code: 'PASSKEY', text };
}

/** What to show when there was no answer. */
export const unreachable: Problem = {
  code: 'UNREACHABLE',
  text: 'The server cannot be reached. Check your connection and try again.',
};

function duration(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
