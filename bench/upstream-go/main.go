// An upstream that is never the bottleneck: a gRPC server that answers with bytes it was given, whatever it is asked.
//
// It reads from standard input what to answer, as JSON: {"/package.Service/Method": {"message": "<base64>", "count": 1}},
// listens on 127.0.0.1:$PORT, and then says "ready" on standard output. Besides, it serves grpc.health.v1.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
)

// What a method answers: the same message, so many times.
type answer struct {
	Message bytes `json:"message"`
	Count   int   `json:"count"`
	// What comes in its place, by the message that was asked with, in base64.
	ByRequest map[string]bytes `json:"byRequest"`
}

// A message as it is on the wire.
type bytes []byte

// Passes bytes as they are, and leaves other messages to the codec of protobuf: those of grpc.health.v1.
type codec struct{ encoding.CodecV2 }

func (c codec) Marshal(message any) (mem.BufferSlice, error) {
	if wire, ok := message.(bytes); ok {
		return mem.BufferSlice{mem.SliceBuffer(wire)}, nil
	}
	return c.CodecV2.Marshal(message)
}

func (c codec) Unmarshal(data mem.BufferSlice, message any) error {
	if wire, ok := message.(*bytes); ok {
		*wire = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, message)
}

func main() {
	var answers map[string]answer
	if err := json.NewDecoder(os.Stdin).Decode(&answers); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(
		grpc.ForceServerCodecV2(codec{encoding.GetCodecV2("proto")}),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			method, _ := grpc.MethodFromServerStream(stream)
			answer, known := answers[method]
			if !known {
				return status.Error(codes.Unimplemented, method)
			}
			var request bytes
			if err := stream.RecvMsg(&request); err != nil {
				return err
			}
			message := answer.Message
			if len(answer.ByRequest) > 0 {
				if other, known := answer.ByRequest[base64.StdEncoding.EncodeToString(request)]; known {
					message = other
				}
			}
			for range answer.Count {
				if err := stream.SendMsg(message); err != nil {
					return err
				}
			}
			return nil
		}),
	)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	fmt.Println("ready")
	log.Fatal(server.Serve(listener))
}
