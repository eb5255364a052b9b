package middleware

import (
	"encoding/json"
	"net/http"

	"authgraph/internal/reqctx"
)

// errorBody has the form in which GraphQL clients read errors.
type errorBody struct {
	Errors []errorEntry `json:"errors"`
}

type errorEntry struct {
	Message    string          `json:"message"`
	Extensions errorExtensions `json:"extensions"`
}

type errorExtensions struct {
	Code      string `json:"code"`
	Status    int    `json:"status"`
	RequestID string `json:"requestId,omitempty"`
}

// WriteError sends an error response. The code is a value of the schema's enum
// ErrorCode.
func WriteError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	WriteJSON(w, status, errorBody{[]errorEntry{{
		Message:    message,
		Extensions: errorExtensions{Code: code, Status: status, RequestID: reqctx.FromContext(r.Context()).ID},
	}}})
}

// WriteJSON sends value as JSON.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// If the write fails, the client is gone.
	_ = json.NewEncoder(w).Encode(value)
}
