import { useMutation } from 'urql';
import { changesUser, dataOf } from '../client';
import {
  CompletePasskeyRegistrationDocument,
  DeletePasskeyDocument,
  type MeQuery,
  StartPasskeyRegistrationDocument,
} from '../gql/graphql';
import { Card } from '../ui/Card';
import { Form } from '../ui/Form';
import { createPasskey, passkeysWork } from '../ui/passkeys';

/** Registers and deletes passkeys. */
export function Passkeys({ passkeys }: { passkeys: NonNullable<MeQuery['me']>['passkeys'] }) {
  const [, start] = useMutation(StartPasskeyRegistrationDocument);
  const [, complete] = useMutation(CompletePasskeyRegistrationDocument);
  const [, remove] = useMutation(DeletePasskeyDocument);

  // region passkey
  async function add() {
    const { startPasskeyRegistration } = dataOf(await start({}));
    const credential = await createPasskey(startPasskeyRegistration.options);
    dataOf(await complete({ input: { credential } }, changesUser));
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
                  dataOf(await remove({ input: { id } }, changesUser));
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
