package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"sluice/bench/peers/internal/concerns"
)

var tracer = otel.Tracer("gateway")

// breaker makes a call unless the circuit is open.
type breaker func(ctx context.Context, call func() error) error

// errBadRequest is what a client sent that cannot be read.
type errBadRequest struct{ error }

func useConcerns(router *gin.Engine, settings concerns.Settings) {
	router.Use(requestID)
	if settings.Traced() {
		// Its own metrics would come on top of ours.
		router.Use(otelgin.Middleware("gateway", otelgin.WithMeterProvider(noop.NewMeterProvider())))
	}
	router.Use(measure(), limit(concerns.NewLimiter()), authenticate(concerns.NewVerifier(settings)))
}

func requestID(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if id == "" {
		id = uuid.NewString()
	}
	c.Header("X-Request-Id", id)
	c.Next()
}

// measure counts and times requests by method, route and status.
func measure() gin.HandlerFunc {
	meter := otel.Meter("gateway")
	requests, _ := meter.Int64Counter("http.server.requests")
	duration, _ := meter.Float64Histogram("http.server.duration", metric.WithUnit("ms"))
	return func(c *gin.Context) {
		started := time.Now()
		c.Next()
		attributes := metric.WithAttributes(
			attribute.String("http.method", c.Request.Method),
			attribute.String("http.route", c.FullPath()),
			attribute.Int("http.status_code", c.Writer.Status()),
		)
		requests.Add(c.Request.Context(), 1, attributes)
		duration.Record(c.Request.Context(), float64(time.Since(started).Microseconds())/1000, attributes)
	}
}

func limit(limiter *concerns.Limiter) gin.HandlerFunc {
	return func(c *gin.Context) {
		_, span := tracer.Start(c.Request.Context(), "rate_limiter.check")
		allowed := limiter.Allow(c.Request.RemoteAddr)
		span.End()
		if !allowed {
			c.AbortWithStatusJSON(http.StatusTooManyRequests, gin.H{"error": "too many requests"})
			return
		}
		c.Next()
	}
}

func authenticate(verifier *concerns.Verifier) gin.HandlerFunc {
	return func(c *gin.Context) {
		_, span := tracer.Start(c.Request.Context(), "auth.verify")
		user, err := verifier.Verify(c.GetHeader("Authorization"))
		span.End()
		if err != nil {
			c.Header("WWW-Authenticate", "Bearer")
			c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"error": "unauthenticated"})
			return
		}
		c.Set("user", user)
		c.Next()
	}
}

// throughBreaker has a span for its check, as the reference has.
func throughBreaker() breaker {
	circuit := concerns.NewBreaker()
	return func(ctx context.Context, call func() error) error {
		_, span := tracer.Start(ctx, "circuit_breaker.check")
		span.SetAttributes(attribute.String("circuit_breaker.state", circuit.State().String()))
		span.End()
		_, err := circuit.Execute(func() (any, error) { return nil, call() })
		return err
	}
}

// fail answers with what went wrong.
func fail(c *gin.Context, err error) {
	code := http.StatusBadGateway
	var bad errBadRequest
	switch {
	case errors.As(err, &bad):
		code = http.StatusBadRequest
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests), status.Code(err) == codes.Unavailable:
		code = http.StatusServiceUnavailable
	case status.Code(err) == codes.NotFound:
		code = http.StatusNotFound
	case status.Code(err) == codes.DeadlineExceeded:
		code = http.StatusGatewayTimeout
	}
	c.AbortWithStatusJSON(code, gin.H{"error": err.Error()})
}
