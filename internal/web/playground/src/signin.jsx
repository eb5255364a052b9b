// The panel "Sign in": runs the mutation signin and lets session.js keep the tokens.
import { useState } from 'react';
import { forget, send, useSession } from './session.js';

const document = /* GraphQL */ `
  mutation Signin($input: SigninInput!) {
    signin(input: $input) {
      __typename
      ... on AuthTokens { accessToken refreshToken expiresIn }
    }
  }
`;

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <circle cx="8" cy="8" r="4.5" />
      <path d="m11.5 11.5 9 9m-3-3 2.5-2.5m-5.5-.5 2-2" />
    </svg>
  );
}

function Panel() {
  const session = useSession();
  return (
    <section className="signin">
      <h2 className="signin-title">Sign in</h2>
      {session ? <SignedIn session={session} /> : <Form />}
      <p className="signin-note">
        Tokens and passwords stay in the memory of this page and are gone when it is closed or reloaded.
      </p>
    </section>
  );
}

function Form() {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const { email, password } = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    setProblem('');
    try {
      const result = await send({ query: document, operationName: 'Signin', variables: { input: { email, password } } });
      setProblem(problemOf(result));
    } catch {
      setProblem('The server did not answer.');
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="signin-form" onSubmit={submit}>
      <p>Signs in and sends the access token with every request that follows.</p>
      <label>
        E-mail address
        <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button className="graphiql-button graphiql-button-success" disabled={busy}>
        {busy ? 'Signing in …' : 'Sign in'}
      </button>
      <p role="alert" className="signin-problem">{problem}</p>
    </form>
  );
}

/** Says why there are no tokens, or nothing when there are. */
function problemOf(result) {
  const [error] = result.errors ?? [];
  if (error) return error.extensions?.code ? `${error.message} (${error.extensions.code})` : error.message;
  const answer = result.data?.signin?.__typename;
  if (answer === 'AuthTokens') return '';
  return `The pool asks for a further step (${answer}). Run the document "Signin" in the editor to go on from there.`;
}

function SignedIn({ session }) {
  return (
    <div className="signin-form">
      <p role="status">
        Signed in{session.email && <> as <strong>{session.email}</strong></>}. The access token is good until{' '}
        {session.expiresAt.toLocaleTimeString()}; an Authorization header of your own takes precedence.
      </p>
      {session.refreshToken && (
        <label>
          Refresh token
          <input readOnly value={session.refreshToken} onFocus={event => event.currentTarget.select()} />
        </label>
      )}
      <button className="graphiql-button" type="button" onClick={forget}>Forget the tokens</button>
    </div>
  );
}

/** GraphiQL's description of the panel. */
export const signinPlugin = { title: 'Sign in', icon: Icon, content: Panel };
