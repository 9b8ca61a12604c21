import { goPeer } from './go/start.ts'

/** grpc-gateway, with its generated handlers. */
export const grpcGateway = goPeer('gateway', {
  id: 'grpc-gateway',
  title: 'grpc-gateway',
  modes: ['bare', 'full'],
  modules: ['grpc-ecosystem/grpc-gateway/v2', 'google.golang.org/grpc'],
  remarks:
    'With `full`: otelhttp, otelgrpc, golang-jwt, x/time/rate, gobreaker. Messages of a stream are each the `result` of a line.'
})
