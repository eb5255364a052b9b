import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { begin, dataOf } from '../client';
import { problemOf } from '../errors';
import {
  type ChallengeAnswer,
  RespondToChallengeDocument,
  type SigninName,
  SigninOptionsDocument,
  type SigninStepFragment,
} from '../gql/graphql';
import { type Challenge, ChallengeScreen } from '../ui/Challenge';
import { Form } from '../ui/Form';
import { Screen, Waiting } from '../ui/Screen';
import { ForgottenPassword } from './ForgottenPassword';
import { SignIn } from './SignIn';
import { SignUp } from './SignUp';
import { VerifyAccount } from './VerifyAccount';

/** The current screen, with the last typed name of an account and an optional message. */
export type Place = {
  name: 'sign in' | 'sign up' | 'verify' | 'forgotten password';
  account?: string | undefined;
  notice?: string | undefined;
};

/** Props of every screen: itself, what users sign in with, navigation, and what to do with the result of a step. */
export type PlaceProps = {
  place: Place;
  names: SigninName[];
  go: (place: Place) => void;
  proceed: (step: SigninStepFragment, account: string) => void;
};

/** The screens before sign-in. */
export function SignedOut({ notice }: { notice?: string | undefined }) {
  const [place, go] = useState<Place>({ name: 'sign in', notice });
  const [challenge, setChallenge] = useState<Challenge>();
  const [{ data: options, error }, refetch] = useQuery({ query: SigninOptionsDocument });
  const [, respond] = useMutation(RespondToChallengeDocument);

  // region steps
  // Every step of a sign-in returns either tokens or the next challenge.
  function proceed(step: SigninStepFragment, account = place.account) {
    if (step.__typename === 'AuthTokens') return begin(step.accessToken);
    setChallenge(step);
    go({ name: 'sign in', account });
  }

  async function respondTo(session: string, answer: ChallengeAnswer) {
    const { respondToChallenge } = dataOf(await respond({ input: { session, answer } }));
    proceed(respondToChallenge);
  }
  // endregion

  if (challenge)
    return <ChallengeScreen step={challenge} respond={respondTo} restart={() => setChallenge(undefined)} />;
  if (!options && error)
    return (
      <Screen title="No connection" lead={problemOf(error).text}>
        <Form submit="Try again" onSubmit={async () => void refetch({ requestPolicy: 'network-only' })} />
      </Screen>
    );
  if (!options) return <Waiting />;
  const props = { place, names: options.signinOptions.names, go, proceed };
  switch (place.name) {
    case 'sign in':
      return <SignIn {...props} />;
    case 'sign up':
      return <SignUp {...props} />;
    case 'verify':
      return <VerifyAccount {...props} />;
    case 'forgotten password':
      return <ForgottenPassword {...props} />;
  }
}
