// The gateway: composes the subgraphs into a supergraph and serves it.
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

/** Composes subgraphs, each { name, url, sdl }, into the schema of a supergraph. */
export function compose(subgraphs) {
  const { errors, supergraphSdl } = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
  if (errors?.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

/** Headers that Authgraph needs: the access token and the client's address. */
function headersOf({ request, context }) {
  return {
    authorization: request.headers.get('authorization'),
    // Authgraph counts attempts by address. It accepts this header only from TRUSTED_PROXIES.
    'x-forwarded-for': context.req?.socket.remoteAddress,
    'x-request-id': request.headers.get('x-request-id'),
  };
}

/** Serves a supergraph. */
export async function startGateway({ port, supergraph }) {
  const gateway = createGatewayRuntime({
    supergraph,
    propagateHeaders: { fromClientToSubgraphs: headersOf },
    // Errors keep Authgraph's codes.
    subgraphErrors: { errorCode: false, subgraphNameProp: false },
    graphiql: false,
    landingPage: false,
    logging: 'warn',
  });
  const server = createServer(gateway);
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/graphql`, server };
}
