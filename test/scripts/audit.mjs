// Holds the API against the audit of the GraphQL over HTTP specification by its
// reference implementation: every MUST and every SHOULD.
//
//   node audit.mjs URL
//
// It prints one line for each rule. The test TestGraphQLOverHTTP starts it.
import { serverAudits } from '../clients/node_modules/graphql-http/lib/index.mjs';

for (const audit of serverAudits({ url: process.argv[2] })) {
  const { status, reason } = await audit.fn();
  console.log(`${status === 'ok' ? 'ok' : 'not ok'} - ${audit.id} ${audit.name}${reason ? ` -- ${reason}` : ''}`);
}
