// Starts Authgraph, the subgraph of posts and the gateway.
//
// AUTHGRAPH names a binary to run instead of building the sources two folders above.
// ADDR, GATEWAY_PORT and POSTS_PORT say where the three listen.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { compose, startGateway } from './gateway.mjs';
import { sdl, startPosts } from './posts.mjs';

const here = import.meta.dirname;
const { AUTHGRAPH, ADDR = '127.0.0.1:8080', GATEWAY_PORT = '4000', POSTS_PORT = '4001' } = process.env;
const authgraph = `http://${ADDR}`;

function build() {
  const program = path.join(here, 'build/authgraph');
  execFileSync('go', ['build', '-o', program, '.'], { cwd: path.join(here, '../..'), stdio: 'inherit' });
  return program;
}

/** Waits until Authgraph accepts requests. */
async function ready(server) {
  for (;;) {
    if (server.exitCode !== null) process.exit(server.exitCode);
    const response = await fetch(`${authgraph}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const program = AUTHGRAPH ?? build();
const server = spawn(program, { cwd: here, stdio: 'inherit', env: { ...process.env, ADDR, TRUSTED_PROXIES: '127.0.0.0/8' } });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', code => process.exit(code ?? 1));
await ready(server);

const posts = await startPosts({ port: POSTS_PORT, authgraph });
const gateway = await startGateway({
  port: GATEWAY_PORT,
  supergraph: compose([
    { name: 'authgraph', url: `${authgraph}/graphql`, sdl: execFileSync(program, ['schema', '--federated'], { encoding: 'utf8' }) },
    { name: 'posts', url: posts.url, sdl },
  ]),
});
console.log(`The supergraph is at ${gateway.url}`);
