// The subgraph of posts. It knows users only by their id; Authgraph owns everything else
// about them.
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';

/** The schema of the subgraph. */
export const sdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

  "Queries about posts."
  type Query {
    "The newest posts."
    posts(
      "Number of posts, 1 to 250."
      first: Int! = 20
    ): [Post!]!
  }

  "Mutations of posts."
  type Mutation {
    "Publishes a post as the signed-in user."
    createPost(
      "The post."
      input: CreatePostInput!
    ): Post!
  }

  "Input of createPost."
  input CreatePostInput {
    "Title of the post."
    title: String!
  }

  "A post."
  type Post @key(fields: "id") {
    "Id of the post."
    id: ID!
    "Title of the post."
    title: String!
    "Author of the post."
    author: User!
  }

  "A user of Authgraph, with posts."
  type User @key(fields: "id") {
    "Id of the user in Authgraph."
    id: ID!
    "The user's posts, newest first."
    posts: [Post!]!
  }
`;

/**
 * Returns the id of the caller. It asks Authgraph instead of verifying the token here,
 * because Authgraph knows about sign-outs. The id costs no call to Cognito.
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

/** Serves the subgraph. Posts are kept in memory, newest first; a real app would use a database. */
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
