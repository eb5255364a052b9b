import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { from, mergeMap } from 'rxjs';
import { problemOf } from './errors';
import { RefreshTokenDocument } from './gql/graphql';
import possibleTypes from './gql/possibleTypes';
import {
  accessToken,
  getSession,
  isOver,
  needsRefresh,
  onOtherTab,
  refreshOnce,
  setSession,
  tellTabs,
} from './session';

declare module '@apollo/client' {
  interface DefaultContext {
    /** Sends the cookie without an access token: the API ignores the cookie if there is one. */
    withoutToken?: boolean;
  }
}

// region client
const addToken = new SetContextLink(({ headers, withoutToken }) => {
  const token = accessToken();
  return token && !withoutToken ? { headers: { ...headers, Authorization: `Bearer ${token}` } } : {};
});

// Retries once with a new access token. If that fails, the error is shown: an ErrorLink does not see its own retries.
const renewToken = new ErrorLink(({ error, operation, forward }) => {
  if (needsRefresh(problemOf(error))) return from(refresh()).pipe(mergeMap(() => forward(operation)));
});

const http = new HttpLink({
  uri: import.meta.env.VITE_API_URL ?? 'http://localhost:8080/graphql',
  credentials: 'include',
});

export const client = new ApolloClient({
  link: ApolloLink.from([renewToken, addToken, http]),
  cache: new InMemoryCache(possibleTypes),
  // Results of mutations contain tokens, secrets and codes, so they are not cached.
  defaultOptions: { mutate: { fetchPolicy: 'no-cache' } },
});
// endregion

// region session
/** Gets an access token with the cookie. Ends the session if the cookie is no longer valid. */
function refresh(): Promise<void> {
  return refreshOnce(async () => {
    try {
      const { data } = await client.mutate({ mutation: RefreshTokenDocument, context: { withoutToken: true } });
      if (data) setSession({ status: 'signed in', accessToken: data.refreshToken.accessToken });
    } catch (error) {
      const problem = problemOf(error);
      if (isOver(problem)) await end(getSession().status === 'starting' ? undefined : problem.text);
      throw error;
    }
  });
}

/** Resumes the session of the cookie, if there is one. */
export async function resume(): Promise<void> {
  setSession({ status: 'starting' });
  await client.clearStore();
  try {
    await refresh();
  } catch (error) {
    if (getSession().status === 'starting') setSession({ status: 'unreachable', problem: problemOf(error) });
  }
}

/** Starts a session with the access token of a sign-in. The refresh token is in the cookie. */
export function begin(token: string): void {
  setSession({ status: 'signed in', accessToken: token });
  tellTabs();
}

/** Ends the session and drops all data of the user. */
export async function end(notice?: string): Promise<void> {
  // Clearing the store cancels queries, also those of the next screen.
  setSession({ status: 'starting' });
  await client.clearStore();
  setSession(notice ? { status: 'signed out', notice } : { status: 'signed out' });
}

onOtherTab(resume);
// endregion
