import { Account } from './account/Account';
import { resume } from './client';
import { useSession } from './session';
import { SignedOut } from './signin/SignedOut';
import { Form } from './ui/Form';
import { Brand, Screen, Waiting } from './ui/Screen';

/** Shows the screens for the current session. */
export function App() {
  return (
    <>
      <Brand />
      <Content />
    </>
  );
}

function Content() {
  const session = useSession();
  switch (session.status) {
    case 'starting':
      return <Waiting />;
    case 'unreachable':
      return (
        <Screen title="No connection" lead={session.problem.text}>
          <Form submit="Try again" onSubmit={async () => resume()} />
        </Screen>
      );
    case 'signed out':
      return <SignedOut notice={session.notice} />;
    case 'signed in':
      return <Account />;
  }
}
