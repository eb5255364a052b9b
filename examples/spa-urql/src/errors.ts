import { CombinedError } from 'urql';
import { type Problem, passkeyRefusal, refusal, unreachable } from './ui/texts';

// region errors
/** What to show for anything that was thrown: the API's own code decides. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CombinedError) {
    const [first] = error.graphQLErrors;
    // A request that waited for a refresh in vain has that one's error as its networkError.
    return first ? refusal(first) : problemOf(error.networkError);
  }
  if (error instanceof DOMException) return passkeyRefusal(error);
  if (import.meta.env.DEV) console.error(error);
  return unreachable;
}
// endregion
