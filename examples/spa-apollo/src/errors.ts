import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { type Problem, passkeyRefusal, refusal, unreachable } from './ui/texts';

// region errors
/** Returns what to show for a thrown error. Errors of the API are mapped by their code. */
export function problemOf(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error) && error.errors[0]) return refusal(error.errors[0]);
  if (error instanceof DOMException) return passkeyRefusal(error);
  if (import.meta.env.DEV) console.error(error);
  return unreachable;
}
// endregion
