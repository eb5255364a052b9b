// Command naive builds the API the usual way: gqlgen's template, tokens parsed and
// verified by jwx with its cached key set, the AWS SDK with its defaults.
//
//	naive -addr 127.0.0.1:8082 -endpoint URL -issuer URL -client ID
package main

import (
	"context"
	"flag"
	"log"
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/99designs/gqlgen/graphql/playground"
	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph.bench/naive/graph"
)

//go:generate go tool gqlgen generate

func main() {
	addr := flag.String("addr", "127.0.0.1:8082", "listen address")
	endpoint := flag.String("endpoint", "", "URL of the Cognito user pools API")
	issuer := flag.String("issuer", "", "issuer of the tokens")
	clientID := flag.String("client", "", "app client id")
	flag.Parse()

	keys := *issuer + "/.well-known/jwks.json"
	cache := jwk.NewCache(context.Background())
	if err := cache.Register(keys); err != nil {
		log.Fatal(err)
	}
	if _, err := cache.Refresh(context.Background(), keys); err != nil {
		log.Fatal(err)
	}
	resolver := &graph.Resolver{
		ClientID: *clientID,
		Cognito: cognito.New(cognito.Options{
			Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, BaseEndpoint: endpoint,
		}),
	}
	server := handler.New(graph.NewExecutableSchema(graph.Config{
		Resolvers: resolver, Directives: graph.DirectiveRoot{Auth: resolver.Auth},
	}))
	server.AddTransport(transport.Options{})
	server.AddTransport(transport.GET{})
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	server.Use(extension.Introspection{})
	server.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](100)})

	http.Handle("/", playground.Handler("GraphQL playground", "/graphql"))
	http.Handle("/graphql", authenticate(server, jwk.NewCachedSet(cache, keys), *issuer))
	log.Fatal(http.ListenAndServe(*addr, nil))
}

// authenticate verifies the bearer token, if the request has one.
func authenticate(next http.Handler, keys jwk.Set, issuer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			token, err := jwt.ParseRequest(r, jwt.WithKeySet(keys), jwt.WithIssuer(issuer))
			r = r.WithContext(graph.WithToken(r.Context(), token, err))
		}
		next.ServeHTTP(w, r)
	})
}
