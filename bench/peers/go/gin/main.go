// The reference design: Gin in front of grpc-go, a handler per route, and a middleware per concern.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"sluice/bench/peers/gen"
	"sluice/bench/peers/internal/concerns"
)

const deadline = 5 * time.Second

var printer = protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}

// gateway is the service, as its routes call it.
type gateway struct{ shop gen.ShopServiceClient }

func main() {
	settings := concerns.ReadSettings()
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if settings.Full() {
		concerns.StartTelemetry(settings)
		router.Use(gin.Recovery())
		useConcerns(router, settings)
		options = append(options, grpc.WithStatsHandler(otelgrpc.NewClientHandler()))
	}
	conn, err := grpc.NewClient(settings.Upstream(), options...)
	if err != nil {
		log.Fatal(err)
	}
	through := func(_ context.Context, call func() error) error { return call() }
	if settings.Full() {
		through = throughBreaker()
	}
	addRoutes(router, &gateway{gen.NewShopServiceClient(conn)}, through, settings.ExtraRoutes)
	log.Fatal(router.Run(settings.Address()))
}

func addRoutes(router *gin.Engine, gateway *gateway, through breaker, extra int) {
	getProduct := unary(through, readGetProduct, gateway.shop.GetProduct)
	router.GET("/v1/products/:product_id", getProduct)
	router.GET("/v1/products", unary(through, readListProducts, gateway.shop.ListProducts))
	router.POST("/v1/orders", unary(through, readCreateOrder, gateway.shop.CreateOrder))
	router.GET("/v1/events", gateway.watchEvents)
	router.GET("/v1/wide10/:id", unary(through, readGetWide, gateway.shop.GetWide10))
	router.GET("/v1/wide50/:id", unary(through, readGetWide, gateway.shop.GetWide50))
	router.GET("/v1/wide200/:id", unary(through, readGetWide, gateway.shop.GetWide200))
	for index := range extra {
		router.GET(fmt.Sprintf("/v1/filler/%d/:product_id", index), getProduct)
	}
}

func readGetProduct(c *gin.Context) (*gen.GetProductRequest, error) {
	return &gen.GetProductRequest{ProductId: c.Param("product_id")}, nil
}

func readGetWide(c *gin.Context) (*gen.GetWideRequest, error) {
	return &gen.GetWideRequest{Id: c.Param("id")}, nil
}

func readListProducts(c *gin.Context) (*gen.ListProductsRequest, error) {
	size, err := strconv.ParseInt(c.DefaultQuery("page_size", "0"), 10, 32)
	if err != nil {
		return nil, errBadRequest{err}
	}
	return &gen.ListProductsRequest{PageSize: int32(size)}, nil
}

func readCreateOrder(c *gin.Context) (*gen.CreateOrderRequest, error) {
	body, err := c.GetRawData()
	if err != nil {
		return nil, errBadRequest{err}
	}
	request := new(gen.CreateOrderRequest)
	if err := protojson.Unmarshal(body, request); err != nil {
		return nil, errBadRequest{err}
	}
	return request, nil
}

// watchEvents sends a line per message, as it comes.
func (g *gateway) watchEvents(c *gin.Context) {
	stream, err := g.shop.WatchEvents(c.Request.Context(), &gen.WatchEventsRequest{})
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Content-Type", "application/x-ndjson")
	for {
		event, err := stream.Recv()
		if err != nil {
			return
		}
		line, err := printer.Marshal(event)
		if err != nil {
			return
		}
		if _, err := c.Writer.Write(append(line, '\n')); err != nil {
			return
		}
		c.Writer.Flush()
	}
}

// unary makes the handler of a route of one call. What cannot be read is not for the circuit.
func unary[Request any, Answer proto.Message](
	through breaker,
	read func(*gin.Context) (Request, error),
	call func(context.Context, Request, ...grpc.CallOption) (Answer, error),
) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), deadline)
		defer cancel()
		request, err := read(c)
		if err != nil {
			fail(c, err)
			return
		}
		var answer Answer
		err = through(ctx, func() (err error) {
			answer, err = call(ctx, request)
			return err
		})
		if err != nil {
			fail(c, err)
			return
		}
		body, err := printer.Marshal(answer)
		if err != nil {
			fail(c, err)
			return
		}
		c.Data(http.StatusOK, "application/json; charset=utf-8", body)
	}
}
