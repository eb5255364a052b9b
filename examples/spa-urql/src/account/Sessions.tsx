import { useMutation } from 'urql';
import { dataOf, end, withoutToken } from '../client';
import { problemOf } from '../errors';
import { SignOutDocument } from '../gql/graphql';
import { isOver, tellTabs } from '../session';
import { Card } from '../ui/Card';
import { Form } from '../ui/Form';

/** Ends sessions: this one, which needs only its cookie, or all of them. */
export function Sessions() {
  const [, signOut] = useMutation(SignOutDocument);

  // region signout
  async function here() {
    const { error } = await signOut({ input: { thisSession: true } }, withoutToken);
    if (error && !isOver(problemOf(error))) throw error; // Without the cookie there is no session any more.
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
      <p>Sign out here when others use this browser too, and everywhere when a device is lost.</p>
      <div className="row">
        <Form submit="Sign out" onSubmit={here} look="secondary" />
        <Form submit="Sign out everywhere" onSubmit={everywhere} look="danger" />
      </div>
    </Card>
  );
}
