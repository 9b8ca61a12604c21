// A server of grpc-go for the tests of interoperability: what it serves is in fixture/v1/interop.proto.
//
// Its first line of standard input says what it is to be, as JSON (see options). It listens on a free port of 127.0.0.1, and
// says which on standard output. When standard input ends it stops gracefully: open calls may end.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
)

// The same as ServerOptions in servers/server.ts; what is zero is left as grpc-go has it.
type options struct {
	TLS *struct {
		Cert     string `json:"cert"`
		Key      string `json:"key"`
		ClientCA string `json:"clientCa"`
	} `json:"tls"`
	MaxStreams  uint32 `json:"maxStreams"`
	GzipAnswers bool   `json:"gzipAnswers"`
	PingMs      int    `json:"pingMs"`
	MaxAgeMs    int    `json:"maxAgeMs"`
}

const maxMessageBytes = 64 << 20

// What a server of Node has by default. A window that is given does not grow by itself.
const windowBytes = 64 << 10

func main() {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		log.Fatal(err)
	}
	var options options
	if err := json.Unmarshal(line, &options); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(serverOptions(options)...)
	server.RegisterService(&serviceDesc, newService(options.GzipAnswers))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, input)
		server.GracefulStop()
	}()
	// Returns when a graceful stop is over.
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

func serverOptions(options options) []grpc.ServerOption {
	with := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.StaticStreamWindowSize(windowBytes),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time:             time.Duration(options.PingMs) * time.Millisecond,
			MaxConnectionAge: time.Duration(options.MaxAgeMs) * time.Millisecond,
		}),
	}
	if options.MaxStreams > 0 {
		with = append(with, grpc.MaxConcurrentStreams(options.MaxStreams))
	}
	if options.TLS != nil {
		with = append(with, grpc.Creds(credentials.NewTLS(tlsConfig(options))))
	}
	return with
}

func tlsConfig(options options) *tls.Config {
	certificate, err := tls.X509KeyPair([]byte(options.TLS.Cert), []byte(options.TLS.Key))
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if options.TLS.ClientCA != "" {
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM([]byte(options.TLS.ClientCA))
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config
}
