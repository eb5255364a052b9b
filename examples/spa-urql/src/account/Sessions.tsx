import { useMutation } from 'urql';
import { dataOf, end, withoutToken } from '../client';
import { problemOf } from '../errors';
import { SignOutDocument } from '../gql/graphql';
import { isOver, tellTabs } from '../session';
import { Card } from '../ui/Card';
import { Form } from '../ui/Form';

/** Ends this session, which needs only its cookie, or all sessions. */
export function Sessions() {
  const [, signOut] = useMutation(SignOutDocument);

  // region signout
  async function here() {
    const { error } = await signOut({ input: { thisSession: true } }, withoutToken);
    if (error && !isOver(problemOf(error))) throw error; // Without the cookie the session is already over.
    tellTabs();
    end('You are signed out.');
  }

  async function everywhere() {
    dataOf(await signOut({}));
    tellTabs();
    end('You are signed out everywhere.');
  }
  // endregion

  return (
    <Card title="Sessions">
      <p>Sign out here if others use this browser, or everywhere if you lost a device.</p>
      <div className="row">
        <Form submit="Sign out" onSubmit={here} look="secondary" />
        <Form submit="Sign out everywhere" onSubmit={everywhere} look="danger" />
      </div>
    </Card>
  );
}
