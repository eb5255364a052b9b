// The panel "Sign in": every way to sign in except SRP, step by step, and the
// resulting session.
import { useEffect, useRef, useState } from 'react';
import { signinResult } from './examples.js';
import { InboxNote } from './inbox.jsx';
import { useOpenExample } from './operations.jsx';
import { createPasskey, passkeysHome, passkeysWork } from './passkey.js';
import { abandon, send, signOut, useSession } from './session.js';
import { stepsOf } from './steps.jsx';

/** The documents of the panel. */
export const documents = {
  signin: `mutation Signin($input: SigninInput!) { signin(input: $input) { ${signinResult} } }`,
  startSignin: `mutation StartSignin($input: StartSigninInput!) { startSignin(input: $input) { ${signinResult} } }`,
  respond: `mutation Respond($input: RespondToChallengeInput!) { respondToChallenge(input: $input) { ${signinResult} } }`,
  startPasskey: 'mutation StartPasskeyRegistration { startPasskeyRegistration { options } }',
  completePasskey:
    'mutation CompletePasskeyRegistration($input: CompletePasskeyRegistrationInput!) { completePasskeyRegistration(input: $input) { success } }',
};

/** Sends a document of the panel. */
const ask = (query, input) => send({ query, variables: { input } });

/** Runs one request at a time and keeps the error of the last one. */
function useRequest() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function run(request) {
    if (busy) return;
    setBusy(true);
    setProblem('');
    try {
      setProblem(problemOf(await request()));
    } catch (error) {
      setProblem(error.name === 'NotAllowedError' ? 'The browser or the user declined the passkey.' : `No response: ${error.message}`);
    } finally {
      setBusy(false);
    }
  }

  return { busy, problem, run };
}

/** Returns the error of a result without data, or an empty string. */
function problemOf({ data, errors }) {
  if (Object.values(data ?? {}).some(value => value !== null)) return '';
  const [{ message, extensions } = { message: 'The response is empty.' }] = errors ?? [];
  return extensions?.code ? `${message} (${extensions.code})` : message;
}

function Problem({ children }) {
  return <p role="alert" className="signin-problem">{children}</p>;
}

function Submit({ busy, ...button }) {
  return <button {...button} className="graphiql-button signin-button" aria-disabled={busy} />;
}

function Field({ label, ...input }) {
  return (
    <label>
      {label}
      <input className="field" required {...input} />
    </label>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <circle cx="8" cy="8" r="4.5" />
      <path d="m11.5 11.5 9 9m-3-3 2.5-2.5m-5.5-.5 2-2" />
    </svg>
  );
}

function Panel() {
  const { tokens, challenge, ended } = useSession();
  const view = challenge ? challenge.session : tokens?.accessToken ? 'session' : 'start';
  const title = challenge ? stepsOf(challenge).title : view === 'session' ? 'Signed in' : 'Sign in';

  // Moves the focus to the next step for keyboard users.
  const panel = useRef(null);
  const shown = useRef(view);
  useEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    const field = view === 'session' ? null : panel.current.querySelector('form :is(input:not([readonly]), button)');
    (field ?? panel.current.querySelector('h2')).focus();
  }, [view]);

  return (
    <section className="signin" aria-labelledby="signin-title" ref={panel}>
      <h2 id="signin-title" className="panel-title" tabIndex={-1}>{title}</h2>
      {view === 'start' && <p role="status" className="signin-ended">{ended}</p>}
      {challenge && <Challenge key={challenge.session} challenge={challenge} />}
      {view === 'session' && <Session />}
      {view === 'start' && <Start />}
    </section>
  );
}

function Start() {
  const { busy, problem, run } = useRequest();
  const openExample = useOpenExample();
  const form = useRef(null);

  function signin(event) {
    event.preventDefault();
    const { email, password } = Object.fromEntries(new FormData(event.currentTarget));
    run(() => ask(documents.signin, { email, password }));
  }

  function start(preferredFactor) {
    const { email } = form.current.elements;
    if (email.reportValidity()) run(() => ask(documents.startSignin, { email: email.value, preferredFactor }));
  }

  return (
    <>
      <form className="signin-form" onSubmit={signin} ref={form}>
        <Field label="E-mail address" name="email" type="email" autoComplete="username" />
        <Field label="Password" name="password" type="password" autoComplete="current-password" />
        <Submit busy={busy}>Sign in</Submit>
        <Problem>{problem}</Problem>
      </form>
      <div className="signin-or">or, with only the address</div>
      <div className="signin-choices">
        <button type="button" className="graphiql-button" onClick={() => start('EMAIL_OTP')}>Code by e-mail</button>
        {passkeysWork && <button type="button" className="graphiql-button" onClick={() => start('WEB_AUTHN')}>Passkey</button>}
        <button type="button" className="graphiql-button" onClick={() => start()}>Other ways</button>
      </div>
      <p className="panel-note">
        No account yet? Start with{' '}
        <button type="button" className="link" onClick={() => openExample('Signup')}>signup</button> and{' '}
        <button type="button" className="link" onClick={() => openExample('VerifyAccount')}>verifyAccount</button>.
      </p>
      {passkeysHome && (
        <p className="panel-note">
          Passkeys need a host name, not an IP address: <a href={passkeysHome}>{passkeysHome}</a>
        </p>
      )}
      <InboxNote />
      <p className="panel-note">
        Passwords and tokens are kept only in memory. The page sends the access token with every request.
      </p>
    </>
  );
}

