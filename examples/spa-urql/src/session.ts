import { useSyncExternalStore } from 'react';
import type { Problem } from './ui/texts';

/**
 * What this tab knows of the session. The access token is nowhere but here, in memory; the refresh token is in a cookie
 * that no script can read, so that a page that is loaded anew asks for another access token.
 */
export type Session =
  | { status: 'starting' }
  | { status: 'unreachable'; problem: Problem }
  | { status: 'signed out'; notice?: string }
  | { status: 'signed in'; accessToken: string };

let session: Session = { status: 'starting' };
const listeners = new Set<() => void>();

export const getSession = (): Session => session;

export function setSession(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

export const useSession = (): Session =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, getSession);

export const accessToken = (): string | undefined => (session.status === 'signed in' ? session.accessToken : undefined);

// region turns
let refreshing: Promise<void> | undefined;

/**
 * Lets one refresh run at a time: callers in this tab share it, other tabs wait for their turn, so that each sends the
 * cookie that the one before was given.
 */
export function refreshOnce(refresh: () => Promise<void>): Promise<void> {
  refreshing ??= navigator.locks.request('authgraph-refresh', refresh).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}
// endregion

/** Whether another access token may help. One is revoked too when this browser has signed in anew in another tab. */
export const needsRefresh = ({ code }: Problem): boolean => code === 'TOKEN_EXPIRED' || code === 'TOKEN_REVOKED';

// What refreshToken says when the session cannot go on. Anything else may pass.
const final = new Set<Problem['code']>([
  'INVALID_TOKEN',
  'REFRESH_TOKEN_REUSED',
  'UNAUTHENTICATED',
  'USER_DISABLED',
  'USER_NOT_FOUND',
]);

export const isOver = ({ code }: Problem): boolean => final.has(code);

const tabs = new BroadcastChannel('authgraph-session');

/** Tells the other tabs that the cookie is another one or gone. */
export const tellTabs = (): void => tabs.postMessage('changed');

export function onOtherTab(changed: () => void): void {
  tabs.onmessage = changed;
}
