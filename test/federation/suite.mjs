// Tests the subgraph with third-party composition tools and gateways.
//
//   node suite.mjs compositions API PLAIN AUTHENTICATED
//   node suite.mjs hive|apollo API POOL SDL
//
// API and POOL are the URLs of the program and its embedded pool. The others are files
// with the output of "authgraph schema --federated": PLAIN and SDL without, and
// AUTHENTICATED with --federation-auth-directives. The posts subgraph, The Guild's
// composition and Hive Gateway are those of examples/supergraph.
//
// Prints a line per check. Run by TestFederation.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { composeServices } from '@apollo/composition';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { parse } from 'graphql';
import { compose as composeByGuild, startGateway as startHive } from '../../examples/supergraph/gateway.mjs';
import { sdl as postsSdl, startPosts } from '../../examples/supergraph/posts.mjs';

/** Looks at one thing, and says how it went. */
async function check(name, look) {
  try {
    const found = await look();
    console.log(`ok - ${name}${found ? ` -- ${found}` : ''}`);
  } catch (error) {
    console.log(`not ok - ${name} -- ${`${error.stack ?? error}`.replaceAll('\n', ' | ')}`);
  }
}

async function post(url, query, variables, token) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

function composeByApollo(subgraphs) {
  const { errors, supergraphSdl } = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
  assert.equal(errors, undefined, `${errors}`);
  return supergraphSdl;
}

