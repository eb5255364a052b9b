import { useRef } from 'react';
import { useMutation } from 'urql';
import { dataOf } from '../client';
import { problemOf } from '../errors';
import { type FirstFactor, SignInDocument, StartSignInDocument } from '../gql/graphql';
import { AccountField, Form, PasswordField, type Values } from '../ui/Form';
import { accountOf } from '../ui/account';
import { passkeysWork } from '../ui/passkeys';
import { LinkButton, Notice, Screen } from '../ui/Screen';
import type { PlaceProps } from './SignedOut';

/** Signs in with a password, a passkey, or any other factor of the account. */
export function SignIn({ place, names, go, proceed }: PlaceProps) {
  const [, signIn] = useMutation(SignInDocument);
  const [, startSignIn] = useMutation(StartSignInDocument);
  const account = useRef<HTMLInputElement>(null);
  const typed = () => account.current?.value ?? '';

  // region signin
  async function withPassword(value: Values) {
    const account = value('account');
    try {
      const { signin } = dataOf(await signIn({ input: { ...accountOf(account, names), password: value('password') } }));
      proceed(signin, account);
    } catch (error) {
      const { code, text } = problemOf(error);
      if (code === 'USER_NOT_CONFIRMED') go({ name: 'verify', account, notice: text });
      else if (code === 'PASSWORD_RESET_REQUIRED') go({ name: 'forgotten password', account, notice: text });
      else throw error;
    }
  }
  // endregion

  // Without a preferred factor, the result is a choice of the account's factors.
  async function otherwise(preferredFactor: FirstFactor | null) {
    if (!account.current?.reportValidity()) return;
    const { startSignin } = dataOf(await startSignIn({ input: { ...accountOf(typed(), names), preferredFactor } }));
    proceed(startSignin, typed());
  }

  return (
    <Screen title="Sign in">
      {place.notice && <Notice>{place.notice}</Notice>}
      <Form submit="Sign in" onSubmit={withPassword}>
        <AccountField names={names} ref={account} defaultValue={place.account} />
        <PasswordField />
      </Form>
      <p className="or">or</p>
      {passkeysWork && (
        <Form onSubmit={() => otherwise('WEB_AUTHN')} submit="Sign in with a passkey" look="secondary" />
      )}
      <Form onSubmit={() => otherwise(null)} submit="Other ways to sign in" look="secondary" />
      <p className="links">
        <LinkButton onClick={() => go({ name: 'forgotten password', account: typed() })}>Forgotten password</LinkButton>
        <LinkButton onClick={() => go({ name: 'sign up', account: typed() })}>Create an account</LinkButton>
      </p>
    </Screen>
  );
}
