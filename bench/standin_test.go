package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// standin is a stub of Amazon Cognito. It returns fixed responses after a delay, and
// counts calls and connections. Like Cognito, it speaks HTTP/1.1 over TLS.
type standin struct {
	url, issuer   string
	certificate   string // PEM file for SSL_CERT_FILE
	jwks, session []byte
	latency       atomic.Int64 // nanoseconds
	connections   atomic.Int64

	mu    sync.Mutex
	calls map[string]int // by operation; AdminGetUser by operation and user name
}

// startStandin starts a stand-in that serves until the process ends.
func (b *bench) startStandin() *standin {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	b.check(err)
	s := &standin{url: "https://" + listener.Addr().String(), calls: map[string]int{}}
	s.issuer = s.url + "/" + poolID
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{pool}/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(s.jwks) })
	mux.HandleFunc("POST /{$}", s.serveCall)
	server := &http.Server{Handler: mux, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}}
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{b.newCertificate(s)}, NextProtos: []string{"http/1.1"}}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return s
}

// newCertificate makes a self-signed certificate for the loopback address, and writes it
// to a file for the servers.
func (b *bench) newCertificate(s *standin) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	b.check(err)
	s.certificate = filepath.Join(b.TempDir(), "cognito.pem")
	b.check(os.WriteFile(s.certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (s *standin) serveCall(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	response, status := s.session, http.StatusOK
	key := operation
	switch operation {
	case "InitiateAuth", "GetTokensFromRefreshToken":
	case "GetUser":
		response = userRecord("ada")
	case "AdminGetUser":
		var in struct{ Username string }
		_ = json.Unmarshal(body, &in)
		key += " " + in.Username
		response = userRecord(in.Username)
	default:
		status, response = http.StatusBadRequest, []byte(`{"__type":"InvalidParameterException","message":"unknown operation"}`)
	}
	s.mu.Lock()
	s.calls[key]++
	s.mu.Unlock()
	time.Sleep(time.Duration(s.latency.Load()))
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(response)
}

func userRecord(sub string) []byte {
	return []byte(`{"Username":"` + sub + `","Enabled":true,"UserStatus":"CONFIRMED","UserAttributes":[{"Name":"sub","Value":"` + sub +
		`"},{"Name":"email","Value":"ada@example.com"},{"Name":"preferred_username","Value":"name of ` + sub + `"}]}`)
}

// total returns the number of calls so far.
func (s *standin) total() (total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.calls {
		total += n
	}
	return total
}

// mostForOneUser returns the highest number of AdminGetUser calls for one user.
func (s *standin) mostForOneUser() (most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, n := range s.calls {
		if strings.HasPrefix(key, "AdminGetUser ") {
			most = max(most, n)
		}
	}
	return most
}
