package concerns

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
)

// Wrap puts the concerns before a handler of net/http: traces and metrics by otelhttp, then the limit, then the token.
func Wrap(handler http.Handler, settings Settings) http.Handler {
	tracer := otel.Tracer("gateway")
	limiter := NewLimiter()
	verifier := NewVerifier(settings)
	checked := http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, span := tracer.Start(request.Context(), "rate_limiter.check")
		allowed := limiter.Allow(request.RemoteAddr)
		span.End()
		if !allowed {
			http.Error(writer, "too many requests", http.StatusTooManyRequests)
			return
		}
		_, span = tracer.Start(request.Context(), "auth.verify")
		_, err := verifier.Verify(request.Header.Get("Authorization"))
		span.End()
		if err != nil {
			writer.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(writer, "unauthenticated", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(writer, request)
	})
	return otelhttp.NewHandler(checked, "gateway")
}
