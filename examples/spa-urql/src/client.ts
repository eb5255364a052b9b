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

/** Sends the cookie alone: with an access token beside it, it is not taken. */
export const withoutToken = { withoutToken: true };

const auth = authExchange(async ({ appendHeaders, mutate }) => {
  /** Gets an access token by the cookie, or ends the session when that cannot be. */
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

  // Requests wait until it is known whether there is a session to go on with.
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
    // The request is then tried once more.
    didAuthError: (error) => needsRefresh(problemOf(error)),
    refreshAuth,
  };
});

/** Makes queries about the user ask again after a mutation. */
export const changesUser = { additionalTypenames: ['User'] };

/** Gives the data of an answer, or throws the error that came in its place. */
export function dataOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (data && !error) return data;
  throw error;
}
// endregion

// region session
let client = makeClient();

/** The client of this session. Another session has another one, with nothing in its cache. */
export const currentClient = () => client;

/** Goes on with the session of the cookie, if there is one. */
export function resume(): void {
  setSession({ status: 'starting' });
  client = makeClient();
}

/** Takes the access token of a sign-in. The refresh token came as a cookie. */
export function begin(token: string): void {
  setSession({ status: 'signed in', accessToken: token });
  tellTabs();
}

/** Forgets everything that belongs to the user. */
export function end(notice?: string): void {
  client = makeClient();
  setSession(notice ? { status: 'signed out', notice } : { status: 'signed out' });
}

onOtherTab(resume);
// endregion
