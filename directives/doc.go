// Package directives implements the directives of the schema: @auth, @constraint and
// @rateLimit.
//
// The policy itself stands in schema.graphqls and nowhere else, so that readers and
// tests see which fields are public.
package directives
