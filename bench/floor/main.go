// Command floor serves what nothing that is served by net/http can do better than:
// a constant answer, or a constant answer after one RS256 verification.
//
//	floor -addr 127.0.0.1:0 -answer FILE [-jwks FILE]
//
// It prints the address that it listens on.
package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	answerFile := flag.String("answer", "", "the file with the answer")
	jwksFile := flag.String("jwks", "", "the file with the key; without it nothing is verified")
	flag.Parse()
	answer, err := os.ReadFile(*answerFile)
	if err != nil {
		log.Fatal(err)
	}
	var key *rsa.PublicKey
	if *jwksFile != "" {
		if key, err = readKey(*jwksFile); err != nil {
			log.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, handler(key, answer)))
}

// handler reads the body, verifies the bearer token if there is a key to do it
// with, and answers.
func handler(key *rsa.PublicKey, answer []byte) http.Handler {
	length := []string{strconv.Itoa(len(answer))}
	mediaType := []string{"application/json"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if key != nil && !verify(key, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header()["Content-Type"] = mediaType
		w.Header()["Content-Length"] = length
		_, _ = w.Write(answer)
	})
}

// verify checks the signature alone: no header, no claim.
func verify(key *rsa.PublicKey, token string) bool {
	last := strings.LastIndexByte(token, '.')
	if last < 0 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[last+1:])
	if err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(token[:last]))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
}

func readKey(file string) (*rsa.PublicKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct{ N, E string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) == 0 {
		return nil, fmt.Errorf("%s has no key", file)
	}
	n, err1 := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	e, err2 := base64.RawURLEncoding.DecodeString(set.Keys[0].E)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%s: the key is no base64url", file)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}
