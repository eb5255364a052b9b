package app

import (
	"fmt"

	"github.com/spf13/cobra"

	"authgraph/graph"
	"authgraph/internal/config"
)

// schemaCommand is the command schema.
func (p *program) schemaCommand() *cobra.Command {
	var federated config.Switch
	c := &cobra.Command{
		Use:   string(config.Schema),
		Short: "Print the GraphQL schema",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := p.settings(c, config.Schema)
			if err != nil {
				return err
			}
			sdl := graph.SDL()
			if federated {
				sdl = subgraphSDL(settings)
			}
			_, err = fmt.Fprint(p.stdout, sdl)
			return err
		},
	}
	addSwitch(c.Flags(), &federated, "federated", "", "Print the schema of the subgraph that owns User, for composing a supergraph. Default: off. [FEDERATED]")
	return c
}

// federation returns the options for running as a subgraph.
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
