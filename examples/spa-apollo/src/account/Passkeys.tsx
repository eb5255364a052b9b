import { useMutation } from '@apollo/client/react';
import {
  CompletePasskeyRegistrationDocument,
  DeletePasskeyDocument,
  MeDocument,
  type MeQuery,
  StartPasskeyRegistrationDocument,
} from '../gql/graphql';
import { Card } from '../ui/Card';
import { Form } from '../ui/Form';
import { createPasskey, passkeysWork } from '../ui/passkeys';

/** Registers and deletes passkeys. */
export function Passkeys({ passkeys }: { passkeys: NonNullable<MeQuery['me']>['passkeys'] }) {
  const refresh = { refetchQueries: [MeDocument], awaitRefetchQueries: true };
  const [start] = useMutation(StartPasskeyRegistrationDocument);
  const [complete] = useMutation(CompletePasskeyRegistrationDocument, refresh);
  const [remove] = useMutation(DeletePasskeyDocument, refresh);

  // region passkey
  async function add() {
    const { data } = await start();
    if (!data) return;
    const credential = await createPasskey(data.startPasskeyRegistration.options);
    await complete({ variables: { input: { credential } } });
  }
  // endregion

  return (
    <Card title="Passkeys" state={String(passkeys?.length || 'None')} good={!!passkeys?.length}>
      <p>A passkey signs you in with your fingerprint, your face or your device's PIN.</p>
      {!!passkeys?.length && (
        <ul className="list" aria-label="Passkeys">
          {passkeys.map(({ id, name, createdAt }) => (
            <li key={id}>
              <span>
                {name ?? 'Passkey'}
                <small>
                  since <time dateTime={createdAt}>{new Date(createdAt).toLocaleDateString()}</time>
                </small>
              </span>
              <Form
                submit="Delete"
                label={`Delete ${name ?? 'passkey'}`}
                onSubmit={async () => {
                  await remove({ variables: { input: { id } } });
                }}
                look="secondary"
              />
            </li>
          ))}
        </ul>
      )}
      {passkeysWork && <Form submit="Add a passkey" onSubmit={add} look="secondary" />}
    </Card>
  );
}
