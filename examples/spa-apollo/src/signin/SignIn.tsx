import { useMutation } from '@apollo/client/react';
import { useRef } from 'react';
import { problemOf } from '../errors';
import { type FirstFactor, SignInDocument, StartSignInDocument } from '../gql/graphql';
import { EmailField, Form, PasswordField, type Values } from '../ui/Form';
import { passkeysWork } from '../ui/passkeys';
import { LinkButton, Notice, Screen } from '../ui/Screen';
import type { PlaceProps } from './SignedOut';

/** Signs in with a password, a passkey, or any other factor of the account. */
export function SignIn({ place, go, proceed }: PlaceProps) {
  const [signIn] = useMutation(SignInDocument);
  const [startSignIn] = useMutation(StartSignInDocument);
  const email = useRef<HTMLInputElement>(null);
  const typed = () => email.current?.value ?? '';

  // region signin
  async function withPassword(value: Values) {
    try {
      const { data } = await signIn({ variables: { input: { email: value('email'), password: value('password') } } });
      if (data) proceed(data.signin, value('email'));
    } catch (error) {
      const { code, text } = problemOf(error);
      if (code === 'USER_NOT_CONFIRMED') go({ name: 'verify', email: value('email'), notice: text });
      else if (code === 'PASSWORD_RESET_REQUIRED')
        go({ name: 'forgotten password', email: value('email'), notice: text });
      else throw error;
    }
  }
  // endregion

  // Without a preferred factor, the result is a choice of the account's factors.
  async function otherwise(preferredFactor: FirstFactor | null) {
    if (!email.current?.reportValidity()) return;
    const { data } = await startSignIn({ variables: { input: { email: typed(), preferredFactor } } });
    if (data) proceed(data.startSignin, typed());
  }

  return (
    <Screen title="Sign in">
      {place.notice && <Notice>{place.notice}</Notice>}
      <Form submit="Sign in" onSubmit={withPassword}>
        <EmailField ref={email} defaultValue={place.email} />
        <PasswordField />
      </Form>
      <p className="or">or</p>
      {passkeysWork && (
        <Form onSubmit={() => otherwise('WEB_AUTHN')} submit="Sign in with a passkey" look="secondary" />
      )}
      <Form onSubmit={() => otherwise(null)} submit="Other ways to sign in" look="secondary" />
      <p className="links">
        <LinkButton onClick={() => go({ name: 'forgotten password', email: typed() })}>Forgotten password</LinkButton>
        <LinkButton onClick={() => go({ name: 'sign up', email: typed() })}>Create an account</LinkButton>
      </p>
    </Screen>
  );
}
