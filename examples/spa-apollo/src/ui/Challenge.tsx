import { type ReactNode, useState } from 'react';
import type { ChallengeAnswer, MfaSetupAnswer, SigninStepFragment } from '../gql/graphql';
import { CodeField, Field, Form, PasswordField } from './Form';
import { getPasskey } from './passkeys';
import { TotpSecret } from './QrCode';
import { LinkButton, Screen } from './Screen';

/** A step of the sign-in that the user must answer. */
export type Challenge = Exclude<SigninStepFragment, { __typename: 'AuthTokens' }>;

type Props<Step = Challenge> = {
  step: Step;
  /** Sends the answer, with another session than that of the step if one is given. */
  answer: (answer: ChallengeAnswer, session?: string) => Promise<void>;
};

type ChallengeScreenProps = {
  step: Challenge;
  respond: (session: string, answer: ChallengeAnswer) => Promise<void>;
  restart: () => void;
};

/** Shows the form for a challenge. */
export function ChallengeScreen({ step, respond, restart }: ChallengeScreenProps) {
  return (
    <Screen key={step.session} {...describe(step)}>
      <Answer step={step} answer={(answer, session = step.session) => respond(session, answer)} />
      <p className="links">
        <LinkButton onClick={restart}>Start again</LinkButton>
      </p>
    </Screen>
  );
}

function describe(step: Challenge): { title: string; lead?: ReactNode } {
  switch (step.__typename) {
    case 'TotpChallenge':
      return {
        title: 'Enter the code',
        lead: `Your authenticator app${step.deviceName ? ` on ${step.deviceName}` : ''} shows it.`,
      };
    case 'SmsMfaChallenge':
    case 'SmsOtpChallenge':
      return {
        title: 'Enter the code',
        lead: `It was sent by text message to ${step.codeDelivery?.destination ?? 'your phone'}.`,
      };
    case 'EmailOtpChallenge':
      return {
        title: 'Enter the code',
        lead: `It was sent to ${step.codeDelivery?.destination ?? 'your e-mail address'}.`,
      };
    case 'SelectMfaChallenge':
      return { title: 'One more proof', lead: 'How do you want to confirm your identity?' };
    case 'MfaSetupChallenge':
      return { title: 'Set up a second factor', lead: 'This account requires a second factor.' };
    case 'NewPasswordChallenge':
      return { title: 'Choose a password', lead: 'Your temporary password works only once.' };
    case 'SelectFactorChallenge':
      return { title: 'Choose a way to sign in' };
    case 'PasswordChallenge':
      return { title: 'Enter your password' };
    case 'PasskeyChallenge':
      return { title: 'Use your passkey', lead: 'Your browser will ask for it.' };
    case 'CustomChallenge':
      return { title: 'One more question' };
    default:
      return {
        title: 'This step is unknown here',
        lead: `This app cannot answer ${step.__typename === 'UnknownChallenge' ? step.name : step.__typename}.`,
      };
  }
}

function Answer({ step, answer }: Props) {
  switch (step.__typename) {
    case 'TotpChallenge':
    case 'SmsMfaChallenge':
    case 'SmsOtpChallenge':
    case 'EmailOtpChallenge':
      return (
        <Form submit="Continue" onSubmit={(value) => answer({ code: value('code') })}>
          <CodeField />
        </Form>
      );
    case 'SelectMfaChallenge':
      return (
        <Form onSubmit={(value) => answer({ mfaType: value('choice') })}>
          <Choices of={step.available} />
        </Form>
      );
    case 'MfaSetupChallenge':
      return <MfaSetup step={step} answer={answer} />;
    case 'NewPasswordChallenge':
      return <NewPassword step={step} answer={answer} />;
    case 'SelectFactorChallenge':
      return <SelectFactor step={step} answer={answer} />;
    case 'PasswordChallenge':
      // With srp the challenge wants an SRP proof, which this app does not compute.
      if (step.srp) return null;
      return (
        <Form submit="Continue" onSubmit={(value) => answer({ password: value('password') })}>
          <PasswordField />
        </Form>
      );
    case 'PasskeyChallenge':
      return (
        <Form
          submit="Use passkey"
          immediately
          onSubmit={async () => answer({ passkey: await getPasskey(step.options) })}
        />
      );
    case 'CustomChallenge':
      return (
        <Form submit="Continue" onSubmit={(value) => answer({ custom: value('custom') })}>
          {step.parameters.map(({ name, value }) => (
            <p key={name}>
              {name}: <strong>{value}</strong>
            </p>
          ))}
          <Field label="Answer" name="custom" maxLength={2048} autoFocus />
        </Form>
      );
    default:
      return null;
  }
}

