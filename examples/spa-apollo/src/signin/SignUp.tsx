import { useMutation } from '@apollo/client/react';
import { SignUpDocument } from '../gql/graphql';
import { Field, Form, NameField, PasswordField, type Values } from '../ui/Form';
import { LinkButton, Screen } from '../ui/Screen';
import type { PlaceProps } from './SignedOut';

/** Creates an account. */
export function SignUp({ place, names, go }: PlaceProps) {
  const [signUp] = useMutation(SignUpDocument);
  // Without user names, the account has a display name. A code goes to an address.
  const hasUserName = names.includes('USERNAME');
  const hasPhoneNumber = names.includes('PHONE_NUMBER');
  const hasEmail = names.includes('EMAIL') || !hasPhoneNumber;
  const isEither = hasEmail && hasPhoneNumber;

  // region signup
  async function submit(value: Values) {
    const email = value('email') || null;
    const phoneNumber = value('phoneNumber') || null;
    const input = { username: value('username'), email, phoneNumber, password: value('password') };
    const account = (hasUserName ? input.username : (email ?? phoneNumber)) ?? '';
    const { data } = await signUp({ variables: { input } });
    const destination = data?.signup.codeDelivery?.destination ?? account;
    if (data?.signup.confirmed) go({ name: 'sign in', account, notice: 'Your account is ready.' });
    else go({ name: 'verify', account, notice: `A code was sent to ${destination}.` });
  }
  // endregion

  return (
    <Screen title="Create an account">
      <Form submit="Create account" onSubmit={submit}>
        {hasUserName ? (
          <NameField of="USERNAME" autoComplete="username" maxLength={50} defaultValue={place.account} />
        ) : (
          <Field label="Name" name="username" autoComplete="nickname" maxLength={50} hint="This is what others see." />
        )}
        {hasEmail && (
          <NameField
            of="EMAIL"
            autoComplete={hasUserName ? 'email' : 'username'}
            required={!isEither}
            defaultValue={place.account?.includes('@') ? place.account : ''}
          />
        )}
        {hasPhoneNumber && <NameField of="PHONE_NUMBER" autoComplete={hasUserName || hasEmail ? 'tel' : 'username'} required={!isEither} />}
        <PasswordField fresh />
      </Form>
      <p className="links">
        <LinkButton onClick={() => go({ name: 'sign in' })}>I have an account</LinkButton>
      </p>
    </Screen>
  );
}
