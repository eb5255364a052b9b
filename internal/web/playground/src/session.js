// The session of the page: the tokens of the last sign-in, in memory only. It
// ends with the page, or when the user forgets it.
import { Kind, parse } from 'graphql';
import { useSyncExternalStore } from 'react';

let session = null; // { email, accessToken, refreshToken, expiresAt }
const listeners = new Set();

function change(next) {
  session = next;
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The session, or null; a component that uses it follows its changes. */
export const useSession = () => useSyncExternalStore(subscribe, () => session);

/** Forgets the tokens. It does not end the session at the server: logout does. */
export const forget = () => change(null);

/**
 * Corrects the name of the operation. For a moment after a change of tabs, GraphiQL
 * still has that of the tab before.
 */
function named(request) {
  try {
    const operations = parse(request.query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const names = operations.map(({ name }) => name?.value);
    return names.includes(request.operationName) || names.length > 1 ? request : { ...request, operationName: names[0] };
  } catch {
    return request; // the server says what is wrong with the document
  }
}

/** Sends one GraphQL request with the access token, unless the header editor has its own. */
export async function send(request, { headers } = {}) {
  const all = new Headers(headers);
  all.set('Content-Type', 'application/json');
  all.set('Accept', 'application/graphql-response+json, application/json');
  if (session && !all.has('Authorization')) all.set('Authorization', `Bearer ${session.accessToken}`);
  const response = await fetch('graphql', { method: 'POST', headers: all, body: JSON.stringify(named(request)) });
  const result = await response.json();
  notice(request, result.data);
  return result;
}

/** Follows what any document did to the session, typed by hand or not. */
function notice(request, data) {
  const tokens = data?.signin ?? data?.refreshToken ?? data?.verifyAccount?.signin;
  if (typeof tokens?.accessToken === 'string') {
    change({
      email: request.variables?.input?.email ?? session?.email,
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken ?? session?.refreshToken,
      expiresAt: new Date(Date.now() + (tokens.expiresIn ?? 0) * 1000),
    });
  }
  if (data?.logout?.success) forget();
}
