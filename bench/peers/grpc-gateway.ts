import { goPeer } from './go/start.ts'

/** grpc-gateway, with its generated handlers. */
export const grpcGateway = goPeer('gateway', {
  id: 'grpc-gateway',
  title: 'grpc-gateway',
  modes: ['bare', 'full'],
  spans: 4,
  modules: ['grpc-ecosystem/grpc-gateway/v2', 'google.golang.org/grpc'],
  remarks: [
    'With `full`: otelhttp, otelgrpc, golang-jwt, x/time/rate, gobreaker; 4 spans. Streams pass the circuit by; their messages',
    'are each the `result` of a line.'
  ].join(' ')
})
