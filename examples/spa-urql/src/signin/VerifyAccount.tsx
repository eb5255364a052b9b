import { useState } from 'react';
import { useMutation } from 'urql';
import { dataOf } from '../client';
import { ResendConfirmationCodeDocument, VerifyAccountDocument } from '../gql/graphql';
import { accountOf } from '../ui/account';
import { AccountField, CodeField, Form, type Values } from '../ui/Form';
import { LinkButton, Notice, Screen } from '../ui/Screen';
import type { PlaceProps } from './SignedOut';

/** Confirms an account with the code that was sent to it, and signs in directly if the pool allows it. */
export function VerifyAccount({ place, names, go, proceed }: PlaceProps) {
  const [, verify] = useMutation(VerifyAccountDocument);
  const [, resend] = useMutation(ResendConfirmationCodeDocument);
  const [account, setAccount] = useState(place.account ?? '');
  const [notice, setNotice] = useState(place.notice);

  async function submit(value: Values) {
    const { verifyAccount } = dataOf(await verify({ input: { ...accountOf(account, names), confirmationCode: value('confirmationCode') } }));
    if (verifyAccount.signin) proceed(verifyAccount.signin, account);
    else go({ name: 'sign in', account, notice: 'Your account is confirmed. Sign in.' });
  }

  async function sendAgain() {
    const { resendConfirmationCode } = dataOf(await resend({ input: accountOf(account, names) }));
    setNotice(`A new code was sent to ${resendConfirmationCode.destination}. The old one is void.`);
  }

  return (
    <Screen title="Confirm your address">
      {notice && <Notice>{notice}</Notice>}
      <Form submit="Confirm" onSubmit={submit}>
        <AccountField names={names} value={account} onChange={(event) => setAccount(event.target.value)} />
        <CodeField name="confirmationCode" maxLength={6} />
      </Form>
      <Form submit="Send another code" onSubmit={sendAgain} look="secondary" />
      <p className="links">
        <LinkButton onClick={() => go({ name: 'sign in', account })}>Back to sign-in</LinkButton>
      </p>
    </Screen>
  );
}
