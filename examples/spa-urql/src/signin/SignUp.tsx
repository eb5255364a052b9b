import { useMutation } from 'urql';
import { dataOf } from '../client';
import { SignUpDocument } from '../gql/graphql';
import { EmailField, Field, Form, PasswordField, type Values } from '../ui/Form';
import { LinkButton, Screen } from '../ui/Screen';
import type { PlaceProps } from './SignedOut';

/** Creates an account. */
export function SignUp({ place, go }: PlaceProps) {
  const [, signUp] = useMutation(SignUpDocument);

  // region signup
  async function submit(value: Values) {
    const email = value('email');
    const { signup } = dataOf(
      await signUp({ input: { username: value('username'), email, password: value('password'), mode: 'user' } }),
    );
    if (signup.confirmed) go({ name: 'sign in', email, notice: 'Your account is ready.' });
    else go({ name: 'verify', email, notice: `A code was sent to ${signup.codeDelivery?.destination ?? email}.` });
  }
  // endregion

  return (
    <Screen title="Create an account">
      <Form submit="Create account" onSubmit={submit}>
        <Field label="Name" name="username" autoComplete="nickname" maxLength={50} hint="This is what others see." />
        <EmailField defaultValue={place.email} />
        <PasswordField fresh />
      </Form>
      <p className="links">
        <LinkButton onClick={() => go({ name: 'sign in' })}>I have an account</LinkButton>
      </p>
    </Screen>
  );
}