/** A neighbour that knows the names of its authors, and so saves a look-up. It has pages of its own. */
const commentsSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@provides", "@shareable"])
  type Query { comments: [Comment!]! commentPages: CommentConnection! }
  type CommentConnection { nodes: [Comment!]! pageInfo: PageInfo! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type Comment @key(fields: "id") { id: ID! author: User! @provides(fields: "username") }
  type User @key(fields: "id") { id: ID! username: String @external }`;

const compositions = { '@apollo/composition': composeByApollo, '@theguild/federation-composition': composeByGuild };

/** The two subgraphs, Authgraph's with the given schema. */
const subgraphs = (sdl, authgraph = 'http://authgraph', posts = 'http://posts') => [
  { name: 'authgraph', url: authgraph, sdl },
  { name: 'posts', url: posts, sdl: postsSdl },
];

async function runCompositions(api, plainFile, authenticatedFile) {
  const plain = await readFile(plainFile, 'utf8');
  const authenticated = await readFile(authenticatedFile, 'utf8');
  const { data } = await post(`${api}/graphql`, '{ _service { sdl } }');
  await check('_service serves what the command prints', () => assert.equal(data._service.sdl.trim(), plain.trim()));
  for (const [name, compose] of Object.entries(compositions)) {
    for (const [source, sdl] of Object.entries({ 'the command': plain, _service: data._service.sdl })) {
      await check(`${name} composes what ${source} gives`, () => {
        const user = parse(compose(subgraphs(sdl))).definitions.find(({ name }) => name?.value === 'User');
        const fields = user.fields.map(field => field.name.value);
        for (const field of ['email', 'posts']) assert(fields.includes(field), `User has no ${field}`);
        return `${parse(sdl).definitions.length} definitions`;
      });
    }
    await check(`${name} composes a neighbour that @provides a name`, () => {
      const neighbours = sdl => [
        { name: 'authgraph', url: 'http://authgraph', sdl },
        { name: 'comments', url: 'http://comments', sdl: commentsSdl },
      ];
      assert.match(compose(neighbours(plain)), /provides: "username"/);
      // The Guild's composition does not look whether the field may be shared.
      const unshared = neighbours(plain.replace('username: String @shareable', 'username: String'));
      if (compose === composeByApollo) assert.throws(() => compose(unshared), /shareable/);
      const unsharedPages = neighbours(plain.replace('type PageInfo @shareable', 'type PageInfo'));
      if (compose === composeByApollo) assert.throws(() => compose(unsharedPages), /PageInfo/);
    });
    await check(`${name} composes @authenticated and @requiresScopes`, () => {
      const supergraph = compose(subgraphs(authenticated));
      for (const directive of ['@authenticated', '@requiresScopes(']) assert(supergraph.includes(directive), directive);
    });
  }
}

const gateways = {
  async hive(urls) {
    return startHive({ port: 0, supergraph: composeByGuild(urls) });
  },
  async apollo(urls) {
    const gateway = new ApolloGateway({
      supergraphSdl: composeByApollo(urls),
      buildService: ({ url }) => new RemoteGraphQLDataSource({
        url,
        willSendRequest({ request, context }) {
          if (context.authorization) request.http.headers.set('authorization', context.authorization);
        },
      }),
    });
    const server = new ApolloServer({ gateway, includeStacktraceInErrorResponses: false });
    const { url } = await startStandaloneServer(server, {
      listen: { host: '127.0.0.1', port: 0 },
      context: async ({ req }) => ({ authorization: req.headers.authorization }),
    });
    return { url };
  },
};

async function runGateway(kind, api, pool, sdlFile) {
  const written = [];
  const posts = await startPosts({ port: 0, authgraph: api, posts: written });
  const gateway = await gateways[kind](subgraphs(await readFile(sdlFile, 'utf8'), `${api}/graphql`, posts.url));
  const ask = (query, variables, token) => post(gateway.url, query, variables, token);
  /** Puts posts of these authors into place of all others. */
  const publish = ids => written.splice(0, Infinity, ...ids.map((id, i) => ({ id: String(i), title: `Post ${i}`, author: { id } })));

  /** Counts what happens while something is asked: requests to Authgraph, and its calls to Cognito by operation. */
  async function counting(look) {
    const before = await counters();
    const answer = await look();
    const after = await counters();
    const requests = after.requests - before.requests;
    const operations = Object.fromEntries(
      Object.entries(after.calls).map(([name, n]) => [name, n - (before.calls[name] ?? 0)]).filter(([, n]) => n > 0));
    return { answer, requests, calls: operations };
  }

  async function counters() {
    const metrics = await (await fetch(`${api}/metrics`)).text();
    let requests = 0;
    const calls = {};
    for (const [, name, labels, value] of metrics.matchAll(/^(authgraph_\w+_total)\{([^}]*)\} (\S+)$/gm)) {
      if (name === 'authgraph_http_requests_total' && labels.includes('route="/graphql"')) requests += Number(value);
      const operation = /operation="(\w+)"/.exec(labels)?.[1];
      if (name === 'authgraph_cognito_calls_total') calls[operation] = (calls[operation] ?? 0) + Number(value);
    }
    return { requests, calls };
  }

  const password = 'Correct-Horse-1';
  async function signUp(username) {
    const email = `${username}@example.com`;
    const { data: { signup } } = await ask('mutation ($input: SignupInput!) { signup(input: $input) { userId } }', { input: { username, email, password, mode: 'user' } });
    const [{ code }] = await (await fetch(`${pool}/inbox?to=${email}`, { headers: { Accept: 'application/json' } })).json();
    await ask('mutation ($input: VerifyAccountInput!) { verifyAccount(input: $input) { status } }', { input: { email, confirmationCode: code } });
    const { data: { signin } } = await ask('mutation ($input: SigninInput!) { signin(input: $input) { ... on AuthTokens { accessToken } } }', { input: { email, password } });
    return { id: signup.userId, token: signin.accessToken };
  }

  let ada;
  let bob;
  await check('users sign up and in', async () => {
    ada = await signUp(`ada-${kind}`);
    bob = await signUp(`bob-${kind}`);
    assert(ada.token && bob.token);
  });

  await check('a post is the caller’s', async () => {
    const answer = await ask('mutation { createPost(input: {title: "Hello"}) { author { id username } } }', undefined, ada.token);
    assert.deepEqual(answer, { data: { createPost: { author: { id: ada.id, username: `ada-${kind}` } } } });
  });

  await check('me has a field of another subgraph', async () => {
    const answer = await ask('{ me { email posts { title } } }', undefined, ada.token);
    assert.deepEqual(answer, { data: { me: { email: `ada-${kind}@example.com`, posts: [{ title: 'Hello' }] } } });
  });

  await check('authors come in one batch', async () => {
    publish([ada.id, bob.id, ada.id, bob.id, bob.id]);
    const { answer, requests, calls } = await counting(() => ask('{ posts { author { username } } }', undefined, ada.token));
    assert.deepEqual(answer.data?.posts.map(({ author }) => author.username), ['ada', 'bob', 'ada', 'bob', 'bob'].map(name => `${name}-${kind}`));
    assert.equal(answer.errors, undefined);
    assert.equal(requests, 1);
    assert.equal(calls.AdminGetUser, 1, JSON.stringify(calls)); // bob, once; ada asks for herself
    return `5 references: ${requests} request, calls ${JSON.stringify(calls)}`;
  });

  await check('an author who is gone has no name', async () => {
    publish(['7c1e58c4-0000-4000-8000-000000000002']);
    const answer = await ask('{ posts { title author { id username } } }', undefined, ada.token);
    assert.deepEqual(answer, { data: { posts: [{ title: 'Post 0', author: { id: '7c1e58c4-0000-4000-8000-000000000002', username: null } }] } });
  });

  /** What is left of an error behind a gateway. */
  const essence = ({ path, extensions: { code, status, requestId } }) => ({ path: path?.join('.'), code, status, requestId: typeof requestId });

  await check('errors keep their extensions', async () => {
    const refused = await ask('mutation ($input: SigninInput!) { signin(input: $input) { __typename } }', { input: { email: `ada-${kind}@example.com`, password: 'Wrong-Horse-1' } });
    assert.deepEqual(refused.errors.map(essence), [{ path: 'signin', code: 'INVALID_CREDENTIALS', status: 401, requestId: 'string' }]);
    const malformed = await ask('mutation ($input: SigninInput!) { signin(input: $input) { __typename } }', { input: { email: 'no address', password } });
    assert.deepEqual(malformed.errors.map(essence), [{ path: 'signin', code: 'BAD_USER_INPUT', status: 400, requestId: 'string' }]);
    assert.equal(malformed.errors[0].extensions.field, 'input.email');
    const anonymous = await ask('{ me { id } }');
    assert.deepEqual(anonymous.errors.map(essence), [{ path: 'me', code: 'UNAUTHENTICATED', status: 401, requestId: 'string' }]);
    assert.deepEqual(anonymous.data, { me: null });
  });

  await check('references without a token are refused', async () => {
    publish([bob.id]);
    const answer = await ask('{ posts { title author { id username } } }');
    assert.deepEqual(answer.data, { posts: [{ title: 'Post 0', author: { id: bob.id, username: null } }] });
    assert.deepEqual(answer.errors.map(({ extensions: { code, status } }) => [code, status]), [['UNAUTHENTICATED', 401]]);
  });

  await check('private fields of others are FORBIDDEN', async () => {
    publish([bob.id, ada.id]);
    const answer = await ask('{ posts { author { username email } } }', undefined, ada.token);
    assert.deepEqual(answer.data.posts.map(({ author }) => author), [
      { username: `bob-${kind}`, email: null }, { username: `ada-${kind}`, email: `ada-${kind}@example.com` },
    ]);
    assert.deepEqual(answer.errors.map(({ extensions: { code, status } }) => [code, status]), [['FORBIDDEN', 403]]);
  });

  await check('100 references cost a call each, and none again', async () => {
    const ids = [];
    for (let i = 0; i < 100; i++) ids.push(await create(`author-${i}-${kind}@example.com`));
    publish(ids);
    const query = '{ posts(first: 100) { author { id username } } }';
    const first = await counting(() => ask(query, undefined, ada.token));
    assert.equal(first.answer.errors, undefined, JSON.stringify(first.answer.errors?.slice(0, 2)));
    assert.deepEqual(first.answer.data.posts.map(({ author }) => author.id), ids);
    assert(first.answer.data.posts.every(({ author }) => author.username.startsWith('Author')));
    assert.equal(first.requests, 1);
    assert.deepEqual(first.calls, { AdminGetUser: 100 });
    const again = await counting(() => ask(query, undefined, ada.token));
    assert.deepEqual(again.answer, first.answer);
    assert.deepEqual(again.calls, {});
    return `calls ${JSON.stringify(first.calls)}, again ${JSON.stringify(again.calls)}`;
  });

  /** Makes a user as an administrator does, and returns the id. */
  async function create(email) {
    const response = await fetch(pool, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'AWSCognitoIdentityProviderService.AdminCreateUser' },
      body: JSON.stringify({
        UserPoolId: process.env.POOL_ID, Username: email, MessageAction: 'SUPPRESS',
        UserAttributes: [{ Name: 'email', Value: email }, { Name: 'preferred_username', Value: `Author ${email}` }],
      }),
    });
    const { User } = await response.json();
    return User.Attributes.find(({ Name }) => Name === 'sub').Value;
  }
}

const [what, ...args] = process.argv.slice(2);
await (what === 'compositions' ? runCompositions(...args) : runGateway(what, ...args));
process.exit(); // gateways and servers that still run
