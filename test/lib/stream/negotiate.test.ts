import t from 'tap'
import { negotiate } from '../../../lib/stream/negotiate.ts'

const chosen: [accept: string | undefined, mediaType: string][] = [
  [undefined, 'application/x-ndjson'],
  ['', 'application/x-ndjson'],
  ['*/*', 'application/x-ndjson'],
  ['application/*', 'application/x-ndjson'],
  ['text/*', 'text/event-stream'],
  ['text/event-stream', 'text/event-stream'],
  ['TEXT/Event-Stream', 'text/event-stream'],
  ['application/x-ndjson', 'application/x-ndjson'],
  ['application/ndjson', 'application/ndjson'],
  ['application/jsonl', 'application/jsonl'],
  // An array is for those who name it.
  ['application/json', 'application/json'],
  ['application/json, text/plain, */*', 'application/json'],
  ['application/json;q=0.5, */*;q=0.5', 'application/json'],
  ['application/json;q=0.4, */*;q=0.5', 'application/x-ndjson'],
  // What is liked best, whatever comes first in the header.
  ['application/json;q=0.5, text/event-stream', 'text/event-stream'],
  ['text/event-stream;q=0.5, application/json;q=0.6', 'application/json'],
  ['application/json, application/x-ndjson', 'application/x-ndjson'],
  ['application/json, text/event-stream', 'text/event-stream'],
  // The most specific range decides, also when it refuses.
  ['*/*, application/x-ndjson;q=0', 'text/event-stream'],
  ['*/*;q=1, application/x-ndjson;q=0.1', 'text/event-stream'],
  ['application/*;q=0.2, */*;q=0.1', 'application/x-ndjson'],
  // How errors are wanted says nothing about streams.
  ['application/problem+json', 'application/x-ndjson'],
  ['application/problem+json, text/event-stream', 'text/event-stream'],
  // Malformed ranges say nothing.
  ['rubbish', 'application/x-ndjson'],
  ['rubbish, text/event-stream', 'text/event-stream']
]

for (const [accept, mediaType] of chosen) {
  t.test(`Accept: ${accept}: ${mediaType}`, async t => {
    t.equal(negotiate(accept).mediaType, mediaType)
  })
}

t.test('what fits none of the forms is refused', async t => {
  for (const accept of ['text/html', 'application/xml', '*/*;q=0', 'image/*', 'application/json;q=0']) {
    t.throws(() => negotiate(accept), { code: 'SLUICE_ERR_NOT_ACCEPTABLE' }, accept)
  }
})
