package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"authgraph/internal/apierr"
)

// Operations are documents by their ids: usually the SHA-256 of the text, in
// hexadecimal.
type Operations map[string]string

// ParseOperations reads a list of operations as build tools write it: Apollo's
// manifest ({"format":"apollo-persisted-query-manifest","operations":[{"id":…,
// "body":…}]}), or one object from ids to documents, as GraphQL Code Generator
// and Relay have it.
func ParseOperations(text []byte) (Operations, error) {
	var manifest struct {
		Format     string `json:"format"`
		Version    int    `json:"version"`
		Operations []struct {
			ID   string `json:"id"`
			Body string `json:"body"`
		} `json:"operations"`
	}
	operations := Operations{}
	if json.Unmarshal(text, &manifest) == nil && manifest.Format != "" {
		if manifest.Format != "apollo-persisted-query-manifest" || manifest.Version != 1 {
			return nil, fmt.Errorf("the manifest's format is not apollo-persisted-query-manifest, version 1")
		}
		for _, operation := range manifest.Operations {
			operations[operation.ID] = operation.Body
		}
	} else if err := json.Unmarshal(text, &operations); err != nil {
		return nil, errors.New("it is neither a manifest of persisted queries nor an object from ids to documents")
	}
	if len(operations) == 0 {
		return nil, errors.New("it has no operations: none at all could be run")
	}
	return operations, nil
}

// check holds the operations against the schema: one that does not fit is better
// found at the start than by a user.
func (o Operations) check(schema *ast.Schema) error {
	var faults []error
	for id, document := range o {
		if _, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules()); len(errs) > 0 {
			faults = append(faults, fmt.Errorf("graph: the operation %q does not fit the schema: %w", id, errs))
		}
	}
	return errors.Join(faults...)
}

// cachedPersistedQueries bounds how many documents are remembered for clients
// that send their hashes.
const cachedPersistedQueries = 1000

// persistedDocuments finds the document of a request that only names it. It is one of two
// things: the automatic persisted queries of Apollo's clients, which any client
// can add to, or a list made beforehand, beside which nothing runs.
type persistedDocuments struct {
	listed     Operations            // nil: any document runs
	hashes     map[string]bool       // of the listed documents' texts
	remembered graphql.Cache[string] // by hash
}

func newPersistedDocuments(listed Operations) persistedDocuments {
	d := persistedDocuments{listed: listed, hashes: map[string]bool{}, remembered: lru.New[string](cachedPersistedQueries)}
	for _, document := range listed {
		d.hashes[hash(document)] = true
	}
	return d
}

// find sets the document's text where it is not given, or refuses one.
func (d *persistedDocuments) find(ctx context.Context, p *graphql.RawParams) *apierr.Error {
	id, named, err := persistedID(p.Extensions)
	switch {
	case err != nil:
		return err
	case d.listed != nil:
		return d.fromList(p, id, named)
	case named:
		return d.automatic(ctx, p, id)
	default:
		return nil
	}
}

func (d *persistedDocuments) fromList(p *graphql.RawParams, id string, named bool) *apierr.Error {
	listed, known := d.listed[id]
	switch {
	case named && known && (p.Query == "" || p.Query == listed):
		p.Query = listed
		return nil
	case !named && d.hashes[hash(p.Query)]:
		return nil
	default:
		return apierr.New(apierr.PersistedQueryNotInList, "This server runs only the operations of a list, and this is none of them.")
	}
}

func (d *persistedDocuments) automatic(ctx context.Context, p *graphql.RawParams, id string) *apierr.Error {
	if p.Query == "" {
		document, ok := d.remembered.Get(ctx, id)
		if !ok {
			// The text is part of a protocol: Apollo's clients look for it and send
			// the whole document then.
			return apierr.New(apierr.PersistedQueryNotFound, "PersistedQueryNotFound")
		}
		p.Query = document
		return nil
	}
	if hash(p.Query) != id {
		return apierr.New(apierr.BadRequest, "sha256Hash is not the hash of the query.")
	}
	if len(p.Query) <= maxCachedDocumentBytes {
		d.remembered.Add(ctx, id, p.Query)
	}
	return nil
}

func hash(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// persistedID reads the member persistedQuery of a request's extensions.
// https://www.apollographql.com/docs/apollo-server/performance/apq
func persistedID(extensions map[string]any) (id string, given bool, refusal *apierr.Error) {
	value, given := extensions["persistedQuery"]
	if !given || value == nil {
		return "", false, nil
	}
	member, _ := value.(map[string]any)
	id, _ = member["sha256Hash"].(string)
	if version, _ := member["version"].(float64); version != 1 || id == "" || len(id) > 128 {
		return "", false, apierr.New(apierr.BadRequest, "extensions.persistedQuery needs version 1 and sha256Hash.")
	}
	return id, true, nil
}
