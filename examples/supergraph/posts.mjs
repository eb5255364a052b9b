// The subgraph of posts. It knows users by their id alone; who they are is Authgraph's
// to say.
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';

/** The schema of the subgraph. */
export const sdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

  "What can be asked of posts."
  type Query {
    "The newest posts."
    posts(
      "How many: 1 to 250."
      first: Int! = 20
    ): [Post!]!
  }

  "What changes posts."
  type Mutation {
    "Publishes a post of the user who is signed in."
    createPost(
      "The post."
      input: CreatePostInput!
    ): Post!
  }

  "A post to be published."
  input CreatePostInput {
    "What it is called."
    title: String!
  }

  "A post."
  type Post @key(fields: "id") {
    "Its id."
    id: ID!
    "What it is called."
    title: String!
    "Who wrote it."
    author: User!
  }

  "A user of Authgraph's, with what posts there are."
  type User @key(fields: "id") {
    "The user's id there."
    id: ID!
    "The user's posts, newest first."
    posts: [Post!]!
  }
`;

/**
 * Returns the id of the user who calls. Authgraph is asked, rather than the token
 * verified here, because it knows of sign-outs; the id costs no call to Cognito.
 */
async function callerOf(request, authgraph) {
  const response = await fetch(`${authgraph}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: request.headers.get('authorization') ?? '',
      'X-Request-Id': request.headers.get('x-request-id') ?? '',
    },
    body: JSON.stringify({ query: '{ me { id } }' }),
  });
  const { data, errors } = await response.json();
  if (!data?.me) throw new GraphQLError(errors[0].message, { extensions: errors[0].extensions });
  return data.me.id;
}

/** Serves the subgraph. The posts, newest first, are kept in memory: an application has a database. */
export async function startPosts({ port, authgraph, posts = [] }) {
  const resolvers = {
    Query: {
      posts: (_, { first }) => posts.slice(0, Math.min(Math.max(first, 1), 250)),
    },
    Mutation: {
      async createPost(_, { input: { title } }, { request }) {
        const author = { id: await callerOf(request, authgraph) };
        const post = { id: String(posts.length + 1), title, author };
        posts.unshift(post);
        return post;
      },
    },
    Post: {
      __resolveReference: ({ id }) => posts.find(post => post.id === id),
    },
    User: {
      posts: ({ id }) => posts.filter(({ author }) => author.id === id),
    },
  };
  const yoga = createYoga({ schema: buildSubgraphSchema({ typeDefs: parse(sdl), resolvers }), graphiql: false, landingPage: false });
  const server = createServer(yoga);
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/graphql`, server };
}
