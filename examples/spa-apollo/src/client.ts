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
    /** Sends the cookie alone: with an access token beside it, it is not taken. */
    withoutToken?: boolean;
  }
}

// region client
const addToken = new SetContextLink(({ headers, withoutToken }) => {
  const token = accessToken();
  return token && !withoutToken ? { headers: { ...headers, Authorization: `Bearer ${token}` } } : {};
});

// Tries once more with another access token. What then fails is shown: an ErrorLink does not see its own retries.
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
  // Answers of mutations have tokens, secrets and codes in them: they stay out of the cache.
  defaultOptions: { mutate: { fetchPolicy: 'no-cache' } },
});
// endregion

// region session
/** Gets an access token by the cookie, or ends the session when that cannot be. */
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

/** Goes on with the session of the cookie, if there is one. */
export async function resume(): Promise<void> {
  setSession({ status: 'starting' });
  await client.clearStore();
  try {
    await refresh();
  } catch (error) {
    if (getSession().status === 'starting') setSession({ status: 'unreachable', problem: problemOf(error) });
  }
}

/** Takes the access token of a sign-in. The refresh token came as a cookie. */
export function begin(token: string): void {
  setSession({ status: 'signed in', accessToken: token });
  tellTabs();
}

/** Forgets everything that belongs to the user. */
export async function end(notice?: string): Promise<void> {
  setSession(notice ? { status: 'signed out', notice } : { status: 'signed out' });
  await client.clearStore();
}

onOtherTab(resume);
// endregion