// Labels for Cognito's factor names.
const factors: Record<string, string> = {
  PASSWORD: 'Password',
  EMAIL_OTP: 'Code by e-mail',
  SMS_OTP: 'Code by text message',
  SMS_MFA: 'Code by text message',
  SOFTWARE_TOKEN_MFA: 'Authenticator app',
  WEB_AUTHN: 'Passkey',
};

function Choices({ of }: { of: string[] }) {
  return of.map((name) => (
    <button key={name} className="choice" name="choice" value={name}>
      {factors[name] ?? name}
    </button>
  ));
}

function MfaSetup({ step, answer }: Props<Extract<Challenge, { __typename: 'MfaSetupChallenge' }>>) {
  // Creating the secret consumed the session of the step; without a secret that session is still valid.
  const { totp } = step;
  const set = (mfaSetup: MfaSetupAnswer) => answer({ mfaSetup }, totp?.session);
  const canEmail = step.available.includes('EMAIL_OTP');
  const [byEmail, setByEmail] = useState(!totp);
  if (!totp && !canEmail) return <p>This app cannot set up any of these factors: {step.available.join(', ')}.</p>;
  if (byEmail || !totp)
    return (
      <Form submit="Use this address" onSubmit={(value) => set({ email: value('email') })}>
        <Field label="Address for codes by e-mail" name="email" type="email" autoComplete="email" autoFocus />
      </Form>
    );
  return (
    <>
      <Form submit="Continue" onSubmit={(value) => set({ totpCode: value('totpCode') })}>
        <TotpSecret {...totp} />
        <CodeField name="totpCode" maxLength={6} />
      </Form>
      {canEmail && <LinkButton onClick={() => setByEmail(true)}>Use codes by e-mail instead</LinkButton>}
    </>
  );
}

function NewPassword({ step, answer }: Props<Extract<Challenge, { __typename: 'NewPasswordChallenge' }>>) {
  return (
    <Form
      submit="Continue"
      onSubmit={(value) =>
        answer({
          newPassword: {
            password: value('password'),
            attributes: step.missingAttributes.map((name) => ({ name, value: value(`attribute:${name}`) })),
          },
        })
      }
    >
      <PasswordField fresh label="New password" />
      {step.missingAttributes.map((name) => (
        <Field
          key={name}
          label={name.replace(/^custom:/, '').replaceAll('_', ' ')}
          name={`attribute:${name}`}
          maxLength={2048}
        />
      ))}
    </Form>
  );
}

function SelectFactor({ step, answer }: Props<Extract<Challenge, { __typename: 'SelectFactorChallenge' }>>) {
  const [password, setPassword] = useState(false);
  if (password)
    return (
      <Form
        submit="Continue"
        onSubmit={(value) => answer({ factor: { factor: 'PASSWORD', password: value('password') } })}
      >
        <PasswordField />
      </Form>
    );
  return (
    <Form
      onSubmit={async (value) => {
        const factor = value('choice');
        if (factor === 'PASSWORD') setPassword(true);
        else await answer({ factor: { factor } });
      }}
    >
      {/* PASSWORD_SRP proves the same password. */}
      <Choices of={step.available.filter((name) => name !== 'PASSWORD_SRP')} />
    </Form>
  );
}
