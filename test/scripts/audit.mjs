// Runs the reference implementation's audit of the GraphQL over HTTP specification:
// every MUST and every SHOULD.
//
//   node audit.mjs URL
//
// Prints a line per rule. Run by TestGraphQLOverHTTP.
import { serverAudits } from '../clients/node_modules/graphql-http/lib/index.mjs';

for (const audit of serverAudits({ url: process.argv[2] })) {
  const { status, reason } = await audit.fn();
  console.log(`${status === 'ok' ? 'ok' : 'not ok'} - ${audit.id} ${audit.name}${reason ? ` -- ${reason}` : ''}`);
}
