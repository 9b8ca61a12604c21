// vanguard-go as its users put it before a service that is elsewhere: a transcoder around a reverse proxy over HTTP/2.
package main

import (
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"connectrpc.com/vanguard"
	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"golang.org/x/net/http2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoregistry"

	"sluice/bench/peers/gen"
	"sluice/bench/peers/internal/concerns"
)

const deadline = 5 * time.Second

func main() {
	settings := concerns.ReadSettings()
	var transport http.RoundTripper = &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	if settings.Full() {
		concerns.StartTelemetry(settings)
		transport = throughBreaker{concerns.NewBreaker(), otelhttp.NewTransport(transport)}
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: settings.Upstream()})
	proxy.Transport = transport
	proxy.FlushInterval = -1
	schema := gen.File_bench_v1_shop_proto.Services().ByName("ShopService")
	service := vanguard.NewServiceWithSchema(schema, proxy,
		vanguard.WithTargetProtocols(vanguard.ProtocolGRPC),
		vanguard.WithTargetCodecs(vanguard.CodecProto),
	)
	transcoder, err := vanguard.NewTranscoder([]*vanguard.Service{service}, vanguard.WithCodec(
		func(vanguard.TypeResolver) vanguard.Codec {
			codec := vanguard.NewJSONCodec(protoregistry.GlobalTypes)
			codec.MarshalOptions = protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}
			return codec
		},
	))
	if err != nil {
		log.Fatal(err)
	}
	handler := withDeadline(transcoder)
	if settings.Full() {
		handler = concerns.Wrap(handler, settings)
	}
	log.Fatal(http.ListenAndServe(settings.Address(), handler))
}

func withDeadline(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		ctx, cancel := context.WithTimeout(request.Context(), deadline)
		defer cancel()
		handler.ServeHTTP(writer, request.WithContext(ctx))
	})
}

// throughBreaker watches the upstream. It sees HTTP, where a failed call of gRPC is a success: it opens when the upstream
// cannot be reached.
type throughBreaker struct {
	circuit *gobreaker.CircuitBreaker[any]
	next    http.RoundTripper
}

func (through throughBreaker) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := through.circuit.Execute(func() (any, error) { return through.next.RoundTrip(request) })
	if err != nil {
		return nil, err
	}
	return response.(*http.Response), nil
}
