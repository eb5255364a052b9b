// Uses what is generated as an application does. It is compiled, and never runs.
import type { RefreshTokenMutationVariables, SigninMutation } from './operations';
import { ErrorCode, type SigninResult, type User } from './schema';

/** Every result of a sign-in can be told from the others; a new one is a fault here. */
export function sessionOf(result: SigninMutation['signin']): string | undefined {
  switch (result.__typename) {
    case 'AuthTokens':
      return undefined;
    case 'SmsMfaChallenge':
    case 'EmailOtpChallenge':
    case 'SmsOtpChallenge':
    case 'TotpChallenge':
    case 'SelectMfaChallenge':
    case 'MfaSetupChallenge':
    case 'NewPasswordChallenge':
    case 'SrpChallenge':
    case 'PasswordChallenge':
    case 'SelectFactorChallenge':
    case 'PasskeyChallenge':
    case 'CustomChallenge':
    case 'DeviceSrpChallenge':
    case 'DeviceVerifierChallenge':
    case 'UnknownChallenge':
      return result.session;
    default:
      return result satisfies never;
  }
}

/** Codes are compared with names, not with texts. */
export const isOver = (code: ErrorCode): boolean => code === ErrorCode.TokenRevoked || code === ErrorCode.InvalidToken;

/** What may be absent has to be looked at before it is used. */
export const address = (user: User): string => user.email ?? user.id;

/** By the cookie: no input. */
export const byCookie: RefreshTokenMutationVariables = {};

export type Step = Exclude<SigninResult['__typename'], 'AuthTokens'>;
