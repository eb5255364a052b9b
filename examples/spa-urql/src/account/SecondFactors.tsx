import { useState } from 'react';
import { useMutation } from 'urql';
import { changesUser, dataOf } from '../client';
import {
  type MeQuery,
  SetMfaPreferenceDocument,
  SetUpTotpDocument,
  type SetUpTotpMutation,
  VerifyTotpDocument,
} from '../gql/graphql';
import { Card } from '../ui/Card';
import { CodeField, Form, type Values } from '../ui/Form';
import { TotpSecret } from '../ui/QrCode';
import { LinkButton } from '../ui/Screen';

/** Turns an authenticator app on and off. */
export function SecondFactors({ mfa }: { mfa: NonNullable<MeQuery['me']>['mfa'] }) {
  const [, setUp] = useMutation(SetUpTotpDocument);
  const [, verify] = useMutation(VerifyTotpDocument);
  const [, prefer] = useMutation(SetMfaPreferenceDocument);
  const [secret, setSecret] = useState<SetUpTotpMutation['setupTotp']>();
  const on = mfa?.enabled.includes('SOFTWARE_TOKEN_MFA') ?? false;

  async function begin() {
    setSecret(dataOf(await setUp({})).setupTotp);
  }

  async function confirm(value: Values) {
    dataOf(await verify({ input: { code: value('code') } }));
    dataOf(await prefer({ input: { totp: { enabled: true, preferred: true } } }, changesUser));
  }

  async function switchOff() {
    setSecret(undefined);
    dataOf(await prefer({ input: { totp: { enabled: false } } }, changesUser));
  }

  return (
    <Card title="Authenticator app" state={on ? 'On' : 'Off'} good={on}>
      {on ? (
        <>
          <p>You enter a code from your app when you sign in.</p>
          <Form submit="Switch off" onSubmit={switchOff} look="secondary" />
        </>
      ) : secret ? (
        <>
          <Form submit="Switch on" onSubmit={confirm}>
            <TotpSecret {...secret} />
            <CodeField maxLength={6} />
          </Form>
          <LinkButton onClick={() => setSecret(undefined)}>Cancel</LinkButton>
        </>
      ) : (
        <>
          <p>A code from an app on your phone protects your account even if someone knows your password.</p>
          <Form submit="Set up" onSubmit={begin} look="secondary" />
        </>
      )}
    </Card>
  );
}
