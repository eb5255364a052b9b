import { authExchange } from '@urql/exchange-auth';
import { Client, cacheExchange, fetchExchange, type OperationResult } from 'urql';
import { problemOf } from './errors';
import { RefreshTokenDocument } from './gql/graphql';
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

// region client
const makeClient = () =>
  new Client({
    url: import.meta.env.VITE_API_URL ?? 'http://localhost:8080/graphql',
    fetchOptions: { credentials: 'include' },
    preferGetMethod: false,
    exchanges: [cacheExchange, auth, fetchExchange],
  });

/** Sends the cookie without an access token: the API ignores the cookie if there is one. */
export const withoutToken = { withoutToken: true };

const auth = authExchange(async ({ appendHeaders, mutate }) => {
  /** Gets an access token with the cookie. Ends the session if the cookie is no longer valid. */
  const refreshAuth = () =>
    refreshOnce(async () => {
      try {
        const { refreshToken } = dataOf(await mutate(RefreshTokenDocument, {}, withoutToken));
        setSession({ status: 'signed in', accessToken: refreshToken.accessToken });
      } catch (error) {
        const problem = problemOf(error);
        if (isOver(problem)) end(getSession().status === 'starting' ? undefined : problem.text);
        throw error;
      }
    });

  // Requests wait until it is known whether there is a session.
  if (getSession().status === 'starting') {
    await refreshAuth().catch((error) => {
      if (getSession().status === 'starting') setSession({ status: 'unreachable', problem: problemOf(error) });
    });
  }

  return {
    addAuthToOperation(operation) {
      const token = accessToken();
      return token && !operation.context.withoutToken
        ? appendHeaders(operation, { Authorization: `Bearer ${token}` })
        : operation;
    },
    // Refreshes and retries the request once.
    didAuthError: (error) => needsRefresh(problemOf(error)),
    refreshAuth,
  };
});

/** Makes urql refetch queries about the user after a mutation. */
export const changesUser = { additionalTypenames: ['User'] };

/** Returns the data of a result, or throws its error. */
export function dataOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (data && !error) return data;
  throw error;
}
// endregion

// region session
let client = makeClient();

/** The client of this session. A new session gets a new client with an empty cache. */
export const currentClient = () => client;

/** Resumes the session of the cookie, if there is one. */
export function resume(): void {
  setSession({ status: 'starting' });
  client = makeClient();
}

/** Starts a session with the access token of a sign-in. The refresh token is in the cookie. */
export function begin(token: string): void {
  setSession({ status: 'signed in', accessToken: token });
  tellTabs();
}

/** Ends the session and drops all data of the user. */
export function end(notice?: string): void {
  client = makeClient();
  setSession(notice ? { status: 'signed out', notice } : { status: 'signed out' });
}

onOtherTab(resume);
// endregion
