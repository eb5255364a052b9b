import { useQuery } from '@apollo/client/react';
import { problemOf } from '../errors';
import { MeDocument } from '../gql/graphql';
import { Heading, LinkButton, Waiting } from '../ui/Screen';
import { Passkeys } from './Passkeys';
import { Profile } from './Profile';
import { SecondFactors } from './SecondFactors';
import { Sessions } from './Sessions';

/** The account page. */
export function Account() {
  // region me
  const { data, error, refetch } = useQuery(MeDocument);
  // endregion
  const me = data?.me;
  return (
    <main className="account">
      {error && (
        <p className="alert" role="alert">
          {problemOf(error).text} <LinkButton onClick={() => void refetch()}>Try again</LinkButton>
        </p>
      )}
      {me && (
        <>
          <Heading>{`Hello, ${me.username ?? me.email ?? 'you'}`}</Heading>
          <Profile me={me} />
          <SecondFactors mfa={me.mfa} />
          <Passkeys passkeys={me.passkeys} />
        </>
      )}
      {!me && !error && <Waiting />}
      <Sessions />
    </main>
  );
}
