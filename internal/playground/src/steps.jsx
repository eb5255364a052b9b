// The steps of a sign-in: the forms that can answer each challenge.
import { encode } from 'uqr';
import { getPasskey, passkeysWork } from './passkey.js';

const code = { name: 'code', label: 'Code', inputMode: 'numeric', autoComplete: 'one-time-code' };
const password = { name: 'password', label: 'Password', type: 'password', autoComplete: 'current-password' };
const newPassword = { name: 'password', label: 'New password', type: 'password', autoComplete: 'new-password' };

/** Labels for Cognito's factor names. */
const names = {
  PASSWORD: 'Password',
  EMAIL_OTP: 'Code by e-mail',
  SMS_OTP: 'Code by text message',
  SMS_MFA: 'Code by text message',
  SOFTWARE_TOKEN_MFA: 'Authenticator app',
  WEB_AUTHN: 'Passkey',
};

/**
 * Returns the title of a challenge and alternative forms to answer it. A form has
 * fields, a button, and a function from the values to the ChallengeAnswer. Without
 * forms, the panel cannot answer the challenge.
 */
export function stepsOf(challenge) {
  switch (challenge.__typename) {
    case 'SmsMfaChallenge':
    case 'SmsOtpChallenge':
    case 'EmailOtpChallenge':
      return { title: 'Enter the code', forms: [codeForm(sentTo(challenge.codeDelivery))] };
    case 'TotpChallenge':
      return {
        title: 'Enter the code',
        forms: [codeForm(`From your authenticator app${challenge.deviceName ? ` “${challenge.deviceName}”` : ''}.`)],
      };
    case 'SelectMfaChallenge':
      return { title: 'Choose a second factor', forms: (challenge.available ?? []).map(chooseMfa) };
    case 'MfaSetupChallenge':
      return { title: 'Set up a second factor', forms: mfaSetup(challenge) };
    case 'NewPasswordChallenge':
      return { title: 'Choose a new password', forms: [newPasswordForm(challenge)] };
    case 'PasswordChallenge':
      return {
        title: 'Enter the password',
        forms: challenge.srp ? [] : [{ fields: [password], button: 'Continue', answer: values => ({ password: values.password }) }],
      };
    case 'SelectFactorChallenge':
      return { title: 'Choose how to sign in', forms: (challenge.available ?? []).flatMap(chooseFactor) };
    case 'PasskeyChallenge':
      return {
        title: 'Use your passkey',
        forms: passkeysWork && challenge.options
          ? [{ fields: [], button: 'Use a passkey', answer: async () => ({ passkey: await getPasskey(challenge.options) }) }]
          : [],
      };
    case 'CustomChallenge':
      return {
        title: 'Answer the challenge',
        forms: [{
          text: (challenge.parameters ?? []).map(({ name, value }) => `${name}: ${value}`).join('\n'),
          fields: [{ name: 'custom', label: 'Answer' }],
          button: 'Continue',
          answer: ({ custom }) => ({ custom }),
        }],
      };
    default:
      return { title: challenge.name ?? challenge.__typename ?? 'Another step', forms: [] };
  }
}

function sentTo(delivery) {
  return delivery ? `It was sent to ${delivery.destination}.` : 'It was sent to you.';
}

const codeForm = text => ({ text, fields: [code], button: 'Continue', answer: values => ({ code: values.code.trim() }) });

const chooseMfa = mfaType => ({ fields: [], button: names[mfaType] ?? mfaType, answer: () => ({ mfaType }) });

/** Leaves out SRP: a pool that offers it offers the password too. */
function chooseFactor(factor) {
  if (factor === 'PASSWORD_SRP' || (factor === 'WEB_AUTHN' && !passkeysWork)) return [];
  if (factor === 'PASSWORD') {
    const answer = values => ({ factor: { factor, password: values.password } });
    return [{ fields: [password], button: 'Sign in', answer }];
  }
  return [{ fields: [], button: names[factor] ?? factor, answer: () => ({ factor: { factor } }) }];
}

function mfaSetup({ available = [], totp }) {
  const forms = [];
  if (totp) {
    forms.push({
      text: 'Scan this with an authenticator app, or type the secret, then enter the code that the app shows.',
      picture: <Enrolment totp={totp} />,
      fields: [code],
      button: 'Set up the app',
      session: totp.session,
      answer: values => ({ mfaSetup: { totpCode: values.code.trim() } }),
    });
  }
  if (available.includes('EMAIL_OTP')) {
    forms.push({
      fields: [{ name: 'email', label: 'E-mail address for codes', type: 'email', autoComplete: 'email' }],
      button: 'Use e-mail codes',
      answer: ({ email }) => ({ mfaSetup: { email } }),
    });
  }
  return forms;
}

function newPasswordForm({ missingAttributes = [] }) {
  return {
    fields: [newPassword, ...missingAttributes.map(name => ({ name: `attribute:${name}`, label: name }))],
    button: 'Set the password',
    answer: values => ({
      newPassword: {
        password: values.password,
        attributes: missingAttributes.map(name => ({ name, value: values[`attribute:${name}`] })),
      },
    }),
  };
}

function Enrolment({ totp }) {
  const { data, size } = encode(totp.otpauthUri, { border: 3 });
  const dark = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <>
      <svg className="signin-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of the secret">
        <path d={dark} />
      </svg>
      <label>
        Secret
        <input className="field" readOnly value={totp.secret} onFocus={event => event.currentTarget.select()} />
      </label>
    </>
  );
}
