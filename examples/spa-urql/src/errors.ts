import { CombinedError } from 'urql';
import { type Problem, passkeyRefusal, refusal, unreachable } from './ui/texts';

// region errors
/** Returns what to show for a thrown error. Errors of the API are mapped by their code. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CombinedError) {
    const [first] = error.graphQLErrors;
    // If the refresh failed, its error is the networkError of the request that waited for it.
    return first ? refusal(first) : problemOf(error.networkError);
  }
  if (error instanceof DOMException) return passkeyRefusal(error);
  if (import.meta.env.DEV) console.error(error);
  return unreachable;
}
// endregion
