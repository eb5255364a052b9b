// Serves the query `me` with Apollo Server and aws-jwt-verify.
//
//   node server.mjs HOST:PORT ISSUER CLIENT_ID JWKS_FILE
import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { JwtRsaVerifier } from 'aws-jwt-verify'

const [addr, issuer, clientId, jwksFile] = process.argv.slice(2)
const [host, port] = addr.split(':')
const verifier = JwtRsaVerifier.create({ issuer, audience: null })
verifier.cacheJwks(JSON.parse(readFileSync(jwksFile, 'utf8')))

const server = new ApolloServer({
  typeDefs: `
    type Query { me: User }
    type User { id: ID! groups: [String!]! }`,
  resolvers: {
    Query: {
      me(_, __, { claims }) {
        if (claims?.token_use !== 'access' || claims.client_id !== clientId) throw new Error('unauthenticated')
        return { id: claims.sub, groups: claims['cognito:groups'] ?? [] }
      },
    },
  },
})

await startStandaloneServer(server, {
  listen: { host, port: Number(port) },
  context: async ({ req }) => {
    const token = req.headers.authorization?.replace('Bearer ', '')
    return { claims: token && (await verifier.verify(token).catch(() => undefined)) }
  },
})
