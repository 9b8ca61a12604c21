// grpc-gateway in its usual form: generated handlers on its own mux, and middlewares of net/http.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"

	"sluice/bench/peers/gen"
	"sluice/bench/peers/internal/concerns"
)

const deadline = 5 * time.Second

func main() {
	settings := concerns.ReadSettings()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if settings.Full() {
		concerns.StartTelemetry(settings)
		options = append(options,
			grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
			grpc.WithUnaryInterceptor(concerns.ThroughBreaker(concerns.NewBreaker())),
		)
	}
	runtime.DefaultContextTimeout = deadline
	mux := runtime.NewServeMux(runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true},
		UnmarshalOptions: protojson.UnmarshalOptions{},
	}))
	if err := gen.RegisterShopServiceHandlerFromEndpoint(context.Background(), mux, settings.Upstream(), options); err != nil {
		log.Fatal(err)
	}
	var handler http.Handler = mux
	if settings.Full() {
		handler = concerns.Wrap(mux, settings)
	}
	log.Fatal(http.ListenAndServe(settings.Address(), handler))
}
