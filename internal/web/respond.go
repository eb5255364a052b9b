package web

import (
	"encoding/json"
	"net/http"

	"authgraph/internal/reqctx"
)

// refusal is a response of the edge itself, in the form that GraphQL clients
// read errors in.
type refusal struct {
	Errors []refusalError `json:"errors"`
}

type refusalError struct {
	Message    string            `json:"message"`
	Extensions refusalExtensions `json:"extensions"`
}

type refusalExtensions struct {
	Code      string `json:"code"`
	Status    int    `json:"status"`
	RequestID string `json:"requestId,omitempty"`
}

// refuse answers with an error. The code is one of the schema's enum ErrorCode.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	respond(w, status, refusal{[]refusalError{{
		Message:    message,
		Extensions: refusalExtensions{Code: code, Status: status, RequestID: reqctx.FromContext(r.Context()).ID},
	}}})
}

// respond answers with a value as JSON.
func respond(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// An error here is a client that went away: nobody is left to tell.
	_ = json.NewEncoder(w).Encode(value)
}
