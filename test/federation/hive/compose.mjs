// Composes a supergraph from stdin, a JSON list of {name, url, sdl}.
import { json } from 'node:stream/consumers';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

const subgraphs = await json(process.stdin);
const { supergraphSdl, errors } = composeServices(
  subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
);
if (errors?.length) {
  throw new Error(errors.map(error => error.message).join('\n'));
}
process.stdout.write(supergraphSdl);
