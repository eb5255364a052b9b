// Package httpserver serves the API: [NewHandler] defines all routes and the order
// of the middleware, [Serve] serves it over TCP with graceful shutdown, and
// [ServeLambda] as an AWS Lambda function.
package httpserver
