// The session of the page: the tokens of the last sign-in and the pending challenge,
// in memory only.
//
// With TOKEN_TRANSPORT=cookie the refresh token is in a cookie that the page cannot
// read, and the session survives a reload.
import { Kind, parse, valueFromASTUntyped } from 'graphql';
import { useSyncExternalStore } from 'react';

const fresh = { id: undefined, email: undefined, tokens: null, challenge: null, ended: '' };
let state = fresh; // tokens: { accessToken, refreshToken, cookie, expiresAt }
const listeners = new Set();

function change(next) {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Returns the session and re-renders when it changes. */
export const useSession = () => useSyncExternalStore(subscribe, () => state);

/** Returns the values that fill in examples. */
export function known() {
  const { id, email, tokens, challenge } = state;
  return { id, email, challenge, ...tokens };
}

/** Abandons an unfinished sign-in. */
export const abandon = () => change({ challenge: null });

/** Ends the session of the page (not on the server) and records why. */
function end(why = '') {
  rememberCookie(false);
  change({ ...fresh, email: state.email, ended: why });
}

// Only the fact that there is a cookie is stored, so that pages without one do not
// try to refresh when they load.
const mark = 'authgraph:cookie';

function rememberCookie(there) {
  if (there) window.localStorage.setItem(mark, 'refresh');
  else window.localStorage.removeItem(mark);
}

/** Resumes the session of the cookie, if there was one. */
export async function restore() {
  if (!window.localStorage.getItem(mark)) return;
  change({ tokens: { cookie: true } });
  if (!(await refresh())) change({ tokens: null }); // the cookie may still work once the server does
}

/** Sends a GraphQL request with the access token, unless the header editor has one. */
export async function send(request, { headers } = {}) {
  let result = await post(request, headers);
  const own = new Headers(headers).has('Authorization');
  if (!own && state.tokens && codesOf(result).includes('TOKEN_EXPIRED')) {
    if ((await refresh()) && isRepeatable(request, result)) result = await post(request, headers);
  }
  if (!own && state.tokens && codesOf(result).includes('TOKEN_REVOKED')) {
    end('The session was signed out. Sign in again.');
  }
  notice(request, result.data);
  return result;
}

async function post(request, headers) {
  const operation = operationOf(request);
  const all = new Headers(headers);
  all.set('Content-Type', 'application/json');
  all.set('Accept', 'application/graphql-response+json, application/json');
  if (state.tokens?.accessToken && !all.has('Authorization') && !takesCookie(operation, request.variables)) {
    all.set('Authorization', `Bearer ${state.tokens.accessToken}`);
  }
  // After a change of tabs, GraphiQL briefly has the operation name of the previous tab.
  const body = JSON.stringify({ ...request, operationName: operation?.name?.value ?? request.operationName });
  const response = await fetch('graphql', { method: 'POST', headers: all, body });
  return response.json();
}

/** Returns the operation that a request runs: the named one, or the only one. */
function operationOf({ query, operationName }) {
  try {
    const operations = parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const named = operations.find(({ name }) => name && name.value === operationName);
    return named ?? (operations.length === 1 ? operations[0] : undefined);
  } catch {
    return undefined; // the server reports what is wrong with the document
  }
}

/** Reports whether the request may use the cookie, which the server ignores next to an access token. */
function takesCookie(operation, variables) {
  return operation?.selectionSet.selections.some(({ name, arguments: args }) => {
    const input = args?.find(argument => argument.name.value === 'input');
    return name?.value === 'refreshToken' ||
      (name?.value === 'logout' && input && valueFromASTUntyped(input.value, variables)?.thisSession);
  });
}

const codesOf = ({ errors }) => (errors ?? []).map(({ extensions }) => extensions?.code);

/** Reports whether a request can be repeated: a query, or a mutation that did nothing. */
function isRepeatable(request, { data }) {
  return operationOf(request)?.operation === 'query' || Object.values(data ?? {}).every(value => value === null);
}

/** Updates the session with the result of any document. */
function notice({ variables }, data) {
  const begun = data?.signin ?? data?.startSignin ?? data?.respondToChallenge ?? data?.verifyAccount?.signin;
  const email = variables?.input?.email ?? state.email;
  if (begun?.accessToken) keep(begun, { cookie: begun.refreshToken === null }, email);
  else if (begun?.session) change({ challenge: begun, email, ended: '' });
  if (data?.refreshToken?.accessToken) keep(data.refreshToken, state.tokens, email);
  if (data?.logout?.success || data?.deleteAccount?.success) end();
}

/** Stores new tokens. Without a new refresh token, the previous one or the cookie stays valid. */
function keep({ accessToken, refreshToken, expiresIn = 0, user }, before, email) {
  const cookie = !refreshToken && before?.cookie === true;
  rememberCookie(cookie);
  change({
    id: user?.id ?? (before === state.tokens ? state.id : undefined),
    email: user?.email ?? email,
    challenge: null,
    ended: '',
    tokens: {
      accessToken,
      refreshToken: refreshToken ?? before?.refreshToken,
      cookie,
      expiresAt: new Date(Date.now() + expiresIn * 1000),
    },
  });
}

const renewed = '{ accessToken refreshToken expiresIn user { id email } }';

/** The documents that refresh and end a session. */
export const documents = {
  refresh: `mutation RefreshToken($input: RefreshTokenInput) { refreshToken(input: $input) ${renewed} }`,
  logout: 'mutation Logout($input: LogoutInput) { logout(input: $input) { success } }',
};

let refreshing = null;

/** Refreshes the tokens, once for concurrent callers. Reports whether it succeeded. */
function refresh() {
  refreshing ??= renew().finally(() => (refreshing = null));
  return refreshing;
}

async function renew() {
  const { cookie, refreshToken } = state.tokens;
  if (!cookie && !refreshToken) return false;
  const request = { query: documents.refresh, variables: { input: cookie ? undefined : { refreshToken } } };
  const result = await post(request);
  notice(request, result.data);
  if (result.data?.refreshToken) return true;
  if (isOver(result)) end('The session has ended. Sign in again.');
  return false;
}

/** Reports whether the session is over, as opposed to a temporary error. */
const isOver = ({ errors }) => errors?.some(({ extensions }) => extensions?.status === 401);

/** Signs out, here or everywhere, and returns the result. */
export async function signOut({ everywhere }) {
  const { cookie, refreshToken } = state.tokens;
  const input = everywhere ? undefined : cookie ? { thisSession: true } : { refreshToken };
  const result = await send({ query: documents.logout, variables: { input } });
  if (isOver(result)) end();
  return result;
}
