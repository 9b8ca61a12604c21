import { goPeer } from './go/start.ts'

/** vanguard-go around a reverse proxy. */
export const vanguard = goPeer('vanguard', {
  id: 'vanguard',
  title: 'vanguard-go',
  modes: ['bare', 'full'],
  spans: 4,
  // Over REST it streams only google.api.HttpBody.
  cases: ['product', 'list20', 'list200', 'order', 'wide10', 'wide50', 'wide200'],
  modules: ['connectrpc.com/vanguard'],
  remarks: [
    'Before a reverse proxy of net/http; with `full`: otelhttp, golang-jwt, x/time/rate, gobreaker, which sees HTTP and not the',
    'statuses of gRPC; 4 spans. It has no stream: over REST it streams only google.api.HttpBody.'
  ].join(' ')
})
