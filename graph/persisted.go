package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/internal/apierr"
)

// Operations maps ids to documents. An id is usually the document's SHA-256 in
// hexadecimal.
type Operations map[string]string

// ParseOperations parses a list of operations as build tools write it: Apollo's
// manifest ({"format":"apollo-persisted-query-manifest","operations":[{"id":…,
// "body":…}]}), or one object from ids to documents, as GraphQL Code Generator
// and Relay write it. It returns an error for a list without operations.
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
			return nil, errors.New("the manifest's format is not apollo-persisted-query-manifest, version 1")
		}
		for _, operation := range manifest.Operations {
			operations[operation.ID] = operation.Body
		}
	} else if err := json.Unmarshal(text, &operations); err != nil {
		return nil, errors.New("neither a manifest of persisted queries nor an object from ids to documents")
	}
	if len(operations) == 0 {
		return nil, errors.New("the list has no operations, so nothing could run")
	}
	return operations, nil
}

// check validates the operations, so that one that does not fit the schema is
// found at start-up and not by a user.
func (o Operations) check(schema *ast.Schema) error {
	var failures []error
	for id, document := range o {
		if _, errs := gqlparser.LoadQueryWithRules(schema, document, validationRules()); len(errs) > 0 {
			failures = append(failures, fmt.Errorf("graph: the operation %q does not fit the schema: %w", id, errs))
		}
	}
	return errors.Join(failures...)
}

// operationList is a handler extension that executes the documents of a list and
// nothing else.
type operationList struct {
	byID   Operations
	byHash map[string]string // the documents by their SHA-256
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = operationList{}

func newOperationList(operations Operations) operationList {
	l := operationList{byID: operations, byHash: map[string]string{}}
	for _, document := range operations {
		l.byHash[hash(document)] = document
	}
	return l
}

// find returns the document with the id, or with the hash, whatever its id in the list.
func (l operationList) find(id string) (document string, ok bool) {
	for _, name := range []string{id, "sha256:" + id} {
		if document, ok := l.byID[name]; ok {
			return document, true
		}
	}
	document, ok = l.byHash[id]
	return document, ok
}

// ExtensionName implements [graphql.HandlerExtension].
func (operationList) ExtensionName() string { return "OperationList" }

// Validate implements [graphql.HandlerExtension].
func (operationList) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements [graphql.OperationParameterMutator].
func (l operationList) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	id, ok := persistedID(p.Extensions)
	switch {
	case !ok:
		return invalidPersistedQuery()
	case id == "":
		if _, ok := l.byHash[hash(p.Query)]; ok {
			return nil
		}
	default:
		if document, ok := l.find(id); ok && (p.Query == "" || p.Query == document) {
			p.Query = document
			return nil
		}
	}
	return refuse(apierr.New(apierr.PersistedQueryNotInList, "This operation is not in the server's list of allowed operations."))
}

func hash(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// cachedPersistedQueries limits how many automatically persisted documents are
// kept.
const cachedPersistedQueries = 1000

// persistedQueries is gqlgen's extension for Apollo's automatic persisted queries
// with our error codes.
// https://www.apollographql.com/docs/apollo-server/performance/apq
type persistedQueries struct {
	extension.AutomaticPersistedQuery
}

func newPersistedQueries() persistedQueries {
	return persistedQueries{extension.AutomaticPersistedQuery{
		Cache: smallDocuments[string]{lru.New[string](cachedPersistedQueries)},
	}}
}

// MutateOperationParameters implements [graphql.OperationParameterMutator].
func (q persistedQueries) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if _, ok := persistedID(p.Extensions); !ok {
		return invalidPersistedQuery()
	}
	err := q.AutomaticPersistedQuery.MutateOperationParameters(ctx, p)
	switch {
	case err == nil:
		return nil
	case err.Extensions["code"] == string(apierr.PersistedQueryNotFound):
		// Apollo's clients look for this text before they send the whole document.
		return refuse(apierr.New(apierr.PersistedQueryNotFound, "PersistedQueryNotFound"))
	default:
		return invalidPersistedQuery()
	}
}

// persistedID returns the id in extensions.persistedQuery, "" if there is no such
// member, and whether the member is well formed.
func persistedID(extensions map[string]any) (id string, ok bool) {
	member, given := extensions["persistedQuery"]
	if !given || member == nil {
		return "", true
	}
	query, _ := member.(map[string]any)
	id, _ = query["sha256Hash"].(string)
	return id, id != "" && query["version"] == int64(1)
}

func invalidPersistedQuery() *gqlerror.Error {
	return refuse(apierr.New(apierr.BadRequest,
		"extensions.persistedQuery needs version 1 and, as sha256Hash, the SHA-256 of the query; documentId is sha256: and that hash."))
}

// refuse returns the error of a whole request.
func refuse(e *apierr.Error) *gqlerror.Error {
	return &gqlerror.Error{Err: e, Message: e.Message}
}
