import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import {
  MeDocument,
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
  const [setUp] = useMutation(SetUpTotpDocument);
  const [verify] = useMutation(VerifyTotpDocument);
  const [prefer] = useMutation(SetMfaPreferenceDocument, { refetchQueries: [MeDocument], awaitRefetchQueries: true });
  const [secret, setSecret] = useState<SetUpTotpMutation['setupTotp']>();
  const on = mfa?.enabled.includes('SOFTWARE_TOKEN_MFA') ?? false;

  async function begin() {
    const { data } = await setUp();
    setSecret(data?.setupTotp);
  }

  async function confirm(value: Values) {
    await verify({ variables: { input: { code: value('code') } } });
    await prefer({ variables: { input: { totp: { enabled: true, preferred: true } } } });
  }

  async function switchOff() {
    setSecret(undefined);
    await prefer({ variables: { input: { totp: { enabled: false } } } });
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
