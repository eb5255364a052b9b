import type { MeQuery } from '../gql/graphql';
import { Badge, Card } from '../ui/Card';

/** Shows who is signed in. */
export function Profile({ me }: { me: NonNullable<MeQuery['me']> }) {
  return (
    <Card title="Profile">
      <dl>
        <dt>Name</dt>
        <dd>{me.username}</dd>
        <dt>E-mail address</dt>
        <dd>
          {me.email} <Badge good={!!me.emailVerified}>{me.emailVerified ? 'Confirmed' : 'Not confirmed'}</Badge>
        </dd>
        <dt>Groups</dt>
        <dd>{me.groups?.length ? me.groups.map((group) => <Badge key={group}>{group}</Badge>) : 'None'}</dd>
        <dt>User id</dt>
        <dd>
          <code>{me.id}</code>
        </dd>
      </dl>
    </Card>
  );
}
