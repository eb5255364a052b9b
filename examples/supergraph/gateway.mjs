// The gateway: composes the subgraphs to a supergraph and serves it.
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

/** Composes subgraphs, each { name, url, sdl }, to the schema of a supergraph. */
export function compose(subgraphs) {
  const { errors, supergraphSdl } = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
  if (errors?.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

/** What Authgraph has to know of a request: whose it is, and where it comes from. */
function headersOf({ request, context }) {
  return {
    authorization: request.headers.get('authorization'),
    // Authgraph counts guesses by address. It takes this from the proxies in TRUSTED_PROXIES only.
    'x-forwarded-for': context.req?.socket.remoteAddress,
    'x-request-id': request.headers.get('x-request-id'),
  };
}

/** Serves a supergraph. */
export async function startGateway({ port, supergraph }) {
  const gateway = createGatewayRuntime({
    supergraph,
    propagateHeaders: { fromClientToSubgraphs: headersOf },
    // An error keeps the code that Authgraph gave it.
    subgraphErrors: { errorCode: false, subgraphNameProp: false },
    graphiql: false,
    landingPage: false,
    logging: 'warn',
  });
  const server = createServer(gateway);
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/graphql`, server };
}
