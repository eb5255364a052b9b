// Package directives is the policy that the schema shows: who may ask for a
// field (@auth) and what an input value must be like (@constraint).
//
// The functions here are what gqlgen calls where schema.graphqls puts a
// directive. Policy stands in the schema and nowhere else, so that a reader of
// it, and a test over it, sees every field that is open to all.
package directives
