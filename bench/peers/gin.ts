import { goPeer } from './go/start.ts'

/** The reference design, as it is written in Go. */
export const gin = goPeer('gin', {
  id: 'gin',
  title: 'Gin + grpc-go',
  modes: ['bare', 'full'],
  spans: 5,
  scales: true,
  modules: ['gin-gonic/gin', 'google.golang.org/grpc'],
  remarks: 'With `full`: otelgin, otelgrpc, golang-jwt, x/time/rate, gobreaker; 5 spans. Streams pass the circuit by.'
})
