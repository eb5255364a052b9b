import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import { ConfirmForgotPasswordDocument, ForgotPasswordDocument } from '../gql/graphql';
import { accountOf } from '../ui/account';
import { AccountField, CodeField, Form, PasswordField, type Values } from '../ui/Form';
import { LinkButton, Notice, Screen } from '../ui/Screen';
import type { PlaceProps } from './SignedOut';

/** Sets a new password with a code. */
export function ForgottenPassword({ place, names, go }: PlaceProps) {
  const [forgot] = useMutation(ForgotPasswordDocument);
  const [confirm] = useMutation(ConfirmForgotPasswordDocument);
  const [sent, setSent] = useState<{ account: string; destination: string }>();

  async function send(value: Values) {
    const account = value('account');
    const { data } = await forgot({ variables: { input: accountOf(account, names) } });
    setSent({ account, destination: data?.forgotPassword.destination ?? account });
  }

  async function setPassword(account: string, value: Values) {
    const newPassword = value('newPassword');
    await confirm({ variables: { input: { ...accountOf(account, names), confirmationCode: value('confirmationCode'), newPassword } } });
    go({ name: 'sign in', account, notice: 'Your new password is set. Sign in with it.' });
  }

  const back = (
    <p className="links">
      <LinkButton onClick={() => go({ name: 'sign in' })}>Back to sign-in</LinkButton>
    </p>
  );
  if (!sent)
    return (
      <Screen title="Forgotten password" lead="We send you a code, and you choose a new password.">
        {place.notice && <Notice>{place.notice}</Notice>}
        <Form submit="Send the code" onSubmit={send}>
          <AccountField names={names} defaultValue={place.account} />
        </Form>
        {back}
      </Screen>
    );
  return (
    <Screen title="Choose a new password" lead={`A code was sent to ${sent.destination}, if there is an account.`}>
      <Form submit="Set password" onSubmit={(value) => setPassword(sent.account, value)}>
        <input type="hidden" name="username" autoComplete="username" value={sent.account} />
        <CodeField name="confirmationCode" />
        <PasswordField fresh label="New password" name="newPassword" />
      </Form>
      {back}
    </Screen>
  );
}
