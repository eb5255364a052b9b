// Command standin is a stand-in for Amazon Cognito: it answers what the comparison
// calls with fixed texts, after a time that can be set, and counts.
//
//	standin -addr 127.0.0.1:0 -jwks FILE -session FILE
//
// It prints the address that it listens on. PUT /latency sets how long an answer
// takes; GET /counts tells how many connections were opened and which calls came.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// counts is what came so far.
type counts struct {
	Connections, InitiateAuth, GetTokensFromRefreshToken, GetUser, Others atomic.Int64
}

func (c *counts) byOperation(operation string) *atomic.Int64 {
	switch operation {
	case "InitiateAuth":
		return &c.InitiateAuth
	case "GetTokensFromRefreshToken":
		return &c.GetTokensFromRefreshToken
	case "GetUser":
		return &c.GetUser
	default:
		return &c.Others
	}
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	jwksFile := flag.String("jwks", "", "the file with the pool's keys")
	sessionFile := flag.String("session", "", "the file with the answer that brings tokens")
	flag.Parse()
	jwks, err1 := os.ReadFile(*jwksFile)
	session, err2 := os.ReadFile(*sessionFile)
	if err1 != nil || err2 != nil {
		log.Fatal(err1, err2)
	}
	user := []byte(`{"Username":"ada","UserAttributes":[{"Name":"sub","Value":"ada"},{"Name":"email","Value":"ada@example.com"},{"Name":"email_verified","Value":"true"}]}`)

	var seen counts
	var latency atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		seen.byOperation(operation).Add(1)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if d := time.Duration(latency.Load()); d > 0 {
			time.Sleep(d)
		}
		switch operation {
		case "InitiateAuth", "GetTokensFromRefreshToken":
			answer(w, session)
		case "GetUser":
			answer(w, user)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"InvalidParameterException","message":"The stand-in does not know this."}`)
		}
	})
	mux.HandleFunc("GET /{pool}/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) { answer(w, jwks) })
	mux.HandleFunc("PUT /latency", func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		d, err := time.ParseDuration(string(text))
		if err != nil {
			log.Fatal(err)
		}
		latency.Store(int64(d))
	})
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]int64{
			"connections":               seen.Connections.Load(),
			"InitiateAuth":              seen.InitiateAuth.Load(),
			"GetTokensFromRefreshToken": seen.GetTokensFromRefreshToken.Load(),
			"GetUser":                   seen.GetUser.Load(),
			"others":                    seen.Others.Load(),
		})
	})

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: mux, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			seen.Connections.Add(1)
		}
	}}
	log.Fatal(server.Serve(listener))
}

func answer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
