package app

import (
	"fmt"
	"io"

	"authgraph/graph"
	"authgraph/internal/config"
)

// federation is how the settings have the API stand in a supergraph.
func federation(s *config.Settings) graph.Federation {
	f := graph.Federation{ReaderGroups: s.UserReaderGroups}
	if s.FederationSDL {
		f.SDL = subgraphSDL(s)
	}
	return f
}

func subgraphSDL(s *config.Settings) string {
	return graph.SubgraphSDL(graph.SubgraphOptions{
		AuthDirectives: s.FederationAuthDirectives, ServiceGroups: s.ServiceGroups, ServiceScopes: s.ServiceScopes,
	})
}

// printSchema is the command schema.
func printSchema(stdout io.Writer, s *config.Settings) error {
	sdl := graph.SDL()
	if s.PrintFederated {
		sdl = subgraphSDL(s)
	}
	_, err := fmt.Fprint(stdout, sdl)
	return err
}
