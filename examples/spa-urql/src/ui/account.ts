import type { SigninName } from '../gql/graphql';

/** The name of an account, as inputs take it. */
export type Account = { email: string } | { phoneNumber: string } | { username: string };

/** The member of an input for each kind of name. */
export const members = { EMAIL: 'email', PHONE_NUMBER: 'phoneNumber', USERNAME: 'username' } as const;

/** Labels of the kinds of names. */
export const labels = { EMAIL: 'E-mail address', PHONE_NUMBER: 'Phone number', USERNAME: 'User name' } as const;

/** Returns the account that a user means by a name, where users sign in with these kinds of names. */
export function accountOf(typed: string, names: SigninName[]): Account {
  if (names.includes('EMAIL') && typed.includes('@')) return { email: typed };
  if (names.includes('PHONE_NUMBER') && /^\+[\d ]+$/.test(typed)) return { phoneNumber: typed.replaceAll(' ', '') };
  if (names.includes('USERNAME')) return { username: typed };
  return names.includes('EMAIL') ? { email: typed } : { phoneNumber: typed };
}
