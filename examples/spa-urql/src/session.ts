import { useSyncExternalStore } from 'react';
import type { Problem } from './ui/texts';

/**
 * State of the session in this tab. The access token is kept only here, in memory. The refresh token is in a cookie
 * that scripts cannot read, so a reloaded page requests a new access token.
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
 * Runs one refresh at a time. Callers in this tab share it; other tabs wait, so that each tab sends the cookie that the
 * previous refresh set.
 */
export function refreshOnce(refresh: () => Promise<void>): Promise<void> {
  refreshing ??= navigator.locks.request('authgraph-refresh', refresh).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}
// endregion

/** Whether a new access token may help. A token is also revoked if another tab of this browser signed in again. */
export const needsRefresh = ({ code }: Problem): boolean => code === 'TOKEN_EXPIRED' || code === 'TOKEN_REVOKED';

// Codes of refreshToken that end the session. Other errors are temporary.
const final = new Set<Problem['code']>([
  'INVALID_TOKEN',
  'REFRESH_TOKEN_REUSED',
  'UNAUTHENTICATED',
  'USER_DISABLED',
  'USER_NOT_FOUND',
]);

export const isOver = ({ code }: Problem): boolean => final.has(code);

const tabs = new BroadcastChannel('authgraph-session');

/** Tells the other tabs that the cookie has changed or is gone. */
export const tellTabs = (): void => tabs.postMessage('changed');

export function onOtherTab(changed: () => void): void {
  tabs.onmessage = changed;
}
