import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import { begin } from '../client';
import { type ChallengeAnswer, RespondToChallengeDocument, type SigninStepFragment } from '../gql/graphql';
import { type Challenge, ChallengeScreen } from '../ui/Challenge';
import { ForgottenPassword } from './ForgottenPassword';
import { SignIn } from './SignIn';
import { SignUp } from './SignUp';
import { VerifyAccount } from './VerifyAccount';

/** The current screen, with the last typed address and an optional message. */
export type Place = {
  name: 'sign in' | 'sign up' | 'verify' | 'forgotten password';
  email?: string | undefined;
  notice?: string | undefined;
};

/** Props of every screen: itself, navigation, and what to do with the result of a sign-in step. */
export type PlaceProps = {
  place: Place;
  go: (place: Place) => void;
  proceed: (step: SigninStepFragment, email: string) => void;
};

/** The screens before sign-in. */
export function SignedOut({ notice }: { notice?: string | undefined }) {
  const [place, go] = useState<Place>({ name: 'sign in', notice });
  const [challenge, setChallenge] = useState<Challenge>();
  const [respond] = useMutation(RespondToChallengeDocument);

  // region steps
  // Every step of a sign-in returns either tokens or the next challenge.
  function proceed(step: SigninStepFragment, email = place.email) {
    if (step.__typename === 'AuthTokens') return begin(step.accessToken);
    setChallenge(step);
    go({ name: 'sign in', email });
  }

  async function respondTo(session: string, answer: ChallengeAnswer) {
    const { data } = await respond({ variables: { input: { session, answer } } });
    if (data) proceed(data.respondToChallenge);
  }
  // endregion

  if (challenge)
    return <ChallengeScreen step={challenge} respond={respondTo} restart={() => setChallenge(undefined)} />;
  const props = { place, go, proceed };
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
