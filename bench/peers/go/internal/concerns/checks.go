package concerns

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Plenty is a limit that is kept, and never refuses.
const Plenty = 1_000_000

// maxClients bounds what is remembered of clients.
const maxClients = 10_000

var errNoToken = errors.New("there is no bearer token")

// Verifier checks tokens of HS256.
type Verifier struct {
	parser *jwt.Parser
	secret []byte
}

// NewVerifier makes one that asks for an issuer, an audience, and an expiry.
func NewVerifier(settings Settings) *Verifier {
	return &Verifier{
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{"HS256"}),
			jwt.WithIssuer(settings.JWT.Issuer),
			jwt.WithAudience(settings.JWT.Audience),
			jwt.WithExpirationRequired(),
		),
		secret: []byte(settings.JWT.Secret),
	}
}

// Verify reads a field `Authorization`, and answers the subject.
func (verifier *Verifier) Verify(authorization string) (string, error) {
	token, isBearer := strings.CutPrefix(authorization, "Bearer ")
	if !isBearer {
		return "", errNoToken
	}
	var claims jwt.RegisteredClaims
	_, err := verifier.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return verifier.secret, nil })
	return claims.Subject, err
}

// Limiter has a token bucket per client.
type Limiter struct {
	mutex   sync.Mutex
	clients map[string]*rate.Limiter
}

// NewLimiter makes one that knows nobody.
func NewLimiter() *Limiter { return &Limiter{clients: map[string]*rate.Limiter{}} }

// Allow takes a token of the client at an address.
func (limiter *Limiter) Allow(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	limiter.mutex.Lock()
	client, known := limiter.clients[host]
	if !known {
		if len(limiter.clients) >= maxClients {
			clear(limiter.clients)
		}
		client = rate.NewLimiter(Plenty, Plenty)
		limiter.clients[host] = client
	}
	limiter.mutex.Unlock()
	return client.Allow()
}

// NewBreaker opens after 60 % of at least 3 calls in a minute failed.
func NewBreaker() *gobreaker.CircuitBreaker[any] {
	return gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Name:        "shop",
		MaxRequests: 3,
		Interval:    time.Minute,
		Timeout:     10 * time.Second,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.Requests >= 3 && float64(counts.TotalFailures) >= 0.6*float64(counts.Requests)
		},
		IsSuccessful: func(err error) bool {
			// The client went away: that says nothing of the upstream.
			if errors.Is(err, context.Canceled) {
				return true
			}
			switch status.Code(err) {
			case codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown, codes.DataLoss:
				return false
			}
			return true
		},
	})
}

// ThroughBreaker makes unary calls through a breaker.
func ThroughBreaker(breaker *gobreaker.CircuitBreaker[any]) grpc.UnaryClientInterceptor {
	return func(
		ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
	) error {
		_, err := breaker.Execute(func() (any, error) {
			return nil, invoke(ctx, method, request, reply, conn, options...)
		})
		return err
	}
}
