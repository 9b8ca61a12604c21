package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// What is to become of a call: the same as Ask in ask.ts.
type ask struct {
	ID          string `json:"id"`
	AnswerBytes *int   `json:"answerBytes"`
	Answers     int    `json:"answers"`
	Hold        bool   `json:"hold"`
	Error       *struct {
		Code   codes.Code `json:"code"`
		Text   string     `json:"text"`
		Reason string     `json:"reason"`
	} `json:"error"`
}

type service struct {
	records
	gzipAnswers bool
}

func newService(gzipAnswers bool) *service {
	return &service{records: newRecords(), gzipAnswers: gzipAnswers}
}

// A request stream, and where the answers go.
type exchange interface {
	RecvMsg(message any) error
	SendMsg(message any) error
}

// Begins a call, has it answered, and remembers how it ended.
func (s *service) serve(ctx context.Context, answer func(ask) error) error {
	in, _ := metadata.FromIncomingContext(ctx)
	var asked ask
	if err := json.Unmarshal([]byte(in.Get("ask-bin")[0]), &asked); err != nil {
		return err
	}
	if s.gzipAnswers {
		if err := grpc.SetSendCompressor(ctx, "gzip"); err != nil {
			return err
		}
	}
	if err := sayMetadata(ctx, in, asked); err != nil {
		return err
	}
	s.begin(asked.ID, timeoutMs(ctx))
	defer func() { s.end(asked.ID, ctx.Err() != nil) }()
	if asked.Hold {
		select {
		case <-s.released(asked.ID):
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	if err := answer(asked); err != nil || asked.Error == nil {
		return err
	}
	refusal := status.New(asked.Error.Code, asked.Error.Text)
	refusal, err := refusal.WithDetails(&errdetails.ErrorInfo{Reason: asked.Error.Reason})
	if err != nil {
		return err
	}
	return refusal.Err()
}

// What came as echo-... goes back, in headers and trailers. Without headers, an error is all of an answer.
func sayMetadata(ctx context.Context, in metadata.MD, asked ask) error {
	out := metadata.MD{}
	for name, values := range in {
		if strings.HasPrefix(name, "echo-") {
			out[name] = values
		}
	}
	if err := grpc.SetTrailer(ctx, out); err != nil || asked.Error != nil {
		return err
	}
	client, _ := peer.FromContext(ctx)
	return grpc.SetHeader(ctx, metadata.Join(out, metadata.Pairs("peer", client.Addr.String())))
}

func timeoutMs(ctx context.Context) *int64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	remaining := time.Until(deadline).Milliseconds()
	return &remaining
}

func (s *service) receive(id string, from exchange) ([]byte, error) {
	message := &wrapperspb.BytesValue{}
	if err := from.RecvMsg(message); err != nil {
		return nil, err
	}
	s.add(id, 1, 0)
	return message.Value, nil
}

func (s *service) send(id string, value []byte, to exchange) error {
	if err := to.SendMsg(wrapperspb.Bytes(value)); err != nil {
		return err
	}
	s.add(id, 0, 1)
	return nil
}

func (s *service) unary(ctx context.Context, request *wrapperspb.BytesValue) (answer *wrapperspb.BytesValue, err error) {
	err = s.serve(ctx, func(asked ask) error {
		s.add(asked.ID, 1, 1)
		answer = request
		if asked.AnswerBytes != nil {
			answer = wrapperspb.Bytes(make([]byte, *asked.AnswerBytes))
		}
		return nil
	})
	return answer, err
}

func (s *service) serverStream(asked ask, stream exchange) error {
	if _, err := s.receive(asked.ID, stream); err != nil {
		return err
	}
	var message []byte
	if asked.AnswerBytes != nil {
		message = make([]byte, *asked.AnswerBytes)
	}
	for range asked.Answers {
		if err := s.send(asked.ID, message, stream); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) clientStream(asked ask, stream exchange) error {
	sum := 0
	for {
		message, err := s.receive(asked.ID, stream)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		sum += len(message)
	}
	if asked.Error != nil {
		return nil
	}
	return s.send(asked.ID, []byte(strconv.Itoa(sum)), stream)
}

func (s *service) bidiStream(asked ask, stream exchange) error {
	for {
		message, err := s.receive(asked.ID, stream)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.send(asked.ID, message, stream); err != nil {
			return err
		}
	}
}

func (s *service) inspect(_ context.Context, id *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
	text, err := json.Marshal(s.seen(id.Value))
	return wrapperspb.String(string(text)), err
}

func (s *service) release(_ context.Context, id *wrapperspb.StringValue) (*emptypb.Empty, error) {
	s.letGo(id.Value)
	return &emptypb.Empty{}, nil
}

var serviceDesc = grpc.ServiceDesc{
	ServiceName: "fixture.v1.InteropService",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{
		unaryMethod("Unary", (*service).unary),
		unaryMethod("Inspect", (*service).inspect),
		unaryMethod("Release", (*service).release),
	},
	Streams: []grpc.StreamDesc{
		streamMethod("ServerStream", (*service).serverStream, false, true),
		streamMethod("ClientStream", (*service).clientStream, true, false),
		streamMethod("BidiStream", (*service).bidiStream, true, true),
	},
}

func unaryMethod[In, Out any](name string, answer func(*service, context.Context, *In) (*Out, error)) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: name,
		Handler: func(it any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request := new(In)
			if err := decode(request); err != nil {
				return nil, err
			}
			return answer(it.(*service), ctx, request)
		},
	}
}

func streamMethod(name string, answer func(*service, ask, exchange) error, fromClient, fromServer bool) grpc.StreamDesc {
	return grpc.StreamDesc{
		StreamName:    name,
		ClientStreams: fromClient,
		ServerStreams: fromServer,
		Handler: func(it any, stream grpc.ServerStream) error {
			served := it.(*service)
			return served.serve(stream.Context(), func(asked ask) error { return answer(served, asked, stream) })
		},
	}
}
