import { useMutation, useQuery } from '@apollo/client/react';
import { end } from '../client';
import { problemOf } from '../errors';
import { RevokeSessionDocument, SessionsDocument, SignOutDocument } from '../gql/graphql';
import { isOver, tellTabs } from '../session';
import { Card } from '../ui/Card';
import { Form } from '../ui/Form';
import { LinkButton } from '../ui/Screen';

/** Lists the sessions, and ends one of them, all others, or all. This one ends with its cookie alone. */
export function Sessions() {
  const { data, error, refetch } = useQuery(SessionsDocument, { fetchPolicy: 'cache-and-network' });
  const refresh = { refetchQueries: [SessionsDocument], awaitRefetchQueries: true };
  const [revoke] = useMutation(RevokeSessionDocument, refresh);
  const [signOutOthers] = useMutation(SignOutDocument, refresh);
  const [signOut] = useMutation(SignOutDocument);

  // region signout
  async function here() {
    try {
      await signOut({ variables: { input: { thisSession: true } }, context: { withoutToken: true } });
    } catch (error) {
      if (!isOver(problemOf(error))) throw error; // Without the cookie the session is already over.
    }
    tellTabs();
    await end('You are signed out.');
  }

  async function everywhere() {
    await signOut();
    tellTabs();
    await end('You are signed out everywhere.');
  }
  // endregion

  // region sessions
  async function endSession(id: string) {
    await revoke({ variables: { input: { id } } });
  }

  async function endOthers() {
    await signOutOthers({ variables: { input: { others: true } } });
  }
  // endregion

  const problem = error && problemOf(error);
  const sessions = data?.me?.sessions.nodes;
  return (
    <Card title="Sessions">
      <p>Sign out here if others use this browser, or everywhere if you lost a device.</p>
      {/* Pools need not track sessions. Without a list, the buttons still work. */}
      {problem && problem.code !== 'NOT_ENABLED' && (
        <p className="alert" role="alert">
          {problem.text} <LinkButton onClick={() => void refetch()}>Try again</LinkButton>
        </p>
      )}
      {!!sessions?.length && (
        <ul className="list" aria-label="Sessions">
          {sessions.map(({ id, current, device, ipAddress, location, lastActiveAt }) => (
            <li key={id}>
              <span>
                {device ?? 'Unknown device'}
                <small>
                  {current ? 'this device' : [location?.city, location?.country, ipAddress].filter(Boolean).join(', ')}, last
                  active <time dateTime={lastActiveAt}>{new Date(lastActiveAt).toLocaleString()}</time>
                </small>
              </span>
              {!current && (
                <Form
                  submit="End"
                  label={`End the session on ${device ?? 'an unknown device'}`}
                  onSubmit={() => endSession(id)}
                  look="secondary"
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        <Form submit="Sign out" onSubmit={here} look="secondary" />
        <Form submit="Sign out everywhere else" onSubmit={endOthers} look="secondary" />
        <Form submit="Sign out everywhere" onSubmit={everywhere} look="danger" />
      </div>
    </Card>
  );
}
