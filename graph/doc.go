// Package graph serves the GraphQL API: resolvers, limits on documents, and the
// conversion of errors to what a client sees.
//
// [NewHandler] returns the http.Handler of /graphql. gqlgen generates the
// executable schema into graph/generated, and input types that are not bound to
// a type of package cognito into graph/model; neither is edited by hand.
//
// # Request flow
//
// Package transport parses the HTTP request. gqlgen's server looks the document up
// (persisted.go), parses it under a token limit, validates it, and checks its size
// (limits.go). Then gqlgen calls the directives and the resolvers. errors.go
// presents the errors of all steps.
package graph