function Challenge({ challenge }) {
  const { forms } = stepsOf(challenge);
  const openExample = useOpenExample();
  return (
    <>
      {forms.map((form, index) => (
        <Step key={index} challenge={challenge} form={form} />
      ))}
      {forms.length === 0 && (
        <p className="panel-note">
          This panel cannot answer this challenge ({challenge.__typename}). Continue in the editor with{' '}
          <button type="button" className="link" onClick={() => openExample('RespondToChallenge')}>respondToChallenge</button>.
        </p>
      )}
      <p className="panel-note">
        <button type="button" className="link" onClick={abandon}>Start again</button>
      </p>
    </>
  );
}

function Step({ challenge, form: { text, picture, fields, button, answer, session = challenge.session } }) {
  const { busy, problem, run } = useRequest();

  function submit(event) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget));
    run(async () => ask(documents.respond, { session, answer: await answer(values) }));
  }

  return (
    <form className="signin-form" onSubmit={submit}>
      {text && <p className="signin-text">{text}</p>}
      {picture}
      {fields.map(field => (
        <Field key={field.name} {...field} />
      ))}
      <Submit busy={busy}>{button}</Submit>
      <Problem>{problem}</Problem>
    </form>
  );
}

function Session() {
  const { email, tokens } = useSession();
  const { problem, run } = useRequest();
  const [done, setDone] = useState('');
  const canSignOutHere = tokens.cookie || tokens.refreshToken;

  async function addPasskey() {
    const started = await ask(documents.startPasskey);
    const options = started.data?.startPasskeyRegistration?.options;
    if (!options) return started;
    const completed = await ask(documents.completePasskey, { credential: await createPasskey(options) });
    if (completed.data?.completePasskeyRegistration) setDone('The passkey was added.');
    return completed;
  }

  return (
    <div className="signin-form">
      <p role="status" className="signin-text">
        Signed in{email && <> as <strong>{email}</strong></>}. Every request sends the access token
        {canSignOutHere ? ', which is refreshed when it expires' : ''}, unless it has its own Authorization header.
      </p>
      {canSignOutHere && (
        <button type="button" className="graphiql-button" onClick={() => run(() => signOut({ everywhere: false }))}>Sign out</button>
      )}
      <button type="button" className="graphiql-button" onClick={() => run(() => signOut({ everywhere: true }))}>
        Sign out everywhere
      </button>
      {passkeysWork && <button type="button" className="graphiql-button" onClick={() => run(addPasskey)}>Add a passkey</button>}
      <p role="status" className="signin-done">{done}</p>
      <Problem>{problem}</Problem>
      <Token label={`Access token, valid until ${tokens.expiresAt.toLocaleTimeString()}`} value={tokens.accessToken} />
      {tokens.refreshToken && <Token label="Refresh token" value={tokens.refreshToken} />}
      <p className="panel-note">
        {tokens.cookie
          ? 'The refresh token is in a cookie that no page can read. Closing or reloading the page discards the access token.'
          : 'Closing or reloading the page discards the tokens.'}
      </p>
    </div>
  );
}

function Token({ label, value }) {
  return (
    <label>
      {label}
      <input className="field" readOnly value={value} onFocus={event => event.currentTarget.select()} />
    </label>
  );
}

/** Shows who is signed in, in the page header, and opens the panel. */
export function SessionButton({ onClick }) {
  const { email, tokens } = useSession();
  const signedIn = Boolean(tokens?.accessToken);
  return (
    <button type="button" className="graphiql-button session-button" data-signed-in={signedIn} onClick={onClick}>
      {signedIn ? email ?? 'Signed in' : 'Sign in'}
    </button>
  );
}

/** The panel as a GraphiQL plugin. */
export const signinPlugin = { title: 'Sign in', icon: Icon, content: Panel };
