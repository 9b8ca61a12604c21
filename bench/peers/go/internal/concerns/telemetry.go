package concerns

import (
	"context"
	"fmt"
	"log"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
)

const metricInterval = 15 * time.Second

// StartTelemetry sets the global providers: metrics, and traces unless none are kept.
func StartTelemetry(settings Settings) {
	ctx := context.Background()
	endpoint := fmt.Sprintf("127.0.0.1:%d", settings.OtlpPort)
	metrics, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(endpoint), otlpmetricgrpc.WithInsecure())
	if err != nil {
		log.Fatal(err)
	}
	reader := metric.NewPeriodicReader(metrics, metric.WithInterval(metricInterval))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	if !settings.Traced() {
		return
	}
	spans, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		log.Fatal(err)
	}
	otel.SetTracerProvider(trace.NewTracerProvider(
		trace.WithBatcher(spans),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(settings.Sampling))),
	))
}
