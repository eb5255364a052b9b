import type { ErrorCode } from '../gql/enums';

/** An error, ready to be shown. */
export type Problem = {
  code: ErrorCode | 'PASSKEY' | 'UNREACHABLE';
  text: string;
  /** Name of the input field that was rejected. */
  field?: string;
};

/** `errors[].extensions` in responses of the API. */
type Extensions = {
  code?: ErrorCode;
  field?: string;
  retryAfterSeconds?: number;
};

const again = 'Something went wrong on our side. Try again in a moment.';

// A text for every code of the schema: a new code does not compile until it has one. Null where the message of the API
// is better because it names the rule that was broken.
const texts: Record<ErrorCode, string | null> = {
  ALIAS_ALREADY_REGISTERED: 'Another account already uses this address, phone number or name.',
  BAD_REQUEST: again,
  BAD_USER_INPUT: null,
  BLOCKED_BY_WAF: 'The request was blocked. Try from another network.',
  CODE_DELIVERY_FAILED: 'The code could not be sent. Try again.',
  CODE_EXPIRED: 'This code has expired or was already used. Request a new one.',
  CODE_MISMATCH: 'This code is wrong. Check it and try again.',
  CONFLICT: 'Your account was changed elsewhere at the same time. Try again.',
  DEVICE_EXISTS: 'This device is already registered.',
  EMAIL_ALREADY_REGISTERED: 'An account with this e-mail address already exists. Sign in instead.',
  PHONE_NUMBER_ALREADY_REGISTERED: 'An account with this phone number already exists. Sign in instead.',
  USERNAME_ALREADY_REGISTERED: 'This user name is taken. Choose another one.',
  FORBIDDEN: 'You are not allowed to do this.',
  GRAPHQL_PARSE_FAILED: again,
  GRAPHQL_VALIDATION_FAILED: again,
  INTERNAL: again,
  INVALID_CREDENTIALS: 'E-mail address or password is wrong.',
  INVALID_TOKEN: 'Your session has ended. Sign in again.',
  METHOD_NOT_ALLOWED: again,
  MFA_NOT_ENROLLED: 'This second factor is not set up.',
  NOT_ACCEPTABLE: again,
  NOT_ENABLED: 'This is not available here.',
  NOT_FOUND: 'This no longer exists.',
  NO_VERIFIED_ADDRESS: 'Confirm your address first: request a code for it.',
  OPERATION_LIMIT_EXCEEDED: again,
  PASSKEY_CHALLENGE_EXPIRED: 'That took too long. Try again.',
  PASSKEY_ORIGIN: 'This passkey belongs to another site.',
  PASSKEY_RP_MISMATCH: 'This passkey belongs to another site.',
  PASSKEY_UNSUPPORTED: 'This kind of passkey is not supported.',
  PASSWORD_POLICY: null,
  PASSWORD_RESET_REQUIRED: 'You must set a new password first.',
  PASSWORD_RESET_UNAVAILABLE: 'Sign in with the temporary password from your invitation.',
  PASSWORD_REUSED: 'You have used this password before. Choose another one.',
  PAYLOAD_TOO_LARGE: again,
  PERSISTED_QUERY_NOT_FOUND: again,
  PERSISTED_QUERY_NOT_IN_LIST: again,
  RATE_LIMITED: 'Too many attempts. Wait a moment.',
  READ_ONLY_REGION: 'This is not possible at the moment. You can still sign in. Try again later.',
  REFRESH_TOKEN_REUSED: 'Your session has ended. Sign in again.',
  REJECTED_BY_POLICY: null,
  SERVICE_MISCONFIGURED: again,
  SERVICE_UNAVAILABLE: again,
  SESSION_EXPIRED: 'That took too long. Start again.',
  SIGNUP_DISABLED: 'Only an administrator can create accounts.',
  TEMPORARY_PASSWORD_EXPIRED: 'Your temporary password has expired. Ask for a new one.',
  TOKEN_EXPIRED: 'Your session has ended. Sign in again.',
  TOKEN_REVOKED: 'You were signed out. Sign in again.',
  TOO_MANY_ATTEMPTS: 'Too many attempts. Wait before trying again.',
  UNAUTHENTICATED: 'Sign in first.',
  UNSUPPORTED_MEDIA_TYPE: again,
  USER_ALREADY_CONFIRMED: 'This account is already confirmed. Sign in.',
  USER_DISABLED: 'This account is disabled.',
  USER_NOT_CONFIRMED: 'Confirm your address first: enter the code that we sent you.',
  USER_NOT_FOUND: 'No account with this e-mail address exists.',
};

/** Returns what to show for an error of the API. */
export function refusal({ message, extensions }: { message: string; extensions?: Extensions | undefined }): Problem {
  const code = extensions?.code ?? 'INTERNAL';
  let text = texts[code] ?? message.replace(/^input\.\S+ /, 'This ');
  if (extensions?.retryAfterSeconds)
    text = `Too many attempts. Try again in ${duration(extensions.retryAfterSeconds)}.`;
  const field = extensions?.field?.split('.').at(-1);
  return field ? { code, text, field } : { code, text };
}

/** Returns what to show if the browser or the user rejected a passkey operation. */
export function passkeyRefusal({ name }: DOMException): Problem {
  const text =
    name === 'InvalidStateError'
      ? 'This device already has a passkey for this account.'
      : 'No passkey was used. Try again when you are ready.';
  return { code: 'PASSKEY', text };
}

/** Shown if there was no response. */
export const unreachable: Problem = {
  code: 'UNREACHABLE',
  text: 'The server cannot be reached. Check your connection and try again.',
};

function duration(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
